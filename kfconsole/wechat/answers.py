"""WeChat's answers, read into the model. The only module that decodes.

`reading` says how fields are read; here is what each answer holds.
"""

from collections.abc import Mapping

import msgspec

from kfconsole.model import (
    Agent,
    AgentId,
    CustomerId,
    Media,
    MediaKind,
    MessageKind,
    QueueAnswer,
    Quota,
    Record,
    RecordPage,
    RequestInfo,
    Session,
    SessionHolder,
    User,
    WaitingRow,
)
from kfconsole.text import one_line
from kfconsole.wechat.masks import Masks, without_credentials
from kfconsole.wechat.reading import LARGEST_COUNT, LARGEST_CURSOR, Fields, Loose, Number, label, words

KINDS = {
    1000: MessageKind.QUEUED,
    1001: MessageKind.ACCEPTED,
    1002: MessageKind.STARTED,
    1003: MessageKind.TRANSFERRED,
    1004: MessageKind.CLOSED,
    1005: MessageKind.TAKEN_OVER,
    2001: MessageKind.RECEIVED,
    2002: MessageKind.SENT,
    2003: MessageKind.RECEIVED,
}
"""opercode to what the line is; WeChat may send others."""


class _AgentRow(msgspec.Struct, gc=False):
    kf_account: Loose
    kf_nick: Loose | None = None
    kf_id: Loose | None = None
    kf_headimgurl: Loose | None = None
    kf_headimg: Loose | None = None
    """In place of kf_headimgurl in the retired shape."""
    kf_wx: Loose | None = None
    invite_wx: Loose | None = None
    invite_expire_time: Number | None = None
    invite_status: Loose | None = None


class _AgentList(msgspec.Struct):
    kf_list: list[_AgentRow] | None


class _OnlineRow(msgspec.Struct, gc=False):
    kf_account: Loose
    status: Number | None = None
    accepted_case: Number | None = None


class _OnlineList(msgspec.Struct):
    kf_online_list: list[_OnlineRow] | None


class _WaitRow(msgspec.Struct, gc=False):
    openid: Loose
    latest_time: Number | None = None
    createtime: Number | None = None
    """In place of latest_time in the retired shape."""


class _WaitList(msgspec.Struct):
    count: Number | None = None
    waitcaselist: list[_WaitRow] | None = None


class _SessionRow(msgspec.Struct, gc=False):
    openid: Loose
    createtime: Number


class _SessionList(msgspec.Struct):
    sessionlist: list[_SessionRow] | None


class _Holder(msgspec.Struct):
    kf_account: Loose | None = None
    createtime: Number | None = None


class _RecordRow(msgspec.Struct, gc=False):
    openid: Loose
    opercode: Number
    time: Number
    text: Loose | None = None
    worker: Loose | None = None


class _RecordList(msgspec.Struct):
    number: Number | None = None
    msgid: Number | None = None
    recordlist: list[_RecordRow] | None = None


class _Media(msgspec.Struct):
    media_id: Loose
    created_at: Number


class _Link(msgspec.Struct):
    video_url: str


class _User(msgspec.Struct, gc=False):
    openid: Loose | None = None
    subscribe: Number | None = None
    remark: Loose | None = None
    tagid_list: list[Number] | Loose | None = None
    subscribe_time: Number | None = None
    subscribe_scene: Loose | None = None
    unionid: Loose | None = None


class _UserList(msgspec.Struct):
    user_info_list: list[_User] | None


class _DayQuota(msgspec.Struct):
    daily_limit: Number
    used: Number
    remain: Number


class _RateLimit(msgspec.Struct):
    call_count: Number | None = None
    refresh_second: Number | None = None


class _Quota(msgspec.Struct):
    quota: _DayQuota
    rate_limit: _RateLimit | None = None


class _Request(msgspec.Struct):
    invoke_time: Number
    cost_in_ms: Number | None = None
    request_url: Loose | None = None
    request_body: Loose | None = None
    response_body: Loose | None = None
    client_ip: Loose | None = None


class _RequestInfo(msgspec.Struct):
    request: _Request


class _Token(msgspec.Struct):
    access_token: str
    expires_in: Number

    def __repr__(self) -> str:
        return "_Token()"


class Answer(Fields):
    """One good answer; each method reads it as what one endpoint promises and raises Unavailable when it is not."""

    def ok(self) -> None:
        """Raise unless the answer says that an order was carried out: of any other nobody knows what became of it."""
        if self._fields.get("errcode") is None:
            raise self._wrong("errcode")

    def token(self) -> tuple[str, float]:
        """Return the access token and the seconds it lives."""
        answer = self._read(_Token)
        if not answer.access_token.strip():
            raise self._wrong("access_token")
        return answer.access_token, float(self._whole(answer.expires_in, "expires_in", LARGEST_COUNT))

    def agents(self) -> tuple[Agent, ...]:
        """Return the agents, each once, by either name of the list: the document's example has the wrong one."""
        answer = self._read(_AgentList, "kf_list", "kf_online_list")
        agents = (
            Agent(
                id=AgentId(self._id(row.kf_account, ("kf_list", at, "kf_account"))),
                nick=one_line(words(row.kf_nick)),
                kf_id=one_line(words(row.kf_id)),
                is_bound=bool(label(row.kf_wx)),
                invite_status=one_line(words(row.invite_status)),
                picture_url=label(row.kf_headimgurl) or label(row.kf_headimg),
                wechat_id=label(row.kf_wx),
                invited_wechat_id=label(row.invite_wx),
                invite_expires_at=self._whole_or_none(row.invite_expire_time, ("kf_list", at, "invite_expire_time")),
            )
            for at, row in enumerate(answer.kf_list or ())
        )
        return tuple({agent.id: agent for agent in agents}.values())

    def online_agents(self) -> Mapping[AgentId, int]:
        """Return the sessions being served by each agent who is online."""
        answer = self._read(_OnlineList, "kf_online_list", "kf_list")
        served: dict[AgentId, int] = {}
        for at, row in enumerate(answer.kf_online_list or ()):
            agent = AgentId(self._id(row.kf_account, ("kf_online_list", at, "kf_account")))
            cases = self._whole(row.accepted_case or 0, ("kf_online_list", at, "accepted_case"), LARGEST_COUNT)
            # A row without a status still stands in the list of those online.
            if self._whole(1 if row.status is None else row.status, ("kf_online_list", at, "status"), LARGEST_COUNT):
                served[agent] = cases
        return served

    def queue(self) -> QueueAnswer:
        """Return the queue, each customer once; of the retired shape, too."""
        answer = self._read(_WaitList)
        if answer.count is None and answer.waitcaselist is None:
            raise self._wrong("waitcaselist")
        waiting = (self._waiting(row, at) for at, row in enumerate(answer.waitcaselist or ()))
        rows = tuple({row.openid: row for row in waiting}.values())
        total = len(rows) if answer.count is None else self._whole(answer.count, "count", LARGEST_COUNT)
        return QueueAnswer(total=max(total, len(rows)), rows=rows)

    def sessions(self, agent: AgentId) -> tuple[Session, ...]:
        """Return the sessions of one agent, each customer once."""
        answer = self._read(_SessionList, "sessionlist")
        sessions = (
            Session(
                openid=CustomerId(self._id(row.openid, ("sessionlist", at, "openid"))),
                agent=agent,
                started_at=self._whole(row.createtime, ("sessionlist", at, "createtime")),
            )
            for at, row in enumerate(answer.sessionlist or ())
        )
        return tuple({session.openid: session for session in sessions}.values())

    def holder(self) -> SessionHolder | None:
        """Return who serves; nobody when the account is empty, null or not there at all."""
        answer = self._read(_Holder)
        started_at = self._whole(answer.createtime or 0, "createtime")
        agent = one_line(words(answer.kf_account))
        return SessionHolder(agent=AgentId(agent), started_at=started_at) if agent else None

    def records(self) -> tuple[RecordPage, int]:
        """Return one page of records and how many WeChat says it holds."""
        answer = self._read(_RecordList)
        if answer.number is None and answer.recordlist is None:
            raise self._wrong("recordlist")
        records = tuple(self._record(row, at) for at, row in enumerate(answer.recordlist or ()))
        number = len(records) if answer.number is None else self._whole(answer.number, "number", LARGEST_COUNT)
        if number and answer.recordlist is None:
            raise self._wrong("recordlist")
        cursor = self._whole(answer.msgid or 0, "msgid", LARGEST_CURSOR)
        return RecordPage(records=records, cursor=cursor), number

    def media(self, kind: MediaKind) -> Media:
        """Return the file WeChat took; an old answer names a cover's id `thumb_media_id`."""
        answer = self._read(_Media, "media_id", "thumb_media_id")
        return Media(
            media_id=self._id(answer.media_id, "media_id"),
            kind=kind,
            created_at=self._whole(answer.created_at, "created_at"),
        )

    def video_url(self) -> str:
        """Return where a video can be fetched."""
        return self._id(self._read(_Link).video_url, "video_url")

    def user(self, openid: CustomerId) -> User:
        """Return the customer who was asked for."""
        return self._user(self._read(_User), openid, "")

    def users(self) -> tuple[User, ...]:
        """Return the customers of one page, as WeChat has put them in order."""
        rows = self._read(_UserList).user_info_list or ()
        return tuple(
            self._user(row, self._id(words(row.openid), ("user_info_list", at, "openid")), f"user_info_list[{at}].")
            for at, row in enumerate(rows)
        )

    def quota(self) -> Quota:
        """Return how often a call may be made."""
        answer = self._read(_Quota)
        day, burst = answer.quota, answer.rate_limit or _RateLimit()
        return Quota(
            daily_limit=self._whole(day.daily_limit, "quota.daily_limit", LARGEST_CURSOR),
            used=self._whole(day.used, "quota.used", LARGEST_CURSOR),
            # Counts lag by about one in a hundred, so that more may be used than there were.
            remaining=0 if _is_negative(day.remain) else self._whole(day.remain, "quota.remain", LARGEST_CURSOR),
            burst_calls=self._whole_or_none(burst.call_count, "rate_limit.call_count", LARGEST_CURSOR),
            burst_seconds=self._whole_or_none(burst.refresh_second, "rate_limit.refresh_second", LARGEST_CURSOR),
        )

    def request_info(self, masks: Masks) -> RequestInfo:
        """Return one call as WeChat saw it; what could be a token or secret is cut before anything else."""
        request = self._read(_RequestInfo).request

        def shown(value: Loose | None) -> str:
            return words(without_credentials(masks.hide(str(value)))) if value is not None else ""

        return RequestInfo(
            at=self._whole(request.invoke_time, "request.invoke_time"),
            cost_milliseconds=self._whole(request.cost_in_ms or 0, "request.cost_in_ms", LARGEST_COUNT),
            url=one_line(shown(request.request_url)),
            request=shown(request.request_body),
            response=shown(request.response_body),
            client_address=label(request.client_ip),
        )

    def _user(self, row: _User, openid: str, place: str) -> User:
        tags = row.tagid_list if isinstance(row.tagid_list, list) else ()
        return User(
            openid=CustomerId(one_line(words(row.openid)) or openid),
            is_following=bool(self._whole_or_none(row.subscribe, place + "subscribe", LARGEST_COUNT)),
            remark=label(row.remark),
            tag_ids=tuple(self._whole(tag, f"{place}tagid_list", LARGEST_CURSOR) for tag in tags),
            followed_at=self._whole_or_none(row.subscribe_time, place + "subscribe_time"),
            scene=label(row.subscribe_scene),
            union_id=label(row.unionid),
        )

    def _waiting(self, row: _WaitRow, position: int) -> WaitingRow:
        is_retired = row.latest_time is None and row.createtime is not None
        last_message_at = row.createtime if is_retired else row.latest_time
        place = ("waitcaselist", position, "createtime" if is_retired else "latest_time")
        if last_message_at is None:
            raise self._wrong(place)
        return WaitingRow(
            openid=CustomerId(self._id(row.openid, ("waitcaselist", position, "openid"))),
            last_message_at=self._whole(last_message_at, place),
        )

    def _record(self, row: _RecordRow, at: int) -> Record:
        return Record(
            openid=CustomerId(self._id(row.openid, ("recordlist", at, "openid"))),
            agent=AgentId(one_line(words(row.worker))),
            kind=KINDS.get(self._whole(row.opercode, ("recordlist", at, "opercode"), LARGEST_COUNT), MessageKind.OTHER),
            text=words(row.text),
            at=self._whole(row.time, ("recordlist", at, "time")),
        )


def _is_negative(value: Number) -> bool:
    return not isinstance(value, str) and -LARGEST_CURSOR <= value < 0
