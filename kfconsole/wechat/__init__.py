"""WeChat's kf API. The only room that knows its paths, field names and codes.

Imports errors, text, i18n, content and model. Importing it loads neither httpx nor any of its modules: each name is
fetched when it is asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from kfconsole.wechat import codes
    from kfconsole.wechat.call import CallEntry
    from kfconsole.wechat.client import KfClient
    from kfconsole.wechat.token import Token

__all__ = ["CallEntry", "KfClient", "Token", "codes"]

if not TYPE_CHECKING:  # else every name would be there for mypy
    _HOMES: Final = {"CallEntry": "call", "KfClient": "client", "Token": "token"}

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
