"""Settings: read, check, write; where each value came from. Imports only errors, text and i18n."""

from kfconsole.config.file import already_there
from kfconsole.config.load import (
    ENVIRONMENT,
    READ_ONLY_FLAG,
    READ_ONLY_VARIABLE,
    data_dir,
    from_values,
    load,
    settings_path,
    wanted_language,
    write,
)
from kfconsole.config.settings import Settings

__all__ = [
    "ENVIRONMENT",
    "READ_ONLY_FLAG",
    "READ_ONLY_VARIABLE",
    "Settings",
    "already_there",
    "data_dir",
    "from_values",
    "load",
    "settings_path",
    "wanted_language",
    "write",
]
