"""What each of WeChat's codes means and what to do about it, in words for people in a shop.

One table, texts marked for the catalogues and translated where they are used. `{code}`, `{errmsg}` and `{address}`
in a cause are filled in.
"""

from typing import NamedTuple

from kfconsole.i18n import N_
from kfconsole.wechat.codes import CODE, modern

TOKEN_PATH = "/cgi-bin/stable_token"


class Advice(NamedTuple):
    """Why WeChat refused, and what helps."""

    cause: str
    fix: str = ""


UNKNOWN = Advice(N_("WeChat refused with code {code}: {errmsg}."))

_REPLACED_TOKEN = Advice(
    N_("WeChat does not accept the access token, not even a fresh one."),
    N_("Another program may keep replacing it, or the base_url belongs to another account. Mend that, then try again."),
)
_WRONG_SECRET = Advice(
    N_("The app secret is wrong."),
    N_("Copy it again from the WeChat platform; after a reset there only the new one works."),
)
_NOT_FOLLOWING = Advice(
    N_("The customer does not follow the account any more."), N_("Nothing can be sent until they follow it again.")
)
_BUG = N_("This is a fault of the program. Please report it with the request id.")
_LINK = N_("Check the link in the text, or send it without the link.")

ADVICE: dict[int, Advice] = {
    CODE.BUSY: Advice(N_("WeChat is busy."), N_("Try again in a moment.")),
    # the account and its token
    CODE.TOKEN_NOT_LATEST: _REPLACED_TOKEN,
    CODE.TOKEN_INVALID: _REPLACED_TOKEN,
    CODE.TOKEN_EXPIRED: _REPLACED_TOKEN,
    CODE.BAD_GRANT_TYPE: Advice(N_("WeChat did not understand the request for an access token."), _BUG),
    CODE.BAD_APP_ID: Advice(
        N_("WeChat does not know this app id."), N_("Copy it again from the WeChat platform; it begins with wx.")
    ),
    CODE.BAD_SECRET: _WRONG_SECRET,
    CODE.ADDRESS_NOT_ALLOWED: Advice(
        N_("WeChat does not accept calls from the address {address}."),
        N_("Add it to the IP whitelist of the account on the WeChat platform; it works after some minutes."),
    ),
    CODE.BAD_ACCOUNT_TYPE: Advice(
        N_("This kind of account cannot do this."), N_("Customer service needs a verified service account.")
    ),
    CODE.SECRET_FROZEN: Advice(
        N_("The app secret is frozen."), N_("The account's administrator can unfreeze it on the WeChat platform.")
    ),
    CODE.TOKEN_MISSING: Advice(N_("The call reached WeChat without an access token."), _BUG),
    CODE.APP_ID_MISSING: Advice(N_("No app id was sent."), N_("Fill in [account] app_id.")),
    CODE.SECRET_MISSING: Advice(N_("No app secret was sent."), N_("Fill in [account] app_secret.")),
    CODE.NOT_AUTHORIZED: Advice(
        N_("The account has no permission for this."),
        N_("See on the WeChat platform whether the account is verified and customer service is switched on."),
    ),
    CODE.API_FORBIDDEN: Advice(
        N_("WeChat has blocked this function for the account because rules were broken."),
        N_("The notices on the WeChat platform say why and for how long."),
    ),
    CODE.TOKEN_FORBIDDEN: Advice(
        N_("WeChat forbids this account to get an access token."), N_("See the notices on the WeChat platform.")
    ),
    CODE.ACCOUNT_FROZEN: Advice(N_("The account is frozen."), N_("See the notices on the WeChat platform.")),
    CODE.NOT_AUTHORIZED_TO_PLATFORM: Advice(
        N_("The account has not given this permission to the platform that manages it."),
        N_("Let the administrator grant the customer service permissions again."),
    ),
    CODE.ADDRESS_WAITS_FOR_ADMIN: Advice(
        N_("The administrator has not yet allowed calls from this address."),
        N_("Ask the administrator to confirm the message WeChat sent, then try again."),
    ),
    CODE.ADDRESS_NEEDS_ADMIN: Advice(
        N_("WeChat wants the administrator to allow calls from this address."),
        N_("Ask the administrator to confirm the message WeChat sent, then try again."),
    ),
    CODE.ADDRESS_REFUSED_TWICE: Advice(
        N_("The administrator refused calls from this address twice."),
        N_("WeChat blocks it for 24 hours; clear it up with the administrator first."),
    ),
    CODE.ADDRESS_REFUSED_ONCE: Advice(
        N_("The administrator refused calls from this address."),
        N_("WeChat blocks it for 1 hour; clear it up with the administrator first."),
    ),
    # limits
    CODE.DAY_LIMIT: Advice(
        N_("The account has used up WeChat's limit for this call."),
        N_("The daily limit starts anew at midnight; longer poll intervals use less of it."),
    ),
    CODE.MINUTE_LIMIT: Advice(N_("Too many calls in this minute."), N_("It works again in a minute.")),
    # the customer
    CODE.BAD_OPENID: Advice(
        N_("WeChat does not know this customer."),
        N_("They may no longer follow the account, or belong to another one."),
    ),
    CODE.OPENID_MISSING: Advice(N_("No customer was named."), _BUG),
    CODE.NOT_FOLLOWING: _NOT_FOLLOWING,
    CODE.USER_NOT_FOLLOWING: _NOT_FOLLOWING,
    CODE.BLACKLISTED: Advice(
        N_("The customer is on the account's blacklist."), N_("Take them off it on the WeChat platform first.")
    ),
    CODE.NO_SUCH_USER: Advice(N_("WeChat does not know this customer.")),
    CODE.MESSAGES_TURNED_OFF: Advice(
        N_("The customer has turned off messages from the account."), N_("They have to turn them on again themselves.")
    ),
    CODE.USER_NOT_AUTHORIZED: Advice(N_("The customer has not permitted this.")),
    CODE.USER_LIMITED: Advice(N_("WeChat has restricted this customer's account.")),
    CODE.MINORS_PROTECTED: Advice(N_("WeChat refused the message to protect minors.")),
    # sending
    CODE.WINDOW_CLOSED: Advice(
        N_("The time to reply is over, or the customer no longer follows the account."),
        N_("The customer has to write first; then you may reply for 48 hours."),
    ),
    CODE.REPLIES_USED_UP: Advice(
        N_("All replies allowed for this customer are used up."),
        N_("The customer has to write again before you can reply."),
    ),
    CODE.TEXT_TOO_LONG: Advice(N_("The text is too long."), N_("At most 2048 bytes, about 680 Chinese characters.")),
    CODE.EMPTY_TEXT: Advice(N_("The text is empty."), N_("Write something first.")),
    CODE.BAD_LINK: Advice(N_("A link in the text is not written correctly."), _LINK),
    CODE.BAD_LINK_TEXT: Advice(N_("The words of a link in the text are not accepted."), _LINK),
    CODE.BAD_MINI_PROGRAM: Advice(N_("The text links to a mini program that does not belong to this account."), _LINK),
    CODE.BAD_MESSAGE_TYPE: Advice(N_("WeChat does not accept this kind of message here.")),
    CODE.NO_RIGHT_TO_TYPE: Advice(N_("The account may not send this kind of message.")),
    CODE.MESSAGES_BLOCKED: Advice(
        N_("WeChat has blocked customer service messages of this account."),
        N_("The notices on the WeChat platform say why and for how long."),
    ),
    CODE.NO_MESSAGE_QUOTA: Advice(N_("The account has no messages left to send.")),
    CODE.PUNISHED: Advice(
        N_("WeChat has taken this right from the account for breaking rules."),
        N_("The notices on the WeChat platform say why and for how long."),
    ),
    CODE.ESCAPED_TEXT: Advice(N_("WeChat does not accept the form of the text."), _BUG),
    CODE.ESCAPED_JSON: Advice(N_("WeChat does not accept the form of the text."), _BUG),
    # typing
    CODE.TYPING_BAD_COMMAND: Advice(N_("WeChat did not understand the typing notice."), _BUG),
    CODE.TYPING_TOO_LATE: Advice(
        N_("The typing notice only shows within 30 seconds of a message."), N_("Just send your reply.")
    ),
    CODE.TYPING_ALREADY: Advice(N_("The customer already sees that you are typing.")),
    # the form of calls
    CODE.BAD_URL: Advice(N_("WeChat does not know this call."), N_("Check [account] base_url.")),
    CODE.BAD_ARGUMENTS: Advice(N_("WeChat did not accept the call."), _BUG),
    CODE.GET_WANTED: Advice(N_("WeChat did not accept the call."), _BUG),
    CODE.POST_WANTED: Advice(N_("WeChat did not accept the call."), _BUG),
    CODE.HTTPS_WANTED: Advice(N_("WeChat only takes encrypted calls."), N_("Let [account] base_url begin with https.")),
    CODE.EMPTY_BODY: Advice(N_("The call reached WeChat empty."), N_("A proxy may be cutting it off.")),
    CODE.BAD_JSON: Advice(N_("WeChat could not read the call."), N_("A proxy may be changing it.")),
    CODE.API_BLOCKED: Advice(N_("WeChat has blocked this function for a while."), N_("Try again later.")),
    CODE.API_RETIRED: Advice(N_("WeChat no longer offers this function.")),
    # customer service
    CODE.KF_NOT_ENABLED: Advice(
        N_("Customer service is not switched on for this account."),
        N_("Switch it on under Customer Service on the WeChat platform; it works after some minutes."),
    ),
    CODE.NO_SUCH_AGENT: Advice(
        N_("WeChat does not know this agent."), N_("Check the name under Agents; it looks like kf2001@shop.")
    ),
    CODE.AGENT_NOT_BOUND: Advice(
        N_("Nobody has taken over this agent yet."), N_("A WeChat user has to accept the invitation first.")
    ),
    CODE.BAD_NICKNAME: Advice(N_("WeChat does not accept this nickname."), N_("Use 1 to 16 characters.")),
    CODE.BAD_AGENT_NAME: Advice(
        N_("WeChat does not accept this agent name."),
        N_("At most 10 letters, digits or underscores, then @ and the account's WeChat id."),
    ),
    CODE.TOO_MANY_AGENTS: Advice(N_("The account has as many agents as WeChat allows."), N_("Delete one first.")),
    CODE.AGENT_EXISTS: Advice(N_("There already is an agent of this name."), N_("Choose another name.")),
    CODE.ALREADY_A_WORKER: Advice(N_("This WeChat user already is one of your agents.")),
    CODE.ALREADY_INVITED: Advice(N_("This WeChat user is already invited."), N_("They have to answer in WeChat.")),
    CODE.NO_SUCH_WECHAT_ID: Advice(N_("There is no such WeChat id."), N_("Ask for the id shown in their profile.")),
    CODE.BOUND_TOO_OFTEN: Advice(N_("This WeChat user already serves too many accounts.")),
    CODE.INVITATION_PENDING: Advice(
        N_("An invitation for this agent is still open."), N_("Wait until it is answered or has expired.")
    ),
    CODE.AGENT_ALREADY_BOUND: Advice(N_("A WeChat user has already taken over this agent.")),
    CODE.NO_SESSION: Advice(N_("Nobody is serving this customer now.")),
    CODE.SESSION_TAKEN: Advice(
        N_("Another agent is serving this customer."), N_("Let them close the session, or transfer it.")
    ),
    CODE.AGENT_OFFLINE: Advice(
        N_("The agent is not online."), N_("They have to log in to WeChat's customer service page first.")
    ),
    CODE.BAD_PARAMETER: Advice(N_("WeChat did not accept a value of the call."), _BUG),
    CODE.SPAN_TOO_LONG: Advice(N_("WeChat answers at most 24 hours of chat records at once."), _BUG),
    # the retired customer service system
    CODE.LEGACY_ACCOUNT_ERROR: Advice(N_("WeChat does not know this agent.")),
    CODE.LEGACY_ALREADY_TRANSFERRED: Advice(N_("The session was already transferred.")),
    CODE.LEGACY_SYSTEM_ERROR: Advice(
        N_("WeChat's customer service failed."), N_("Test accounts cannot use customer service; else try again later.")
    ),
    CODE.LEGACY_BAD_FILE: Advice(N_("WeChat does not accept this file.")),
}

_ON_TOKEN_PATH: dict[int, Advice] = {CODE.TOKEN_NOT_LATEST: _WRONG_SECRET}


def advice_for(path: str, code: int) -> Advice:
    """Return what the code means on this path; the retired system's codes get today's words."""
    if path == TOKEN_PATH and code in _ON_TOKEN_PATH:
        return _ON_TOKEN_PATH[code]
    return ADVICE.get(code) or ADVICE.get(modern(code) or 0) or UNKNOWN
