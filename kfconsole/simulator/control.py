"""The control paths under /_sim: how tests, trainers and demos move the people and the wire.

JSON in, JSON out; what makes no sense answers 400 or 404 with an `error` that names the field and the fix.
"""

from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Route

from kfconsole.simulator import switches
from kfconsole.simulator.envelope import to_json
from kfconsole.simulator.faults import KINDS, Fault, Faults
from kfconsole.simulator.fields import BadField, Fields, Json, parse_object
from kfconsole.simulator.requestlog import RequestLog
from kfconsole.simulator.snapshot import snapshot
from kfconsole.simulator.world import Impossible, World

_ACTIONS = ("click", "follow", "scan", "pay", "unfollow", "leave")

Order = Callable[[Json], Json]
"""Takes the JSON of a control request, does it, returns the JSON of the answer."""


def control_routes(world: World, faults: Faults, requests: RequestLog) -> list[Route]:
    """Return the routes of the control paths."""
    people, wire = _People(world), _Wire(world, faults, requests)
    orders: dict[str, Order] = {
        "/customers": people.add_customer,
        "/say": people.say,
        "/act": people.act,
        "/agents": people.add_agent,
        "/agents/online": people.set_online,
        "/agents/accept": people.accept,
        "/agents/say": people.reply,
        "/agents/close": people.close,
        "/agents/transfer": people.transfer,
        "/records": people.write_records,
        "/clock": wire.set_clock,
        "/switches": wire.set_switches,
        "/faults": wire.arm,
        "/hold": wire.hold,
        "/release": wire.release,
        "/tokens/revoke": wire.revoke_tokens,
    }
    routes = [Route(path, _endpoint(order), methods=["POST"]) for path, order in orders.items()]
    routes += [
        Route("/state", _endpoint(lambda _values: snapshot(world, faults, requests)), methods=["GET"]),
        Route("/switches", _endpoint(lambda _values: wire.switches_json()), methods=["GET"]),
        Route("/faults", _endpoint(lambda _values: wire.faults_json()), methods=["GET"]),
        Route("/faults", _endpoint(lambda _values: wire.clear_faults()), methods=["DELETE"]),
        Route("/requests", _requests_endpoint(requests), methods=["GET"]),
        Route("/requests", _endpoint(lambda _values: wire.clear_requests()), methods=["DELETE"]),
    ]
    known = ", ".join(sorted({f"/_sim{route.path}" for route in routes}))
    everything = ["GET", "POST", "DELETE", "PUT", "PATCH"]
    return [*routes, Route("/{path:path}", _nowhere(known), methods=everything)]


class _People:
    """Orders that move customers and agents."""

    def __init__(self, world: World) -> None:
        self._world = world

    def add_customer(self, values: Json) -> Json:
        fields = Fields(values, ("openid",))
        return {"openid": self._world.add_customer(fields.text("openid", "")).openid}

    def say(self, values: Json) -> Json:
        fields = Fields(values, ("openid", "text", "forward"))
        openid, text = fields.text("openid"), fields.text("text")
        self._world.say(openid, text, forward=fields.flag("forward", True))
        return {"openid": openid}

    def act(self, values: Json) -> Json:
        fields = Fields(values, ("openid", "action"))
        self._world.act(fields.text("openid"), fields.choice("action", _ACTIONS))
        return {}

    def add_agent(self, values: Json) -> Json:
        fields = Fields(values, ("kf_account", "nickname", "bound", "online", "invite_wx", "invite_status"))
        bound = fields.flag("bound", True)
        agent = self._world.add_agent(
            fields.text("kf_account"),
            fields.text("nickname"),
            bound=bound,
            online=fields.flag("online", bound),
            invite_wx=fields.text("invite_wx", ""),
            invite_status=fields.choice("invite_status", ("", "waiting", "rejected", "expired"), ""),
        )
        return {"kf_account": agent.kf_account, "kf_id": agent.kf_id}

    def set_online(self, values: Json) -> Json:
        fields = Fields(values, ("kf_account", "online"))
        self._world.go_online(fields.text("kf_account"), fields.flag("online"))
        return {}

    def accept(self, values: Json) -> Json:
        fields = Fields(values, ("kf_account", "openid"))
        return {"openid": self._world.accept(fields.text("kf_account"), fields.text("openid", "") or None)}

    def reply(self, values: Json) -> Json:
        fields = Fields(values, ("kf_account", "openid", "text"))
        self._world.reply(fields.text("kf_account"), fields.text("openid"), fields.text("text"))
        return {}

    def close(self, values: Json) -> Json:
        fields = Fields(values, ("kf_account", "openid"))
        self._world.close(fields.text("kf_account"), fields.text("openid"))
        return {}

    def transfer(self, values: Json) -> Json:
        fields = Fields(values, ("from", "to", "openid"))
        self._world.transfer(fields.text("from"), fields.text("to"), fields.text("openid"))
        return {}

    def write_records(self, values: Json) -> Json:
        records = [_past_record(row) for row in Fields(values, ("records",)).rows("records")]
        self._world.write_records(records)
        return {"written": len(records)}


def _past_record(values: Mapping[str, object]) -> tuple[str, int, float, str, str]:
    row = Fields(values, ("openid", "opercode", "time", "worker", "text"))
    worker, text = row.text("worker", ""), row.text("text", "")
    return row.text("openid"), row.integer("opercode"), row.number("time"), worker, text


class _Wire:
    """Orders that move clock, switches, faults and held requests."""

    def __init__(self, world: World, faults: Faults, requests: RequestLog) -> None:
        self._world = world
        self._faults = faults
        self._requests = requests

    def set_clock(self, values: Json) -> Json:
        fields = Fields(values, ("advance_seconds", "now", "frozen"))
        clock = self._world.clock
        now = fields.number("now") if "now" in fields else clock.now()
        now += fields.number("advance_seconds", 0)
        is_frozen = fields.flag("frozen", clock.is_frozen)
        clock.freeze(is_frozen)
        if "now" in fields or "advance_seconds" in fields:
            clock.set(now)
        return {"now": clock.now(), "is_frozen": clock.is_frozen}

    def set_switches(self, values: Json) -> Json:
        try:
            self._world.switches = switches.changed(self._world.switches, values)
        except ValueError as error:
            raise BadField(str(error)) from error
        return self.switches_json()

    def switches_json(self) -> Json:
        found = self._world.switches
        return {name: getattr(found, name) for name in found.__slots__}

    def arm(self, values: Json) -> Json:
        fields = Fields(values, tuple(name for name in Fault.__slots__ if name != "struck"))
        has_count = values.get("count", 1) is not None
        fault = Fault(
            path=fields.text("path"),
            kind=fields.choice("kind", KINDS),
            count=fields.integer("count", 1) if has_count else None,
            after=fields.integer("after", 0),
            delay_seconds=fields.number("delay_seconds", 0.0),
            code=fields.integer("code", -1),
            errmsg=fields.text("errmsg", ""),
            status=fields.integer("status", 502),
            skew_seconds=fields.number("skew_seconds", 3600.0),
            content_type=fields.text("content_type", "text/plain; charset=ISO-8859-1"),
        )
        self._faults.arm(fault)
        return fault.as_json()

    def faults_json(self) -> Json:
        return {"faults": [fault.as_json() for fault in self._faults.armed]}

    def clear_faults(self) -> Json:
        self._faults.clear()
        return self.faults_json()

    def clear_requests(self) -> Json:
        self._requests.clear()
        return {}

    def hold(self, values: Json) -> Json:
        fields = Fields(values, ("path", "when"))
        self._faults.hold(fields.text("path"), fields.choice("when", ("before", "after"), "before"))
        return {}

    def release(self, values: Json) -> Json:
        self._faults.release(Fields(values, ("path",)).text("path", "*"))
        return {}

    def revoke_tokens(self, values: Json) -> Json:
        Fields(values, ())
        self._world.tokens.revoke_all()
        return {}


_HttpEndpoint = Callable[[HttpRequest], Awaitable[Response]]


def _endpoint(order: Order) -> _HttpEndpoint:
    async def endpoint(request: HttpRequest) -> Response:
        try:
            return _json(order(parse_object(await request.body())))
        except BadField as error:
            return _json({"error": str(error)}, 400)
        except Impossible as error:
            return _json({"error": str(error)}, 404 if error.is_unknown else 400)

    return endpoint


def _requests_endpoint(requests: RequestLog) -> _HttpEndpoint:
    async def endpoint(request: HttpRequest) -> Response:
        found = requests.of(request.query_params.get("path"))
        return _json([row.as_json() for row in found])

    return endpoint


def _nowhere(known: str) -> _HttpEndpoint:
    async def endpoint(request: HttpRequest) -> Response:
        asked = f"{request.method} {request.url.path}"
        return _json({"error": f"no control path {asked}; there are {known}"}, 404)

    return endpoint


def _json(value: object, status: int = 200) -> Response:
    return Response(to_json(value), status, media_type="application/json")
