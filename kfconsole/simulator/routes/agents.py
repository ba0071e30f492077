"""Managing agents: the lists."""

from kfconsole.simulator.endpoint import Call, Endpoint, Json, get
from kfconsole.simulator.people import Agent
from kfconsole.simulator.world import World


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


ENDPOINTS: dict[str, Endpoint] = {
    "/cgi-bin/customservice/getkflist": get(_agent_list, needs_kf=True),
    "/cgi-bin/customservice/getonlinekflist": get(_online_agent_list, needs_kf=True),
}
