"""From WeChat's errcode and errmsg to an error of the tree."""

import re

from kfconsole.errors import ApiError, AuthError, RateLimited, Rejected, Unavailable
from kfconsole.i18n import _
from kfconsole.text import clean, one_line
from kfconsole.wechat.advice import TOKEN_PATH, advice_for
from kfconsole.wechat.codes import CODE

RETRY_AFTER_SECONDS = 60.0  # WeChat's finest limit counts by the minute
LONGEST_ERRMSG = 300

_RID = re.compile(r"\s*\brid: ([0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8})")
_ADDRESS = re.compile(r"invalid ip ([0-9A-Fa-f.:]{2,45})")

_AUTH = frozenset(
    {
        CODE.TOKEN_NOT_LATEST,
        CODE.TOKEN_INVALID,
        CODE.TOKEN_EXPIRED,
        CODE.BAD_APP_ID,
        CODE.BAD_SECRET,
        CODE.ADDRESS_NOT_ALLOWED,
        CODE.SECRET_FROZEN,
        CODE.APP_ID_MISSING,
        CODE.SECRET_MISSING,
        CODE.NOT_AUTHORIZED,
        CODE.API_FORBIDDEN,
        CODE.TOKEN_FORBIDDEN,
        CODE.ACCOUNT_FROZEN,
        CODE.KF_NOT_ENABLED,
    }
)
_RATE = frozenset({CODE.DAY_LIMIT, CODE.MINUTE_LIMIT})


def split_rid(errmsg: str) -> tuple[str, str]:
    """Return the text without its request id, and the id (empty when there is none)."""
    found = _RID.search(errmsg)
    if found is None:
        return errmsg, ""
    return errmsg[: found.start()] + errmsg[found.end() :], found[1]


def tidy(errmsg: str) -> str:
    """Return a foreign text as one clean line of bounded length."""
    return one_line(clean(errmsg[: LONGEST_ERRMSG * 4]))[:LONGEST_ERRMSG]


def refusal(path: str, code: int, errmsg: str) -> ApiError:
    """Return the error for an answer whose errcode is not 0.

    Args:
        path: Which call was refused; 40001 and 61450 mean other things on the token's path.
        code: The errcode.
        errmsg: Its text as sent, secrets already hidden.
    """
    words, rid = split_rid(errmsg)
    words = tidy(words)
    cause, fix = advice_for(path, code)
    address = _ADDRESS.search(words)
    message = _(cause).format(
        code=code, errmsg=words or _("no reason given"), address=address[1] if address else _("this machine")
    )
    details: dict[str, str | int | None] = {"path": path, "code": code, "errmsg": words, "rid": rid}
    details["hint"] = _(fix) if fix else ""
    if code == CODE.BUSY:
        return Unavailable(message, may_have_arrived=False, **details)
    if code in _RATE:
        return RateLimited(message, retry_after_seconds=RETRY_AFTER_SECONDS, **details)
    if _is_about_access(path, code):
        return AuthError(message, **details)  # type: ignore[arg-type]  # the keywords of ApiError, passed on
    return Rejected(message, **details)  # type: ignore[arg-type]  # likewise


def _is_about_access(path: str, code: int) -> bool:
    if code == CODE.LEGACY_SYSTEM_ERROR:
        return path == TOKEN_PATH or path.endswith("/kfaccount/add")
    return code in _AUTH or code // 100 == 895
