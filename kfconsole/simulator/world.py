"""The world behind the API: agents, customers, queue, sessions and the rules between them.

Knows nothing of HTTP. Calls a console makes raise `Refused` with WeChat's code; things people do raise
`Impossible` with a sentence.
"""

import heapq
import random
from collections import deque
from collections.abc import Callable, Mapping, Sequence, ValuesView
from itertools import count, islice

from kfconsole.simulator import records as book
from kfconsole.simulator.clock import SimClock
from kfconsole.simulator.codes import Refused
from kfconsole.simulator.diagnosis import Diagnosis
from kfconsole.simulator.media import MediaStore
from kfconsole.simulator.people import Agent, Customer, Event, Sent, Session, Waiting, WeChatUser, new_openid
from kfconsole.simulator.quota import Quotas
from kfconsole.simulator.records import RecordBook
from kfconsole.simulator.said import Said, Value, text_said
from kfconsole.simulator.switches import Switches
from kfconsole.simulator.tokens import Tokens

DEFAULT_APP_ID = "wx0123456789abcdef"
DEFAULT_APP_SECRET = "0123456789abcdef0123456789abcdef"
ORIGINAL_ID = "gh_0123456789ab"
"""The account's own name in pushes."""

MOST_QUEUE_ROWS = 100
_FIRST_KF_ID = 1001
_WINDOW_OF = {
    "click": "click",
    "scancode_push": "click",
    "scancode_waitmsg": "click",
    "follow": "follow",
    "scan": "scan",
    "pay": "pay",
}
ACTIONS = (*_WINDOW_OF, "view", "unfollow", "leave")
"""What customers do but write."""
_KEPT_EVENTS = 20_000
_KEPT_SENT = 20_000


class Impossible(Exception):
    """People cannot do this; the message names what and the fix. `is_unknown` when somebody does not exist."""

    def __init__(self, message: str, *, is_unknown: bool = False) -> None:
        super().__init__(message)
        self.is_unknown = is_unknown


class World:
    """One service account and everybody around it."""

    def __init__(
        self,
        *,
        clock: SimClock | None = None,
        rng: random.Random | None = None,
        app_id: str = DEFAULT_APP_ID,
        app_secret: str = DEFAULT_APP_SECRET,
        switches: Switches | None = None,
    ) -> None:
        rng = rng or random.Random()
        self.clock = clock or SimClock()
        self.app_id = app_id
        self.app_secret = app_secret
        self.switches = switches or Switches()
        self.agents: dict[str, Agent] = {}
        self.customers: dict[str, Customer] = {}
        self.wechat_users: dict[str, WeChatUser] = {}
        """What is special about people who may be invited, by WeChat id."""
        self.queue: dict[str, Waiting] = {}
        self.records = RecordBook()
        self.sent: deque[Sent] = deque(maxlen=_KEPT_SENT)
        self.events: deque[Event] = deque(maxlen=_KEPT_EVENTS)
        self.media = MediaStore()
        self.quotas = Quotas()
        self.diagnosis = Diagnosis()
        self.push_url = ""
        """Where pushes go. Set: the server there decides who enters the queue; empty: the shop forwards everybody."""
        # Streams of their own: how often a client asks must not change whom a scenario sends next.
        self._openids = random.Random(rng.getrandbits(64))
        self.tokens = Tokens(random.Random(rng.getrandbits(64)))
        self.rids = random.Random(rng.getrandbits(64))
        self._sessions: dict[str, Session] = {}
        self._ends: list[tuple[float, int, Session]] = []
        self._serial = count()
        self._last_kf_id = _FIRST_KF_ID - 1
        self._watchers: list[Callable[[Event], None]] = []

    # What is true

    @property
    def sessions(self) -> Mapping[str, Session]:
        """The sessions being served now, by customer."""
        self.end_overdue_sessions()
        return self._sessions

    def watch(self, watcher: Callable[[Event], None]) -> Callable[[], None]:
        """Call `watcher` with every event from now on; return what ends it."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    def end_overdue_sessions(self) -> None:
        """Let every session end whose time is over; whoever asks for sessions does so first."""
        seconds = self.switches.session_minutes * 60
        now = self.clock.now()
        while seconds and self._ends and self._ends[0][0] + seconds <= now:
            ends_from_at, _serial, session = heapq.heappop(self._ends)
            if self._sessions.get(session.openid) is session and session.ends_from_at == ends_from_at:
                self._end(session, "expired", ends_from_at + seconds)

    def waiting_rows(self) -> tuple[int, list[Waiting]]:
        """Return how many wait, and the first 100 of them in arrival order."""
        return len(self.queue), list(islice(self.queue.values(), MOST_QUEUE_ROWS))

    def sessions_of(self, agent: Agent) -> ValuesView[Session]:
        """Return the sessions this agent serves now, eldest first."""
        self.end_overdue_sessions()
        return agent.sessions.values()

    # What a console asks for

    def find_agent(self, kf_account: object, *, bound: bool = True) -> Agent:
        """Return the agent, or refuse with 65404, 65401 or 65402."""
        if not isinstance(kf_account, str):
            raise Refused(self.switches.code_for_missing(65404))
        agent = self.agents.get(kf_account)
        if agent is None:
            raise Refused(65401)
        if bound and not agent.is_bound:
            raise Refused(65402)
        return agent

    def find_customer(self, openid: object) -> Customer:
        """Return the customer, or refuse with 40003."""
        if not isinstance(openid, str):
            raise Refused(self.switches.code_for_missing(40003))
        customer = self.customers.get(openid)
        if customer is None:
            raise Refused(40003)
        return customer

    def create_session(self, kf_account: object, openid: object) -> None:
        """Give a customer to an agent, wherever the customer was; repeating it changes nothing."""
        if self.switches.agent_checked_last:
            self.find_customer(openid)
        agent = self.find_agent(kf_account)
        if not agent.is_online:
            raise Refused(61459 if self.switches.legacy_session_codes else 65415)
        customer = self.find_customer(openid)
        if not customer.is_following:
            raise Refused(40003)
        session = self.sessions.get(customer.openid)
        if session is None:
            self._start(agent, customer.openid, "created", book.STARTED)
        elif session.kf_account != agent.kf_account:
            raise self._served_by_another(session)

    def close_session(self, kf_account: object, openid: object) -> None:
        """End a session of this agent."""
        if self.switches.agent_checked_last:
            self.find_customer(openid)
        agent = self.find_agent(kf_account)
        session = self.sessions.get(self.find_customer(openid).openid)
        if session is None:
            raise Refused(65413)
        if session.kf_account != agent.kf_account:
            raise self._served_by_another(session)
        self._end(session, "closed", self.clock.now(), by="api")

    def deliver(self, sent: Sent) -> None:
        """A message of the account reaches a customer, other than from an agent's web client."""
        customer = self.customers[sent.openid]
        customer.typing_until = 0.0
        self._exchanged(customer, sent.at)
        self.sent.append(sent)
        self._tell("sent", sent.openid, sent.kf_account, sent.text)

    def holder(self, openid: str) -> str:
        """Return the kf_account that serves the customer, empty when nobody does."""
        session = self.sessions.get(openid)
        return session.kf_account if session else ""

    # What customers do

    def add_customer(self, openid: str | None = None) -> Customer:
        """Add a follower without any window; an openid is made up when none is given."""
        openid = openid or new_openid(self._openids)
        return self.customers.get(openid) or self._follow(self.customers.setdefault(openid, Customer(openid)))

    def say(self, openid: str, said: str | Said, *, forward: bool = True) -> None:
        """The customer writes; the shop forwards them to the queue unless told not to, or pushes go to a server."""
        said = text_said(said) if isinstance(said, str) else said
        customer = self._follow(self.add_customer(openid))
        now = self.clock.now()
        customer.windows.open(said.action, now, self.switches.window_combination)
        session = self.sessions.get(openid)
        self._exchanged(customer, now)
        self._tell("said", openid, session.kf_account if session else "", said.text, **said.details)
        if session is not None:
            self.records.write(now, openid, book.AGENT_RECEIVED, worker=session.kf_account, text=said.text)
        elif openid in self.queue or (forward and not self.push_url):
            self.hand_over(openid, said.text)

    def hand_over(self, openid: str, text: str, kf_account: str = "") -> None:
        """Hand a message to the kf system: its customer enters the queue, or goes to the named agent at once.

        The named agent gets the session whether online or not, as WeChat binds the customer to somebody who cannot
        take them: the queue stays empty, and nobody is told but by the session lists.
        """
        now = self.clock.now()
        agent = self.agents.get(kf_account)
        session = self.sessions.get(openid)
        if agent is not None and agent.is_bound and session is None:
            self._start(agent, openid, "accepted", book.ACCEPTED)
            session = self.sessions.get(openid)
        if session is not None:
            self.records.write(now, openid, book.AGENT_RECEIVED, worker=session.kf_account, text=text)
            return
        waiting = self.queue.get(openid)
        if waiting is not None:
            waiting.latest_at = now
            waiting.message_count += 1
        else:
            self.queue[openid] = Waiting(openid, now, now)
            self.records.write(now, openid, book.QUEUED)
            self._tell("queued", openid)
        self.records.write(now, openid, book.RECEIVED_WAITING, text=text)

    def receive_passive_reply(self, openid: str, message_type: str, text: str) -> None:
        """Show the customer what the answer of a push said."""
        now = self.clock.now()
        if self.switches.passive_replies_count:
            self.customers[openid].windows.use(now)
        self.deliver(Sent(openid, "", message_type, text, now))

    def see_out_of_service(self, openid: str) -> None:
        """WeChat tells the customer that the account is out of service for now."""
        self._tell("out_of_service", openid)

    def act(self, openid: str, action: str, **details: str) -> None:
        """The customer does something but write: click, view, scan a code, follow, scan, pay, unfollow, or leave.

        `details` are what a push tells of it: key, ticket, scan_type, scan_result.
        """
        customer = self.customers.get(openid)
        if customer is None and action != "follow":
            raise Impossible(f"openid {openid!r} is nobody's; add the customer first", is_unknown=True)
        customer = customer or self.add_customer(openid)
        if action == "unfollow":
            customer.is_following = False
            customer.windows.close_all()
            self.queue.pop(openid, None)
            session = self.sessions.get(openid)
            if session is not None and self.switches.unfollow_closes_session:
                self._end(session, "closed", self.clock.now())
        elif action == "view":
            pass  # a menu item that opens a page; it opens no window
        elif action == "leave":
            if self.queue.pop(openid, None) is None:
                raise Impossible(f"openid {openid!r} does not wait; only a waiting customer can leave")
            self._tell("left", openid)
            return
        elif action in _WINDOW_OF:
            if action == "scan" and not customer.is_following:
                action = "follow"  # a stranger's first scan
            self._follow(customer)
            customer.windows.open(_WINDOW_OF[action], self.clock.now(), self.switches.window_combination)
        else:
            raise Impossible(f"action {action!r} is unknown; use {', '.join(ACTIONS)}")
        self._tell("acted", openid, text=action, **details)

    # What agents do in the web client

    def add_agent(
        self,
        kf_account: str,
        nickname: str,
        *,
        bound: bool = True,
        online: bool = True,
        invite_wx: str = "",
        invite_status: str = "",
    ) -> Agent:
        """Add an agent; an unbound one may have an invitation and cannot be online."""
        if kf_account in self.agents:
            raise Impossible(f"kf_account {kf_account!r} exists; choose another")
        agent = Agent(kf_account, nickname, self._new_kf_id(), is_bound=bound, is_online=bound and online)
        if bound:
            agent.wechat_id = f"wx_{kf_account.partition('@')[0]}"
        elif invite_wx:
            agent.invite_wx = invite_wx
            agent.invite_status = invite_status or "waiting"
            agent.invite_expires_at = int(self.clock.now() + self.switches.invitation_hours * 3600)
        self.agents[kf_account] = agent
        return agent

    def remove_agent(self, agent: Agent) -> None:
        """Take an agent off the account by an API call; their sessions end."""
        for session in list(self.sessions_of(agent)):
            self._end(session, "closed", self.clock.now(), by="api")
        del self.agents[agent.kf_account]

    def go_online(self, kf_account: str, online: bool = True) -> None:
        """The agent logs in to the web client, or out of it; sessions stay."""
        agent = self._known_agent(kf_account)
        if not agent.is_bound:
            raise Impossible(f"kf_account {kf_account!r} is not bound; nobody can log in as it")
        if agent.is_online != online:
            agent.is_online = online
            self._tell("online" if online else "offline", kf_account=kf_account)

    def accept(self, kf_account: str, openid: str | None = None) -> str:
        """The agent takes a waiting customer, the longest waiting when none is named; return the openid."""
        agent = self._known_agent(kf_account)
        if not agent.is_online:
            raise Impossible(f"kf_account {kf_account!r} is not online; let it go online first")
        chosen = openid or next(iter(self.queue), "")
        if chosen not in self.queue:
            raise Impossible(f"openid {chosen!r} does not wait; let the customer say something first")
        self._start(agent, chosen, "accepted", book.ACCEPTED)
        return chosen

    def reply(self, kf_account: str, openid: str, text: str) -> None:
        """The agent answers in the web client, which is recorded."""
        self._held_session(kf_account, openid)
        now = self.clock.now()
        customer = self.customers[openid]
        if self.switches.web_replies_count:
            customer.windows.use(now)
        customer.typing_until = 0.0
        self._exchanged(customer, now)
        self.records.write(now, openid, book.AGENT_SENT, worker=kf_account, text=text)
        self._tell("replied", openid, kf_account, text)

    def close(self, kf_account: str, openid: str) -> None:
        """The agent closes the session in the web client."""
        self._end(self._held_session(kf_account, openid), "closed", self.clock.now())

    def transfer(self, from_account: str, to_account: str, openid: str) -> None:
        """One agent hands a customer to another, which only the web client can."""
        session = self._held_session(from_account, openid)
        receiver = self._known_agent(to_account)
        if not receiver.is_online:
            raise Impossible(f"kf_account {to_account!r} is not online; let it go online first")
        self._forget(session)
        self._start(receiver, openid, "transferred", book.TRANSFERRED, from_account=from_account)

    def write_records(self, records: Sequence[tuple[str, int, float, str, str]]) -> None:
        """Write past records down: openid, opercode, time, worker, text."""
        for openid, opercode, time, worker, text in records:
            self.add_customer(openid)
            self.records.write(time, openid, opercode, worker=worker, text=text)

    # Inside

    def _known_agent(self, kf_account: str) -> Agent:
        agent = self.agents.get(kf_account)
        if agent is None:
            raise Impossible(f"kf_account {kf_account!r} does not exist; add it first", is_unknown=True)
        return agent

    def _held_session(self, kf_account: str, openid: str) -> Session:
        self._known_agent(kf_account)
        session = self.sessions.get(openid)
        if session is None or session.kf_account != kf_account:
            raise Impossible(f"openid {openid!r} is not served by {kf_account!r}; let the agent accept them first")
        return session

    def _new_kf_id(self) -> int:
        """Return the next number, one that was never given before unless the switches say so."""
        if self.switches.kf_ids_are_reused:
            taken = {agent.kf_id for agent in self.agents.values()}
            return next(kf_id for kf_id in count(_FIRST_KF_ID) if kf_id not in taken)
        self._last_kf_id += 1
        return self._last_kf_id

    def _follow(self, customer: Customer) -> Customer:
        if not customer.is_following:
            customer.is_following = True
            customer.followed_at = self.clock.now()
        return customer

    def _served_by_another(self, session: Session) -> Refused:
        if self.switches.legacy_session_codes:
            return Refused(61458, f"customer accepted by {session.kf_account}")
        return Refused(65414)

    def _exchanged(self, customer: Customer, now: float) -> None:
        customer.exchanged_at = now
        session = self.sessions.get(customer.openid)
        if session is not None and self.switches.session_restarts_on_message:
            session.ends_from_at = now
            self._watch_end(session)

    def _start(self, agent: Agent, openid: str, kind: str, opercode: int, **details: str) -> None:
        now = self.clock.now()
        self.queue.pop(openid, None)
        session = Session(openid, agent.kf_account, now, now)
        self._sessions[openid] = agent.sessions[openid] = session
        self._watch_end(session)
        self.records.write(now, openid, opercode, worker=agent.kf_account)
        self._tell(kind, openid, agent.kf_account, **details)

    def _end(self, session: Session, kind: str, at: float, **details: str) -> None:
        self._forget(session)
        self.records.write(at, session.openid, book.CLOSED, worker=session.kf_account)
        self._announce(Event(at, kind, session.openid, session.kf_account, "", details))

    def _forget(self, session: Session) -> None:
        del self._sessions[session.openid]
        del self.agents[session.kf_account].sessions[session.openid]

    def _watch_end(self, session: Session) -> None:
        heapq.heappush(self._ends, (session.ends_from_at, next(self._serial), session))

    def _tell(self, kind: str, openid: str = "", kf_account: str = "", text: str = "", **details: Value) -> None:
        self._announce(Event(self.clock.now(), kind, openid, kf_account, text, details))

    def _announce(self, event: Event) -> None:
        self.events.append(event)
        for watcher in tuple(self._watchers):
            watcher(event)
