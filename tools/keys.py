"""Writes `docs/keys.md`, every command of the console with its keys, from their table: `python -m tools.keys`."""

import sys
from collections.abc import Iterator
from pathlib import Path

from kfconsole.ui.commands import COMMANDS, MOVES, PLACE_TITLES, Command
from kfconsole.ui.keymap import DEFAULT

FILE = Path(__file__).resolve().parent.parent / "docs" / "keys.md"
HEAD = """\
# Keys

Made from the table of commands by `make docs`; a test keeps it current. In the console `?` shows the keys as they are
bound there, and `kfconsole config keys` prints them.

中文说明：在设置文件的 `[keys]` 里给命令换键：`命令 = "键"`，多个键用逗号分开，不设键写 `""`。
`kfconsole config keys` 用中文列出全部命令，`kfconsole config check` 检查写得对不对。

## Other keys

Every command below can have other keys, under `[keys]` in the settings:

    [keys]
    accept = "w"              # instead of a
    reply = "r, F5"           # several
    theme = "Ctrl+T"          # one that has none
    typing = ""               # none: then the palette (Ctrl+P) has it
    filter = [",", "/"]       # a list, where a comma is meant

A key is a letter, digit or sign as it is typed (`a` and `A` are two), a name (`Esc` `Enter` `Space` `Tab` `Home` `End`
`PgUp` `PgDn` `Del` `Ins` `F1` to `F24`, arrows `Up` or `↑`, also `空格` and `回车`), or one of these with `Ctrl+`,
`Alt+` or `Shift+`, as far as a terminal tells it apart. Names may be written small or large.

The console does not start, and `kfconsole config check` ends with 2, when a command or key is unknown, two commands
that work in the same place have one key, a key never arrives, or one that writes is given to a command that works while
somebody types. All of these are named at once. These never arrive, whatever the terminal shows:

| key | what a terminal sends |
|---|---|
| `Ctrl+Shift+` letter | the same as `Ctrl+` letter |
| `Ctrl+Enter` `Shift+Enter` | `Enter` |
| `Ctrl+I` `Ctrl+M` `Ctrl+H` `Ctrl+[` | `Tab` `Enter` `Backspace` `Esc` |
| `Ctrl+1` … `Ctrl+0`, `Ctrl+` most signs | the digit, or nothing |
| `Alt+B` `Alt+F` | `Ctrl+←` `Ctrl+→` |
| `Alt+` digit, sign or arrow, `Shift+F1` … | something else, or nothing |

`Esc` always goes a step back, `Ctrl+Q` always leaves and `Ctrl+C` always copies what is selected, so that nobody is
locked in. The keys of dialogs, and those that edit text, are fixed, too. `config check` and `doctor` warn of keys that
may be swallowed on their way: `Ctrl+B` inside tmux, `Ctrl+A` inside screen, `Alt+` on a Mac.
"""


def page() -> str:
    """Return the whole page."""
    moves = {name for ids, _said in MOVES for name in ids}
    parts = [HEAD]
    for place, title in PLACE_TITLES.items():
        rows = [command for command in COMMANDS if command.place is place and command.id not in moves]
        parts.append("\n".join(_section(title, rows)))
    parts.append("\n".join(_section("Moving", [command for command in COMMANDS if command.id in moves])))
    return "\n".join(parts)


def _section(title: str, rows: list[Command]) -> Iterator[str]:
    yield from (f"## {title}", "", "| command | keys | does |", "|---|---|---|")
    for row in rows:
        names = " ".join(f"`{name}`" for name in DEFAULT.names(row.id))
        yield f"| `{row.id}` | {names} | {row.description} |"
    yield ""


def main() -> int:
    """Write the page."""
    FILE.write_text(page(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
