"""The whole world as JSON, for /_sim/state.

Reads the world, changes nothing.
"""

import math

from kfconsole.simulator.faults import Faults
from kfconsole.simulator.people import Agent, Customer, Waiting
from kfconsole.simulator.requestlog import RequestLog
from kfconsole.simulator.world import World

Json = dict[str, object]


def snapshot(world: World, faults: Faults, requests: RequestLog) -> Json:
    """Return everything there is to know about the world and what was asked of it."""
    sessions = world.sessions
    return {
        "now": world.clock.now(),
        "is_frozen": world.clock.is_frozen,
        "switches": {name: getattr(world.switches, name) for name in world.switches.__slots__},
        "agents": [_agent(world, agent) for agent in world.agents.values()],
        "queue": [_waiting(waiting) for waiting in world.queue.values()],
        "sessions": [
            {"openid": row.openid, "kf_account": row.kf_account, "created_at": row.created_at}
            for row in sessions.values()
        ],
        "customers": [_customer(world, customer) for customer in world.customers.values()],
        "sent": [{name: getattr(sent, name) for name in sent.__slots__} for sent in world.sent],
        "record_count": len(world.records),
        "calls": dict(requests.calls),
        "held": {path: count for path, count in faults.waiting.items() if count},
    }


def _agent(world: World, agent: Agent) -> Json:
    return {
        "kf_account": agent.kf_account,
        "nickname": agent.nickname,
        "kf_id": agent.kf_id,
        "is_bound": agent.is_bound,
        "is_online": agent.is_online,
        "wechat_id": agent.wechat_id,
        "invite_wx": agent.invite_wx,
        "invite_status": agent.invitation_state(world.clock.now()),
        "session_count": len(world.sessions_of(agent)),
    }


def _waiting(waiting: Waiting) -> Json:
    return {
        "openid": waiting.openid,
        "since_at": waiting.since_at,
        "latest_at": waiting.latest_at,
        "message_count": waiting.message_count,
    }


def _customer(world: World, customer: Customer) -> Json:
    now = world.clock.now()
    holder = world.holder(customer.openid)
    left = customer.windows.replies_left(now)
    state = "in_session" if holder else "waiting" if customer.openid in world.queue else "none"
    return {
        "openid": customer.openid,
        "state": state,
        "kf_account": holder,
        "is_following": customer.is_following,
        "followed_at": customer.followed_at,
        "remark": customer.remark,
        "replies_left": "unlimited" if math.isinf(left) else left,
        "windows": {
            action: {
                "replies_left": "unlimited" if math.isinf(window.replies_left) else window.replies_left,
                "closes_at": window.closes_at,
            }
            for action, window in customer.windows.by_action.items()
        },
        "typing_until": customer.typing_until,
    }
