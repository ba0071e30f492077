"""Control paths that hold media, what else messages may name, quotas and what was sent."""

import base64
import binascii
import hashlib

from kfconsole.simulator.codes import Refused
from kfconsole.simulator.envelope import new_rid
from kfconsole.simulator.fields import BadField, Fields, Json, Order
from kfconsole.simulator.media import KINDS, NAMED_THINGS, Medium
from kfconsole.simulator.messages import tappable
from kfconsole.simulator.routes import ENDPOINTS
from kfconsole.simulator.said import Said
from kfconsole.simulator.world import Impossible, World

_KINDS = (*KINDS, "news")


class Media:
    """Orders about media, sent messages and quotas."""

    def __init__(self, world: World) -> None:
        self._world = world

    def orders(self) -> dict[str, Order]:
        """Return each POST path with what it does."""
        return {
            "/media": self._add_medium,
            "/named": self._add_named,
            "/customers/reach": self._set_reach,
            "/tap": self._tap,
            "/quota": self._set_quota,
            "/rids/foreign": self._add_foreign_rid,
        }

    def media_json(self) -> Json:
        """Return the media that may be used, and what else messages may name."""
        store = self._world.media
        named: Json = {f"{thing}s": sorted(names) for thing, names in store.named.items()}
        return {"media": [_medium_json(medium) for medium in store.alive(self._world.clock.now())], **named}

    def sent_json(self) -> Json:
        """Return what custom/send delivered, whole, eldest first."""
        return {"sent": [{name: getattr(sent, name) for name in sent.__slots__} for sent in self._world.sent]}

    def file(self, media_id: str) -> Medium | None:
        """Return a file that is still there, for the link of a video."""
        try:
            return self._world.media.find(media_id, self._world.clock.now())
        except Refused:
            return None

    def _add_medium(self, values: Json) -> Json:
        """Store a file as it is: one a customer sent, or permanent material."""
        fields = Fields(values, ("kind", "data_base64", "media_id", "file_name", "permanent"))
        kind = fields.choice("kind", _KINDS)
        try:
            data = base64.b64decode(fields.text("data_base64", ""), validate=True)
        except binascii.Error as error:
            raise BadField(f"field 'data_base64' is no base64: {error}") from error
        media_id = fields.text("media_id", "")
        if not (media_id.isascii() and media_id.isprintable()):
            raise BadField("field 'media_id' is no id; give one line of ASCII")
        medium = self._world.media.keep(
            kind,
            data,
            self._world.clock.now(),
            file_name=fields.text("file_name", ""),
            media_id=media_id,
            is_permanent=fields.flag("permanent", kind == "news"),
        )
        return _medium_json(medium)

    def _add_named(self, values: Json) -> Json:
        """Let messages name an article, a card or a linked mini program."""
        fields = Fields(values, ("thing", "id"))
        self._world.media.named[fields.choice("thing", NAMED_THINGS)].add(fields.text("id"))
        return {}

    def _set_reach(self, values: Json) -> Json:
        """Let a customer turn off the account's messages, or the account put them on its blacklist."""
        fields = Fields(values, ("openid", "blocks_messages", "is_blacklisted"))
        openid = fields.text("openid")
        customer = self._world.customers.get(openid)
        if customer is None:
            raise Impossible(f"openid {openid!r} is nobody's; add the customer first", is_unknown=True)
        customer.blocks_messages = fields.flag("blocks_messages", customer.blocks_messages)
        customer.is_blacklisted = fields.flag("is_blacklisted", customer.is_blacklisted)
        return {"blocks_messages": customer.blocks_messages, "is_blacklisted": customer.is_blacklisted}

    def _tap(self, values: Json) -> Json:
        """Let a customer tap an item of the newest menu or menu link that has it."""
        fields = Fields(values, ("openid", "id"))
        openid, item, links_work = fields.text("openid"), fields.text("id"), self._world.switches.menu_links_work
        for sent in reversed(self._world.sent):
            items = tappable(sent.message, links_work=links_work) if sent.openid == openid else {}
            if item in items:
                self._world.say(openid, Said("text", {"Content": items[item], "bizmsgmenuid": item}))
                return {"openid": openid, "text": items[item]}
        raise Impossible(f"nothing sent to openid {openid!r} has an item {item!r} to tap; send a menu first")

    def _set_quota(self, values: Json) -> Json:
        """Set the limits and the use of one path; what is not given stays."""
        fields = Fields(values, ("path", "daily_limit", "minute_limit", "used"))
        path, quotas = fields.choice("path", tuple(ENDPOINTS)), self._world.quotas
        now, switches = self._world.clock.now(), self._world.switches
        if "daily_limit" in fields:
            quotas.daily_limits[path] = fields.integer("daily_limit", least=0)
        if "minute_limit" in fields:
            quotas.minute_limits[path] = fields.integer("minute_limit", least=0)
        if "used" in fields:
            quotas.set_used(path, fields.integer("used", least=0), now, switches)
        use = quotas.use(path, now, switches)
        return {"daily_limit": use.daily_limit, "minute_limit": use.minute_limit, "used": use.used}

    def _add_foreign_rid(self, values: Json) -> Json:
        """Make up the rid of another account's request."""
        Fields(values, ())
        rid = new_rid(self._world.clock.now(), self._world.rids)
        self._world.diagnosis.add_foreign(rid)
        return {"rid": rid}


def _medium_json(medium: Medium) -> Json:
    return {
        "media_id": medium.media_id,
        "kind": medium.kind,
        "format": medium.format,
        "byte_count": len(medium.data),
        "sha256": hashlib.sha256(medium.data).hexdigest(),
        "file_name": medium.file_name,
        "created_at": medium.created_at,
        "is_permanent": medium.is_permanent,
        "message_count": medium.message_count,
    }
