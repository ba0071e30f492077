"""Chat records, sending and typing."""

from collections.abc import Sequence
from typing import Any

from kfconsole.simulator.codes import Refused
from kfconsole.simulator.endpoint import Call, Endpoint, Json, post
from kfconsole.simulator.envelope import OK
from kfconsole.simulator.records import Record
from kfconsole.simulator.sending import send, show_typing

_READ = frozenset({"content", "title", "description", "head_content", "tail_content"})
"""What of a message a customer reads; an escape in a link was seen to work."""


def _message_list(call: Call) -> Json:
    body, world = call.body(), call.world
    start, end, cursor, number = (_integer(body, key) for key in ("starttime", "endtime", "msgid", "number"))
    world.end_overdue_sessions()
    page = world.records.page(start, end, cursor, number, now=world.clock.now(), switches=world.switches)
    return {"recordlist": _rows(page.records), "number": len(page.records), "msgid": page.cursor}


def _retired_message_list(call: Call) -> Json:
    body, world = call.body(), call.world
    start, end, index, size = (_integer(body, key) for key in ("starttime", "endtime", "pageindex", "pagesize"))
    openid = body.get("openid", "")
    if not isinstance(openid, str):
        raise Refused(65416)
    world.end_overdue_sessions()
    records = world.records.retired_page(
        start, end, index, size, openid, now=world.clock.now(), switches=world.switches
    )
    return {**OK, "retcode": 0, "recordlist": _rows(records)}


def _rows(records: Sequence[Record]) -> list[Json]:
    return [
        {"openid": row.openid, "opercode": row.opercode, "text": row.text, "time": row.time, "worker": row.worker}
        for row in records
    ]


def _integer(body: Json, key: str) -> int:
    value = body.get(key)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Refused(65416)
    return value


def _send(call: Call) -> Json:
    body, literal = call.body(), call.body_with_literal_escapes()
    try:
        send(call.world, _as_read(body, literal, escapes_refused=call.world.switches.escape_is_error))
    except RecursionError as error:
        raise Refused(47001) from error
    return OK


def _as_read(decoded: Any, literal: Any, key: str = "", *, escapes_refused: bool) -> Any:
    """Return the body with every text a customer reads as it was written, escapes and all; links and ids decoded.

    Raises:
        Refused: 47002 for an escape in such a text, if they are refused.
    """
    if isinstance(decoded, str) and isinstance(literal, str):
        if key in _READ and escapes_refused and literal != decoded:
            raise Refused(47002)
        return literal if key in _READ else decoded
    if type(decoded) is not type(literal) or not isinstance(decoded, dict | list) or len(decoded) != len(literal):
        return decoded  # a key that comes twice, once escaped, makes them differ
    if isinstance(decoded, list):
        return [_as_read(*pair, escapes_refused=escapes_refused) for pair in zip(decoded, literal, strict=True)]
    pairs = zip(decoded.items(), literal.values(), strict=True)
    return {
        key: _as_read(value, as_written, key, escapes_refused=escapes_refused) for (key, value), as_written in pairs
    }


def _typing(call: Call) -> Json:
    body = call.body()
    show_typing(call.world, body.get("touser"), body.get("command"))
    return OK


ENDPOINTS: dict[str, Endpoint] = {
    "/customservice/msgrecord/getmsglist": post(_message_list, needs_kf=True),
    "/customservice/msgrecord/getrecord": Endpoint(
        ("POST",), _retired_message_list, needs_kf=True, switched={"POST": "retired_record_call"}
    ),
    "/cgi-bin/message/custom/send": post(_send),
    "/cgi-bin/message/custom/typing": post(_typing),
}
