"""What an advice consists of."""

from enum import Enum, StrEnum
from typing import NamedTuple

from kfconsole.i18n import N_


class Retry(StrEnum):
    """Whether the same call may work another time, and when."""

    NO = "no"
    NEW_TOKEN = "new_token"
    """At once with another token, which happens by itself."""
    SOON = "soon"
    NEXT_MINUTE = "next_minute"
    TOMORROW = "tomorrow"
    NEXT_MONTH = "next_month"
    AFTER_CUSTOMER = "after_customer"
    """When the customer has done something: written, followed, switched messages on."""
    AFTER_CHANGE = "after_change"
    """When somebody has changed what was sent, a setting, or the account."""


RETRY_WORDS: dict[Retry, str] = {
    Retry.NO: N_("would not help"),
    Retry.NEW_TOKEN: N_("by itself, once, with a new access token"),
    Retry.SOON: N_("in a moment"),
    Retry.NEXT_MINUTE: N_("in a minute"),
    Retry.TOMORROW: N_("tomorrow"),
    Retry.NEXT_MONTH: N_("next month"),
    Retry.AFTER_CUSTOMER: N_("when the customer has done something"),
    Retry.AFTER_CHANGE: N_("when it has been mended"),
}


class Page(Enum):
    """Where on WeChat's sites an administrator mends it, named as the menus there are."""

    BASICS = N_("mp.weixin.qq.com: Settings & Development > Basic configuration")
    WHITELIST = N_("mp.weixin.qq.com: Settings & Development > Basic configuration > IP whitelist")
    PERMISSIONS = N_("mp.weixin.qq.com: Settings & Development > API permissions")
    VERIFICATION = N_("mp.weixin.qq.com: Settings & Development > WeChat verification")
    AUTHORIZATIONS = N_("mp.weixin.qq.com: Settings & Development > Account settings > Authorizations")
    NOTICES = N_("mp.weixin.qq.com: Notifications")
    KF = N_("mp.weixin.qq.com: Customer Service")
    KF_CLIENT = N_("mpkf.weixin.qq.com")
    FOLLOWERS = N_("mp.weixin.qq.com: User management")
    MINI_PROGRAMS = N_("mp.weixin.qq.com: Mini Program management")
    MATERIAL = N_("mp.weixin.qq.com: Material library")


class Advice(NamedTuple):
    """Why WeChat refused, and what helps. Texts are marked for the catalogues and translated where they are shown."""

    cause: str
    """May hold `{code}`, `{errmsg}` and `{address}`."""
    fix: str = ""
    retry: Retry = Retry.NO
    page: Page | None = None


BUG = N_("This is a fault of the program. Please report it with the request id.")
SEE_NOTICES = N_("The notices on the WeChat platform say why and for how long.")
