"""What WeChat is certain to refuse is told before the call. Where its limits are not certain, it is asked. Pure."""

import re

from kfconsole.errors import NotPossible
from kfconsole.i18n import _
from kfconsole.model import AgentId

LONGEST_NICK = 16
REMARK_BYTES = 29

# Loose behind the @: there stands the account's WeChat id or its original id.
_AGENT = re.compile(r"[A-Za-z0-9_]{1,10}@.{1,30}")
_RID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{8}){2}")
_PATH = re.compile(r"/[!-~]+")


def check_agent(agent: AgentId) -> None:
    """Refuse what cannot be the name of an agent (65404).

    Raises:
        NotPossible: It is none.
    """
    if not _AGENT.fullmatch(agent):
        raise NotPossible(
            _("{name} cannot be the name of an agent.").format(name=repr(agent)),
            hint=_("At most 10 letters, digits or underscores, then @ and the account's WeChat id."),
        )


def check_nick(nick: str) -> None:
    """Refuse an empty nickname, or one over 16 characters (65403).

    Raises:
        NotPossible: It is.
    """
    if not nick.strip():
        raise NotPossible(_("The nickname is empty."), hint=_("Use 1 to 16 characters."))
    if len(nick) > LONGEST_NICK:
        raise NotPossible(
            _("The nickname is too long: {count} characters.").format(count=len(nick)),
            hint=_("Use 1 to 16 characters."),
        )


def check_remark(remark: str) -> None:
    """Refuse a remark of 30 bytes or more (40092); an empty one takes the remark away.

    Raises:
        NotPossible: It is too long.
    """
    byte_count = len(remark.encode("utf-8", "replace"))
    if byte_count > REMARK_BYTES:
        raise NotPossible(
            _("The remark is too long: {count} bytes.").format(count=byte_count),
            hint=_("At most {count} bytes, about 9 Chinese characters.").format(count=REMARK_BYTES),
        )


def check_path(path: str) -> None:
    """Refuse what is no path of a call (76021).

    Raises:
        NotPossible: It is none.
    """
    if not _PATH.fullmatch(path):
        raise NotPossible(
            _("{path} is not the path of a call.").format(path=repr(path)),
            hint=_("Write it with its first slash and without the host, such as /cgi-bin/message/custom/send"),
        )


def check_rid(rid: str) -> None:
    """Refuse what is no request id (76002).

    Raises:
        NotPossible: It is none.
    """
    if not _RID.fullmatch(rid):
        raise NotPossible(
            _("{rid} is not a request id.").format(rid=repr(rid)),
            hint=_("It is three groups of eight characters, such as 5f3ded7d-22929d02-4ba1f5f6"),
        )


def check_filled(value: str, name: str) -> None:
    """Refuse an empty value.

    Args:
        value: What was given.
        name: What it is, in the words of the person who gave it.

    Raises:
        NotPossible: It is empty.
    """
    if not value.strip():
        raise NotPossible(_("{name} is empty.").format(name=name))
