"""What rid/get tells of a request that was refused: it is known by the rid of its answer, for seven days.

Imports only codes and requestlog.
"""

import re
from collections import OrderedDict
from dataclasses import dataclass

from kfconsole.simulator.codes import Refused
from kfconsole.simulator.requestlog import Request

KEPT_SECONDS = 7 * 24 * 3600

_KEPT = 2000
_MOST_SHOWN_BYTES = 4096
_RID = re.compile(r"([0-9a-f]{8})-[0-9a-f]{8}-[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class Refusal:
    """One refused request and its answer, without token and secret."""

    at: float
    milliseconds: int
    query: str
    body: str
    answer: str
    client_address: str


class Diagnosis:
    """The newest refusals of one account, by rid."""

    def __init__(self) -> None:
        self._by_rid: OrderedDict[str, Refusal] = OrderedDict()
        self._foreign: set[str] = set()

    def remember(self, rid: str, request: Request, answer: bytes, now: float) -> None:
        """Keep what a rid stands for; of long bodies only their beginning."""
        self._by_rid[rid] = Refusal(
            at=request.at,
            milliseconds=max(0, round((now - request.at) * 1000)),
            query=request.query,
            body=request.body[:_MOST_SHOWN_BYTES].decode("utf-8", "replace"),
            answer=answer.decode("utf-8", "replace"),
            client_address=request.client_address,
        )
        if len(self._by_rid) > _KEPT:
            self._by_rid.popitem(last=False)

    def add_foreign(self, rid: str) -> None:
        """Let a rid belong to another account."""
        self._foreign.add(rid)

    def find(self, rid: object, now: float) -> Refusal:
        """Return what a rid stands for.

        Raises:
            Refused: 76002 for none or a malformed one, 76004 after seven days, 76003 for another account's, else 76001.
        """
        found = _RID.fullmatch(rid) if isinstance(rid, str) else None
        if found is None:
            raise Refused(76002)
        if now - int(found[1], 16) > KEPT_SECONDS:
            raise Refused(76004)
        if found[0] in self._foreign:
            raise Refused(76003)
        refusal = self._by_rid.get(found[0])
        if refusal is None:
            raise Refused(76001)
        return refusal
