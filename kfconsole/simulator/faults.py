"""Armed faults and held paths: how a test makes the wire misbehave on purpose.

A fault strikes requests of one exact path, or of all with `*`; the first `after` of them pass, then it strikes `count`
times. Whatever its kind, it waits `delay_seconds` before anything happens, so any harm can come late. What goes wrong
with WeChat, and how it is armed:

    busy, rate limits, missing rights, kf off   errcode with -1, 45009, 45011, 48001, 65400
    address not on the whitelist                errcode with 40164 on a token path
    token taken away, token expired             displaced_token, expired_token
    slow answers, slower than a client waits    delay
    a connection that breaks                    cut_before, cut_during; cut_after is a lost answer to a call that acted
    a gateway in between                        status, with its HTML page
    answers nobody can read                     empty, truncated, garbage, wrong_types, latin1
    clocks that differ                          date_skew
    answers that are legal but unusual          switched: kf_id as a string, getsession in another shape, page borders

Imports only codes and envelope.
"""

import asyncio
import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from kfconsole.simulator.codes import Refused
from kfconsole.simulator.envelope import Answer, refused, to_json

KINDS = (
    "errcode",
    "status",
    "empty",
    "truncated",
    "garbage",
    "wrong_types",
    "delay",
    "cut_before",
    "cut_after",
    "cut_during",
    "latin1",
    "date_skew",
    "displaced_token",
    "expired_token",
    "switched",
)
"""What can be armed.

errcode: answers `code` without acting. status: `status` with an HTML page, without acting. empty, truncated, garbage,
wrong_types, latin1, date_skew: acts, then spoils the answer. delay: waits `delay_seconds` first. cut_before: closes the
connection without acting. cut_after: acts, then closes it without a byte. cut_during: acts, sends half of the answer.
displaced_token: a second client takes the token away, so this call answers 40001 and a new token works. expired_token:
the time of every token is over, so this call answers 42001. switched: acts with the given `switches`, for this call.
"""

WITHOUT_ACTING = frozenset({"errcode", "status", "cut_before"})
_PAGE = "<html>\r\n<head><title>{status}</title></head>\r\n<body><h1>{status}</h1></body>\r\n</html>\r\n"


@dataclass(slots=True)
class Fault:
    """One armed fault; `None` for count means until it is cleared."""

    path: str
    kind: str
    count: int | None = 1
    after: int = 0
    """Matching requests that still pass unharmed before it strikes."""
    delay_seconds: float = 0.0
    code: int = -1
    errmsg: str = ""
    status: int = 502
    skew_seconds: float = 3600.0
    content_type: str = "text/plain; charset=ISO-8859-1"
    switches: Mapping[str, object] = field(default_factory=dict)
    struck: int = 0

    def as_json(self) -> dict[str, object]:
        """Return the fault for a control answer."""
        return {name: getattr(self, name) for name in self.__slots__}


class Faults:
    """The armed faults and the held paths of one server."""

    def __init__(self) -> None:
        self.armed: list[Fault] = []
        self._holds: dict[tuple[str, str], asyncio.Event] = {}
        self.waiting: dict[str, int] = {}
        """How many requests wait at each held path."""

    def arm(self, fault: Fault) -> None:
        """Add a fault; it strikes matching requests from now on."""
        self.armed.append(fault)

    def forget_spent(self) -> None:
        """Forget the faults that will never strike again."""
        self.armed = [fault for fault in self.armed if fault.count is None or fault.struck < fault.count]

    def clear(self) -> None:
        """Forget all faults."""
        self.armed.clear()

    def strike(self, path: str) -> Fault | None:
        """Return the fault that strikes this request, counting it; the first armed one wins."""
        for fault in self.armed:
            if fault.path not in ("*", path):
                continue
            if fault.after > 0:
                fault.after -= 1
                continue
            if fault.count is None or fault.struck < fault.count:
                fault.struck += 1
                return fault
        return None

    def hold(self, path: str, when: str = "before") -> None:
        """Let requests of this path wait, before or after they act."""
        self._holds.setdefault((path, when), asyncio.Event())

    def release(self, path: str = "*") -> None:
        """Let the requests of this path go on; `*` releases all."""
        for key in [key for key in self._holds if path in ("*", key[0])]:
            self._holds.pop(key).set()

    async def wait(self, path: str, when: str) -> None:
        """Return at once, or when the path is released."""
        hold = self._holds.get((path, when)) or self._holds.get(("*", when))
        if hold is None:
            return
        self.waiting[path] = self.waiting.get(path, 0) + 1
        try:
            await hold.wait()
        finally:
            self.waiting[path] -= 1


def instead(fault: Fault, now: float, rng: random.Random, suffix: str = "rid") -> Answer:
    """Return what a fault of `WITHOUT_ACTING` answers in place of the call; `suffix` as in `refused`."""
    if fault.kind == "errcode":
        return refused(Refused(fault.code, fault.errmsg), now, rng, suffix)
    page = _PAGE.format(status=fault.status).encode()
    return Answer(page, status=fault.status, content_type="text/html")


def spoiled(fault: Fault, answer: Answer) -> Answer:
    """Return the answer as the fault spoils it; kinds that spoil nothing return it unchanged."""
    match fault.kind:
        case "empty":
            return replace(answer, body=b"")
        case "truncated":
            return replace(answer, body=answer.body[: max(1, len(answer.body) * 2 // 3)])
        case "garbage":  # seen from uploadheadimg in 2015: bare words as a value
            return replace(answer, body=b'{"errcode":invalid kf_account,"errmsg":"invalid kf_account"}')
        case "wrong_types":
            return replace(answer, body=_retyped(answer.body))
        case "latin1":
            return replace(answer, content_type=fault.content_type)
        case "date_skew":
            return replace(answer, date_skew_seconds=fault.skew_seconds)
        case _:
            return answer


def _retyped(body: bytes) -> bytes:
    """Keep the names of the outermost object and turn every value into something of another type."""
    try:
        found = json.loads(body)
    except ValueError:  # a file
        found = None
    swapped = {key: _swapped(value) for key, value in found.items()} if isinstance(found, Mapping) else [found]
    return to_json(swapped)


def _swapped(value: object) -> object:
    if isinstance(value, list):
        return {"unexpected": True}
    if isinstance(value, str):
        return [value]
    return {"value": value}
