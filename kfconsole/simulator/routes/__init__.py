"""WeChat's paths: what each call reads from the request, and how its answer is written.

One module for each group of the documentation. JSON is written by hand here on purpose: nothing is shared with the
client that decodes it.
"""

from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import parse_qsl

from kfconsole.simulator.codes import Refused
from kfconsole.simulator.endpoint import Call, Endpoint
from kfconsole.simulator.envelope import Answer, answered
from kfconsole.simulator.routes import agents, messages, sessions, tokens
from kfconsole.simulator.world import World

ENDPOINTS: Mapping[str, Endpoint] = MappingProxyType(
    {**tokens.ENDPOINTS, **agents.ENDPOINTS, **sessions.ENDPOINTS, **messages.ENDPOINTS}
)
"""Every path of WeChat's that is served."""


def perform(world: World, method: str, path: str, query: str, raw_body: bytes, content_type: str = "") -> Answer:
    """Do what one request asks and return its answer.

    Raises:
        Refused: WeChat would refuse it.
    """
    endpoint = ENDPOINTS.get(path)
    if endpoint is None:
        raise Refused(40066)
    if method not in endpoint.methods:
        raise Refused(43001 if "GET" in endpoint.methods else 43002)
    call = Call(world, method, dict(parse_qsl(query, keep_blank_values=True)), raw_body, content_type)
    if endpoint.needs_token:
        world.tokens.check(call.query.get("access_token", ""), world.clock.now())
    if method == "POST" and endpoint.takes_json:
        call.body()
    if endpoint.needs_kf and not world.switches.kf_enabled:
        raise Refused(65400)
    answer = endpoint.act(call)
    return answer if isinstance(answer, Answer) else answered(answer)
