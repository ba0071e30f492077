"""WeChat's answers, read into the model. The only module that decodes.

A wrong type in a field we use fails the whole answer with the field's name; a field we do not use is not looked at.
"""

import math
import re
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from kfconsole.errors import Unavailable
from kfconsole.model import (
    Agent,
    AgentId,
    CustomerId,
    MessageKind,
    QueueAnswer,
    Record,
    RecordPage,
    Session,
    SessionHolder,
    WaitingRow,
)
from kfconsole.text import clean, one_line
from kfconsole.wechat.call import Call
from kfconsole.wechat.envelope import unreadable_field

LATEST_TIME = 253_402_300_799  # the last second of the year 9999: nothing later can be shown as a date
LARGEST_COUNT = 2**31 - 1
LARGEST_CURSOR = 2**63 - 1

Loose = int | str
"""An id: a string in the documents, often a number on the wire."""
Number = int | float | str
"""A time or count."""
Place = str | tuple[str, int, str]
"""A field; of a row: list, position and name, put into words only when something is wrong with it."""

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

_DIGITS = re.compile(r"\s*[0-9]{1,19}(\.[0-9]{0,9})?\s*")
_PROBLEM = re.compile(r"(?:required field `(?P<missing>[^`]*)`)?(?: - at `\$\.?(?P<place>.*)`)?$")
_S = TypeVar("_S", bound=msgspec.Struct)


class _AgentRow(msgspec.Struct):
    kf_account: Loose
    kf_nick: Loose | None = None
    kf_id: Loose | None = None
    kf_wx: Loose | None = None
    invite_status: Loose | None = None


class _AgentList(msgspec.Struct):
    kf_list: list[_AgentRow] | None


class _OnlineRow(msgspec.Struct):
    kf_account: Loose
    status: Number | None = None
    accepted_case: Number | None = None


class _OnlineList(msgspec.Struct):
    kf_online_list: list[_OnlineRow] | None


class _WaitRow(msgspec.Struct):
    openid: Loose
    latest_time: Number | None = None
    createtime: Number | None = None
    """In place of latest_time in the retired shape."""


class _WaitList(msgspec.Struct):
    count: Number | None = None
    waitcaselist: list[_WaitRow] | None = None


class _SessionRow(msgspec.Struct):
    openid: Loose
    createtime: Number


class _SessionList(msgspec.Struct):
    sessionlist: list[_SessionRow] | None


class _Holder(msgspec.Struct):
    kf_account: Loose | None = None
    createtime: Number | None = None


class _RecordRow(msgspec.Struct):
    openid: Loose
    opercode: Number
    time: Number
    text: Loose | None = None
    worker: Loose | None = None


class _RecordList(msgspec.Struct):
    number: Number | None = None
    msgid: Number | None = None
    recordlist: list[_RecordRow] | None = None


class _Token(msgspec.Struct):
    access_token: str
    expires_in: Number

    def __repr__(self) -> str:
        return "_Token()"


class Answer:
    """One good answer; each method reads it as what one endpoint promises and raises Unavailable when it is not."""

    def __init__(self, fields: Mapping[str, Any], call: Call) -> None:
        self._fields = fields
        self._call = call

    def token(self) -> tuple[str, float]:
        """Return the access token and the seconds it lives."""
        answer = self._read(_Token)
        if not answer.access_token.strip():
            raise self._wrong("access_token")
        return answer.access_token, float(self._whole(answer.expires_in, "expires_in", LARGEST_COUNT))

    def agents(self) -> tuple[Agent, ...]:
        """Return the agents, whichever of its two names the list has (the document's example has the wrong one)."""
        answer = self._read(_AgentList, "kf_list", "kf_online_list")
        return tuple(
            Agent(
                id=AgentId(self._id(row.kf_account, ("kf_list", at, "kf_account"))),
                nick=one_line(_words(row.kf_nick)),
                kf_id=one_line(_words(row.kf_id)),
                is_bound=bool(_words(row.kf_wx).strip()),
                invite_status=one_line(_words(row.invite_status)),
            )
            for at, row in enumerate(answer.kf_list or ())
        )

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
        """Return the queue; of the retired shape, too."""
        answer = self._read(_WaitList)
        if answer.count is None and answer.waitcaselist is None:
            raise self._wrong("waitcaselist")
        rows = tuple(self._waiting(row, at) for at, row in enumerate(answer.waitcaselist or ()))
        total = len(rows) if answer.count is None else self._whole(answer.count, "count", LARGEST_COUNT)
        return QueueAnswer(total=max(total, len(rows)), rows=rows)

    def sessions(self, agent: AgentId) -> tuple[Session, ...]:
        """Return the sessions of one agent."""
        answer = self._read(_SessionList, "sessionlist")
        return tuple(
            Session(
                openid=CustomerId(self._id(row.openid, ("sessionlist", at, "openid"))),
                agent=agent,
                started_at=self._whole(row.createtime, ("sessionlist", at, "createtime")),
            )
            for at, row in enumerate(answer.sessionlist or ())
        )

    def holder(self) -> SessionHolder | None:
        """Return who serves; nobody when the account is empty, null or not there at all."""
        answer = self._read(_Holder)
        started_at = self._whole(answer.createtime or 0, "createtime")
        agent = one_line(_words(answer.kf_account))
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
            agent=AgentId(one_line(_words(row.worker))),
            kind=KINDS.get(self._whole(row.opercode, ("recordlist", at, "opercode"), LARGEST_COUNT), MessageKind.OTHER),
            text=_words(row.text),
            at=self._whole(row.time, ("recordlist", at, "time")),
        )

    def _read(self, shape: type[_S], name: str = "", other: str = "") -> _S:
        """Convert the fields; a list under its other name is read under the one the shape has."""
        fields = self._fields
        if other and name not in fields and other in fields:
            fields = {**fields, name: fields[other]}
        try:
            return msgspec.convert(fields, shape, strict=False)
        except msgspec.ValidationError as error:
            place = _place(str(error))
        raise self._wrong(place)

    def _id(self, value: Loose, place: Place) -> str:
        name = one_line(_words(value))
        if not name:
            raise self._wrong(place)
        return name

    def _whole(self, value: Number, place: Place, largest: int = LATEST_TIME) -> int:
        """Return a time or count without its fraction, if it had one."""
        number = _number(value)
        if number is None or not 0 <= number <= largest:
            raise self._wrong(place)
        return math.floor(number)

    def _wrong(self, place: Place) -> Unavailable:
        if isinstance(place, tuple):
            rows, at, name = place
            place = f"{rows}[{at}].{name}"
        return unreadable_field(place, self._call)


def _words(value: Loose | None) -> str:
    return "" if value is None else clean(str(value))


def _number(value: Number) -> int | float | None:
    """Return the number, None for what is none; no error of Python's, for it would quote the value."""
    if isinstance(value, str):
        if not _DIGITS.fullmatch(value):
            return None
        whole, _dot, fraction = value.strip().partition(".")
        return float(value) if fraction else int(whole)
    return value if isinstance(value, int) or math.isfinite(value) else None


def _place(problem: str) -> str:
    """Return the field msgspec complains of, such as `kf_list[0].kf_id`."""
    found = _PROBLEM.search(problem)
    parts = (found["place"], found["missing"]) if found else ()
    return ".".join(part for part in parts if part) or "?"
