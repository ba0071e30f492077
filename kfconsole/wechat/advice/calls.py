"""Limits, the form of calls, and the calls about calls."""

from kfconsole.i18n import N_
from kfconsole.wechat.advice.kinds import BUG, Advice, Page, Retry
from kfconsole.wechat.codes import CODE

_NOT_ACCEPTED = Advice(N_("WeChat did not accept the call."), BUG)
_PATH = N_("Write it as in WeChat's documents, such as /cgi-bin/message/custom/send.")

CALLS: dict[int, Advice] = {
    CODE.DAY_LIMIT: Advice(
        N_("The account has used up WeChat's limit for this call."),
        N_("The daily limit starts anew at midnight; longer poll intervals use less of it."),
        Retry.TOMORROW,
        Page.PERMISSIONS,
    ),
    CODE.MINUTE_LIMIT: Advice(
        N_("Too many calls in this minute."), N_("It works again in a minute."), Retry.NEXT_MINUTE, Page.PERMISSIONS
    ),
    CODE.CLEARINGS_USED_UP: Advice(
        N_("The limits cannot be cleared again this month."),
        N_("WeChat allows it a few times a month; until then the limits run out by themselves at midnight."),
        Retry.NEXT_MONTH,
        Page.PERMISSIONS,
    ),
    CODE.BAD_URL: Advice(N_("WeChat does not know this call."), N_("Check [account] base_url."), Retry.AFTER_CHANGE),
    CODE.BAD_VALUE: _NOT_ACCEPTED,
    CODE.BAD_REQUEST: _NOT_ACCEPTED,
    CODE.BAD_ARGUMENTS: Advice(
        N_("WeChat did not accept the call."),
        N_("It may be the account of a mini program: this program is for service accounts. Else please report it."),
    ),
    CODE.GET_WANTED: _NOT_ACCEPTED,
    CODE.POST_WANTED: _NOT_ACCEPTED,
    CODE.HTTPS_WANTED: Advice(
        N_("WeChat only takes encrypted calls."),
        N_("Let [account] base_url begin with https."),
        Retry.AFTER_CHANGE,
    ),
    CODE.EMPTY_BODY: Advice(
        N_("The call reached WeChat empty."), N_("A proxy may be cutting it off."), Retry.AFTER_CHANGE
    ),
    CODE.BAD_JSON: Advice(N_("WeChat could not read the call."), N_("A proxy may be changing it."), Retry.AFTER_CHANGE),
    CODE.NO_SUCH_REQUEST: Advice(
        N_("WeChat knows no request of this id."),
        N_("Copy it again; it has three groups of eight characters."),
        Retry.AFTER_CHANGE,
    ),
    CODE.BAD_REQUEST_ID: Advice(
        N_("This is not how a request id looks."),
        N_("Copy it again; it has three groups of eight characters."),
        Retry.AFTER_CHANGE,
    ),
    CODE.REQUEST_OF_ANOTHER: Advice(
        N_("The request was made by another account."), N_("Ask with the settings of that account.")
    ),
    CODE.REQUEST_TOO_OLD: Advice(
        N_("WeChat keeps requests for 7 days, and this one is older."), N_("Ask about a newer one.")
    ),
    CODE.NO_SUCH_QUOTA_PATH: Advice(N_("WeChat knows no call of this path."), _PATH, Retry.AFTER_CHANGE),
    CODE.NO_RIGHT_TO_QUOTA: Advice(
        N_("The account has no permission for this call, so it has no limit to show."),
        N_("See which calls the account may make on the WeChat platform."),
        Retry.AFTER_CHANGE,
        Page.PERMISSIONS,
    ),
}
