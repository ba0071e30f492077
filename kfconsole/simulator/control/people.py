"""Control paths that move customers and agents."""

from collections.abc import Mapping

from kfconsole.simulator.fields import Fields, Json, Order
from kfconsole.simulator.said import PARTS, Part, Said, Value
from kfconsole.simulator.world import ACTIONS, World

_DETAILS = ("key", "ticket", "scan_type", "scan_result")


class People:
    """Orders that move customers and agents."""

    def __init__(self, world: World) -> None:
        self._world = world

    def orders(self) -> dict[str, Order]:
        """Return each POST path with what it does."""
        return {
            "/customers": self._add_customer,
            "/say": self._say,
            "/act": self._act,
            "/agents": self._add_agent,
            "/agents/online": self._set_online,
            "/agents/accept": self._accept,
            "/agents/say": self._reply,
            "/agents/close": self._close,
            "/agents/transfer": self._transfer,
            "/records": self._write_records,
        }

    def _add_customer(self, values: Json) -> Json:
        fields = Fields(values, ("openid",))
        return {"openid": self._world.add_customer(fields.text("openid", "")).openid}

    def _say(self, values: Json) -> Json:
        message_type = Fields(values, tuple(values)).choice("type", tuple(PARTS), "text")
        parts = PARTS[message_type]
        fields = Fields(values, ("openid", "forward", "type", *(part.name for part in parts)))
        openid = fields.text("openid")
        given = {part.wire_name: _part(fields, part) for part in parts}
        said = Said(message_type, {name: value for name, value in given.items() if value != ""})
        self._world.say(openid, said, forward=fields.flag("forward", True))
        return {"openid": openid}

    def _act(self, values: Json) -> Json:
        fields = Fields(values, ("openid", "action", *_DETAILS))
        openid, action = fields.text("openid"), fields.choice("action", ACTIONS)
        self._world.act(openid, action, **{name: fields.text(name) for name in _DETAILS if name in fields})
        return {}

    def _add_agent(self, values: Json) -> Json:
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

    def _set_online(self, values: Json) -> Json:
        fields = Fields(values, ("kf_account", "online"))
        self._world.go_online(fields.text("kf_account"), fields.flag("online"))
        return {}

    def _accept(self, values: Json) -> Json:
        fields = Fields(values, ("kf_account", "openid"))
        return {"openid": self._world.accept(fields.text("kf_account"), fields.text("openid", "") or None)}

    def _reply(self, values: Json) -> Json:
        fields = Fields(values, ("kf_account", "openid", "text"))
        self._world.reply(fields.text("kf_account"), fields.text("openid"), fields.text("text"))
        return {}

    def _close(self, values: Json) -> Json:
        fields = Fields(values, ("kf_account", "openid"))
        self._world.close(fields.text("kf_account"), fields.text("openid"))
        return {}

    def _transfer(self, values: Json) -> Json:
        fields = Fields(values, ("from", "to", "openid"))
        self._world.transfer(fields.text("from"), fields.text("to"), fields.text("openid"))
        return {}

    def _write_records(self, values: Json) -> Json:
        records = [_past_record(row) for row in Fields(values, ("records",)).rows("records")]
        self._world.write_records(records)
        return {"written": len(records)}


def _past_record(values: Mapping[str, object]) -> tuple[str, int, float, str, str]:
    row = Fields(values, ("openid", "opercode", "time", "worker", "text"))
    worker, text = row.text("worker", ""), row.text("text", "")
    return row.text("openid"), row.integer("opercode"), row.number("time"), worker, text


def _part(fields: Fields, part: Part) -> Value:
    """Return the field of a customer's message, of the type its default has."""
    match part.default:
        case float():
            return float(fields.number(part.name, part.default))
        case int():
            return fields.integer(part.name, part.default)
        case default:
            return fields.text(part.name, default)
