"""docs/keys.md: as the table says, and its example is right."""

import tomllib

from kfconsole.config import from_values
from kfconsole.ui import keymap
from tools import keys as page


def test_the_page_is_what_the_table_says() -> None:
    assert page.FILE.read_text("utf-8") == page.page(), "run make docs"


def test_the_example_can_be_copied() -> None:
    lines = page.HEAD.splitlines()
    start = lines.index("    [keys]")
    example = "\n".join(line.strip() for line in lines[start : lines.index("", start)])
    settings = from_values(tomllib.loads(example), path=page.FILE, folder=page.FILE.parent)

    assert keymap.read(settings.keys, settings.path).names("filter") == (",", "/")
