"""Which replies are found by what somebody typed, the best first. Pure."""

from collections.abc import Callable, Mapping, Sequence

from kfconsole import finding
from kfconsole.canned.replies import Reply
from kfconsole.text import folded


def found(replies: Sequence[Reply], typed: str, used: Mapping[str, int]) -> list[Reply]:
    """Return the replies that are found: by name before text, then those used last, then in their order.

    Args:
        replies: All there are.
        typed: Words, pinyin or initials.
        used: When each was used last, by name: the greater, the later.
    """
    wanted = finding.words_of(typed)
    ranked = [
        (rank, -used.get(reply.name, 0), reply) for reply in replies if (rank := _rank(reply, wanted)) is not None
    ]
    return [reply for _rank_of, _used, reply in sorted(ranked, key=lambda row: row[:2])]


def _rank(reply: Reply, wanted: Sequence[str]) -> int | None:
    """Return how well a reply is found, from 0; None: not at all."""
    if not wanted:
        return 0
    name = folded(reply.name)
    ways: tuple[Callable[[], bool], ...] = (
        lambda: name.startswith(" ".join(wanted)),
        lambda: all(word in name for word in wanted),
        lambda: finding.matches(reply.name, wanted),
        lambda: finding.matches(reply.path, wanted),
        lambda: finding.matches(reply.path, wanted, said=reply.text),
        lambda: finding.matches(reply.text, wanted),  # by the sound of how it begins
    )
    return next((rank for rank, is_found in enumerate(ways) if is_found()), None)


def same_key(replies: Sequence[Reply], typed: str) -> Reply | None:
    """Return the reply that a character picks at once."""
    return next((reply for reply in replies if reply.key and folded(reply.key) == folded(typed)), None)
