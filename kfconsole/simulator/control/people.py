"""Control paths that move customers and agents."""

from collections.abc import Mapping

from kfconsole.simulator import staff
from kfconsole.simulator.fields import Fields, Json, Order
from kfconsole.simulator.people import WeChatUser
from kfconsole.simulator.said import PARTS, Part, Said, Value
from kfconsole.simulator.world import ACTIONS, World

_ABOUT_CUSTOMERS = (
    "is_following",
    "followed_at",
    "scene",
    "qr_scene",
    "qr_scene_text",
    "tag_ids",
    "remark",
    "union_id",
    "nickname",
)
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
            "/agents/invitation": self._answer_invitation,
            "/agents/online": self._set_online,
            "/agents/accept": self._accept,
            "/agents/say": self._reply,
            "/agents/close": self._close,
            "/agents/transfer": self._transfer,
            "/wechat-users": self._set_wechat_user,
            "/records": self._write_records,
        }

    def _add_customer(self, values: Json) -> Json:
        """Add a customer, or say more of one who is there; what is not named stays."""
        fields = Fields(values, ("openid", *_ABOUT_CUSTOMERS))
        customer = self._world.add_customer(fields.text("openid", ""))
        customer.is_following = fields.flag("is_following", customer.is_following)
        customer.followed_at = fields.number("followed_at", customer.followed_at)
        customer.scene = fields.text("scene", customer.scene)
        customer.qr_scene = fields.integer("qr_scene", customer.qr_scene)
        customer.qr_scene_text = fields.text("qr_scene_text", customer.qr_scene_text)
        customer.tag_ids = fields.integers("tag_ids", customer.tag_ids)
        customer.remark = fields.text("remark", customer.remark)
        customer.union_id = fields.text("union_id", customer.union_id)
        customer.nickname = fields.text("nickname", customer.nickname)
        return {"openid": customer.openid}

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

    def _answer_invitation(self, values: Json) -> Json:
        """The invited person accepts or rejects; to let an invitation expire, move the clock."""
        fields = Fields(values, ("kf_account", "accepts"))
        staff.answer_invitation(self._world, fields.text("kf_account"), accepts=fields.flag("accepts"))
        return {}

    def _set_wechat_user(self, values: Json) -> Json:
        """Let a WeChat id be nobody's, or its owner serve other accounts already."""
        fields = Fields(values, ("wechat_id", "exists", "accounts_elsewhere"))
        user = WeChatUser(fields.flag("exists", True), fields.integer("accounts_elsewhere", 0))
        self._world.wechat_users[fields.text("wechat_id")] = user
        return {}

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
