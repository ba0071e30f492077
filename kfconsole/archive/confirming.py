"""Find the send of ours that a record of WeChat's shows.

A record has no id, so it is found by what it says: customer, agent, text, and a time near enough. Where several sends
might be meant, the likeliest is: one that WeChat took at that moment. A record confirms one send, a send one record.
"""

import re
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from kfconsole.model import Delivery, MessageId, MessageKind, Record

if TYPE_CHECKING:
    from sqlite3 import Connection

MATCH_SECONDS: Final = 120  # our clock and WeChat's, plus a slow answer; more would swallow a colleague's repetition
TAKEN_MATCH_SECONDS: Final = 60  # likewise, once WeChat answered: its answer came in time, and put our clock right
NEAR_SECONDS: Final = (-3.0, 10.0)  # what shows between asking and WeChat's whole second, as a rule

_SENDS: Final = """
    SELECT message_id, account, text, content, state, asked_at FROM deliveries
    JOIN messages ON messages.id = message_id JOIN agents ON agents.id = agent_id
    WHERE deliveries.customer_id = (SELECT id FROM customers WHERE openid = ?1)
        AND asked_at BETWEEN ?2 - ?3 AND ?2 + ?3
        AND (state = 'sent' OR (state IN ('sending', 'unknown') AND content IS NULL))
"""
_LINK: Final = re.compile(r"</?a\b[^>]*>", re.IGNORECASE)
_MARKS: Final = re.compile("[\ufe0e\ufe0f␍]")  # how an emoji looks, and the stand-in for a carriage return
_BLANKS: Final = re.compile(r"[\s\u2028\u2029]+")
_TAG: Final = re.compile(r"\[\w+\]")


class _Send(Struct, frozen=True):
    """A send that a record might show."""

    message_id: MessageId
    account: str
    text: str
    content: str | None
    state: str
    asked_at: float


def confirm(connection: "Connection", record: Record) -> MessageId | None:
    """Let the record confirm the send of ours it most likely shows, if there is one; the caller holds a transaction.

    A refused send never matches: WeChat answered that it did not go out, so an equal line in the records is
    somebody else's, and swallowing it would show a delivery that never happened. `[image]` may be any picture, so
    such a word decides no open outcome. A dismissed send that turns up arrived after all, and says so.
    """
    if record.kind is not MessageKind.SENT:
        return None
    rows: list[tuple[Any, ...]] = connection.execute(_SENDS, (record.openid, record.at, MATCH_SECONDS)).fetchall()
    sends = [send for row in rows if _may_show(record, send := _Send(*row))]
    if not sends:
        return None
    message_id = min(sends, key=lambda send: _likelihood(record, send)).message_id
    connection.execute(
        """
        UPDATE deliveries SET state = 'confirmed', reason = '', is_dismissed = 0, process = NULL,
            record_at = ?, record_agent = ?, record_text = ?
        WHERE message_id = ?
        """,
        (record.at, record.agent, record.text, message_id),
    )
    return message_id


def _may_show(record: Record, send: _Send) -> bool:
    if send.state == Delivery.SENT and abs(record.at - send.asked_at) > TAKEN_MATCH_SECONDS:
        return False
    return _is_same_agent(send.account, record.agent) and (_is_same(record, send) or _is_alike(record, send))


def _likelihood(record: Record, send: _Send) -> tuple[object, ...]:
    """What sorts the likeliest first."""
    earliest, latest = NEAR_SECONDS
    after = record.at - send.asked_at
    is_near = earliest <= after <= latest
    is_taken = send.state == Delivery.SENT
    return not is_near, not _is_same(record, send), not is_taken, abs(after), send.asked_at, send.message_id


def _is_same_agent(account: str, worker: str) -> bool:
    """Whether a record's worker, who in old records has a bare name, may be the one we sent as; no name is anybody."""
    worker = worker.strip()
    return not account or not worker or account == worker or account.partition("@")[0] == worker


def _is_same(record: Record, send: _Send) -> bool:
    return record.text.strip() == send.text.strip()


def _is_alike(record: Record, send: _Send) -> bool:
    """Whether the texts differ only in what is lost on the way: line ends, blanks, links, how emoji look."""
    if send.content is not None:
        tag = _TAG.match(send.text)
        return tag is not None and tag[0] == record.text.strip()
    return _essence(record.text) == _essence(send.text)


def _essence(text: str) -> str:
    from html import unescape  # all names of HTML, which no start has to wait for

    return _BLANKS.sub(" ", unescape(_LINK.sub("", _MARKS.sub("", text)))).strip()
