"""How a span of chat records is asked for in pieces and put together again. Pure; knows no HTTP."""

from collections import Counter
from collections.abc import Iterator, Sequence

from kfconsole.model import Record

LONGEST_SPAN_SECONDS = 24 * 3600  # WeChat answers 65417 above it


def spans(start_at: int, end_at: int) -> Iterator[tuple[int, int]]:
    """Cut a span into pieces WeChat accepts.

    Neighbours share their border second, because nothing says whether WeChat counts it to both; `join_spans` knows.
    """
    while end_at - start_at > LONGEST_SPAN_SECONDS:
        yield start_at, start_at + LONGEST_SPAN_SECONDS
        start_at += LONGEST_SPAN_SECONDS
    if end_at >= start_at:
        yield start_at, end_at


def join_spans(earlier: list[Record], later: Sequence[Record], border_at: int) -> None:
    """Append the later piece, without the records of the border second that the earlier one already has."""
    known = Counter(record for record in earlier if record.at == border_at)
    for record in later:
        if record.at == border_at and known[record] > 0:
            known[record] -= 1
        else:
            earlier.append(record)
