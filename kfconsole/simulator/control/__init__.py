"""The control paths under /_sim: how tests, trainers and demos move the people and the wire.

JSON in, JSON out; what makes no sense answers 400 or 404 with an `error` that names the field and the fix.
"""

from collections.abc import Awaitable, Callable

from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Route

from kfconsole.simulator.control.media import Media
from kfconsole.simulator.control.people import People
from kfconsole.simulator.control.pushes import Pushes
from kfconsole.simulator.control.wire import Wire
from kfconsole.simulator.envelope import to_json
from kfconsole.simulator.faults import Faults
from kfconsole.simulator.fields import BadField, Json, Order, parse_object
from kfconsole.simulator.media import CONTENT_TYPES
from kfconsole.simulator.pushes import Pusher
from kfconsole.simulator.requestlog import RequestLog
from kfconsole.simulator.snapshot import snapshot
from kfconsole.simulator.world import Impossible, World


def control_routes(world: World, faults: Faults, requests: RequestLog, pusher: Pusher) -> list[Route]:
    """Return the routes of the control paths."""
    wire = Wire(world, faults, requests)
    media = Media(world)
    pushes = Pushes(pusher)
    orders = People(world).orders() | media.orders() | wire.orders() | pushes.orders()
    routes = [Route(path, _endpoint(order), methods=["POST"]) for path, order in orders.items()]
    routes += [
        Route("/state", _endpoint(lambda _values: snapshot(world, faults, requests)), methods=["GET"]),
        Route("/media", _endpoint(lambda _values: media.media_json()), methods=["GET"]),
        Route("/media/{media_id}", _file_endpoint(media), methods=["GET"]),
        Route("/sent", _endpoint(lambda _values: media.sent_json()), methods=["GET"]),
        Route("/switches", _endpoint(lambda _values: wire.switches_json()), methods=["GET"]),
        Route("/faults", _endpoint(lambda _values: wire.faults_json()), methods=["GET"]),
        Route("/faults", _endpoint(lambda _values: wire.clear_faults()), methods=["DELETE"]),
        Route("/push", _endpoint(pushes.set_receiver), methods=["POST"]),
        Route("/push", _endpoint(lambda _values: pushes.receiver_json()), methods=["GET"]),
        Route("/push/faults", _endpoint(lambda _values: pushes.faults_json()), methods=["GET"]),
        Route("/push/faults", _endpoint(lambda _values: pushes.clear_faults()), methods=["DELETE"]),
        Route("/pushes", _pushes_endpoint(pushes), methods=["GET"]),
        Route("/requests", _requests_endpoint(requests), methods=["GET"]),
        Route("/requests", _endpoint(lambda _values: wire.clear_requests()), methods=["DELETE"]),
    ]
    known = ", ".join(sorted({f"/_sim{route.path}" for route in routes}))
    everything = ["GET", "POST", "DELETE", "PUT", "PATCH"]
    return [*routes, Route("/{path:path}", _nowhere(known), methods=everything)]


_HttpEndpoint = Callable[[HttpRequest], Awaitable[Response]]


def _endpoint(order: Order | Callable[[Json], Awaitable[Json]]) -> _HttpEndpoint:
    async def endpoint(request: HttpRequest) -> Response:
        try:
            answer = order(parse_object(await request.body()))
            return _json(await answer if isinstance(answer, Awaitable) else answer)
        except BadField as error:
            return _json({"error": str(error)}, 400)
        except Impossible as error:
            return _json({"error": str(error)}, 404 if error.is_unknown else 400)

    return endpoint


def _pushes_endpoint(pushes: Pushes) -> _HttpEndpoint:
    async def endpoint(request: HttpRequest) -> Response:
        return _json(await pushes.pushes_json(wait="wait" in request.query_params))

    return endpoint


def _requests_endpoint(requests: RequestLog) -> _HttpEndpoint:
    async def endpoint(request: HttpRequest) -> Response:
        found = requests.of(request.query_params.get("path"))
        return _json([row.as_json() for row in found])

    return endpoint


def _file_endpoint(media: Media) -> _HttpEndpoint:
    async def endpoint(request: HttpRequest) -> Response:
        medium = media.file(request.path_params["media_id"])
        if medium is None:
            return _json({"error": "no such file, or its three days are over"}, 404)
        return Response(medium.data, media_type=CONTENT_TYPES[medium.format])

    return endpoint


def _nowhere(known: str) -> _HttpEndpoint:
    async def endpoint(request: HttpRequest) -> Response:
        asked = f"{request.method} {request.url.path}"
        return _json({"error": f"no control path {asked}; there are {known}"}, 404)

    return endpoint


def _json(value: object, status: int = 200) -> Response:
    return Response(to_json(value), status, media_type="application/json")
