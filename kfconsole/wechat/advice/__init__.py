"""What each of WeChat's codes means and what to do about it, in words for people in a shop.

    account     the account, its token, and what it may do
    customers   the customer, and what may be sent to them
    media       files
    agents      customer service: agents, invitations, sessions, records
    calls       limits, the form of calls, and the calls about calls
    says        WeChat's own words

`wechat.refusal` loads it with the first refusal, the command line to explain a code.
"""

from collections.abc import Mapping

from kfconsole.i18n import N_
from kfconsole.wechat.advice.account import ACCOUNT, WRONG_SECRET
from kfconsole.wechat.advice.agents import AGENTS, OF_PATH
from kfconsole.wechat.advice.calls import CALLS
from kfconsole.wechat.advice.customers import CUSTOMERS
from kfconsole.wechat.advice.kinds import RETRY_WORDS, Advice, Page, Retry
from kfconsole.wechat.advice.media import MEDIA
from kfconsole.wechat.advice.says import SAYS
from kfconsole.wechat.codes import CODE, TOKEN_PATHS, modern

__all__ = ["ADVICE", "RETRY_WORDS", "SAYS", "UNKNOWN", "Advice", "Page", "Retry", "advice_for"]

UNKNOWN = Advice(N_("WeChat refused with code {code}: {errmsg}."))

_OF_TODAY = {**ACCOUNT, **CUSTOMERS, **MEDIA, **AGENTS, **CALLS}
_RETIRED = {code: _OF_TODAY[today] for code in CODE if (today := modern(code)) is not None and today != code}
ADVICE: Mapping[int, Advice] = dict(sorted((_OF_TODAY | _RETIRED).items()))
"""Every code with a name; those of the retired system have the advice of today's."""


def advice_for(path: str, code: int) -> Advice:
    """Return what the code means on this path, `UNKNOWN` when nobody knows."""
    if path in TOKEN_PATHS and code == CODE.TOKEN_NOT_LATEST:
        return WRONG_SECRET
    return OF_PATH.get((path, code)) or ADVICE.get(code, UNKNOWN)
