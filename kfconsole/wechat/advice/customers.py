"""The customer, and what may be sent to them."""

from kfconsole.i18n import N_
from kfconsole.wechat.advice.kinds import BUG, SEE_NOTICES, Advice, Page, Retry
from kfconsole.wechat.codes import CODE

_NOT_FOLLOWING = Advice(
    N_("The customer does not follow the account any more."),
    N_("Nothing can be sent until they follow it again."),
    Retry.AFTER_CUSTOMER,
)
_LINK = N_("Check the link in the text, or send it without the link.")
_CARD = N_("Check the page of the mini program, and that the mini program is linked to this account.")
_MASS = N_("This code belongs to mass messages, which this program does not send.")
_OTHER_ID = N_("They may no longer follow the account, or belong to another one.")


def _shorter(cause: str, fix: str) -> Advice:
    return Advice(cause, fix, Retry.AFTER_CHANGE)


CUSTOMERS: dict[int, Advice] = {
    CODE.BAD_OPENID: Advice(N_("WeChat does not know this customer."), _OTHER_ID),
    CODE.OPENID_MISSING: Advice(N_("No customer was named."), BUG),
    CODE.NOT_FOLLOWING: _NOT_FOLLOWING,
    CODE.USER_NOT_FOLLOWING: _NOT_FOLLOWING,
    CODE.BLACKLISTED: Advice(
        N_("The customer is on the account's blacklist."),
        N_("Take them off it on the WeChat platform first."),
        Retry.AFTER_CHANGE,
        Page.FOLLOWERS,
    ),
    CODE.NO_SUCH_USER: Advice(N_("WeChat does not know this customer."), _OTHER_ID),
    CODE.MESSAGES_TURNED_OFF: Advice(
        N_("The customer has turned off messages from the account."),
        N_("They have to turn them on again themselves."),
        Retry.AFTER_CUSTOMER,
    ),
    CODE.USER_NOT_AUTHORIZED: Advice(
        N_("The customer has not permitted this."), N_("They have to agree in WeChat first."), Retry.AFTER_CUSTOMER
    ),
    CODE.USER_LIMITED: Advice(
        N_("WeChat has restricted this customer's account."), N_("Only the customer can clear it up with WeChat.")
    ),
    CODE.MINORS_PROTECTED: Advice(
        N_("WeChat refused the message to protect minors."),
        N_("Send nothing of this kind to this customer."),
        Retry.AFTER_CHANGE,
    ),
    CODE.WINDOW_CLOSED: Advice(
        N_("The time to reply is over, or the customer no longer follows the account."),
        N_("The customer has to write first; then you may reply for 48 hours."),
        Retry.AFTER_CUSTOMER,
    ),
    CODE.REPLIES_USED_UP: Advice(
        N_("All replies allowed for this customer are used up."),
        N_("The customer has to write again before you can reply."),
        Retry.AFTER_CUSTOMER,
    ),
    CODE.EMPTY_TEXT: _shorter(N_("The text is empty."), N_("Write something first.")),
    CODE.TEXT_TOO_LONG: _shorter(N_("The text is too long."), N_("At most 2048 bytes, about 680 Chinese characters.")),
    CODE.TITLE_TOO_LONG: _shorter(N_("The title is too long."), N_("Make it shorter.")),
    CODE.DESCRIPTION_TOO_LONG: _shorter(N_("The description is too long."), N_("Make it shorter.")),
    CODE.LINK_TOO_LONG: _shorter(N_("The link is too long."), N_("Use a shorter address.")),
    CODE.PICTURE_LINK_TOO_LONG: _shorter(N_("The picture's address is too long."), N_("Use a shorter address.")),
    CODE.EMPTY_NEWS: _shorter(N_("The article is empty."), N_("Give it a title and a link.")),
    CODE.TOO_MANY_ARTICLES: _shorter(
        N_("Too many articles in one message."), N_("Send one article a message; WeChat takes no more.")
    ),
    CODE.MENU_TOO_LARGE: _shorter(N_("The menu has too many choices."), N_("Offer fewer choices.")),
    CODE.MENU_ITEM_TOO_LONG: _shorter(N_("A choice of the menu is too long."), N_("Write it shorter.")),
    CODE.BAD_LINK: _shorter(N_("A link in the text is not written correctly."), _LINK),
    CODE.BAD_LINK_TEXT: _shorter(N_("The words of a link in the text are not accepted."), _LINK),
    CODE.BAD_MINI_PROGRAM: Advice(
        N_("The text links to a mini program that does not belong to this account."),
        _LINK,
        Retry.AFTER_CHANGE,
        Page.MINI_PROGRAMS,
    ),
    CODE.BAD_MINI_PROGRAM_PATH: Advice(
        N_("The mini program has no such page."), _CARD, Retry.AFTER_CHANGE, Page.MINI_PROGRAMS
    ),
    CODE.BAD_MINI_PROGRAM_ID: Advice(
        N_("WeChat does not accept this mini program here."), _CARD, Retry.AFTER_CHANGE, Page.MINI_PROGRAMS
    ),
    CODE.BAD_MESSAGE_KIND: Advice(N_("WeChat does not know this kind of message."), BUG),
    CODE.BAD_MESSAGE_TYPE: Advice(
        N_("WeChat does not accept this kind of message here."), N_("Send it as text instead."), Retry.AFTER_CHANGE
    ),
    CODE.NO_RIGHT_TO_TYPE: Advice(
        N_("The account may not send this kind of message."),
        N_("Send another kind, such as text."),
        Retry.AFTER_CHANGE,
        Page.PERMISSIONS,
    ),
    CODE.MESSAGES_BLOCKED: Advice(
        N_("WeChat has blocked customer service messages of this account."),
        SEE_NOTICES,
        Retry.AFTER_CHANGE,
        Page.NOTICES,
    ),
    CODE.NO_MESSAGE_QUOTA: Advice(
        N_("The account has no messages left to send."), SEE_NOTICES, Retry.TOMORROW, Page.NOTICES
    ),
    CODE.PUNISHED: Advice(
        N_("WeChat has taken this right from the account for breaking rules."),
        SEE_NOTICES,
        Retry.AFTER_CHANGE,
        Page.NOTICES,
    ),
    CODE.ESCAPED_TEXT: Advice(N_("WeChat does not accept the form of the text."), BUG),
    CODE.ESCAPED_JSON: Advice(N_("WeChat does not accept the form of the text."), BUG),
    CODE.TYPING_BAD_COMMAND: Advice(N_("WeChat did not understand the typing notice."), BUG),
    CODE.TYPING_TOO_LATE: Advice(
        N_("The typing notice only shows within 30 seconds of a message."),
        N_("Just send your reply."),
        Retry.AFTER_CUSTOMER,
    ),
    CODE.TYPING_ALREADY: Advice(N_("The customer already sees that you are typing.")),
    CODE.BAD_REMARK: _shorter(
        N_("WeChat does not accept this remark."), N_("At most 29 bytes: 9 Chinese characters or 29 letters.")
    ),
    CODE.TOO_MANY_TAGS: Advice(
        N_("The account has as many tags as WeChat allows."),
        N_("Delete a tag first."),
        Retry.AFTER_CHANGE,
        Page.FOLLOWERS,
    ),
    CODE.MASS_ID_USED: Advice(N_("A mass message of this id was already sent."), _MASS),
    CODE.MASS_TOO_FAST: Advice(N_("A mass message of this id was sent again too soon."), _MASS),
    CODE.MASS_ID_TOO_LONG: Advice(N_("The id of a mass message is too long."), _MASS),
}
