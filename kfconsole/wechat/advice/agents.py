"""Customer service: agents, invitations, sessions and records; today's system and the retired one."""

from kfconsole.i18n import N_
from kfconsole.wechat.advice.kinds import BUG, Advice, Page, Retry
from kfconsole.wechat.codes import CODE

_ADD, _RENAME, _REMOVE, _INVITE, _PICTURE = (
    f"/customservice/kfaccount/{name}" for name in ("add", "update", "del", "inviteworker", "uploadheadimg")
)

_CHECK_NAME = N_("Check the name under Agents; it looks like kf2001@shop.")

AGENTS: dict[int, Advice] = {
    CODE.KF_NOT_ENABLED: Advice(
        N_("Customer service is not switched on for this account."),
        N_("Switch it on under Customer Service on the WeChat platform; it works after some minutes."),
        Retry.AFTER_CHANGE,
        Page.KF,
    ),
    CODE.NO_SUCH_AGENT: Advice(N_("WeChat does not know this agent."), _CHECK_NAME, Retry.AFTER_CHANGE, Page.KF),
    CODE.AGENT_NOT_BOUND: Advice(
        N_("Nobody has taken over this agent yet."),
        N_("A WeChat user has to accept the invitation first."),
        Retry.AFTER_CHANGE,
        Page.KF,
    ),
    CODE.BAD_NICKNAME: Advice(
        N_("WeChat does not accept this nickname."),
        N_("Use 1 to 16 characters, and no words that WeChat forbids."),
        Retry.AFTER_CHANGE,
    ),
    CODE.BAD_AGENT_NAME: Advice(
        N_("WeChat does not accept this agent name."),
        N_("At most 10 letters, digits or underscores, then @ and the account's WeChat id."),
        Retry.AFTER_CHANGE,
    ),
    CODE.TOO_MANY_AGENTS: Advice(
        N_("The account has as many agents as WeChat allows."), N_("Delete one first."), Retry.AFTER_CHANGE, Page.KF
    ),
    CODE.AGENT_EXISTS: Advice(
        N_("There already is an agent of this name."), N_("Choose another name."), Retry.AFTER_CHANGE
    ),
    CODE.ALREADY_A_WORKER: Advice(
        N_("This WeChat user already is one of your agents."),
        N_("Invite somebody else, or remove their other agent first."),
        Retry.AFTER_CHANGE,
        Page.KF,
    ),
    CODE.ALREADY_INVITED: Advice(
        N_("This WeChat user is already invited."), N_("They have to answer in WeChat."), Retry.AFTER_CHANGE
    ),
    CODE.NO_SUCH_WECHAT_ID: Advice(
        N_("There is no such WeChat id."), N_("Ask for the id shown in their profile."), Retry.AFTER_CHANGE
    ),
    CODE.BAD_WECHAT_ID: Advice(
        N_("This is not how a WeChat id looks."), N_("Ask for the id shown in their profile."), Retry.AFTER_CHANGE
    ),
    CODE.BOUND_TOO_OFTEN: Advice(
        N_("This WeChat user already serves too many accounts."),
        N_("They have to leave another account first, or you invite somebody else."),
        Retry.AFTER_CHANGE,
    ),
    CODE.INVITATION_PENDING: Advice(
        N_("An invitation for this agent is still open."),
        N_("Wait until it is answered or has expired."),
        Retry.AFTER_CHANGE,
        Page.KF,
    ),
    CODE.AGENT_ALREADY_BOUND: Advice(
        N_("A WeChat user has already taken over this agent."),
        N_("Nothing more is needed; for somebody else, add another agent."),
    ),
    CODE.NO_SESSION: Advice(
        N_("Nobody is serving this customer now."), N_("Accept the customer first, or just send a reply.")
    ),
    CODE.SESSION_TAKEN: Advice(
        N_("Another agent is serving this customer."),
        N_("Let them close the session, or transfer it."),
        Retry.AFTER_CHANGE,
    ),
    CODE.AGENT_OFFLINE: Advice(
        N_("The agent is not online."),
        N_("They have to log in to WeChat's customer service page first."),
        Retry.AFTER_CHANGE,
        Page.KF_CLIENT,
    ),
    CODE.BAD_PARAMETER: Advice(N_("WeChat did not accept a value of the call."), BUG),
    CODE.SPAN_TOO_LONG: Advice(N_("WeChat answers at most 24 hours of chat records at once."), BUG),
    CODE.LEGACY_ACCOUNT_ERROR: Advice(N_("WeChat does not know this agent."), _CHECK_NAME, Retry.AFTER_CHANGE, Page.KF),
    CODE.LEGACY_ALREADY_TRANSFERRED: Advice(
        N_("The session was already transferred."), N_("See under Sessions who serves the customer now.")
    ),
    CODE.LEGACY_SYSTEM_ERROR: Advice(
        N_("WeChat's customer service failed."),
        N_("Test accounts cannot use customer service; else try again later."),
        Retry.SOON,
    ),
}

_OLD_RULES = Advice(
    N_("WeChat did not accept the account or the nickname."),
    N_(
        "The retired system took letters and digits before the @, and 6 Chinese or 12 Latin characters as nickname: "
        "try a shorter one."
    ),
    Retry.AFTER_CHANGE,
)
_BAD_PICTURE = Advice(
    N_("WeChat does not accept this picture."),
    N_("Save it as JPG, at most 5 MB and best with 640×640 points."),
    Retry.AFTER_CHANGE,
)
_BY_HAND = Advice(
    N_("This account has no permission to manage agents by program."),
    N_("Whoever runs the account can manage agents by hand on the WeChat platform, under Customer Service."),
    Retry.AFTER_CHANGE,
    Page.KF,
)
OF_PATH: dict[tuple[str, int], Advice] = {
    **{(path, CODE.LEGACY_BAD_PARAMETER): _OLD_RULES for path in (_ADD, _RENAME)},
    **{(_PICTURE, code): _BAD_PICTURE for code in (CODE.BAD_FILE_TYPE, CODE.BAD_IMAGE_SIZE, CODE.LEGACY_BAD_FILE)},
    **{(path, CODE.NOT_AUTHORIZED): _BY_HAND for path in (_ADD, _RENAME, _REMOVE, _INVITE, _PICTURE)},
}
"""Codes that say more where it is known what was asked."""
