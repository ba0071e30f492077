"""Read the settings: the environment beats the file, the file beats the default."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from kfconsole.config import checks, file
from kfconsole.config.settings import SECTIONS, AccountSettings, AlertSettings, Settings
from kfconsole.errors import ConfigError
from kfconsole.i18n import _

ENVIRONMENT = {
    "KFCONSOLE_APP_ID": "account.app_id",
    "KFCONSOLE_APP_SECRET": "account.app_secret",
    "KFCONSOLE_BASE_URL": "account.base_url",
    "KFCONSOLE_KF_ACCOUNT": "me.kf_account",
    "KFCONSOLE_READ_ONLY": "me.read_only",
    "KFCONSOLE_LANGUAGE": "ui.language",
}
"""Variables that beat the file. An empty variable counts as not set."""
READ_ONLY_VARIABLE = "KFCONSOLE_READ_ONLY"
READ_ONLY_FLAG = "--read-only"
"""Where `me.read_only` comes from when the command line says so; it beats everything."""
_FLAGS = {"1": True, "true": True, "0": False, "false": False}
"""What a variable may say where the file says true or false."""


def settings_path(given: Path | None = None, environment: Mapping[str, str] = os.environ) -> Path:
    """Return where the settings are: as given, else `$KFCONSOLE_CONFIG`, else the XDG path."""
    if given is not None:
        return given
    if named := environment.get("KFCONSOLE_CONFIG"):
        return Path(named).expanduser()
    return _home("config", environment) / "config.toml"


def data_dir(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the folder of archive and log: `$KFCONSOLE_DATA_DIR`, else the XDG path."""
    if named := environment.get("KFCONSOLE_DATA_DIR"):
        return Path(named).expanduser()
    return _home("data", environment)


def _home(kind: str, environment: Mapping[str, str]) -> Path:
    # XDG on macOS too, where platformdirs' own choice is ~/Library. Textual imports it anyway.
    from platformdirs.unix import Unix

    named = environment.get(f"XDG_{kind.upper()}_HOME", "")
    if named.startswith("/"):
        return Path(named) / "kfconsole"
    folders = Unix("kfconsole")
    return folders.user_config_path if kind == "config" else folders.user_data_path


def load(
    path: Path | None = None, environment: Mapping[str, str] = os.environ, *, is_read_only: bool = False
) -> Settings:
    """Read and check the settings; without a file at the usual place there are only defaults.

    Args:
        path: The file; None: at the usual place.
        environment: What may name another, and beats what stands in it.
        is_read_only: The command line says so.

    Raises:
        ConfigError: A file named is not there, cannot be read or is too open, or a key or value is wrong; names key,
            file and fix.
    """
    is_named = path is not None or bool(environment.get("KFCONSOLE_CONFIG"))
    path = settings_path(path, environment)
    if is_named and not os.path.lexists(path):
        raise ConfigError(
            _("There is no settings file {file}.").format(file=path),
            hint=_("Correct the path, or write the file with 'kfconsole init'."),
        )
    overrides: dict[str, tuple[str, object]] = {
        key: (name, environment[name]) for name, key in ENVIRONMENT.items() if environment.get(name)
    }
    if is_read_only:
        overrides["me.read_only"] = READ_ONLY_FLAG, True
    elif flag := environment.get(READ_ONLY_VARIABLE):
        overrides["me.read_only"] = READ_ONLY_VARIABLE, _FLAGS.get(flag.lower(), flag)
    return _build(file.read(path), overrides, path=path, folder=data_dir(environment))


def from_values(values: Mapping[str, Mapping[str, object]], *, path: Path, folder: Path) -> Settings:
    """Check values that come from no file, such as the demo's.

    Raises:
        ConfigError: As `load`, as if they stood in the file `path`.
    """
    return _build(values, {}, path=path, folder=folder)


def wanted_language(path: Path | None = None, environment: Mapping[str, str] = os.environ) -> str:
    """Return the language setting; `auto` when it cannot be read, because the words of that error need one too."""
    with suppress(ConfigError, LookupError, TypeError):
        named = environment.get("KFCONSOLE_LANGUAGE") or file.read(settings_path(path, environment))["ui"]["language"]
        return str(checks.checked("ui.language", named, ""))
    return "auto"


def write(path: Path, values: Mapping[str, Mapping[str, object]]) -> None:
    """Check the values and put a new settings file in place in one step, readable by nobody else.

    Raises:
        ConfigError: A value is wrong, or the file is there already or cannot be written; then nothing has changed.
    """
    from_values(values, path=path, folder=path.parent)
    file.create(path, values)


def _build(
    values: Mapping[str, Any], overrides: Mapping[str, tuple[str, object]], *, path: Path, folder: Path
) -> Settings:
    known = {section: kind.__struct_fields__ for section, kind in SECTIONS.items()}
    bound = checks.keys_of(values.get("keys", {}), path)
    checks.refuse_unknown({name: section for name, section in values.items() if name != "keys"}, known, path)
    built: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for section, keys in known.items():
        found: dict[str, Any] = {}
        for key in keys:
            name = f"{section}.{key}"
            if name in overrides:
                origins[name], given = overrides[name]
                found[key] = checks.checked(name, given, origins[name])
            elif key in values.get(section, {}):
                origins[name] = "file"
                found[key] = checks.checked(
                    name, values[section][key], _("{key} in {file}").format(key=name, file=path)
                )
        built[section] = SECTIONS[section](**found)
    built["account"] = _one_secret(built["account"], origins, path)
    _refuse_crossed_alerts(built["alerts"], path)
    return Settings(path=path, data_dir=folder, keys=bound, origins=origins, **built)


def _one_secret(account: AccountSettings, origins: dict[str, str], path: Path) -> AccountSettings:
    if not (account.app_secret and account.app_secret_command):
        return account
    if origins["account.app_secret"] == "file":
        problem = _("{file} has both account.app_secret and account.app_secret_command; keep one.")
        raise ConfigError(problem.format(file=path))
    del origins["account.app_secret_command"]
    return replace(account, app_secret_command=())


def _refuse_crossed_alerts(alerts: AlertSettings, path: Path) -> None:
    if alerts.late_after < alerts.warn_after:
        problem = _("alerts.late_after in {file} must not be less than alerts.warn_after.")
        raise ConfigError(problem.format(file=path))
