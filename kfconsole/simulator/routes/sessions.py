"""The queue and the sessions."""

from kfconsole.simulator.endpoint import Call, Endpoint, Json, get, post
from kfconsole.simulator.envelope import OK
from kfconsole.simulator.people import Waiting


def _wait_case(call: Call) -> Json:
    total, rows = call.world.waiting_rows()
    shown = _old_row if call.world.switches.old_queue_rows else _row
    return {"count": total, "waitcaselist": [shown(row) for row in rows]}


def _row(waiting: Waiting) -> Json:
    return {"latest_time": int(waiting.latest_at), "openid": waiting.openid}


def _old_row(waiting: Waiting) -> Json:
    # Nobody is chosen beforehand here.
    return {"openid": waiting.openid, "kf_account": "", "createtime": int(waiting.since_at)}


def _session_list(call: Call) -> Json:
    agent = call.world.find_agent(call.query.get("kf_account"))
    sessions = call.world.sessions_of(agent)
    return {"sessionlist": [{"createtime": int(row.created_at), "openid": row.openid} for row in sessions]}


def _session(call: Call) -> Json:
    customer = call.world.find_customer(call.query.get("openid"))
    session = call.world.sessions.get(customer.openid)
    shape = call.world.switches.getsession_empty_shape
    envelope = OK if shape == "errcode" else {}
    if session is not None:
        return {**envelope, "createtime": int(session.created_at), "kf_account": session.kf_account}
    return {} if shape == "absent" else {**envelope, "createtime": 0, "kf_account": ""}


def _create_session(call: Call) -> Json:
    body = call.body()
    call.world.create_session(body.get("kf_account"), body.get("openid"))
    return OK


def _close_session(call: Call) -> Json:
    body = call.body()
    call.world.close_session(body.get("kf_account"), body.get("openid"))
    return OK


ENDPOINTS: dict[str, Endpoint] = {
    "/customservice/kfsession/getwaitcase": get(_wait_case, needs_kf=True),
    "/customservice/kfsession/getsessionlist": get(_session_list, needs_kf=True),
    "/customservice/kfsession/getsession": get(_session, needs_kf=True),
    "/customservice/kfsession/create": post(_create_session, needs_kf=True),
    "/customservice/kfsession/close": post(_close_session, needs_kf=True),
}
