"""Managing the account's agents: who they are, whom they are bound to, and what they look like.

What a console asks for raises `Refused`; what invited people do raises `Impossible`. Every well-formed WeChat id is
somebody's, unless a control path marked it as nobody's: a letter, then up to 19 letters, digits, `_` and `-`. Real ones
have 6 characters at least, but examples of the documentation only 5.
Imports only codes, media, multipart, people and world.
"""

import hashlib
import re

from kfconsole.simulator.codes import Refused
from kfconsole.simulator.media import format_of
from kfconsole.simulator.multipart import FilePart
from kfconsole.simulator.people import Agent, WeChatUser
from kfconsole.simulator.world import Impossible, World

LONGEST_NICKNAME = 16
MOST_PICTURE_BYTES = 5 * 1024 * 1024

_ACCOUNT = re.compile(r"[A-Za-z0-9_]{1,10}@[A-Za-z0-9_-]{1,30}")
_WECHAT_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,19}")
_ORDINARY = WeChatUser()


def add(world: World, kf_account: object, nickname: object) -> None:
    """Add an agent whom nobody is bound to yet; refuses with 65404, 65406, 65405 or 65403."""
    if world.switches.agent_checked_last:
        _checked_nickname(world, nickname)
    if not isinstance(kf_account, str):
        raise Refused(world.switches.code_for_missing(65404))
    suffix = kf_account.partition("@")[2]
    if not _ACCOUNT.fullmatch(kf_account) or suffix != (world.switches.own_suffix or suffix):
        raise Refused(65404)
    if kf_account in world.agents:
        raise Refused(65406)
    if len(world.agents) >= world.switches.most_agents:
        raise Refused(65405)
    world.add_agent(kf_account, _checked_nickname(world, nickname), bound=False)


def rename(world: World, kf_account: object, nickname: object) -> None:
    """Give an agent another nickname; refuses with 65401 or 65403."""
    if world.switches.agent_checked_last:
        _checked_nickname(world, nickname)
    agent = world.find_agent(kf_account, bound=False)
    agent.nickname = _checked_nickname(world, nickname)


def remove(world: World, kf_account: object) -> None:
    """Take an agent off the account, whatever they are doing unless a switch says otherwise; refuses with 65401."""
    agent, code = world.find_agent(kf_account, bound=False), world.switches.delete_serving_agent_code
    if code and world.sessions_of(agent):
        raise Refused(code)
    world.remove_agent(agent)


def invite(world: World, kf_account: object, wechat_id: object) -> None:
    """Invite somebody to be this agent; refuses with 65401, 65409, 65412, 65407, 65411, 65408 or 65410."""
    if world.switches.agent_checked_last:
        _invited_user(world, wechat_id)
    agent = world.find_agent(kf_account, bound=False)
    user = _invited_user(world, wechat_id)
    now = world.clock.now()
    if agent.is_bound:
        raise Refused(65412)
    if any(other.wechat_id == wechat_id for other in world.agents.values()):
        raise Refused(65407)
    if agent.invitation_state(now) == "waiting":
        raise Refused(65411)
    if any(row.invite_wx == wechat_id and row.invitation_state(now) == "waiting" for row in world.agents.values()):
        raise Refused(65408)
    if user.accounts_elsewhere >= world.switches.most_accounts_per_wechat_user:
        raise Refused(65410)
    agent.invite_wx = str(wechat_id)
    agent.invite_status = "waiting"
    agent.invite_expires_at = int(now + world.switches.invitation_hours * 3600)


def set_picture(world: World, kf_account: object, part: FilePart | None) -> None:
    """Give an agent another picture; refuses with 65401, 41005, 44001, 40009 over 5 MB, or 40005."""
    if world.switches.agent_checked_last:
        _checked_picture(world, part)
    agent = world.find_agent(kf_account, bound=False)
    agent.picture = hashlib.sha256(_checked_picture(world, part)).hexdigest()[:32]


def answer_invitation(world: World, kf_account: str, *, accepts: bool) -> None:
    """The invited person accepts, and so is bound and may log in, or rejects."""
    agent = world.agents.get(kf_account)
    if agent is None:
        raise Impossible(f"kf_account {kf_account!r} does not exist; add it first", is_unknown=True)
    if agent.invitation_state(world.clock.now()) != "waiting":
        raise Impossible(f"kf_account {kf_account!r} has no invitation to answer; invite somebody first")
    if accepts:
        _bind(agent)
    else:
        agent.invite_status = "rejected"


def _bind(agent: Agent) -> None:
    agent.is_bound = True
    agent.wechat_id, agent.invite_wx = agent.invite_wx, ""
    agent.invite_status, agent.invite_expires_at = "", 0


def _checked_nickname(world: World, nickname: object) -> str:
    if not isinstance(nickname, str):
        raise Refused(world.switches.code_for_missing(65403))
    if not nickname.strip() or len(nickname) > LONGEST_NICKNAME:
        raise Refused(65403)
    if any(word in nickname for word in world.switches.forbidden_words.split()):
        raise Refused(65403)
    return nickname


def _invited_user(world: World, wechat_id: object) -> WeChatUser:
    if not isinstance(wechat_id, str):
        raise Refused(world.switches.code_for_missing(65409))
    user = world.wechat_users.get(wechat_id, _ORDINARY)
    if not user.exists or not _WECHAT_ID.fullmatch(wechat_id):
        raise Refused(65409)
    return user


def _checked_picture(world: World, part: FilePart | None) -> bytes:
    if part is None:
        raise Refused(41005)
    if not part.data:
        raise Refused(44001)
    if len(part.data) > MOST_PICTURE_BYTES:
        raise Refused(40009)
    if format_of(part.data) not in (("jpg",) if world.switches.picture_must_be_jpg else ("jpg", "png", "gif")):
        raise Refused(40005)
    return part.data
