"""What customers can send, with the fields WeChat's pushes tell of it.

Imports nothing of the simulator.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

Value = str | int | float


@dataclass(frozen=True, slots=True)
class Part:
    """One field of a message: its name on the control path and in a push."""

    name: str
    wire_name: str
    default: Value | None = None
    """None: it must be given. The type of a default is the type of the field; one without default is a string."""


@dataclass(frozen=True, slots=True)
class Said:
    """One message of a customer; `fields` are named as WeChat's pushes name them."""

    message_type: str
    fields: Mapping[str, Value]

    @property
    def text(self) -> str:
        """What the chat records show: the text, or a placeholder such as `[image]`."""
        return str(self.fields["Content"]) if self.message_type == "text" else _PLACEHOLDERS[self.message_type]

    @property
    def details(self) -> Mapping[str, Value]:
        """What a push tells of it, beyond who and when."""
        return {"MsgType": self.message_type, **self.fields}

    @property
    def action(self) -> str:
        """The class of action whose window it opens: tapping a menu that was sent is a click, and no message."""
        return "click" if "bizmsgmenuid" in self.fields else "message"


def text_said(text: str) -> Said:
    """Return a text message."""
    return Said("text", {"Content": text})


_VIDEO = (Part("media_id", "MediaId"), Part("thumb_media_id", "ThumbMediaId"))

PARTS: Mapping[str, tuple[Part, ...]] = MappingProxyType(
    {
        "text": (Part("text", "Content"), Part("menu_id", "bizmsgmenuid", "")),
        "image": (Part("pic_url", "PicUrl", "http://mmbiz.qpic.cn/simulated/0"), Part("media_id", "MediaId")),
        "voice": (
            Part("media_id", "MediaId"),
            Part("format", "Format", "amr"),
            Part("media_id_16k", "MediaId16K", ""),
        ),
        "video": _VIDEO,
        "shortvideo": _VIDEO,
        "location": (
            Part("latitude", "Location_X", 23.134521),
            Part("longitude", "Location_Y", 113.358803),
            Part("scale", "Scale", 20),
            Part("label", "Label"),
        ),
        "link": (Part("title", "Title"), Part("description", "Description", "-"), Part("url", "Url")),
    }
)
"""The fields of each type of message; one whose default is empty is left out of a push when it is not given."""

_PLACEHOLDERS = {
    "image": "[image]",
    "voice": "[voice]",
    "video": "[video]",
    "shortvideo": "[video]",  # the chat records know three placeholders; the others are by analogy
    "location": "[location]",
    "link": "[link]",
}
