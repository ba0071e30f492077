"""What commands are given: customers, agents and words, checked for form before anything is asked."""

import re
from typing import Any

import click

from kfconsole.i18n import N_, _
from kfconsole.text import clean

_OPENID = re.compile(r"[!-~]+")
_AGENT = re.compile(r"[^@\s/]+@[^@\s/]+")


class _Form(click.ParamType):  # type: ignore[type-arg]  # older versions of click know no argument
    """A text of a certain form."""

    def __init__(self, name: str, pattern: re.Pattern[str], problem: str) -> None:
        self.name = name
        self._pattern = pattern
        self._problem = problem

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the value as given, or refuse it with the fix."""
        text = str(value)
        if not self._pattern.fullmatch(text) or clean(text) != text:
            self.fail(_(self._problem), param, ctx)
        return text


class _Words(click.ParamType):  # type: ignore[type-arg]  # likewise
    """Words for people; bytes that are no UTF-8 are refused instead of being sent in another shape."""

    name = "words"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the words as given."""
        text = str(value)
        try:
            text.encode()
        except UnicodeEncodeError:
            self.fail(_("must be UTF-8."), param, ctx)
        return text


OPENID = _Form(
    "openid",
    _OPENID,
    N_("must be a whole openid, without blanks; 'kfconsole queue' and 'kfconsole sessions list' print them."),
)
AGENT = _Form("agent", _AGENT, N_("must be a full agent account such as kf2001@shop; 'kfconsole agents list' has all."))
MEDIA_ID = _Form("media id", re.compile(r"[A-Za-z0-9_-]+"), N_("must be a media id: letters, digits, '-' and '_'."))
CALL_PATH = _Form(
    "path",
    re.compile(r"/[!-~]*"),
    N_("must be the path of a call with its slash in front, such as /cgi-bin/message/custom/send."),
)
WORDS = _Words()

agent_option = click.option(
    "--agent",
    type=AGENT,
    metavar="KF",
    help=_("The agent, such as kf2001@shop; otherwise kf_account under [me] in the settings."),
)
yes_option = click.option("--yes", "is_sure", is_flag=True, help=_("Do not ask first."))
