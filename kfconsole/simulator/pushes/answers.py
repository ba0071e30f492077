"""What a server may answer to a push: nothing, a transfer to customer service, or a reply.

Knows nothing of the world.
"""

from dataclasses import dataclass

from kfconsole.simulator.pushes.receiver import Malformed, Wrapping, child

_OTHER_REPLIES = ("image", "voice", "video", "music", "news")


@dataclass(frozen=True, slots=True)
class Declined:
    """Nothing is to be done."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """The message goes to customer service, to the named agent if any."""

    kf_account: str


@dataclass(frozen=True, slots=True)
class Reply:
    """A message for the customer."""

    message_type: str
    text: str


def read_answer(body: bytes, wrapping: Wrapping, *, openid: str, original_id: str) -> Declined | Transfer | Reply:
    """Return what the answer of a push asks for.

    Raises:
        Malformed: WeChat would not understand it.
    """
    if body in (b"", b"success"):
        return Declined()
    found = wrapping.opened(body)
    addressed = child(found, "ToUserName"), child(found, "FromUserName")
    if addressed != (openid, original_id):
        raise Malformed("ToUserName and FromUserName are not those of the push, swapped")
    if not child(found, "CreateTime").strip().isdecimal():
        raise Malformed("CreateTime is no whole number")
    match child(found, "MsgType"):
        case "transfer_customer_service":
            return Transfer(child(found, "TransInfo/KfAccount"))
        case "text":
            text = child(found, "Content")
            if not text:
                raise Malformed("a text reply has no Content")
            return Reply("text", text)
        case message_type if message_type in _OTHER_REPLIES:
            return Reply(message_type, f"[{message_type}]")
        case message_type:
            raise Malformed(f"MsgType {message_type!r} is no reply")
