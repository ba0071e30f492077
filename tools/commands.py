"""Writes `docs/commands.md`, every command with its options, from their own help: `python -m tools.commands`."""

import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import click

from kfconsole.cli.root import SECTIONS, root
from tools.schemas import commands, printed

FILE = Path(__file__).resolve().parent.parent / "docs" / "commands.md"
WIDTH = 120
HEAD = """\
# Commands

Made from the commands' own help by `make docs`; a test keeps it current.

中文说明：命令的帮助有中文。`kfconsole --help` 列出全部命令，`kfconsole 命令 --help` 解释一个命令；
语言取自 `[ui] language`、`KFCONSOLE_LANGUAGE` 或系统的 locale。

Every command takes `-h` and `--help`; `--config FILE` stands before the command: `kfconsole --config shop.toml status`.
Data goes to stdout, everything else to stderr, so that `kfconsole queue --json | jq .total` works. With `--json` a
command prints one line of JSON, whose form is in [schemas](schemas); keys are never taken away within a major version,
and programs must ignore those they do not know.

| exit code | means |
|---|---|
| 0 | done |
| 1 | WeChat refused, or would have, and the reason is on stderr; for `doctor`: a check failed |
| 2 | wrong usage or settings, or the archive cannot be used |
| 3 | nothing happened; try again later |
| 4 | a write whose outcome is unknown: look before you repeat it |
| 130 | interrupted |
"""
EXAMPLES = {
    "demo": ("kfconsole demo --language zh --speed 5", "kfconsole demo --screenshot desk.svg --size 80x24"),
    "init": ("kfconsole init", "kfconsole init --base-url https://kf-gateway.example.com"),
    "config show": ("kfconsole config show | grep -v default",),
    "doctor": ("kfconsole doctor", "kfconsole doctor --json | jq -r '.checks[] | select(.state == \"fail\").text'"),
    "status": ("kfconsole status", "watch -n 10 kfconsole status"),
    "queue": ("kfconsole queue", "kfconsole queue --json | jq '[.rows[] | select(.wait_seconds > 180)] | length'"),
    "watch": ("kfconsole watch --text", "kfconsole watch --json | jq --unbuffered 'select(.type == \"late\")'"),
    "serve": ("kfconsole serve", "kfconsole serve --port 0 --json | jq -r .url"),
    "simulate": ("kfconsole simulate --scenario quiet --port 8800",),
    "completion": ('eval "$(kfconsole completion bash)"',),
    "history export": (
        "kfconsole history export --since 'last monday' -o week.csv",
        "kfconsole history export oDF3iY0 --mask -o complaint.md",
    ),
}
"""What one would type, for commands whose help does not say it all."""


def page() -> str:
    """Return the whole page."""
    found = dict(commands())
    parts = [HEAD]
    for title, names in SECTIONS:
        parts.append(f"## {title}\n")
        parts += [_entry(path, command) for name in names for path, command in found.items() if path[0] == name]
    return "\n".join(parts)


def _entry(path: tuple[str, ...], command: click.Command) -> str:
    words = " ".join(path)
    parent: click.Context | None = None
    for word in ("kfconsole", *path[:-1]):
        parent = click.Context(root, info_name=word, parent=parent)
    context = click.Context(command, info_name=path[-1], parent=parent)
    usage = " ".join((f"kfconsole {words}", *command.collect_usage_pieces(context)))
    lines = [f"### kfconsole {words}", "", f"    {usage}", "", *_paragraphs(command.help or "")]
    options = [record for option in command.params if (record := option.get_help_record(context))]
    if options:
        lines += ["| option | does |", "|---|---|"]
        lines += [f"| `{_cell(names)}` | {_cell(meaning)} |" for names, meaning in options] + [""]
    if words in EXAMPLES:
        lines += [f"    {example}" for example in EXAMPLES[words]] + [""]
    if printed(command) is not None:
        file = f"{'-'.join(path)}.json"
        lines += [f"JSON: [{file}](schemas/{file})", ""]
    return "\n".join(lines)


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in text.split("\n\n"):
        first, _line_end, rest = paragraph.partition("\n")
        if first.strip(" ") == "\b":
            yield from (f"    {line.strip()}" for line in rest.split("\n"))
        else:
            yield from textwrap.wrap(" ".join(paragraph.split()), WIDTH, break_long_words=False)
        yield ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def main() -> int:
    """Write the file."""
    FILE.write_text(page(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
