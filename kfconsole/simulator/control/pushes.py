"""Control paths of pushes: where they go, what was pushed, and how they misbehave."""

from kfconsole.simulator.faults import Fault
from kfconsole.simulator.fields import BadField, Fields, Json, Order
from kfconsole.simulator.pushes import MODES, BadReceiver, Pusher, Receiver
from kfconsole.simulator.pushes.pusher import FAULT_KINDS
from kfconsole.simulator.world import ORIGINAL_ID


class Pushes:
    """Orders that move pushes."""

    def __init__(self, pusher: Pusher) -> None:
        self._pusher = pusher

    def orders(self) -> dict[str, Order]:
        """Return each POST path with what it does, but for setting the receiver, which takes time."""
        return {"/push/faults": self._arm}

    async def set_receiver(self, values: Json) -> Json:
        """Push to another URL, or change token, key or mode of this one; an empty URL switches pushes off."""
        fields = Fields(values, ("url", "token", "aes_key", "mode"))
        now = self._pusher.receiver
        if values.get("url") == "":
            self._pusher.switch_off()
            return self.receiver_json()
        try:
            receiver = Receiver(
                fields.text("url", now.url if now else None),
                fields.text("token", now.token if now else ""),
                fields.text("aes_key", now.aes_key if now else ""),
                fields.choice("mode", MODES, now.mode if now else "plain"),
            )
            await self._pusher.point_at(receiver)
        except BadReceiver as error:
            raise BadField(str(error)) from error
        return self.receiver_json()

    def receiver_json(self) -> Json:
        """Return where pushes go, without token and key."""
        receiver = self._pusher.receiver
        shown = {"url": receiver.url, "mode": receiver.mode} if receiver else {"url": "", "mode": ""}
        return {**shown, "original_id": ORIGINAL_ID}

    async def pushes_json(self, *, wait: bool) -> Json:
        """Return the newest pushes, newest last; if told to wait, when all of them have ended."""
        if wait:
            await self._pusher.settled()
        return {"pushes": [push.as_json() for push in self._pusher.log]}

    def _arm(self, values: Json) -> Json:
        fields = Fields(values, ("path", "kind", "count", "after", "delay_seconds"))
        has_count = values.get("count", 1) is not None
        self._pusher.faults.arm(
            Fault(
                path=fields.text("path", "*"),
                kind=fields.choice("kind", FAULT_KINDS),
                count=fields.integer("count", 1) if has_count else None,
                after=fields.integer("after", 0),
                delay_seconds=fields.number("delay_seconds", 0.0),
            )
        )
        return self.faults_json()

    def faults_json(self) -> Json:
        """Return the armed faults."""
        shown = ("path", "kind", "count", "after", "delay_seconds", "struck")
        return {"faults": [{name: getattr(fault, name) for name in shown} for fault in self._pusher.faults.armed]}

    def clear_faults(self) -> Json:
        """Disarm all of them."""
        self._pusher.faults.clear()
        return self.faults_json()
