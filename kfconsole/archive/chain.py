"""The chain that makes deeds proof: every row holds a digest of what it says and of the chain of the row before.

Who it was about and the words are in it by a salted digest each, so they can be erased on request: the salt goes with
the word, the digest stays, and the chain holds. Nothing else can be changed, taken out, put in or moved without the
chain telling from where on. What is cut off at the end a chain cannot tell, so the number and the chain of the newest
row stand in a second file beside the archive, too. That file may be behind, when a console was killed between the two
writes, but never ahead.

Whoever may write both files can make a new chain: this is proof against a change, not against its whole invention.
The newest chain, noted where such a person cannot write, is proof against that, too.
"""

import fcntl
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from kfconsole.errors import ArchiveError
from kfconsole.i18n import _
from kfconsole.model import AuditCheck, AuditFault, CustomerId

if TYPE_CHECKING:
    from sqlite3 import Connection

FORGOTTEN: Final = "forget_deeds"
"""The deed that tells of others that were deleted for their age; `details` is the number of the last of them."""
ERASED_ON_REQUEST: Final = "erase_deeds"
"""The deed that tells of others from which a customer was erased; `details` is what of which, see `put_erased`."""
ERASED: Final = "…"  # where an openid stood
_ERASABLE: Final = ("customer", "details", "result")
_TABLES: Final = {
    "audit": "id at user source agent act customer_id details result "
    "customer_digest details_digest result_digest chain",
    "origin": "audit_from audit_chain",
    "customers": "id openid",
    "acts_under_way": "key process at user source agent act customer_id details",
}
"""The tables that deeds need, and their columns."""
_WRONG_SQL: Final = 1  # SQLite's code for a table or a column that is not there
HEAD_ENDING: Final = "-head"
_SALT_BYTES: Final = 16
DIGEST_BYTES: Final = 32
_LOST: Final = "lost"  # in the second file, where it was made anew beside deeds that are older
_HEAD_BYTES: Final = 65_536  # far more than it has


class Noted(Struct, frozen=True):
    """What a row says."""

    at: float
    user: str
    source: str
    agent: str
    act: str
    openid: CustomerId | None
    details: str
    result: str


def sealed(text: str) -> bytes:
    """Return salt and digest of a text; without the salt the digest tells nothing of it."""
    salt = os.urandom(_SALT_BYTES)
    return salt + _digest(salt + text.encode())


def file_of(connection: "Connection") -> Path | None:
    """Return where an archive is; None: in memory."""
    name: str = connection.execute("PRAGMA database_list").fetchone()[2]
    return Path(name) if name else None


def head_path(path: Path) -> Path:
    """Return where number and chain of the newest row stand beside an archive."""
    return path.with_name(path.name + HEAD_ENDING)


def append(connection: "Connection", noted: Noted, customer: int | None) -> None:
    """Put a row at the end, in the caller's transaction; in memory it is chained when it gets into the file."""
    query = """
        SELECT 1 + max(ifnull((SELECT seq FROM sqlite_sequence WHERE name = 'audit'), 0), ifnull(max(id), 0)) FROM audit
    """
    number = connection.execute(query).fetchone()[0]
    seals = (None if noted.openid is None else sealed(noted.openid), sealed(noted.details), sealed(noted.result))
    fields = (number, float(noted.at), noted.user, noted.source, noted.agent, noted.act)
    chain = None
    if (path := file_of(connection)) is not None:
        before = _newest(connection)
        if before is None:
            _begin_head(path)
        chain = _link(before[1] if before else b"", fields, seals)
    connection.execute(
        """
        INSERT INTO audit (
            id, at, user, source, agent, act, customer_id, details, result,
            customer_digest, details_digest, result_digest, chain
        ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        (*fields, customer, noted.details, noted.result, *seals, chain),
    )


def missing(connection: "Connection") -> bool:
    """Whether a table, or a column, that deeds need is not there: no console ever takes one away."""
    for table, columns in _TABLES.items():
        found = {row[1] for row in connection.execute(f"PRAGMA main.table_info({table})")}
        if not found.issuperset(columns.split()):
            return True
    return False


@contextmanager
def told_if_missing(connection: "Connection") -> Iterator[None]:
    """Say in plain words, where something fails for it, that the table is not there."""
    import sqlite3

    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != _WRONG_SQL or not missing(connection):
            raise
        raise ArchiveError(
            _("What was done cannot be noted or read: its table in the archive, or a part of it, is missing."),
            hint=_("Somebody took it out of the file. Put a backup of the archive in its place."),
        ) from error


def put_erased(erased: Mapping[str, Iterable[int]]) -> str:
    """Write down from which rows what was erased, such as `customer 1-3,7 result 2`."""
    return " ".join(f"{name} {_spans(numbers)}" for name in _ERASABLE if (numbers := sorted(erased.get(name, ()))))


def _spans(numbers: list[int]) -> str:
    spans: list[list[int]] = []
    for number in numbers:
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in spans)


def _taken_erased(details: str, before: int) -> Iterator[tuple[str, int]]:
    """Yield what was erased of which row, by the words of a deed; only of rows before that deed."""
    words = details.split(" ")
    for name, spans in zip(words[::2], words[1::2], strict=False):
        for span in spans.split(","):
            first, _dash, last = span.partition("-")
            with suppress(ValueError):
                for number in range(int(first), min(int(last or first), before - 1) + 1):
                    yield name, number


def forget(connection: "Connection", number: int) -> None:
    """Let the chain begin behind a row, in the caller's transaction; those up to it may be deleted then."""
    connection.execute(
        "UPDATE origin SET audit_from = ?1, audit_chain = (SELECT chain FROM audit WHERE id = ?1)", (number,)
    )


def keep_head(connection: "Connection") -> None:
    """Note the newest row in the second file, once it is in the archive.

    It is not synced: a power cut leaves the file behind, and behind it may be. What it says of a row that is not in
    the archive any more stays there as the proof of it.
    """
    path, newest = file_of(connection), _newest(connection)
    if path is None or newest is None:
        return
    with suppress(OSError), _locked_head(path, os.O_RDWR | os.O_CREAT) as descriptor:
        lines = os.read(descriptor, _HEAD_BYTES).decode("ascii", "replace").splitlines()
        if not lines:
            lines = [f"{_LOST} {newest[0]}"]  # it was begun before the first row was
        elif (last := _parsed(lines[-1])) is not None:
            if last[0] >= newest[0]:
                return  # another console was faster, or rows are gone
            if _stands(connection, *last):
                del lines[-1]
        lines.append(f"{newest[0]} {newest[1].hex()}")
        _write(descriptor, lines)


def check(connection: "Connection") -> AuditCheck:
    """Go through all rows and tell of the first that is not what was noted."""
    path = file_of(connection)
    heads = None if path is None else _heads(path)  # first: rows may come meanwhile, and it must not be ahead
    connection.execute("BEGIN")
    try:
        if missing(connection):
            return AuditCheck(chained=0, unprotected=0, erased=0, last_number=0, chain="", fault=AuditFault.GONE)
        with read_as_it_is(connection):
            return _checked(connection, heads)
    finally:
        connection.execute("ROLLBACK")


@contextmanager
def read_as_it_is(connection: "Connection") -> Iterator[None]:
    """Read also texts that are none: whoever edits the file must not be able to keep us from looking."""
    before = connection.text_factory
    connection.text_factory = lambda text: text.decode("utf-8", "surrogateescape")
    try:
        yield
    finally:
        connection.text_factory = before


def _checked(connection: "Connection", heads: list[str] | None) -> AuditCheck:
    origin = connection.execute("SELECT audit_from, audit_chain FROM origin").fetchone()
    is_whole = origin is not None and isinstance(origin[0], int) and isinstance(origin[1], bytes | None)
    start, chain = origin if is_whole else (0, None)
    last, is_begun, chain = start, chain is not None, chain or b""
    chained = unprotected = count_erased = 0
    forgotten: set[str] = set()
    erased: set[tuple[str, int]] = set()  # so far no deed tells that it was on request
    fault: tuple[AuditFault, int] | None = None
    rows = connection.execute(
        """
        SELECT audit.id, at, user, source, agent, act, customer_digest, details_digest, result_digest, chain,
            customer_id, openid, details, result
        FROM audit LEFT JOIN customers ON customers.id = customer_id WHERE audit.id > ? OR audit.id < 1
        ORDER BY audit.id
        """,
        (start,),
    )
    for row in rows:
        number, at, user, source, agent, act, *seals, stored, customer, openid, details, result = row
        if number < 1:  # none was ever noted so
            fault = AuditFault.UNCHAINED, number
            break
        if not _has_kinds(row):
            fault = AuditFault.CHANGED, number
            break
        if stored is None:
            if is_begun:
                fault = AuditFault.UNCHAINED, number
                break
            unprotected += 1
            last = number
            continue
        said = (
            _told(seals[0], openid, is_there=customer is not None),
            _told(seals[1], details),
            _told(seals[2], result),
        )
        if is_begun and number != last + 1:
            fault = AuditFault.MISSING, number
            break
        link = _link(chain, (number, at, user, source, agent, act), seals)
        if None in said or link != stored:
            fault = AuditFault.CHANGED, number
            break
        last, chain, is_begun = number, stored, True
        chained += 1
        count_erased += False in said
        erased.update((name, number) for name, is_there in zip(_ERASABLE, said, strict=True) if is_there is False)
        if act == FORGOTTEN:
            forgotten.add(details)
        elif act == ERASED_ON_REQUEST:
            erased.difference_update(_taken_erased(details, number))
    if fault is None:
        if not is_whole:
            fault = AuditFault.BEGINNING, 1
        else:
            fault = _fault_at_the_ends(connection, heads, 0 if heads is None else start, forgotten)
        if fault is None and erased:
            fault = AuditFault.ERASED, min(number for _name, number in erased)
    return AuditCheck(
        chained=chained,
        unprotected=unprotected,
        erased=count_erased,
        last_number=last,
        chain=chain.hex(),
        fault=None if fault is None else fault[0],
        number=None if fault is None else fault[1],
    )


def _fault_at_the_ends(
    connection: "Connection", heads: list[str] | None, start: int, forgotten: set[str]
) -> tuple[AuditFault, int] | None:
    if start and str(start) not in forgotten:
        return AuditFault.BEGINNING, start + 1
    newest = _newest(connection) or (0, b"")
    if heads is None or (newest[0] == 0 and not heads):
        return None
    if not heads:
        return AuditFault.HEADLESS, newest[0]
    for line in heads:
        head = _parsed(line)
        if head is None:
            words = line.split()
            is_lost = len(words) == 2 and words[0] == _LOST and words[1].isdecimal()
            return AuditFault.HEADLESS, int(words[1]) if is_lost else newest[0]
        if not _stands(connection, *head):
            return (AuditFault.CUT if head[0] > newest[0] else AuditFault.REWRITTEN), head[0]
    return None


def _has_kinds(row: tuple[Any, ...]) -> bool:
    """Whether everything in a row of the check is of the kind that is written: SQLite keeps what it is given."""
    _number, at, *words, openid, details, result = row
    user, source, agent, act, customer, details_seal, result_seal, chain, _customer_id = words
    return (
        isinstance(at, float)
        and all(isinstance(word, str) for word in (user, source, agent, act, details, result))
        and all(isinstance(digest, bytes | None) for digest in (customer, details_seal, result_seal, chain))
        and isinstance(openid, str | None)
    )


def _told(seal: bytes | None, text: str | None, *, is_there: bool = True) -> bool | None:
    """Return whether a text is what was sealed; False: it was erased; None: it is something else."""
    if seal is None:
        return True if text is None and is_there is False else None
    if len(seal) == DIGEST_BYTES:
        return False if text in (None, "", ERASED) and (text is not None or not is_there) else None
    if text is None or len(seal) != _SALT_BYTES + DIGEST_BYTES:
        return None
    said = text.encode("utf-8", "surrogatepass")
    return True if _digest(seal[:_SALT_BYTES] + said) == seal[_SALT_BYTES:] else None


def _link(before: bytes, fields: tuple[Any, ...], seals: Any) -> bytes:
    digests = [None if seal is None else bytes(seal)[-DIGEST_BYTES:].hex() for seal in seals]
    row = json.dumps([*fields, *digests], ensure_ascii=False, separators=(",", ":"))
    return _digest(before + row.encode("utf-8", "surrogatepass"))


def _digest(of: bytes) -> bytes:
    from hashlib import sha256  # loads OpenSSL, which a start does not need

    return sha256(of).digest()


def _newest(connection: "Connection") -> tuple[int, bytes] | None:
    query = "SELECT id, chain FROM audit WHERE chain IS NOT NULL ORDER BY id DESC LIMIT 1"
    row: tuple[int, bytes] | None = connection.execute(query).fetchone()
    if row is None:
        query = "SELECT audit_from, audit_chain FROM origin WHERE audit_chain IS NOT NULL"
        row = connection.execute(query).fetchone()
    return row


def _stands(connection: "Connection", number: int, chain: bytes) -> bool:
    """Whether a row is there as it was, as far as that can be told of one that was deleted for its age."""
    start, start_chain = connection.execute("SELECT audit_from, audit_chain FROM origin").fetchone()
    if number <= start:
        return number < start or start_chain in (None, chain)
    row = connection.execute("SELECT chain FROM audit WHERE id = ?", (number,)).fetchone()
    return row is not None and row[0] == chain


# The second file


@contextmanager
def _locked_head(path: Path, flags: int) -> Iterator[int]:
    descriptor = os.open(head_path(path), flags | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def _begin_head(path: Path) -> None:
    """Make the file before the first row is: one that is missing later was taken away."""
    with suppress(OSError), _locked_head(path, os.O_RDWR | os.O_CREAT) as descriptor:
        if not os.read(descriptor, 1):
            _write(descriptor, ["0 00"])


def _write(descriptor: int, lines: list[str]) -> None:
    written = "".join(f"{line}\n" for line in lines).encode("ascii", "replace")
    os.pwrite(descriptor, written, 0)  # less than a sector, so it is there as a whole or not at all
    os.ftruncate(descriptor, len(written))


def _heads(path: Path) -> list[str]:
    try:
        with _locked_head(path, os.O_RDONLY) as descriptor:
            lines = os.read(descriptor, _HEAD_BYTES).decode("ascii", "replace").splitlines()
    except OSError:
        return []
    return lines


def _parsed(line: str) -> tuple[int, bytes] | None:
    number, _blank, chain = line.partition(" ")
    with suppress(ValueError):
        return int(number), bytes.fromhex(chain)
    return None
