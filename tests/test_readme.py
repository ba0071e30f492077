"""What the first pages promise: their keys are keys, and what they link to is there."""

import re
from pathlib import Path

import pytest

from kfconsole.ui.commands import COMMANDS
from kfconsole.ui.keymap import DEFAULT

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "README.zh-CN.md"]
OF_ALL_LISTS = {"1", "4", "Tab", "Esc", "Alt+Enter"}
"""Keys that no command has: those of panes and of dialogs."""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_key_of_its_tables_is_a_key(page: Path) -> None:
    known = {name for command in COMMANDS for name in DEFAULT.names(command.id)} | OF_ALL_LISTS
    heads = [row for row in page.read_text("utf-8").split("\n") if row.startswith("| `") and row.count("|") == 5]
    named = {key for row in heads for cell in row.split("|")[1:4:2] for key in re.findall(r"`([^`]+)`", cell)}

    assert len(named) > 15
    assert named <= known


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_it_links_to_is_there(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text("utf-8"))

    assert len(links) > 3
    assert [link for link in links if not (ROOT / link).exists()] == []
