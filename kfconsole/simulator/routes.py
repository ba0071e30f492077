"""WeChat's paths: what each call reads from the request, and how its answer is written.

JSON is written by hand here on purpose: nothing is shared with the client that decodes it.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import parse_qsl

from kfconsole.simulator.codes import Refused
from kfconsole.simulator.envelope import OK, literal_escapes
from kfconsole.simulator.people import Agent
from kfconsole.simulator.tokens import Token
from kfconsole.simulator.world import World

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Call:
    """One request, as far as a call needs it."""

    world: World
    query: Mapping[str, str]
    raw_body: bytes = b""

    def body(self) -> Json:
        """Return the JSON object of the body, or refuse with 44002 or 47001."""
        return self._parsed(lambda text: text)

    def body_with_literal_escapes(self) -> Json:
        r"""Return the JSON object with \uXXXX kept as written, as WeChat shows it to customers."""
        return self._parsed(literal_escapes)

    def _parsed(self, prepare: Callable[[str], str]) -> Json:
        if not self.raw_body:
            raise Refused(44002)
        try:
            body = json.loads(prepare(self.raw_body.decode("utf-8")))
        except (ValueError, RecursionError) as error:
            raise Refused(47001) from error
        if not isinstance(body, dict):
            raise Refused(47001)
        return body


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One of WeChat's calls."""

    method: str
    act: Callable[[Call], Json]
    needs_token: bool = True
    needs_kf: bool = False
    """Answers 65400 while the kf feature is off."""


def perform(world: World, method: str, path: str, query: str, raw_body: bytes) -> Json:
    """Do what one request asks and return the answer's JSON, or refuse."""
    endpoint = ENDPOINTS.get(path)
    if endpoint is None:
        raise Refused(40066)
    if method != endpoint.method:
        raise Refused(43001 if endpoint.method == "GET" else 43002)
    call = Call(world, dict(parse_qsl(query, keep_blank_values=True)), raw_body)
    if endpoint.needs_token:
        world.tokens.check(call.query.get("access_token", ""), world.clock.now())
    if endpoint.method == "POST":
        call.body()
    if endpoint.needs_kf and not world.switches.kf_enabled:
        raise Refused(65400)
    return endpoint.act(call)


# Token


def _token(call: Call) -> Json:
    _check_credentials(call.world, call.query)
    now = call.world.clock.now()
    return _token_json(call.world.tokens.issue(now), now)


def _stable_token(call: Call) -> Json:
    body = call.body()
    _check_credentials(call.world, body)
    now, tokens = call.world.clock.now(), call.world.tokens
    if body.get("force_refresh") is True:
        return _token_json(tokens.force(now, call.world.switches.early_forced_refresh_code), now)
    return _token_json(tokens.stable(now), now)


def _check_credentials(world: World, given: Mapping[str, object]) -> None:
    if given.get("grant_type") != "client_credential":
        raise Refused(40002)
    if not given.get("appid"):
        raise Refused(41002)
    if given["appid"] != world.app_id:
        raise Refused(40013)
    if not given.get("secret"):
        raise Refused(41004)
    if given["secret"] != world.app_secret:
        raise Refused(40125)


def _token_json(token: Token, now: float) -> Json:
    return {"access_token": token.value, "expires_in": round(token.expires_at - now)}


# Agents


def _agent_list(call: Call) -> Json:
    return {"kf_list": [_agent_json(call.world, agent) for agent in call.world.agents.values()]}


def _agent_json(world: World, agent: Agent) -> Json:
    picture = f"http://mmbiz.qpic.cn/mmbiz/{agent.kf_id}simulated/0"
    row: Json = {
        "kf_account": agent.kf_account,
        "kf_headimg" if world.switches.old_agent_fields else "kf_headimgurl": picture,
        "kf_id": _kf_id(world, agent),
        "kf_nick": agent.nickname,
    }
    if agent.is_bound:
        row["kf_wx"] = agent.wechat_id
    elif agent.invite_wx:
        is_over = agent.invite_status == "waiting" and world.clock.now() >= agent.invite_expires_at
        row["invite_wx"] = agent.invite_wx
        row["invite_expire_time"] = agent.invite_expires_at
        row["invite_status"] = "expired" if is_over else agent.invite_status
    return row


def _online_agent_list(call: Call) -> Json:
    world = call.world
    listed = [
        agent
        for agent in world.agents.values()
        if agent.is_online or (agent.is_bound and world.switches.online_list_shows_offline)
    ]
    return {"kf_online_list": [_online_agent_json(world, agent) for agent in listed]}


def _online_agent_json(world: World, agent: Agent) -> Json:
    row: Json = {
        "kf_account": agent.kf_account,
        "status": int(agent.is_online),
        "kf_id": _kf_id(world, agent),
        "accepted_case": len(world.sessions_of(agent)),
    }
    if world.switches.old_agent_fields:
        row["auto_accept"] = 0
    return row


def _kf_id(world: World, agent: Agent) -> int | str:
    return str(agent.kf_id) if world.switches.kf_id_as_string else agent.kf_id


# Queue and sessions


def _wait_case(call: Call) -> Json:
    total, rows = call.world.waiting_rows()
    return {
        "count": total,
        "waitcaselist": [{"latest_time": int(row.latest_at), "openid": row.openid} for row in rows],
    }


def _session_list(call: Call) -> Json:
    agent = call.world.find_agent(call.query.get("kf_account", ""))
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


# Messages


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
    call.world.send({**call.body_with_literal_escapes(), "touser": call.body().get("touser")})
    return OK


def _typing(call: Call) -> Json:
    body = call.body()
    call.world.typing(body.get("touser"), body.get("command"))
    return OK


ENDPOINTS: Mapping[str, Endpoint] = MappingProxyType(
    {
        "/cgi-bin/token": Endpoint("GET", _token, needs_token=False),
        "/cgi-bin/stable_token": Endpoint("POST", _stable_token, needs_token=False),
        "/cgi-bin/customservice/getkflist": Endpoint("GET", _agent_list, needs_kf=True),
        "/cgi-bin/customservice/getonlinekflist": Endpoint("GET", _online_agent_list, needs_kf=True),
        "/customservice/kfsession/getwaitcase": Endpoint("GET", _wait_case, needs_kf=True),
        "/customservice/kfsession/getsessionlist": Endpoint("GET", _session_list, needs_kf=True),
        "/customservice/kfsession/getsession": Endpoint("GET", _session, needs_kf=True),
        "/customservice/kfsession/create": Endpoint("POST", _create_session, needs_kf=True),
        "/customservice/kfsession/close": Endpoint("POST", _close_session, needs_kf=True),
        "/customservice/msgrecord/getmsglist": Endpoint("POST", _message_list, needs_kf=True),
        "/cgi-bin/message/custom/send": Endpoint("POST", _send),
        "/cgi-bin/message/custom/typing": Endpoint("POST", _typing),
    }
)
"""Path to call. The prefix /customservice/ sits under /cgi-bin only for the two lists of agents."""
