"""`--json`: the option, and the Struct it promises; `python -m tools.schemas` reads the schema off it."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from kfconsole.i18n import _

F = TypeVar("F", bound=Callable[..., Any] | click.Command)


class JsonOption(click.Option):
    """The option `--json`; `printed` is the type of what is printed: a Struct, a union or a mapping of some."""

    def __init__(self, *args: Any, printed: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.printed = printed


def json_option(printed: Any, text: str = "") -> Callable[[F], F]:
    """Give a command `--json`, passed on as `as_json`.

    Args:
        printed: What `emit_json` gets: a frozen Struct whose field docstrings say units, or a union of some.
        text: The help, where it is not one line of JSON for all.
    """
    return click.option(
        "--json", "as_json", cls=JsonOption, printed=printed, is_flag=True, help=text or _("Print one line of JSON.")
    )
