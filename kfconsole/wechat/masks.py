"""Keeps secrets out of every text that leaves the room."""

import json
import re
from collections import OrderedDict
from urllib.parse import quote, quote_plus

_STAND_IN = "***"
_KEPT = 16  # the secret and the tokens of more than half a day

_CREDENTIAL = re.compile(
    r"""(?P<name>(?:access_token|refresh_token|app_?secret|secret)\\*["']?\s*(?:=|:|%3D|%3A)\s*\\*["']?)[^\s&"'\\,;}]+""",
    re.IGNORECASE,
)
_PERCENT = re.compile("%[0-9A-F]{2}")


class Masks:
    """Knows the secret and the tokens in use, and hides them in texts."""

    def __init__(self) -> None:
        self._forms: OrderedDict[str, frozenset[str]] = OrderedDict()

    def remember(self, secret: str) -> None:
        """Hide this value from now on, in every form in which it may be repeated."""
        if not secret:
            return
        self._forms[secret] = self._forms.get(secret) or _forms_of(secret)
        self._forms.move_to_end(secret)
        if len(self._forms) > _KEPT:
            self._forms.popitem(last=False)

    def hide(self, words: str) -> str:
        """Return the text with every known secret replaced."""
        for form in sorted(frozenset().union(*self._forms.values()), key=len, reverse=True):
            words = words.replace(form, _STAND_IN)
        return words


def without_credentials(words: str) -> str:
    """Return the text with the value of everything called token or secret replaced, whoever it belongs to."""
    return _CREDENTIAL.sub(rf"\g<name>{_STAND_IN}", words)


def _forms_of(secret: str) -> frozenset[str]:
    """Return the value as it stands, percent-encoded, and each of these as it stands in JSON."""
    forms = {secret, quote_plus(secret, errors="replace")}
    forms |= {quote(secret, safe=safe, errors="replace") for safe in ("", "/")}
    forms |= {_PERCENT.sub(lambda found: found[0].lower(), form) for form in forms}
    forms |= {json.dumps(form, ensure_ascii=is_ascii)[1:-1] for form in forms for is_ascii in (True, False)}
    return frozenset(forms | {form.replace("/", "\\/") for form in forms})
