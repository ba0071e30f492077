"""Many customers, many agents: what a busy shop looks like to the console."""

from dataclasses import dataclass

from tests.terminal.wechat_server import WechatServer

AGENTS = 10


@dataclass(frozen=True, slots=True)
class Crowd:
    """Who is there, by openid."""

    waiting: tuple[str, ...]
    served: tuple[str, ...]


def gather(server: WechatServer, *, waiting: int, served: int) -> Crowd:
    """Let customers come to agents of their own, until as many wait and are served."""
    agents = [f"crowd{number}@lehuo" for number in range(AGENTS)]
    for number, agent in enumerate(agents):
        server.order("/agents", kf_account=agent, nickname=f"客服{number}")
    server.order("/agents/accept", kf_account=agents[0])
    sessions = []
    for number in range(served):
        openid = server.new_customer(f"第 {number} 位")
        server.order("/agents/accept", kf_account=agents[number % AGENTS], openid=openid)
        sessions.append(openid)
    return Crowd(tuple(server.new_customer("你好") for _number in range(waiting)), tuple(sessions))
