"""Managing agents: the lists, adding, renaming, removing, inviting, pictures."""

import random

from kfconsole.simulator import staff
from kfconsole.simulator.endpoint import Call, Endpoint, Json, get, post
from kfconsole.simulator.envelope import OK
from kfconsole.simulator.multipart import file_part
from kfconsole.simulator.people import Agent, new_openid
from kfconsole.simulator.world import World


def _agent_list(call: Call) -> Json:
    return _listed(call.world, "kf_list", [_agent_json(call.world, agent) for agent in call.world.agents.values()])


def _listed(world: World, key: str, rows: list[Json]) -> Json:
    shape = world.switches.empty_agent_list_shape
    if rows or shape == "empty":
        return {key: rows}
    return {key: None} if shape == "null" else {}


def _agent_json(world: World, agent: Agent) -> Json:
    picture = f"http://mmbiz.qpic.cn/mmbiz/{agent.picture or agent.kf_id}simulated/0"
    row: Json = {
        "kf_account": agent.kf_account,
        "kf_headimg" if world.switches.old_agent_fields else "kf_headimgurl": picture,
        "kf_id": _kf_id(world, agent),
        "kf_nick": agent.nickname,
    }
    if agent.is_bound:
        row["kf_wx"] = agent.wechat_id
    elif agent.invite_wx:
        row["invite_wx"] = agent.invite_wx
        row["invite_expire_time"] = agent.invite_expires_at
        row["invite_status"] = agent.invitation_state(world.clock.now())
    return row | _openid(world, agent)


def _online_agent_list(call: Call) -> Json:
    world = call.world
    listed = [
        agent
        for agent in world.agents.values()
        if agent.is_online or (agent.is_bound and world.switches.online_list_shows_offline)
    ]
    return _listed(world, "kf_online_list", [_online_agent_json(world, agent) for agent in listed])


def _online_agent_json(world: World, agent: Agent) -> Json:
    row: Json = {
        "kf_account": agent.kf_account,
        "status": int(agent.is_online),
        "kf_id": _kf_id(world, agent),
        "accepted_case": len(world.sessions_of(agent)),
    }
    if world.switches.old_agent_fields:
        row["auto_accept"] = 0
    return row | _openid(world, agent)


def _kf_id(world: World, agent: Agent) -> int | str:
    return str(agent.kf_id) if world.switches.kf_id_as_string else agent.kf_id


def _openid(world: World, agent: Agent) -> Json:
    """Return the openid of whoever is bound, always the same for one WeChat id."""
    if not world.switches.agent_openids or not agent.is_bound:
        return {}
    return {"kf_openid": new_openid(random.Random(f"agent {agent.wechat_id}"))}


def _add(call: Call) -> Json:
    body = call.body()
    staff.add(call.world, body.get("kf_account"), body.get("nickname"))
    return OK


def _rename(call: Call) -> Json:
    body = call.body()
    staff.rename(call.world, body.get("kf_account"), body.get("nickname"))
    return OK


def _remove(call: Call) -> Json:
    given = call.query if call.method == "GET" else call.body()
    staff.remove(call.world, given.get("kf_account"))
    return OK


def _invite(call: Call) -> Json:
    body = call.body()
    staff.invite(call.world, body.get("kf_account"), body.get("invite_wx"))
    return OK


def _set_picture(call: Call) -> Json:
    staff.set_picture(call.world, call.query.get("kf_account"), file_part(call.raw_body, call.content_type))
    return OK


_SHORT = {"GET": "lists_without_cgi_bin"}

ENDPOINTS: dict[str, Endpoint] = {
    "/cgi-bin/customservice/getkflist": get(_agent_list, needs_kf=True),
    "/cgi-bin/customservice/getonlinekflist": get(_online_agent_list, needs_kf=True),
    "/customservice/getkflist": Endpoint(("GET",), _agent_list, needs_kf=True, switched=_SHORT),
    "/customservice/getonlinekflist": Endpoint(("GET",), _online_agent_list, needs_kf=True, switched=_SHORT),
    "/customservice/kfaccount/add": post(_add, needs_kf=True),
    "/customservice/kfaccount/update": post(_rename, needs_kf=True),
    "/customservice/kfaccount/del": Endpoint(
        ("POST", "GET"), _remove, needs_kf=True, switched={"GET": "delete_by_get"}
    ),
    "/customservice/kfaccount/inviteworker": post(_invite, needs_kf=True),
    "/customservice/kfaccount/uploadheadimg": post(_set_picture, needs_kf=True, takes_json=False),
}
