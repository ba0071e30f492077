"""Which replies are found by what somebody typed, the best first."""

from collections.abc import Mapping, Sequence

from kfconsole import finding
from kfconsole.canned.replies import Reply
from kfconsole.text import folded


class Finder:
    """The replies made ready to be looked through with every key."""

    def __init__(self, replies: Sequence[Reply]) -> None:
        self._rows = [_Row(reply) for reply in replies]

    def prepare(self) -> None:
        """Look up how everything is spoken; in a thread, and once the dictionary is there."""
        for row in self._rows:
            row.prepare()

    def found(self, typed: str, used: Mapping[str, int]) -> list[Reply]:
        """Return the replies that are found: by name before text, then those used last, then in their order.

        Args:
            typed: Words, pinyin or initials.
            used: When each was used last, by name: the greater, the later.
        """
        wanted = finding.words_of(typed)
        ranked = [(rank, row.reply) for row in self._rows if (rank := row.rank(wanted)) is not None]
        ranked.sort(key=lambda found: (found[0], -used.get(found[1].name, 0)))
        return [reply for _rank, reply in ranked]


class _Row:
    """One reply, and the texts it is found by."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        self._name = folded(reply.name)
        # The best way first: by name, by folder and name, by a word of the text, by the sound of how that begins.
        self._ways = (
            finding.sought(reply.name),
            finding.sought(reply.path),
            finding.sought(reply.path, reply.text),
            finding.sought(reply.text),
        )

    def prepare(self) -> None:
        """Look up how it is spoken."""
        for way in self._ways:
            way.prepare()

    def rank(self, wanted: Sequence[str]) -> int | None:
        """Return how well it is found, from 0; None: not at all."""
        if not wanted or self._name.startswith(" ".join(wanted)):
            return 0
        if all(word in self._name for word in wanted):
            return 1
        return next((rank for rank, way in enumerate(self._ways, 2) if way.holds(wanted)), None)


def same_key(replies: Sequence[Reply], typed: str) -> Reply | None:
    """Return the reply that a character picks at once."""
    return next((reply for reply in replies if reply.key and folded(reply.key) == folded(typed)), None)
