"""The account, its token, and what it may do."""

from kfconsole.i18n import N_
from kfconsole.wechat.advice.kinds import BUG, SEE_NOTICES, Advice, Page, Retry
from kfconsole.wechat.codes import CODE

_SHARE = N_(
    "Ask whoever runs the account's other programs: one of them fetches tokens with /cgi-bin/token, or with "
    "force_refresh. Let it use /cgi-bin/stable_token without force_refresh; then all programs share one token."
)
DISPLACED = Advice(
    N_("Another program keeps replacing this account's access token: WeChat refuses even a fresh one."),
    _SHARE,
    Retry.AFTER_CHANGE,
)
STILL_HANDED_OUT = Advice(
    N_("Another program has replaced this account's access token: WeChat refuses the very one it hands out."),
    _SHARE,
    Retry.AFTER_CHANGE,
)
STILL_PRINTED = Advice(
    N_("[account] access_token_command printed the same access token again that WeChat had just refused."),
    N_("See whether your token server renews it with /cgi-bin/stable_token, and whether it serves this AppID."),
    Retry.AFTER_CHANGE,
)
DISPLACED_AGAIN = Advice(
    N_("Another program keeps replacing this account's access token: several died within ten minutes."),
    _SHARE,
    Retry.SOON,
)
DOUBTFUL_URL = N_("If there is no such program: {url} is not WeChat's own address; check [account] base_url.")

WRONG_SECRET = Advice(
    N_("The app secret is wrong."),
    N_("Copy it again from the WeChat platform; after a reset there only the new one works."),
    Retry.AFTER_CHANGE,
    Page.BASICS,
)
_CONFIRM = N_("Ask the administrator to confirm the message WeChat sent, then try again.")

ACCOUNT: dict[int, Advice] = {
    CODE.OK: Advice(N_("Nothing went wrong.")),
    CODE.BUSY: Advice(N_("WeChat is busy."), N_("Try again in a moment."), Retry.SOON),
    CODE.TOKEN_NOT_LATEST: Advice(
        N_("WeChat does not accept the access token: it is wrong, or another program has fetched a newer one."),
        _SHARE,
        Retry.NEW_TOKEN,
    ),
    CODE.TOKEN_INVALID: Advice(
        N_("WeChat does not know this access token."),
        N_("Check [account] base_url: it may lead to another account or to a gateway of your own."),
        Retry.NEW_TOKEN,
    ),
    CODE.TOKEN_EXPIRED: Advice(
        N_("The access token has expired."),
        N_("If it happens again with a new one, a gateway or token server of yours hands out old ones."),
        Retry.NEW_TOKEN,
    ),
    CODE.BAD_GRANT_TYPE: Advice(N_("WeChat did not understand the request for an access token."), BUG),
    CODE.BAD_APP_ID: Advice(
        N_("WeChat does not know this app id."),
        N_("Copy it again from the WeChat platform; it begins with wx."),
        Retry.AFTER_CHANGE,
        Page.BASICS,
    ),
    CODE.BAD_SECRET: WRONG_SECRET,
    CODE.ADDRESS_NOT_ALLOWED: Advice(
        N_("WeChat does not accept calls from the address {address}."),
        N_("Add it to the IP whitelist of the account on the WeChat platform; it works after some minutes."),
        Retry.AFTER_CHANGE,
        Page.WHITELIST,
    ),
    CODE.ADDRESS_WAITS_FOR_ADMIN: Advice(
        N_("The administrator has not yet allowed calls from this address."),
        _CONFIRM,
        Retry.AFTER_CHANGE,
        Page.WHITELIST,
    ),
    CODE.ADDRESS_NEEDS_ADMIN: Advice(
        N_("WeChat wants the administrator to allow calls from this address."),
        _CONFIRM,
        Retry.AFTER_CHANGE,
        Page.WHITELIST,
    ),
    CODE.ADDRESS_REFUSED_TWICE: Advice(
        N_("The administrator refused calls from this address twice."),
        N_("WeChat blocks it for 24 hours; clear it up with the administrator first."),
        Retry.TOMORROW,
        Page.WHITELIST,
    ),
    CODE.ADDRESS_REFUSED_ONCE: Advice(
        N_("The administrator refused calls from this address."),
        N_("WeChat blocks it for 1 hour; clear it up with the administrator first."),
        Retry.AFTER_CHANGE,
        Page.WHITELIST,
    ),
    CODE.BAD_ACCOUNT_TYPE: Advice(
        N_("This kind of account cannot do this."),
        N_("Customer service needs a verified service account."),
        Retry.AFTER_CHANGE,
        Page.VERIFICATION,
    ),
    CODE.SECRET_FROZEN: Advice(
        N_("The app secret is frozen."),
        N_("The account's administrator can unfreeze it on the WeChat platform."),
        Retry.AFTER_CHANGE,
        Page.BASICS,
    ),
    CODE.TOKEN_MISSING: Advice(
        N_("The call reached WeChat without an access token."),
        N_("A proxy or gateway may be cutting it off."),
        Retry.AFTER_CHANGE,
    ),
    CODE.APP_ID_MISSING: Advice(N_("No app id was sent."), N_("Fill in [account] app_id."), Retry.AFTER_CHANGE),
    CODE.SECRET_MISSING: Advice(
        N_("No app secret was sent."), N_("Fill in [account] app_secret."), Retry.AFTER_CHANGE, Page.BASICS
    ),
    CODE.NOT_AUTHORIZED: Advice(
        N_("The account has no permission for this."),
        N_("See on the WeChat platform whether the account is verified and customer service is switched on."),
        Retry.AFTER_CHANGE,
        Page.PERMISSIONS,
    ),
    CODE.API_FORBIDDEN: Advice(
        N_("WeChat has blocked this function for the account because rules were broken."),
        SEE_NOTICES,
        Retry.AFTER_CHANGE,
        Page.NOTICES,
    ),
    CODE.TOKEN_FORBIDDEN: Advice(
        N_("WeChat forbids this account to get an access token."),
        N_("See the notices on the WeChat platform."),
        Retry.AFTER_CHANGE,
        Page.NOTICES,
    ),
    CODE.ACCOUNT_FROZEN: Advice(
        N_("The account is frozen."),
        N_("See the notices on the WeChat platform."),
        Retry.AFTER_CHANGE,
        Page.NOTICES,
    ),
    CODE.NOT_AUTHORIZED_TO_PLATFORM: Advice(
        N_("The account has not given this permission to the platform that manages it."),
        N_("Let the administrator grant the customer service permissions again."),
        Retry.AFTER_CHANGE,
        Page.AUTHORIZATIONS,
    ),
    CODE.API_BLOCKED: Advice(
        N_("WeChat has blocked this function for a while."), N_("Try again later."), Retry.TOMORROW, Page.NOTICES
    ),
    CODE.API_RETIRED: Advice(
        N_("WeChat no longer offers this function."), N_("A newer kfconsole may know what took its place.")
    ),
}
