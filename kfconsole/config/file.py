"""The settings file: read it, and put a new one in place in one step."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from kfconsole.errors import ConfigError
from kfconsole.i18n import _


def read(path: Path) -> dict[str, Any]:
    """Return the tables of the file; a missing file counts as an empty one.

    Raises:
        ConfigError: It cannot be read, is not TOML, or holds the secret and is open to others.
    """
    try:
        with path.open("rb") as file:
            table = tomllib.load(file)
            _refuse_open_secret(table, file, path)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigError(_("{file} cannot be read: {problem}").format(file=path, problem=error.strerror)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(_("{file} is not valid TOML: {problem}").format(file=path, problem=error)) from error
    return table


def _refuse_open_secret(table: Mapping[str, Any], file: BinaryIO, path: Path) -> None:
    account = table.get("account")
    if not isinstance(account, dict) or not account.get("app_secret"):
        return
    if os.fstat(file.fileno()).st_mode & 0o077:
        import shlex

        problem = _("{file} holds the secret and can be read by others.").format(file=path)
        raise ConfigError(problem, hint=f"chmod 600 {shlex.quote(str(path))}")


def create(path: Path, values: Mapping[str, Mapping[str, object]]) -> None:
    """Put a new file with these tables in place in one step, readable by nobody else.

    Raises:
        ConfigError: The file is there already, or cannot be written; then nothing has changed.
    """
    import tempfile

    import tomli_w

    # A link, as of a folder of dotfiles, stays a link.
    target = path.resolve()
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=".config-")  # made with mode 0600
        try:
            with os.fdopen(handle, "wb") as part:
                part.write(tomli_w.dumps(values).encode())
                part.flush()
                os.fsync(part.fileno())
            _link(target, Path(name), path)
        finally:
            Path(name).unlink()
    except OSError as error:
        problem = _("{file} cannot be written: {problem}").format(file=path, problem=error.strerror)
        raise ConfigError(problem) from error


def _link(target: Path, part: Path, path: Path) -> None:
    try:
        target.hardlink_to(part)  # unlike a rename, it fails where somebody was faster
    except FileExistsError as error:
        raise already_there(path) from error


def already_there(path: Path) -> ConfigError:
    """Return the error for a settings file that would be overwritten."""
    return ConfigError(
        _("{file} exists already.").format(file=path),
        hint=_("Edit it, or move it away and run 'kfconsole init' again."),
    )
