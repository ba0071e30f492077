"""The installed program, and the settings it starts with."""

import sys
from collections.abc import Mapping
from pathlib import Path

from tests.terminal.session import Session

KFCONSOLE = str(Path(sys.executable).with_name("kfconsole"))
"""The script that the installation made."""


def write_settings(
    home: Path, account: Mapping[str, str], *, language: str = "en", poll_seconds: float | None = 0.5
) -> Path:
    """Write a settings file for an account, readable by its owner alone; None leaves the polls at their defaults."""
    feeds = ("queue", "agents", "sessions", "messages") if poll_seconds is not None else ()
    path = home / ".config/kfconsole/config.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(0o600)
    path.write_text(
        "[account]\n"
        + "".join(f'{key} = "{account[key]}"\n' for key in ("app_id", "app_secret", "base_url"))
        + f'[me]\nkf_account = "{account["kf_account"]}"\n[poll]\n'
        + "".join(f"{feed} = {poll_seconds}\n" for feed in feeds)
        + f'[ui]\nlanguage = "{language}"\n'
    )
    return path


def start_console(home: Path, *, size: tuple[int, int] = (120, 40)) -> Session:
    """Start the console with the settings found at home."""
    return Session([KFCONSOLE], home=home, size=size)
