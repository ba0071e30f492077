"""What is certain to be refused about an agent's account is told before WeChat is asked. Pure, but for the picture.

The same for the screen, where it is said while one types, and for commands. Where WeChat's own rules are not certain,
such as what may stand behind the @, it is a word of caution and no refusal.
"""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from kfconsole.desk import rules
from kfconsole.errors import NotPossible
from kfconsole.i18n import _, listed, ngettext
from kfconsole.model import Agent, AgentId
from kfconsole.text import clean, one_line
from kfconsole.wechat import checks
from kfconsole.wechat.codes import CODE
from kfconsole.wechat.filetypes import AGENT_PICTURE, shown
from kfconsole.wechat.filetypes import size_words as size_words

MOST_AGENTS = 100
LONGEST_NAME = 10
LONGEST_SUFFIX = 30
BEST_POINTS = 640
"""Width and height of a picture, as WeChat recommends."""

_NAME = re.compile(r"[A-Za-z0-9_]+")
_WECHAT_ID = re.compile(r"[A-Za-z0-9_-]+")
_USUAL_WECHAT_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]{4,19}")

_SOI, _SOS, _EOI = 0xD8, 0xDA, 0xD9
_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""The markers of a JPEG behind which its size stands."""
_BARE = frozenset({0x01, *range(0xD0, 0xD8)})
"""Markers without a length."""


class Picture(Struct, frozen=True):
    """A picture WeChat takes for an agent, as far as that can be seen here."""

    byte_count: int
    width: int
    height: int


# Names ----------------------------------------------------------------------------------------------------------------


def account_of(name: str, suffix: str) -> AgentId:
    """Return the account of a name and what stands behind the @; a name that was typed whole is taken as it is."""
    name = name.strip()
    return AgentId(name if "@" in name else f"{name}@{suffix.strip().removeprefix('@')}")


def usual_suffix(agents: Sequence[Agent]) -> str:
    """Return what stands behind the @ of most agents; empty without any."""
    return next((suffix for suffix, _count in Counter(map(_suffix_of, agents)).most_common(1)), "")


def check_name(name: str) -> str:
    """Refuse what cannot stand before the @; what is left of the room comes back in words.

    Raises:
        NotPossible: It is too long, or holds what WeChat does not take.
    """
    name, _at, suffix = name.strip().partition("@")
    if suffix:
        _check_suffix_form(suffix)
    if not name:
        raise NotPossible(_("The name of the agent is empty."), code=CODE.BAD_AGENT_NAME)
    if not _NAME.fullmatch(name):
        raise NotPossible(
            _("{text} cannot stand in the name of an agent.").format(text=_strange(name)),
            hint=_("Use letters, digits and underscores."),
            code=CODE.BAD_AGENT_NAME,
        )
    if len(name) > LONGEST_NAME:
        raise NotPossible(
            _("The name is too long: {count} characters, and WeChat takes {limit}.").format(
                count=len(name), limit=LONGEST_NAME
            ),
            code=CODE.BAD_AGENT_NAME,
        )
    return _count(len(name), LONGEST_NAME)


def check_suffix(suffix: str, agents: Sequence[Agent]) -> str:
    """Refuse what cannot stand behind the @; that the other agents have something else there is said.

    Raises:
        NotPossible: It is empty, too long, or holds what WeChat does not take.
    """
    suffix = suffix.strip().removeprefix("@")
    _check_suffix_form(suffix)
    usual = usual_suffix(agents)
    if usual and all(_suffix_of(agent) != suffix for agent in agents):
        return _("Caution: your other agents have @{suffix}.").format(suffix=usual)
    return _count(len(suffix), LONGEST_SUFFIX)


def check_account(account: AgentId, agents: Sequence[Agent]) -> None:
    """Refuse an account that cannot be added.

    Raises:
        NotPossible: It cannot be a name, it is there already, or there are as many as WeChat allows.
    """
    name, _at, suffix = account.partition("@")
    check_name(name)
    _check_suffix_form(suffix)
    if (found := _find(agents, account)) is not None:
        raise NotPossible(
            _("There already is an agent {agent}: {nick}.").format(agent=account, nick=one_line(found.nick)),
            hint=_("Choose another name."),
            code=CODE.AGENT_EXISTS,
        )
    check_room(agents)


def check_room(agents: Sequence[Agent]) -> None:
    """Refuse one more agent where there are as many as WeChat allows.

    Raises:
        NotPossible: There are.
    """
    if len(agents) >= MOST_AGENTS:
        raise NotPossible(
            _("The account has {count} agents, as many as WeChat allows.").format(count=len(agents)),
            hint=_("Remove one first."),
            code=CODE.TOO_MANY_AGENTS,
        )


def check_nick(nick: str, others: Sequence[Agent] = ()) -> str:
    """Refuse a nickname WeChat would refuse, or nobody could read; that another agent has it is said.

    Args:
        nick: What customers are to see.
        others: The other agents.

    Raises:
        NotPossible: It is empty, too long, or holds what would steer a screen.
    """
    try:
        checks.check_nick(nick)
    except NotPossible as error:
        raise NotPossible(error.message, hint=error.hint, code=CODE.BAD_NICKNAME) from None
    if clean(nick) != nick or "\n" in nick or "\t" in nick:
        raise NotPossible(
            _("The nickname holds characters that cannot be seen."),
            hint=_("Use 1 to 16 characters that can be read."),
            code=CODE.BAD_NICKNAME,
        )
    namesake = next((agent for agent in others if one_line(agent.nick) == one_line(nick)), None)
    if namesake is not None:
        return _("Caution: {agent} is called the same.").format(agent=namesake.id)
    return _count(len(nick), checks.LONGEST_NICK)


# Invitations ----------------------------------------------------------------------------------------------------------


def is_invitation_open(agent: Agent, now: float) -> bool:
    """Whether somebody may still accept the invitation of an agent."""
    is_over = agent.invite_expires_at is not None and agent.invite_expires_at <= now
    return not agent.is_bound and agent.invite_status == rules.INVITATION_OPEN and not is_over


def check_invitable(agent: Agent, now: float) -> None:
    """Refuse to invite for an agent somebody serves as already, or is invited to.

    Raises:
        NotPossible: Somebody does, or is.
    """
    if agent.is_bound:
        raise NotPossible(
            _("{wechat_id} has already taken over {agent}.").format(wechat_id=agent.wechat_id, agent=agent.name),
            hint=_("For somebody else, add another agent."),
            code=CODE.AGENT_ALREADY_BOUND,
        )
    if is_invitation_open(agent, now):
        raise NotPossible(
            _("{wechat_id} is already invited to take over {agent}.").format(
                wechat_id=agent.invited_wechat_id, agent=agent.name
            ),
            hint=_("Wait until it is answered or has expired."),
            code=CODE.INVITATION_PENDING,
        )


def check_wechat_id(wechat_id: str, agents: Sequence[Agent], now: float) -> str:
    """Refuse what is no WeChat id, or that of somebody who serves here, or is invited to.

    Raises:
        NotPossible: It is.
    """
    wechat_id = wechat_id.strip()
    if not _WECHAT_ID.fullmatch(wechat_id):
        said = _("{text} cannot stand in a WeChat id.").format(text=_strange(wechat_id, _WECHAT_ID))
        if not wechat_id:
            said = _("The WeChat id is empty.")
        raise NotPossible(
            said,
            hint=_("It is no nickname: ask for the id shown in their profile."),
            code=CODE.BAD_WECHAT_ID,
        )
    for agent in agents:
        if agent.is_bound and agent.wechat_id == wechat_id:
            raise NotPossible(
                _("{wechat_id} already serves here as {agent}.").format(wechat_id=wechat_id, agent=agent.name),
                hint=_("Invite somebody else, or remove their other agent first."),
                code=CODE.ALREADY_A_WORKER,
            )
        if is_invitation_open(agent, now) and agent.invited_wechat_id == wechat_id:
            raise NotPossible(
                _("{wechat_id} is already invited to take over {agent}.").format(wechat_id=wechat_id, agent=agent.name),
                hint=_("They have to answer in WeChat."),
                code=CODE.ALREADY_INVITED,
            )
    if not _USUAL_WECHAT_ID.fullmatch(wechat_id):
        return _("Caution: WeChat ids begin with a letter and have 6 to 20 characters.")
    return _count(len(wechat_id), 20)


# Pictures -------------------------------------------------------------------------------------------------------------


def picture_of(file: Path) -> Picture:
    """Look at a picture for an agent; reads the disk, so do it in a thread.

    Raises:
        NotPossible: WeChat is certain to refuse it, or it cannot be read.
    """
    from kfconsole.wechat.upload import examine

    examined = examine(file, AGENT_PICTURE)
    try:
        with file.open("rb") as opened:
            size = jpeg_size(opened, examined.byte_count)
    except OSError as error:
        raise NotPossible(
            _("{file} cannot be read: {problem}").format(
                file=shown(file), problem=error.strerror or type(error).__name__
            )
        ) from None
    if size is None:
        raise NotPossible(
            _("{file} begins like a JPG, but holds no whole picture.").format(file=shown(file)),
            hint=_("Save it again as JPG, best with 640×640 points."),
            code=CODE.BAD_FILE_TYPE,
        )
    return Picture(examined.byte_count, *size)


def described_picture(file: Path) -> str:
    """Say what a picture is that WeChat takes, and whether it is as WeChat would like it; as `picture_of`."""
    found = picture_of(file)
    said = _("JPG {width}×{height}, {size}").format(
        width=found.width, height=found.height, size=size_words(found.byte_count)
    )
    caution = picture_caution(found)
    return _("{what}. {caution}").format(what=said, caution=caution) if caution else said


def picture_caution(picture: Picture) -> str:
    """Say how a picture differs from what WeChat recommends; empty when it does not."""
    if (picture.width, picture.height) == (BEST_POINTS, BEST_POINTS):
        return ""
    if picture.width != picture.height:
        return _("Caution: it is not square, and may be cut; WeChat recommends 640×640.")
    return _("Caution: WeChat recommends 640×640.")


def jpeg_size(opened: BinaryIO, byte_count: int) -> tuple[int, int] | None:
    """Return width and height of a JPEG by its own word; None when it does not say, or the file ends before."""
    if opened.read(2) != bytes((0xFF, _SOI)):
        return None
    while True:
        head = opened.read(2)
        if len(head) < 2 or head[0] != 0xFF:
            return None
        while head[1] == 0xFF:  # any number of them may stand before a marker
            head = b"\xff" + opened.read(1)
            if len(head) < 2:
                return None
        marker = head[1]
        if marker in _BARE:
            continue
        if marker in (_SOI, _SOS, _EOI):
            return None
        length = int.from_bytes(opened.read(2), "big")
        if length < 2 or opened.tell() + length - 2 > byte_count:
            return None
        if marker not in _SIZES:
            opened.seek(length - 2, 1)
            continue
        frame = opened.read(5)
        height, width = int.from_bytes(frame[1:3], "big"), int.from_bytes(frame[3:5], "big")
        return (width, height) if len(frame) == 5 and width and height else None


# Removing -------------------------------------------------------------------------------------------------------------

MOST_NAMED = 5


def removal_words(agent: Agent, customers: Sequence[str] | None, *, problem: str = "", is_me: bool) -> list[str]:
    """Say what removing an agent does to whom, and what about it is not known.

    Args:
        agent: Whom.
        customers: Names of those the agent serves by WeChat's word of this moment; None: it could not be had.
        problem: Why it could not be had.
        is_me: Whether this console answers as the agent.
    """
    said = []
    if customers is None:
        said.append(_("Whom the agent serves could not be learned: {problem}").format(problem=problem))
        if agent.session_count:
            said.append(_("When last seen, {count} in session.").format(count=agent.session_count))
    elif customers:
        said.append(serving_words(customers))
    if customers is None or customers:
        said.append(
            _("What WeChat does with the sessions of a removed agent is not documented: transfer the customers first.")
        )
    if is_me:
        said.append(_("This console answers as this agent, and could answer nobody any more."))
    said.append(_("It cannot be taken back; somebody would have to be invited anew."))
    return said


def serving_words(customers: Sequence[str]) -> str:
    """Say whom an agent serves: how many, and the first of them by name."""
    count, names = len(customers), listed(customers[:MOST_NAMED])
    if rest := count - len(customers[:MOST_NAMED]):
        said = _("The agent is serving {count} customers: {names} and {rest} more.")
        return said.format(count=count, names=names, rest=rest)
    return ngettext(
        "The agent is serving {count} customer: {names}.", "The agent is serving {count} customers: {names}.", count
    ).format(count=count, names=names)


def _check_suffix_form(suffix: str) -> None:
    if not suffix:
        raise NotPossible(
            _("Nothing stands behind the @."),
            hint=_("There stands the WeChat id of your account, as behind the other agents."),
            code=CODE.BAD_AGENT_NAME,
        )
    if "@" in suffix or clean(suffix) != suffix or any(letter.isspace() for letter in suffix):
        raise NotPossible(
            _("{name} cannot stand behind the @.").format(name=_shown(suffix)),
            hint=_("There stands the WeChat id of your account, as behind the other agents."),
            code=CODE.BAD_AGENT_NAME,
        )
    if len(suffix) > LONGEST_SUFFIX:
        raise NotPossible(
            _("What stands behind the @ is too long: {count} characters, and WeChat takes {limit}.").format(
                count=len(suffix), limit=LONGEST_SUFFIX
            ),
            code=CODE.BAD_AGENT_NAME,
        )


def _suffix_of(agent: Agent) -> str:
    return agent.id.partition("@")[2]


def _find(agents: Sequence[Agent], account: AgentId) -> Agent | None:
    return next((agent for agent in agents if agent.id == account), None)


def _strange(text: str, allowed: re.Pattern[str] = _NAME) -> str:
    """Return the first character that is not allowed, so that it can be seen."""
    return _shown(next((letter for letter in text if not allowed.fullmatch(letter)), ""))


def _shown(text: str) -> str:
    return _("“{words}”").format(words=clean(text))


def _count(count: int, limit: int) -> str:
    return f"{count}/{limit}"
