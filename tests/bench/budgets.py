"""What is promised, as data; every number is compared in the unit of its budget."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Budget:
    """One promise: the measured number stays at or below the limit."""

    what: str
    limit: float
    unit: str
    """`×` compares with a reference program measured in the same run."""

    @property
    def shown(self) -> str:
        """The limit as people read it."""
        return f"≤ {self.limit:g} {self.unit}"


START_TO_DESK = Budget("start to the last known desk on screen", 1.25, "×")
START_TO_LIVE = Budget("start to a live queue", 1.8, "×")
KEY_P95 = Budget("key to paint among 1,000 changing sessions, p95", 6, "ms")
KEY_P99 = Budget("key to paint among 1,000 changing sessions, p99", 17, "ms")
OPEN_LONG = Budget("open a conversation of 10,000 messages", 20, "ms")
TYPE_LONG = Budget("key to paint in the composer with a conversation of 10,000 messages, p95", 10, "ms")
APPEND_LONG = Budget("own reply to paint in a conversation of 10,000", 12, "ms")
ARRIVAL_SLOW = Budget("customer arrives to row on screen, polling every 2 s", 2_050, "ms")
ARRIVAL_FAST = Budget("customer arrives to row on screen, polling every 0.5 s", 550, "ms")
IDLE_CPU = Budget("idle, polling every 2 s", 0.5, "CPU s/min")
MEMORY = Budget("memory with 100 waiting and 500 sessions", 1.7, "×")
ENTER_TO_WIRE = Budget("Enter to the first request on the wire, p95", 15, "ms")
BIG_FULL = Budget("2,000 agents, 20,000 sessions, answers in 30 ms: start to all of them", 1.25, "×")
BIG_LOOP = Budget("the same: longest step of the event loop", 16, "ms")
BIG_KEY = Budget("the same: key to paint in the sessions while they change, p95", 16, "ms")
BIG_MEMORY = Budget("the same: memory", 5.5, "×")
BIG_CALLS = Budget("the same: calls a minute", 25, "% of the naive loop")
FIFTY_CALLS = Budget("50 quiet agents: calls a minute", 25, "% of the naive loop")
ARCHIVE_OPEN = Budget("archive of 1,000,000: open a conversation, p95", 20, "ms")
ARCHIVE_OLDER = Budget("archive of 1,000,000: older page, p95", 20, "ms")
ARCHIVE_SEARCH = Budget("archive of 1,000,000: find two characters, p95", 50, "ms")
ARCHIVE_INSERT = Budget("archive of 1,000,000: store a poll of 1,000 records, p95", 200, "ms")
ARCHIVE_SEND = Budget("the same: what a send waits longer meanwhile, p95", 15, "ms")
ARCHIVE_EXPORT = Budget("archive of 1,000,000: export, time for 1,000 messages", 10, "ms")
ARCHIVE_LOOP = Budget("archive of 1,000,000: event loop held meanwhile, longest", 16, "ms")
ARCHIVE_SIZE = Budget("archive of 1,000,000: file, bytes a message", 400, "bytes")
