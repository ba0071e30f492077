"""WeChat's paths: what each call reads from the request, and how its answer is written.

One module for each group of the documentation. JSON is written by hand here on purpose: nothing is shared with the
client that decodes it.
"""

from collections.abc import Mapping
from types import MappingProxyType

from kfconsole.simulator.codes import Refused
from kfconsole.simulator.endpoint import Call, Endpoint
from kfconsole.simulator.envelope import Answer, answered
from kfconsole.simulator.routes import agents, callbacks, media, messages, quota, sessions, tokens, users
from kfconsole.simulator.switches import Switches

ENDPOINTS: Mapping[str, Endpoint] = MappingProxyType(
    {
        **tokens.ENDPOINTS,
        **agents.ENDPOINTS,
        **sessions.ENDPOINTS,
        **users.ENDPOINTS,
        **messages.ENDPOINTS,
        **media.ENDPOINTS,
        **quota.ENDPOINTS,
        **callbacks.ENDPOINTS,
    }
)
"""Every path of WeChat's that is served."""


def content_type(path: str, code: int, switches: Switches) -> str:
    """Return what the header of a JSON answer says, where `code` is the errcode inside."""
    is_refused_download = code and path in media.DOWNLOADS
    return switches.media_refusal_content_type if is_refused_download else switches.answer_content_type


def perform(path: str, call: Call) -> Answer:
    """Do what one request asks and return its answer.

    Raises:
        Refused: WeChat would refuse it.
    """
    endpoint = ENDPOINTS.get(path)
    methods = endpoint.served(call.world.switches) if endpoint else ()
    if endpoint is None or not methods:
        raise Refused(40066)
    if call.method not in methods:
        raise Refused(43001 if methods[0] == "GET" else 43002)
    world = call.world
    if endpoint.needs_token:
        world.tokens.check(call.query.get("access_token", ""), world.clock.now())
    world.quotas.count(path, world.clock.now(), world.switches)
    if call.method == "POST" and endpoint.takes_json:
        call.body()
    if endpoint.needs_kf and not world.switches.kf_enabled:
        raise Refused(65400)
    answer = endpoint.act(call)
    return answer if isinstance(answer, Answer) else answered(answer)
