"""Control paths that move clock, switches, faults, held requests and tokens."""

from kfconsole.simulator import switches
from kfconsole.simulator.faults import KINDS, Fault, Faults
from kfconsole.simulator.fields import BadField, Fields, Json, Order
from kfconsole.simulator.requestlog import RequestLog
from kfconsole.simulator.routes import ENDPOINTS
from kfconsole.simulator.world import World

_CLOCK_ENDS = 2**32
_MOST_SKEW = 10 * 365 * 24 * 3600


class Wire:
    """Orders that move clock, switches, faults and held requests."""

    def __init__(self, world: World, faults: Faults, requests: RequestLog) -> None:
        self._world = world
        self._faults = faults
        self._requests = requests

    def orders(self) -> dict[str, Order]:
        """Return each POST path with what it does."""
        return {
            "/clock": self._set_clock,
            "/switches": self._set_switches,
            "/faults": self._arm,
            "/hold": self._hold,
            "/release": self._release,
            "/tokens/revoke": self._revoke_tokens,
        }

    def _set_clock(self, values: Json) -> Json:
        fields = Fields(values, ("advance_seconds", "now", "frozen"))
        clock = self._world.clock
        now = fields.number("now") if "now" in fields else clock.now()
        now += fields.number("advance_seconds", 0)
        if not 0 <= now < _CLOCK_ENDS:
            name = "now" if "now" in fields else "advance_seconds"
            raise BadField(
                f"field {name!r} would make it {now:.0f}; the clock takes seconds since 1970, not milliseconds: give "
                f"what makes it 0 to {_CLOCK_ENDS - 1}"
            )
        is_frozen = fields.flag("frozen", clock.is_frozen)
        clock.freeze(is_frozen)
        if "now" in fields or "advance_seconds" in fields:
            clock.set(now)
            self._world.end_overdue_sessions()
        return {"now": clock.now(), "is_frozen": clock.is_frozen}

    def _set_switches(self, values: Json) -> Json:
        try:
            self._world.switches = switches.changed(self._world.switches, values)
        except ValueError as error:
            raise BadField(str(error)) from error
        return self.switches_json()

    def switches_json(self) -> Json:
        """Return every switch and its value."""
        found = self._world.switches
        return {name: getattr(found, name) for name in found.__slots__}

    def _arm(self, values: Json) -> Json:
        fields = Fields(values, tuple(name for name in Fault.__slots__ if name != "struck"))
        has_count = values.get("count", 1) is not None
        fault = Fault(
            path=_path(fields),
            kind=fields.choice("kind", KINDS),
            count=fields.integer("count", 1, least=1) if has_count else None,
            after=fields.integer("after", 0, least=0),
            delay_seconds=fields.number("delay_seconds", 0.0, least=0),
            code=fields.integer("code", -1),
            errmsg=fields.text("errmsg", ""),
            status=fields.integer("status", 502, least=200, most=599),
            skew_seconds=fields.number("skew_seconds", 3600.0, least=-_MOST_SKEW, most=_MOST_SKEW),
            content_type=fields.text("content_type", "text/plain; charset=ISO-8859-1"),
            switches=self._checked_switches(values.get("switches", {})),
        )
        if fault.kind == "delay" and not fault.delay_seconds:
            raise BadField("field 'delay_seconds' is missing or 0; say how late the answer comes")
        if fault.kind == "switched" and not fault.switches:
            raise BadField("field 'switches' is missing or empty; give what this call is to differ in")
        if not (fault.content_type.isascii() and fault.content_type.isprintable()):
            raise BadField("field 'content_type' is no header value; give one line of ASCII")
        self._faults.arm(fault)
        return fault.as_json()

    def _checked_switches(self, values: object) -> Json:
        if not isinstance(values, dict):
            raise BadField("field 'switches' is no object; give {…}")
        try:
            switches.changed(self._world.switches, values)
        except ValueError as error:
            raise BadField(str(error)) from error
        return values

    def faults_json(self) -> Json:
        """Return the armed faults."""
        return {"faults": [fault.as_json() for fault in self._faults.armed]}

    def clear_faults(self) -> Json:
        """Disarm all faults."""
        self._faults.clear()
        return self.faults_json()

    def clear_requests(self) -> Json:
        """Forget the requests."""
        self._requests.clear()
        return {}

    def _hold(self, values: Json) -> Json:
        fields = Fields(values, ("path", "when"))
        self._faults.hold(_path(fields), fields.choice("when", ("before", "after"), "before"))
        return {}

    def _release(self, values: Json) -> Json:
        self._faults.release(_path(Fields(values, ("path",)), "*"))
        return {}

    def _revoke_tokens(self, values: Json) -> Json:
        Fields(values, ())
        self._world.tokens.revoke_all()
        return {}


def _path(fields: Fields, default: str | None = None) -> str:
    return fields.choice("path", ("*", *ENDPOINTS), default)
