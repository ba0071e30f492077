"""Access tokens: two isolated kinds, their lives and their hand-over.

Imports only codes.
"""

import random
import re
import string
from collections import deque
from dataclasses import dataclass

from kfconsole.simulator.codes import Refused

TOKEN_SECONDS = 7200.0
OVERLAP_SECONDS = 300.0  # the old token works this long beside the new one
FORCED_GAP_SECONDS = 30.0
FORCED_PER_DAY = 20
_REMEMBERED = 2000  # beyond this, the eldest tokens are as unknown as an invented one

_ALPHABET = string.ascii_letters + string.digits + "-_"
_WELL_FORMED = re.compile(r"[A-Za-z0-9_-]{64,}")


@dataclass(slots=True)
class Token:
    """One issued token."""

    value: str
    expires_at: float
    dies_at: float
    """Displaced tokens die before they expire."""


class Tokens:
    """Issues and checks the tokens of one account."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._known: dict[str, Token] = {}
        self._plain: Token | None = None
        self._stable: Token | None = None
        self._forced_at: deque[float] = deque(maxlen=FORCED_PER_DAY)

    def issue(self, now: float, *, displaces_other: bool = False) -> Token:
        """Issue a token as /cgi-bin/token does: always new, the one before works on for 5 minutes.

        With `displaces_other` a token of the other kind is retired in the same way, here and in `stable` and `force`.
        """
        _retire(self._plain, now + OVERLAP_SECONDS)
        if displaces_other:
            _retire(self._stable, now + OVERLAP_SECONDS)
        self._plain = self._new(now)
        return self._plain

    def stable(self, now: float, *, displaces_other: bool = False) -> Token:
        """Return the stable token, renewed from 5 minutes before its end."""
        if self._stable is None or now >= self._stable.dies_at - OVERLAP_SECONDS:
            if displaces_other:
                _retire(self._plain, now + OVERLAP_SECONDS)
            self._stable = self._new(now)
        return self._stable

    def force(self, now: float, early_code: int = 0, *, displaces_other: bool = False) -> Token:
        """Replace the stable token at once; too early or too often, answer the current one or `early_code`."""
        if self._is_too_early(now):
            if early_code:
                raise Refused(early_code)
            return self.stable(now, displaces_other=displaces_other)
        self._forced_at.append(now)
        _retire(self._stable, now)
        if displaces_other:
            _retire(self._plain, now)
        self._stable = self._new(now)
        return self._stable

    def revoke_all(self) -> None:
        """Displace every token, as a second client with the same account would."""
        for token in self._known.values():
            token.dies_at = float("-inf")
        self._plain = self._stable = None

    def expire_all(self, now: float) -> None:
        """Let the time of every token be over."""
        for token in self._known.values():
            token.expires_at = token.dies_at = min(token.expires_at, now)

    def check(self, value: str, now: float) -> None:
        """Refuse a token that is missing, malformed, unknown, displaced or expired."""
        if not value:
            raise Refused(41001)
        token = self._known.get(value)
        if token is None:
            raise Refused(40001 if _WELL_FORMED.fullmatch(value) else 40014)
        if now >= token.expires_at:
            raise Refused(42001)
        if now >= token.dies_at:
            raise Refused(40001)

    def _is_too_early(self, now: float) -> bool:
        if not self._forced_at:
            return False
        used_up = len(self._forced_at) == FORCED_PER_DAY and now - self._forced_at[0] < 24 * 3600
        return used_up or now - self._forced_at[-1] < FORCED_GAP_SECONDS

    def _new(self, now: float) -> Token:
        # Real tokens are 136 to 180 characters with a small number in front.
        value = f"{self._rng.randrange(10, 99)}_" + "".join(self._rng.choices(_ALPHABET, k=133))
        expires_at = now + TOKEN_SECONDS
        token = self._known[value] = Token(value, expires_at, expires_at)
        if len(self._known) > _REMEMBERED:
            del self._known[next(iter(self._known))]
        return token


def _retire(token: Token | None, at: float) -> None:
    """Let a token die then, unless it does so before."""
    if token is not None:
        token.dies_at = min(token.dies_at, at)
