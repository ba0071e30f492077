"""Keeps secrets out of every text that leaves the room."""

import re
from collections import deque
from urllib.parse import quote

_STAND_IN = "***"
_KEPT = 16  # the secret and the tokens of more than half a day, each also percent-encoded

_CREDENTIAL = re.compile(
    r"""(?P<name>(?:access_token|refresh_token|app_?secret|secret)\\*["']?\s*(?:=|:|%3D|%3A)\s*\\*["']?)[^\s&"'\\,;}]+""",
    re.IGNORECASE,
)


class Masks:
    """Knows the secret and the tokens in use, and hides them in texts."""

    def __init__(self) -> None:
        self._secrets: deque[str] = deque(maxlen=_KEPT)

    def remember(self, secret: str) -> None:
        """Hide this value from now on."""
        for form in (secret, quote(secret, safe="", errors="replace")):
            if form in self._secrets:
                self._secrets.remove(form)
            if form:
                self._secrets.append(form)

    def hide(self, words: str) -> str:
        """Return the text with every known secret replaced."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            words = words.replace(secret, _STAND_IN)
        return words


def without_credentials(words: str) -> str:
    """Return the text with the value of everything called token or secret replaced, whoever it belongs to."""
    return _CREDENTIAL.sub(rf"\g<name>{_STAND_IN}", words)
