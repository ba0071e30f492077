"""The order of the rooms: who may import whom, and what is imported only when it is needed."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "kfconsole"

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
FILES = sorted(PACKAGE.rglob("*.py"))


def room_of(file: Path) -> str:
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def named(file: Path) -> str:
    return file.relative_to(PACKAGE).as_posix().removesuffix(".py")


def imports(file: Path) -> Iterator[tuple[str, bool]]:
    """Yield every module a file imports, and whether for types alone."""
    tree = ast.parse(file.read_text("utf-8"))
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


@pytest.mark.parametrize("file", FILES, ids=named)
def test_a_room_imports_only_rooms_below_it(file: Path) -> None:
    room = room_of(file)

    assert room in MAY_IMPORT, f"{room} is a new room: say in this test what it may import"
    for module, for_types in imports(file):
        if module.startswith("kfconsole."):
            used = module.split(".")[1]
            allowed = MAY_IMPORT[room] | {room} | (FOR_TYPES.get(room, set()) if for_types else set())
            assert used in allowed, f"{named(file)} imports {module}"


@pytest.mark.parametrize("file", FILES, ids=named)
def test_libraries_are_known_to_their_room_only(file: Path) -> None:
    for module, for_types in imports(file):
        places = ONLY_IN.get(module.split(".")[0])
        if places is None or for_types:
            continue
        assert places & {room_of(file), named(file)}, f"{named(file)} imports {module}"


def test_commands_without_a_screen_need_none_for_their_words() -> None:
    found = {
        named(file)
        for file in FILES
        if room_of(file) == "cli" and any(module.startswith("kfconsole.ui") for module, _for_types in imports(file))
    }

    assert found <= COMMANDS_WITH_A_SCREEN


@pytest.mark.parametrize("file", [file for file in FILES if room_of(file) != "cli"], ids=named)
def test_only_the_command_line_prints(file: Path) -> None:
    calls = [node for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Call)]

    assert not any(isinstance(call.func, ast.Name) and call.func.id == "print" for call in calls)


@pytest.mark.parametrize("file", FILES, ids=named)
def test_files_are_read_in_one_sitting(file: Path) -> None:
    assert len(file.read_text("utf-8").splitlines()) <= 450


def loaded_after(program: str) -> set[str]:
    command = [sys.executable, "-c", f"{program}\nimport sys\nprint(*sys.modules, file=sys.stderr)"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    return {module.split(".")[0] for module in done.stderr.split()}


@pytest.mark.parametrize(
    "arguments", [["--help"], ["demo", "--help"], ["simulate", "--help"], ["serve", "--help"], ["config", "path"]]
)
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    modules = loaded_after(f"from kfconsole.__main__ import main\nmain({arguments!r})")

    assert not modules & {"textual", "httpx", "sqlite3", "starlette", "uvicorn", "aiohttp"}


@pytest.mark.parametrize("module", ["kfconsole.wechat", "kfconsole.desk", "kfconsole.cli.wiring"])
def test_http_is_loaded_with_the_first_call(module: str) -> None:
    assert not loaded_after(f"import {module}") & {"httpx", "textual", "starlette", "dateutil"}


def test_the_console_starts_without_the_simulator_and_without_http() -> None:
    modules = loaded_after("import kfconsole.cli.console, kfconsole.cli.wiring, kfconsole.ui.app")

    assert not modules & {"httpx", "starlette", "uvicorn", "dateutil", "tomli_w"}
