"""From bytes to a JSON object, whatever a server, proxy or login page sends. Knows no endpoint."""

import json
import re
from typing import Any

from kfconsole.errors import Unavailable
from kfconsole.i18n import N_, _
from kfconsole.wechat.call import Call

_NUMBER = re.compile(r"\s*-?[0-9]{1,18}\s*")
_IN_BETWEEN = N_(
    "Something between this machine and WeChat may have answered: a proxy, a login page or a wrong base_url."
)


def read_object(body: bytes, call: Call) -> dict[str, Any]:
    """Return the JSON object of an answer.

    Decodes UTF-8 without asking the headers: WeChat writes `encoding=` where `charset=` belongs.

    Raises:
        Unavailable: Anything else came.
    """
    written = body.decode("utf-8-sig", "replace").strip()
    if not written:
        raise unreadable(_("WeChat sent an empty answer."), call)
    try:
        value = json.loads(written, strict=False)
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, dict):
        return value
    if written.startswith("<"):
        raise unreadable(_("A web page came instead of WeChat's answer."), call, hint=_(_IN_BETWEEN))
    raise unreadable(_("WeChat's answer could not be read: it is not a JSON object."), call)


def read_code(answer: dict[str, Any], call: Call) -> int:
    """Return the errcode, whether it came as a number or a string; a missing one means success."""
    value = answer.get("errcode")
    if value is None:
        return 0
    code = None if isinstance(value, bool) else _whole(value)
    if code is None:
        raise unreadable_field("errcode", call)
    return code


def _whole(value: object) -> int | None:
    """Return the number, None for what is none; no error of Python's, for it would quote the value."""
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return int(value)
    return None


def unreadable(message: str, call: Call, *, hint: str = "") -> Unavailable:
    """Return the error for an answer that came but says nothing; a write may have happened."""
    return Unavailable(message, may_have_arrived=call.is_write, hint=hint, path=call.path)


def unreadable_field(field: str, call: Call) -> Unavailable:
    """Return the error for an answer whose shape is not WeChat's."""
    return unreadable(_("WeChat's answer could not be read: field {field}.").format(field=field), call)


def bad_status(status: int, call: Call) -> Unavailable:
    """Return the error for an HTTP status that WeChat never uses: its own refusals come with 200."""
    from http import HTTPStatus

    phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else ""
    message = _("No answer from WeChat, but HTTP {status}.").format(status=f"{status} {phrase}".strip())
    is_refused = 300 <= status < 500
    return Unavailable(message, may_have_arrived=call.is_write and not is_refused, hint=_(_IN_BETWEEN), path=call.path)
