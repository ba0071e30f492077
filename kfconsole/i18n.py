"""The catalogues: every text a user sees passes through `_` or `ngettext`.

The language belongs to the process, not to a desk: one person sits before it. Any room may import this.
Message ids are the English texts; `locale/` holds `zh_CN` and `en`.
"""

import gettext
import os
from collections.abc import Iterable, Mapping
from functools import reduce
from gettext import NullTranslations, translation
from pathlib import Path

DOMAIN = "kfconsole"
CATALOGUES = {"zh": "zh_CN", "en": "en"}
"""Setting value to catalogue folder."""
FOLDER = Path(__file__).parent / "locale"

_active: NullTranslations = NullTranslations()
_language = "en"


def use(language: str, environment: Mapping[str, str] = os.environ) -> str:
    """Switch to `zh`, `en` or, with `auto`, the language of the locale; return the one in use."""
    global _active, _language  # one person sits before one process
    _language = guess(environment) if language == "auto" else language
    _active = translation(DOMAIN, FOLDER, [CATALOGUES[_language]], fallback=True)
    return _language


def in_use() -> str:
    """Return the language in use, `zh` or `en`."""
    return _language


def use_for_libraries(language: str) -> None:
    """Let libraries that ask Python's gettext, such as the command line's, speak from our catalogue too."""
    os.environ["LANGUAGE"] = CATALOGUES[language]
    gettext.bindtextdomain(DOMAIN, FOLDER)
    gettext.textdomain(DOMAIN)


def guess(environment: Mapping[str, str] = os.environ) -> str:
    """Read the language from the locale variables; English when they do not say Chinese."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := environment.get(name):
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


def _(message: str) -> str:
    """Translate a text into the language in use."""
    return _active.gettext(message)


def ngettext(one: str, many: str, count: int) -> str:
    """Translate a text that depends on a count."""
    return _active.ngettext(one, many, count)


def sentences(*said: str) -> str:
    """Put sentences behind one another as the language does; empty ones are left out."""
    some = [sentence for sentence in said if sentence] or [""]
    return reduce(lambda before, more: _("{first} {second}").format(first=before, second=more), some)


def listed(names: Iterable[str]) -> str:
    """Name several things in a row as the language does; at least one."""
    return reduce(lambda before, more: _("{first}, {second}").format(first=before, second=more), names)


def N_(message: str) -> str:  # the field's name for it
    """Mark a text of a table for the catalogues; `_` translates it where it is shown."""
    return message
