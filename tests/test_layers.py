"""The order of the rooms: who may import whom, and what is imported only when it is needed."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rooms import FILES, calls, each_room, loaded_after, named, parsed

MAY_IMPORT = {
    "errors": set[str](),
    "text": set[str](),
    "i18n": set[str](),
    "content": set[str](),
    "model": {"errors", "text", "content"},
    "dates": {"errors", "text", "i18n"},
    "finding": {"text"},
    "canned": {"errors", "text", "i18n", "finding"},
    "terminal": {"errors", "text", "i18n"},
    "config": {"errors", "text", "i18n"},
    "wechat": {"errors", "text", "i18n", "content", "model"},
    "archive": {"errors", "text", "i18n", "content", "model"},
    "desk": {"errors", "text", "i18n", "content", "model", "dates", "config", "wechat"},
    "ui": {
        "errors",
        "text",
        "i18n",
        "content",
        "model",
        "dates",
        "finding",
        "canned",
        "terminal",
        "config",
        "desk",
    },
    "web": {"errors", "text", "i18n"},
    "cli": {
        "errors",
        "text",
        "i18n",
        "content",
        "model",
        "dates",
        "finding",
        "canned",
        "terminal",
        "config",
        "desk",
        "wechat",
        "archive",
        "ui",
        "web",
        "simulator",
    },
    "simulator": set[str](),
    "__init__": set[str](),
    "__main__": {"errors", "i18n", "config", "cli"},
}
"""A room to the rooms it may use; for types alone it may use any room below its own."""
FOR_TYPES = {"desk": {"archive"}, "ui": {"wechat", "archive"}}
ONLY_IN = {
    "textual": {"ui"},
    "rich": {"text", "ui"},
    "sqlite3": {"archive"},
    "httpx": {"wechat/transport", "simulator"},
    "msgspec": {
        "config",
        "content",
        "model",
        "wechat",
        "archive",
        "desk",
        "ui",
        "canned",
        "terminal",
        "cli",
        "simulator",
    },  # frozen structs; decoding is in wechat
    "stamina": {"cli/retries"},
    "starlette": {"simulator"},
    "python_multipart": {"simulator"},
    "cryptography": {"simulator"},
    "defusedxml": {"simulator"},
    "uvicorn": {"simulator"},
    "click": {"cli"},
    "tomllib": {"config", "canned"},
    "tomlkit": {"canned"},
    "pypinyin": {"finding"},
    "tomli_w": {"config"},
    "dateutil": {"dates"},
    "aiohttp": {"web"},
    "aiohttp_jinja2": {"web"},
    "textual_serve": {"web"},
}
"""An outside module to the rooms, or the single file, that may import it."""
COMMANDS_WITH_A_SCREEN = {"cli/console", "cli/demo", "cli/replay", "cli/config", "cli/doctor/host"}
"""The files of the command line that may use the screen: what opens it, and what knows its keys."""


def imports(file: Path) -> Iterator[tuple[str, bool]]:
    """Yield every module a file imports, and whether for types alone."""
    tree = parsed(file)
    for_types = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for statement in node.body
        for inner in ast.walk(statement)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, id(node) in for_types
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} imports relatively"
            assert node.module is not None
            if node.module == "kfconsole":
                for alias in node.names:
                    yield f"kfconsole.{alias.name}", id(node) in for_types
            else:
                yield node.module, id(node) in for_types


@each_room
def test_a_room_imports_only_rooms_below_it(room: str) -> None:
    assert room in MAY_IMPORT, f"{room} is a new room: say in this test what it may import"
    allowed = MAY_IMPORT[room] | {room}
    strange = [
        f"{named(file)} imports {module}"
        for file in FILES[room]
        for module, for_types in imports(file)
        if module.startswith("kfconsole.")
        and module.split(".")[1] not in allowed | (FOR_TYPES.get(room, set()) if for_types else set())
    ]

    assert strange == []


@each_room
def test_libraries_are_known_to_their_room_only(room: str) -> None:
    strange = [
        f"{named(file)} imports {module}"
        for file in FILES[room]
        for module, for_types in imports(file)
        if not for_types and not ONLY_IN.get(module.split(".")[0], {room}) & {room, named(file)}
    ]

    assert strange == []


def test_commands_without_a_screen_need_none_for_their_words() -> None:
    found = {
        named(file)
        for file in FILES["cli"]
        if any(module.startswith("kfconsole.ui") for module, _for_types in imports(file))
    }

    assert found <= COMMANDS_WITH_A_SCREEN


@pytest.mark.parametrize("room", sorted(FILES.keys() - {"cli"}))
def test_only_the_command_line_prints(room: str) -> None:
    printing = [
        f"{named(file)}:{call.lineno}"
        for file in FILES[room]
        for call in calls(file)
        if isinstance(call.func, ast.Name) and call.func.id == "print"
    ]

    assert printing == []


@each_room
def test_files_are_read_in_one_sitting(room: str) -> None:
    lengths = {named(file): len(file.read_text("utf-8").splitlines()) for file in FILES[room]}

    assert {name: length for name, length in lengths.items() if length > 450} == {}


@pytest.mark.parametrize(
    "arguments", [["--help"], ["demo", "--help"], ["simulate", "--help"], ["serve", "--help"], ["config", "path"]]
)
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    modules = loaded_after(f"from kfconsole.__main__ import main\nmain({arguments!r})")

    assert not modules & {"textual", "httpx", "sqlite3", "starlette", "uvicorn", "aiohttp"}


@pytest.mark.parametrize("module", ["kfconsole.wechat.client", "kfconsole.desk.actions", "kfconsole.cli.wiring"])
def test_http_is_loaded_with_the_first_call(module: str) -> None:
    assert not loaded_after(f"import {module}") & {"httpx", "textual", "starlette", "dateutil"}


def test_the_console_starts_without_the_simulator_and_without_http() -> None:
    modules = loaded_after("import kfconsole.cli.console, kfconsole.cli.wiring, kfconsole.ui.app")

    assert not modules & {"httpx", "starlette", "uvicorn", "dateutil", "tomli_w"}


FIRST_PAINT = """
from pathlib import Path
from kfconsole import __main__, config
from kfconsole.cli.console import open_app

folder = Path(sys.argv[1])
account = {"app_id": "wx1", "app_secret": "5f2c0ffee", "base_url": "http://127.0.0.1:1"}
app = open_app(config.from_values({"account": account}, path=folder / "config.toml", folder=folder), is_demo=False)
seen = []
type(app).on_ready = lambda app: (seen.extend(sys.modules), app.exit(0))
app.run(headless=True)
sys.modules = dict.fromkeys(seen)
"""


def test_what_asks_and_acts_is_loaded_after_the_first_paint(tmp_path: Path) -> None:
    modules = loaded_after(FIRST_PAINT, str(tmp_path))

    assert {"kfconsole.ui.desk_screen", "sqlite3"} <= modules
    assert not modules & {"click", "hashlib", "logging.handlers", "httpx", "httpcore", "anyio"}
    assert not modules & {"kfconsole.wechat.client", "kfconsole.wechat.codes", "kfconsole.cli.log"}
    late = "actions poller changes checking deeds managing sending serving supervising transferring undoing uploads"
    assert not modules & {f"kfconsole.desk.{name}" for name in (*late.split(), "recording_file", "masked_facts")}
