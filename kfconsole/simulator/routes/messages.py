"""Chat records, sending and typing."""

from kfconsole.simulator.codes import Refused
from kfconsole.simulator.endpoint import Call, Endpoint, Json, post
from kfconsole.simulator.envelope import OK
from kfconsole.simulator.sending import send, show_typing


def _message_list(call: Call) -> Json:
    body, world = call.body(), call.world
    start, end, cursor, number = (_integer(body, key) for key in ("starttime", "endtime", "msgid", "number"))
    page = world.records.page(start, end, cursor, number, now=world.clock.now(), switches=world.switches)
    rows = [
        {"openid": row.openid, "opercode": row.opercode, "text": row.text, "time": row.time, "worker": row.worker}
        for row in page.records
    ]
    return {"recordlist": rows, "number": len(rows), "msgid": page.cursor}


def _integer(body: Json, key: str) -> int:
    value = body.get(key)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Refused(65416)
    return value


def _send(call: Call) -> Json:
    send(call.world, {**call.body_with_literal_escapes(), "touser": call.body().get("touser")})
    return OK


def _typing(call: Call) -> Json:
    body = call.body()
    show_typing(call.world, body.get("touser"), body.get("command"))
    return OK


ENDPOINTS: dict[str, Endpoint] = {
    "/customservice/msgrecord/getmsglist": post(_message_list, needs_kf=True),
    "/cgi-bin/message/custom/send": post(_send),
    "/cgi-bin/message/custom/typing": post(_typing),
}
