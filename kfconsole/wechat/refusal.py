"""From WeChat's errcode and errmsg to an error of the tree.

The advice is loaded with the first refusal: a start without one does not need it.
"""

import re
from enum import Enum, auto

from kfconsole.errors import ApiError, AuthError, RateLimited, Rejected, Unavailable
from kfconsole.i18n import _
from kfconsole.text import clean, one_line
from kfconsole.wechat.codes import CODE, TOKEN_PATHS

RETRY_AFTER_SECONDS = 60.0  # WeChat's finest limit counts by the minute
LONGEST_ERRMSG = 300

_RID = re.compile(r"\s*\brid: ([0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8})")
_ADDRESS = re.compile(r"invalid ip (?P<ip>[0-9A-Fa-f.:]{2,45})(?: ipv6 (?P<ipv6>[0-9A-Fa-f.:]{2,45}))?")
_MAPPED = "::ffff:"

WHOLE_ACCOUNT = frozenset(
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
        CODE.HTTPS_WANTED,
        CODE.TOKEN_FORBIDDEN,
        CODE.ACCOUNT_FROZEN,
        CODE.KF_NOT_ENABLED,
        CODE.ADDRESS_WAITS_FOR_ADMIN,
        CODE.ADDRESS_NEEDS_ADMIN,
        CODE.ADDRESS_REFUSED_TWICE,
        CODE.ADDRESS_REFUSED_ONCE,
    }
)
"""No call of this account works until somebody mends it."""
ONE_CALL = frozenset({CODE.BAD_ACCOUNT_TYPE, CODE.NOT_AUTHORIZED, CODE.API_FORBIDDEN, CODE.NOT_AUTHORIZED_TO_PLATFORM})
"""The account may not make this call; others may work."""
_RATE = frozenset({CODE.DAY_LIMIT, CODE.MINUTE_LIMIT})


class Displaced(Enum):
    """How it showed that a token was replaced by somebody else."""

    BY_ANOTHER = auto()
    """The token that came in its place was refused as well."""
    STILL_HANDED_OUT = auto()
    """WeChat handed out the refused token once more."""
    STILL_PRINTED = auto()
    """The team's command printed the refused token once more."""


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
        path: Which call was refused; 40001 and 61450 mean other things where tokens are fetched.
        code: The errcode.
        errmsg: Its text as sent, secrets already hidden.
    """
    from kfconsole.wechat.advice import advice_for

    words, rid = split_rid(errmsg)
    words = tidy(words)
    advice = advice_for(path, code)
    message = _(advice.cause).format(
        code=code, errmsg=words or _("no reason given"), address=_address(words) or _("of this machine")
    )
    details: dict[str, str | int | None] = {"path": path, "code": code, "errmsg": words, "rid": rid}
    details["hint"] = _(advice.fix) if advice.fix else ""
    if code == CODE.BUSY:
        return Unavailable(message, may_have_arrived=False, **details)
    if code in _RATE:
        return RateLimited(message, retry_after_seconds=RETRY_AFTER_SECONDS, **details)
    is_whole_account = _is_about_whole_account(path, code)
    if is_whole_account or _is_about_one_call(path, code):
        return AuthError(message, is_whole_account=is_whole_account, **details)
    return Rejected(message, **details)  # type: ignore[arg-type]  # the keywords of ApiError, passed on


def displaced(error: AuthError, way: Displaced, *, doubtful_url: str) -> AuthError:
    """Return the error for a call whose second token was refused, too.

    Args:
        error: The second refusal.
        way: How it showed.
        doubtful_url: base_url where that may be the mistake instead; else empty.
    """
    from kfconsole.wechat.advice import account

    if error.code != CODE.TOKEN_NOT_LATEST:  # it is no token of this WeChat at all: nobody replaced it
        return error
    advice = {
        Displaced.BY_ANOTHER: account.DISPLACED,
        Displaced.STILL_HANDED_OUT: account.STILL_HANDED_OUT,
        Displaced.STILL_PRINTED: account.STILL_PRINTED,
    }[way]
    hint = _(advice.fix)
    if doubtful_url:
        hint += " " + _(account.DOUBTFUL_URL).format(url=doubtful_url)
    return AuthError(_(advice.cause), hint=hint, path=error.path, code=error.code, errmsg=error.errmsg, rid=error.rid)


def displaced_again(error: AuthError) -> Unavailable:
    """Return the error that tells, in place of one answer, that our tokens keep being displaced.

    The new token works: asking again succeeds, so nothing need stop.
    """
    from kfconsole.wechat.advice import account

    advice = account.DISPLACED_AGAIN
    return Unavailable(
        _(advice.cause),
        may_have_arrived=False,
        hint=_(advice.fix),
        path=error.path,
        code=error.code,
        errmsg=error.errmsg,
        rid=error.rid,
    )


def _is_about_whole_account(path: str, code: int) -> bool:
    return code in WHOLE_ACCOUNT or code // 100 == 895 or (path in TOKEN_PATHS and code == CODE.LEGACY_SYSTEM_ERROR)


def _is_about_one_call(path: str, code: int) -> bool:
    # Test accounts get 61450 when an agent is added: they have no customer service.
    return code in ONE_CALL or (code == CODE.LEGACY_SYSTEM_ERROR and path.endswith("/kfaccount/add"))


def _address(words: str) -> str:
    """Return the address WeChat saw, and its other form where that is another one."""
    found = _ADDRESS.search(words)
    if found is None:
        return ""
    old, new = (_plain(found[name] or "") for name in ("ip", "ipv6"))
    return f"{old} (IPv6: {new})" if new and new != old else old


def _plain(address: str) -> str:
    """Return an IPv4 address that is written as IPv6 as the platform's form takes it."""
    address = address.rstrip(".")
    is_mapped = address.lower().startswith(_MAPPED) and "." in address
    return address[len(_MAPPED) :] if is_mapped else address
