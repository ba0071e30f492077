"""`kfconsole explain`: what a code of WeChat's means, and what became of one request."""

import asyncio
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec import Struct

from kfconsole import config
from kfconsole.cli.acting import account_settings
from kfconsole.cli.json_option import json_option
from kfconsole.cli.log import scrubbed
from kfconsole.cli.output import DONE, REFUSED, complain, emit, emit_json
from kfconsole.i18n import _
from kfconsole.text import fit, one_line, width_cells

if TYPE_CHECKING:
    from kfconsole.model import RequestInfo

_RID = re.compile(r"(?<![0-9a-f-])[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}(?![0-9a-f-])", re.IGNORECASE)
_CODE = re.compile(r"-?[0-9]{1,9}")
_CODE_IN_ANSWER = re.compile(r"""errcode\\*["']?\s*[:=]\s*\\*["']?(-?[0-9]{1,9})""")
_ERRMSG_IN_ANSWER = re.compile(r"""errmsg\\*["']?\s*[:=]\s*\\*["']([^"\\]*)""")
EXAMPLE_CODE = 45047
EXAMPLE_RID = "5f3ded7d-22929d02-4ba1f5f6"
CODE_CELLS = 6
GAP_CELLS = 2


class Explained(Struct, frozen=True):
    """One code of WeChat's; texts in the user's language unless said otherwise."""

    code: int
    says: str
    """WeChat's own words; empty where they are not known."""
    cause: str
    fix: str
    """Empty where nothing helps, or nothing need be done."""
    retry: str
    """no, new_token, soon, next_minute, tomorrow, next_month, after_customer or after_change."""
    page: str
    """Where an administrator mends it; empty where that is no matter of a page."""


class ExplainedRequest(Struct, frozen=True):
    """One request as WeChat remembers it, without token and secret."""

    rid: str
    at: int
    """Unix seconds."""
    url: str
    """What was called; WeChat often tells the query alone."""
    answer: str
    """What WeChat answered."""
    cost_milliseconds: int
    """How long WeChat took."""
    client_address: str
    """Where the call came from."""


class Explanation(Struct, frozen=True):
    """What was asked for."""

    request: ExplainedRequest | None
    """The request whose id was given; null when none was."""
    codes: tuple[Explained, ...]
    """The code that was given or that the request was answered with, else all, in the order of their numbers."""


@click.command(
    "explain",
    context_settings={"ignore_unknown_options": True},  # -1 is a code
    short_help=_("Explain a code of WeChat's, or ask about a request."),
    help=_(
        "Explain a code of WeChat's: cause, fix, and whether asking again helps; without one, list all. "
        "Given a request id, or a whole line with one in it, ask WeChat what became of that request; "
        "WeChat keeps them for 7 days."
    ),
)
@click.argument("words", metavar="[CODE|RID]", nargs=-1, type=click.UNPROCESSED)
@json_option(Explanation)
@click.pass_obj
def command(settings_file: Path | None, words: tuple[str, ...], as_json: bool) -> int:
    """Explain one thing, or list all codes."""
    said = " ".join(words).strip()
    if not said:
        return _list_codes(as_json=as_json)
    if found := _RID.search(said):
        return _explain_request(settings_file, found[0].lower(), as_json=as_json)
    code = said if _CODE.fullmatch(said) else _code_in(said)
    if code is None:
        problem = _("That is neither a code such as {code} nor a request id such as {rid}.")
        raise click.UsageError(problem.format(code=EXAMPLE_CODE, rid=EXAMPLE_RID))
    return _explain_code(int(code), as_json=as_json)


def _list_codes(*, as_json: bool) -> int:
    from kfconsole.wechat.advice import ADVICE

    codes = [explained for code in ADVICE if (explained := _explained(code)) is not None]
    if as_json:
        emit_json(Explanation(None, tuple(codes)))
        return DONE
    for one in codes:
        if not emit(f"{one.code:>{CODE_CELLS}}  {one.cause}"):
            break
    return DONE


def _explain_code(code: int, *, as_json: bool) -> int:
    explained = _explained(code)
    if explained is None:
        complain(
            _("Nothing is known about code {code}.").format(code=code),
            _("'kfconsole explain' without a code lists those that are known."),
        )
        return REFUSED
    if as_json:
        emit_json(Explanation(None, (explained,)))
    else:
        _emit_pairs(_lines_of(explained))
    return DONE


def _explain_request(settings_file: Path | None, rid: str, *, as_json: bool) -> int:
    settings = account_settings(settings_file)
    info = asyncio.run(_ask(settings, rid))
    answer, url = one_line(scrubbed(info.response)), one_line(scrubbed(info.url))
    errmsg = _ERRMSG_IN_ANSWER.search(answer)
    explained = _explained(int(_code_in(answer) or 0), path=url.partition("?")[0], errmsg=errmsg[1] if errmsg else "")
    if as_json:
        request = ExplainedRequest(rid, info.at, url, answer, info.cost_milliseconds, info.client_address)
        emit_json(Explanation(request, (explained,) if explained else ()))
        return DONE
    from kfconsole.cli.times import local_time

    _emit_pairs(
        [
            (_("request"), rid),
            (_("time"), local_time(info.at, settings.ui.zone)),
            (_("called"), url),
            (_("answer"), answer),
            *(_lines_of(explained) if explained else ()),
        ]
    )
    return DONE


async def _ask(settings: config.Settings, rid: str) -> "RequestInfo":
    from kfconsole.cli.retries import patiently
    from kfconsole.cli.wiring import make_client

    client = make_client(settings)
    try:
        return await patiently(lambda: client.request_info(rid))
    finally:
        await client.aclose()


def _code_in(said: str) -> str | None:
    found = _CODE_IN_ANSWER.search(said)
    return found[1] if found else None


def _explained(code: int, *, path: str = "", errmsg: str = "") -> Explained | None:
    """Return what is known of a code; None when nothing is."""
    from kfconsole.wechat.advice import SAYS, UNKNOWN, advice_for
    from kfconsole.wechat.refusal import refusal, split_rid

    advice = advice_for(path, code)
    if advice is UNKNOWN:
        return None
    says = split_rid(errmsg)[0] or SAYS.get(code, "")
    told = refusal(path, code, says)  # fills in what the words tell, such as an address
    page = _(advice.page.value) if advice.page else ""
    return Explained(code, says, told.message, told.hint, advice.retry.value, page)


def _lines_of(explained: Explained) -> list[tuple[str, str]]:
    from kfconsole.wechat.advice import RETRY_WORDS, Retry

    return [
        (_("code"), f"{explained.code} {explained.says}".rstrip()),
        (_("cause"), explained.cause),
        (_("fix"), explained.fix),
        (_("again"), _(RETRY_WORDS[Retry(explained.retry)])),
        (_("page"), explained.page),
    ]


def _emit_pairs(pairs: list[tuple[str, str]]) -> None:
    """Print what there is to say, each behind its name."""
    width = max(width_cells(name) for name, _words in pairs) + GAP_CELLS
    for name, words in pairs:
        if words:
            emit(fit(name, width) + words)
