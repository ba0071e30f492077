"""Picking the agent who shall have a customer: how busy each is, and why some cannot be picked, as it changes."""

from collections.abc import Callable, Sequence

from kfconsole.desk import rules
from kfconsole.desk.store import Store
from kfconsole.i18n import _
from kfconsole.model import Agent, AgentId, Desk, Feed
from kfconsole.ui import words
from kfconsole.ui.dialogs import Choice, Picker


class AgentPicker(Picker):
    """A picker of agents that follows the desk while it is open; nobody moves under the highlight."""

    def __init__(self, store: Store, title: str, holder: AgentId | None = None) -> None:
        self._store = store
        self._holder = holder
        choices = agent_choices(store.desk, holder=holder)
        super().__init__(title, choices, _("Name of the agent"))
        self._offered: Sequence[Choice] = choices
        self._unsubscribe: Callable[[], None] = lambda: None

    def on_mount(self) -> None:
        """Follow the desk."""
        self._unsubscribe = self._store.subscribe(self._follow)
        self._follow(self._store.desk)

    def on_unmount(self) -> None:
        """Follow it no longer."""
        self._unsubscribe()

    def _follow(self, desk: Desk) -> None:
        choices = agent_choices(desk, holder=self._holder, order=[choice.id for choice in self._offered])
        if choices != self._offered:
            self._offered = choices
            self.offer(choices)


def agent_choices(desk: Desk, *, holder: AgentId | None = None, order: Sequence[str] = ()) -> list[Choice]:
    """Return all agents as rows of a picker: the least busy first, then those who cannot be picked, with the reason.

    Args:
        desk: Which desk.
        holder: Who has the customer already.
        order: Accounts that stay in this order, whatever became of them; new ones come behind.
    """
    is_seen = desk.is_known(Feed.AGENTS)
    agents = list(desk.agents)
    if desk.me is not None and rules.find_agent(desk, desk.me) is None and is_seen:
        agents.append(Agent(desk.me, "", is_bound=False, invite_status="unknown"))
    places = {agent: place for place, agent in enumerate(order)}

    def place(agent: Agent) -> tuple[int, bool, int, bool]:
        is_refused = bool(_refusal(agent, holder, is_seen=is_seen))
        return places.get(agent.id, len(places)), is_refused, agent.session_count, agent.id != desk.me

    return [_choice(agent, desk.me, holder, is_seen=is_seen) for agent in sorted(agents, key=place)]


def _choice(agent: Agent, me: AgentId | None, holder: AgentId | None, *, is_seen: bool) -> Choice:
    load = _("{count} in session").format(count=agent.session_count)
    if not is_seen and not (agent.is_bound and agent.is_online):
        load = _("{state} when last seen").format(state=words.agent_state(agent))
    mine = "  " + _("me") if agent.id == me else ""
    refusal = _refusal(agent, holder, is_seen=is_seen)
    return Choice(
        agent.id,
        agent.name,
        load + mine,
        refusal + mine if refusal else "",
        also=agent.id,
    )


def _refusal(agent: Agent, holder: AgentId | None, *, is_seen: bool) -> str:
    """Say why an agent cannot be given the customer; remembered agents may have come online since."""
    if agent.id == holder:
        return _("has the customer now")
    if agent.invite_status == "unknown":
        return _("unknown to WeChat")
    if not is_seen or (agent.is_bound and agent.is_online):
        return ""
    return words.agent_state(agent)
