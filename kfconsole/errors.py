"""The one tree of errors.

    KfError                 something expected went wrong; message and hint are for the user
    ├── ConfigError         a setting is missing or wrong
    ├── ArchiveError        the archive cannot be read or written
    │   └── OutcomeNotKept  a message was sent or refused, but the archive could not note which
    ├── NotPossible         our own check foresaw that the action would be refused
    └── ApiError            a call to WeChat failed
        ├── AuthError       account, secret, address or permission; asking again does not help
        ├── RateLimited     too many calls; ask again later
        ├── Unavailable     no usable answer came
        └── Rejected        WeChat refused this one call

Any room may import it; it imports nothing.
"""


class KfError(Exception):
    """Something expected went wrong; `message` says what, `hint` says what to do."""

    code: int | None = None
    """WeChat's errcode for it, where there is one."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class ConfigError(KfError):
    """A setting is missing or wrong; the message names key, file and problem."""


class ArchiveError(KfError):
    """The archive cannot be read or written."""


class OutcomeNotKept(ArchiveError):
    """WeChat was asked to send a message, but the archive could not note the outcome: never send it again unseen."""


class NotPossible(KfError):
    """Our own check foresaw that the action would be refused, so nothing was asked.

    `code` is the errcode WeChat would have answered, None when there is none.
    """

    def __init__(self, message: str, *, hint: str = "", code: int | None = None) -> None:
        super().__init__(message, hint=hint)
        self.code = code


class ApiError(KfError):
    """A call to WeChat failed.

    `code` is WeChat's errcode (None when no answer could be read), `errmsg` its cleaned text without the rid.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        path: str = "",
        code: int | None = None,
        errmsg: str = "",
        rid: str = "",
    ) -> None:
        super().__init__(message, hint=hint)
        self.path = path
        self.code = code
        self.errmsg = errmsg
        self.rid = rid


class AuthError(ApiError):
    """Account, secret, address or permission is wrong; asking again does not help until somebody mends it.

    `is_whole_account` is false when only this one call is forbidden and others may still work.
    """

    def __init__(self, message: str, *, is_whole_account: bool = True, **details: str | int | None) -> None:
        super().__init__(message, **details)  # type: ignore[arg-type]  # the keywords of ApiError, passed on
        self.is_whole_account = is_whole_account


class RateLimited(ApiError):
    """WeChat's minute or day limit is reached; `retry_after_seconds` says when asking again makes sense."""

    def __init__(self, message: str, *, retry_after_seconds: float, **details: str | int | None) -> None:
        super().__init__(message, **details)  # type: ignore[arg-type]  # the keywords of ApiError, passed on
        self.retry_after_seconds = retry_after_seconds


class Unavailable(ApiError):
    """No usable answer came: no connection, timeout, HTTP 5xx, undecodable body, or -1.

    `may_have_arrived` is true when WeChat may have acted on the request although its answer was lost.
    """

    def __init__(self, message: str, *, may_have_arrived: bool, **details: str | int | None) -> None:
        super().__init__(message, **details)  # type: ignore[arg-type]  # the keywords of ApiError, passed on
        self.may_have_arrived = may_have_arrived


class Rejected(ApiError):
    """WeChat refused this one call; `code` says why."""
