"""What was done from consoles and commands on this archive, by whom, and from where; `chain` makes it proof."""

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kfconsole.archive import chain
from kfconsole.archive.connection import transaction
from kfconsole.archive.keys import customer_key
from kfconsole.archive.process import user_name
from kfconsole.model import AgentId, CustomerId, Deed
from kfconsole.text import clean

if TYPE_CHECKING:
    from sqlite3 import Connection

_LOGIN: Final = Path("/proc/self/loginuid")  # who logged in, kept by the kernel through su and sudo
_NO_LOGIN: Final = (1 << 32) - 1
_BROWSER: Final = re.compile(r"browser( [0-9A-Za-z.:%_-]{1,64})?")
_ADDRESS: Final = re.compile(r"[0-9A-Za-z.:%_-]{1,64}")
_NAME: Final = re.compile(r"[\w.@-]{1,64}")


def note(connection: "Connection", deed: Deed) -> None:
    """Keep what was done."""
    with chain.told_if_missing(connection):
        with transaction(connection, is_durable=True):
            put(connection, deed)
        chain.keep_head(connection)


def put(connection: "Connection", deed: Deed) -> None:
    """Keep what was done, in the caller's transaction; the caller keeps the head of the chain after it."""
    customer = None if deed.openid is None else customer_key(connection, deed.openid)
    chain.append(connection, said(deed), customer)
    if deed.key:
        connection.execute("DELETE FROM acts_under_way WHERE key = ?", (deed.key,))
        if chain.file_of(connection) is None:  # the file may have it, too
            connection.execute("INSERT INTO seed.ended_acts (key) VALUES (?)", (deed.key,))


def said(deed: Deed) -> chain.Noted:
    """Return what is kept of a deed, with who it is that does it and from where."""
    return chain.Noted(
        at=deed.at,
        user=clean(deed.user) or user_name(os.getuid()),
        source=clean(deed.source) or source(os.environ),
        agent=deed.agent or "",
        act=deed.act,
        openid=deed.openid,
        details=clean(deed.details),
        result=clean(deed.result),
    )


def between(connection: "Connection", start_at: float, end_at: float) -> tuple[Deed, ...]:
    """Return what was done in a span, oldest first.

    What counts as deleted for its age is not vouched for by the chain any more, and not told. The file may have been
    edited: what is no text, and what a terminal would obey, is told as text that is harmless.
    """
    with chain.told_if_missing(connection), chain.read_as_it_is(connection):
        rows = connection.execute(
            """
            SELECT audit.id, at, CAST(user AS TEXT), CAST(source AS TEXT), CAST(agent AS TEXT), CAST(act AS TEXT),
                CAST(openid AS TEXT), CAST(details AS TEXT), CAST(result AS TEXT)
            FROM audit LEFT JOIN customers ON customers.id = customer_id
            WHERE at >= ? AND at < ? AND audit.id > (SELECT max(audit_from, 0) FROM origin) ORDER BY audit.id
            """,
            (start_at, end_at),
        ).fetchall()
    return tuple(_deed(number, at, words) for number, at, *words in rows)


def _deed(number: int, at: float, words: list[str | None]) -> Deed:
    user, came_from, agent, act, openid, details, result = (clean(word or "") for word in words)
    return Deed(
        at=at,
        user=user,
        source=came_from,
        agent=AgentId(agent) if agent else None,
        act=act,
        openid=CustomerId(openid) if openid else None,
        details=details,
        result=result,
        number=number,
    )


def source(environment: Mapping[str, str], login: Path = _LOGIN) -> str:
    """Return where whoever runs this came from: the address as ssh tells it, and who they were before su or sudo.

    The kernel's word for who logged in beats that of a variable, which may say anything.
    """
    told = []
    if _BROWSER.fullmatch(browser := environment.get("KFCONSOLE_SOURCE", "")):  # as `serve` has it
        told.append(browser)
    for name in ("SSH_CONNECTION", "SSH_CLIENT"):
        if _ADDRESS.fullmatch(address := environment.get(name, "").partition(" ")[0]):
            told.append(f"ssh {address}")
            break
    number = _NO_LOGIN
    with suppress(OSError, ValueError):
        number = int(login.read_text("ascii"))
    if number not in (_NO_LOGIN, os.getuid()):
        told.append(f"login {user_name(number)}")
    elif _NAME.fullmatch(name := environment.get("SUDO_USER", "")):
        told.append(f"sudo {clean(name)}")
    return ", ".join(told)
