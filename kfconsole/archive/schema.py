"""The tables, as numbered steps from an empty file to today's."""

from typing import TYPE_CHECKING

from kfconsole.archive.connection import Fault, FileError, explanation, transaction
from kfconsole.i18n import _

if TYPE_CHECKING:
    from pathlib import Path
    from sqlite3 import Connection

_FIRST = (
    # position: WeChat's order within one second. record_*: the record that confirmed a send of ours.
    # process: which console is sending, while delivery is 'sending'.
    """
    CREATE TABLE messages (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        openid TEXT NOT NULL,
        agent TEXT NOT NULL,
        kind TEXT NOT NULL,
        text TEXT NOT NULL,
        at REAL NOT NULL,
        position INTEGER NOT NULL,
        delivery TEXT,
        reason TEXT NOT NULL DEFAULT '',
        is_dismissed INTEGER NOT NULL DEFAULT 0,
        process TEXT,
        record_at INTEGER,
        record_agent TEXT,
        record_text TEXT
    )
    """,
    "CREATE INDEX messages_in_order ON messages (openid, at, position)",
    "CREATE INDEX messages_by_time ON messages (at, openid)",
    "CREATE INDEX messages_received ON messages (openid, at) WHERE kind = 'received'",
    "CREATE INDEX messages_ours ON messages (openid, at) WHERE delivery IS NOT NULL",
    "CREATE INDEX messages_confirmed ON messages (openid, record_at) WHERE record_at IS NOT NULL",
    "CREATE INDEX messages_sending ON messages (process) WHERE delivery = 'sending'",
    """
    CREATE INDEX messages_undelivered ON messages (openid)
        WHERE delivery IN ('refused', 'unknown') AND is_dismissed = 0
    """,
    "CREATE TABLE spans (start_at REAL NOT NULL, end_at REAL NOT NULL)",
    "CREATE TABLE drafts (openid TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID",
    # What was there when the customer's conversation was last looked at: its newest time and the newest row of all.
    "CREATE TABLE reads (openid TEXT PRIMARY KEY, at REAL NOT NULL, message_id INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE saved (name TEXT PRIMARY KEY, at REAL NOT NULL, head TEXT NOT NULL, rows TEXT NOT NULL)",
    "CREATE TABLE origin (created_at REAL NOT NULL)",
)

_CONTENTS = (
    # content: what was sent when it is no text, as JSON; text then holds the words that stand for it.
    "ALTER TABLE messages ADD COLUMN content TEXT",
    "ALTER TABLE messages ADD COLUMN is_ai INTEGER NOT NULL DEFAULT 0",
)

_RECORD_OF_TRUTH = (
    # Customers and agents get numbers: an openid of 28 characters in every row and index was half of the file.
    """
    CREATE TABLE customers (
        id INTEGER PRIMARY KEY,
        openid TEXT NOT NULL UNIQUE,
        alias TEXT NOT NULL DEFAULT '',
        remark TEXT NOT NULL DEFAULT '',
        tags TEXT NOT NULL DEFAULT '[]'
    )
    """,
    "CREATE TABLE agents (id INTEGER PRIMARY KEY, account TEXT NOT NULL UNIQUE)",
    """
    INSERT INTO customers (openid)
        SELECT openid FROM messages UNION SELECT openid FROM drafts UNION SELECT openid FROM reads
    """,
    "INSERT INTO agents (account) SELECT agent FROM messages UNION SELECT ''",
    "DROP INDEX messages_in_order",
    "DROP INDEX messages_by_time",
    "DROP INDEX messages_received",
    "DROP INDEX messages_ours",
    "DROP INDEX messages_confirmed",
    "DROP INDEX messages_sending",
    "DROP INDEX messages_undelivered",
    "ALTER TABLE messages RENAME TO old_messages",
    "ALTER TABLE drafts RENAME TO old_drafts",
    "ALTER TABLE reads RENAME TO old_reads",
    # at: where it stands in the conversation. position: WeChat's order within one second.
    # search_key: its number in the index of words, which rises with the time; NULL: not in the index yet.
    # is_history: found when the past was read up, and nothing anybody has still to read.
    """
    CREATE TABLE messages (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        customer_id INTEGER NOT NULL REFERENCES customers ON DELETE CASCADE,
        agent_id INTEGER NOT NULL REFERENCES agents,
        kind TEXT NOT NULL,
        text TEXT NOT NULL,
        at REAL NOT NULL,
        position INTEGER NOT NULL,
        search_key INTEGER,
        is_history INTEGER NOT NULL DEFAULT 0
    )
    """,
    # The outbox, and what became of it. asked_at: when it was sent, by WeChat's clock. process: which console is
    # sending, while state is 'sending'. record_*: the record that confirmed it. is_out_of_replies: WeChat refused it
    # because it took no more replies to this customer.
    """
    CREATE TABLE deliveries (
        message_id INTEGER PRIMARY KEY REFERENCES messages ON DELETE CASCADE,
        customer_id INTEGER NOT NULL REFERENCES customers ON DELETE CASCADE,
        state TEXT NOT NULL,
        reason TEXT NOT NULL DEFAULT '',
        is_dismissed INTEGER NOT NULL DEFAULT 0,
        asked_at REAL NOT NULL,
        process TEXT,
        content TEXT,
        is_ai INTEGER NOT NULL DEFAULT 0,
        record_at INTEGER,
        record_agent TEXT,
        record_text TEXT,
        is_out_of_replies INTEGER NOT NULL DEFAULT 0
    )
    """,
    """
    INSERT INTO messages (id, customer_id, agent_id, kind, text, at, position)
        SELECT old.id, customers.id, agents.id, kind, text, at, position FROM old_messages old
        JOIN customers USING (openid) JOIN agents ON account = agent ORDER BY old.id
    """,
    """
    INSERT INTO deliveries
        SELECT old.id, customers.id, delivery, reason, is_dismissed, at, process, content, is_ai,
            record_at, record_agent, record_text, 0
        FROM old_messages old JOIN customers USING (openid) WHERE delivery IS NOT NULL
    """,
    # Numbers of messages are never given twice, also when the newest ones were deleted.
    "DELETE FROM sqlite_sequence WHERE name = 'messages'",
    "UPDATE sqlite_sequence SET name = 'messages' WHERE name = 'old_messages'",
    "DROP TABLE old_messages",
    "CREATE INDEX messages_in_order ON messages (customer_id, at, position)",
    "CREATE INDEX messages_by_time ON messages (at, customer_id)",
    "CREATE INDEX messages_received ON messages (customer_id, at, is_history) WHERE kind = 'received'",
    "CREATE UNIQUE INDEX messages_indexed ON messages (search_key) WHERE search_key IS NOT NULL",
    "CREATE INDEX messages_unindexed ON messages (at) WHERE search_key IS NULL",
    "CREATE INDEX deliveries_by_time ON deliveries (customer_id, asked_at)",
    "CREATE INDEX deliveries_confirmed ON deliveries (customer_id, record_at) WHERE record_at IS NOT NULL",
    "CREATE INDEX deliveries_sending ON deliveries (process) WHERE state = 'sending'",
    """
    CREATE INDEX deliveries_undecided ON deliveries (customer_id)
        WHERE state IN ('refused', 'unknown') AND is_dismissed = 0
    """,
    # Everything about a message as it is shown. What nobody sent from here is not looked for among the deliveries.
    """
    CREATE VIEW lines AS
        SELECT messages.id, customers.openid, agents.account AS agent, kind, text, at,
            state AS delivery, ifnull(reason, '') AS reason, ifnull(is_dismissed, 0) AS is_dismissed,
            content, ifnull(is_ai, 0) AS is_ai,
            position, search_key, messages.customer_id, asked_at
        FROM messages
        JOIN customers ON customers.id = messages.customer_id
        JOIN agents ON agents.id = messages.agent_id
        LEFT JOIN deliveries ON deliveries.message_id = CASE kind WHEN 'sent' THEN messages.id END
    """,
    "CREATE TABLE drafts (customer_id INTEGER PRIMARY KEY REFERENCES customers ON DELETE CASCADE, text TEXT NOT NULL)",
    "INSERT INTO drafts SELECT customers.id, text FROM old_drafts JOIN customers USING (openid)",
    "DROP TABLE old_drafts",
    """
    CREATE TABLE reads (
        customer_id INTEGER PRIMARY KEY REFERENCES customers ON DELETE CASCADE,
        at REAL NOT NULL,
        message_id INTEGER NOT NULL
    )
    """,
    "INSERT INTO reads SELECT customers.id, at, message_id FROM old_reads JOIN customers USING (openid)",
    "DROP TABLE old_reads",
    # Whole words of messages are nowhere in it: every two neighbouring characters are one, see words.py.
    # It has no contents of its own, so what is deleted is deleted by naming what was put in.
    """
    CREATE VIRTUAL TABLE words
        USING fts5(grams, content='', columnsize=0, detail=none, prefix='1', tokenize='ascii')
    """,
    # Merging its parts goes in slices of our own: by itself it would now and then hold up a send.
    "INSERT INTO words (words, rank) VALUES ('automerge', 0)",
    "INSERT INTO words (words, rank) VALUES ('crisismerge', 64)",
    # One row a wait; while ended_at is NULL it goes on. outcome: 'taken' (by agent_id) or 'left'. last_seen_at: when
    # the customer was still seen waiting; an unchanged queue is not written, so perhaps later, too.
    """
    CREATE TABLE waits (
        id INTEGER PRIMARY KEY,
        customer_id INTEGER NOT NULL REFERENCES customers ON DELETE CASCADE,
        first_seen_at REAL NOT NULL,
        last_seen_at REAL NOT NULL DEFAULT 0,
        since_at REAL NOT NULL,
        is_exact INTEGER NOT NULL,
        last_message_at INTEGER NOT NULL,
        message_count INTEGER NOT NULL,
        ended_at REAL,
        outcome TEXT,
        agent_id INTEGER REFERENCES agents
    )
    """,
    "CREATE UNIQUE INDEX waits_going_on ON waits (customer_id) WHERE ended_at IS NULL",
    "CREATE INDEX waits_by_customer ON waits (customer_id, since_at)",
    "CREATE INDEX waits_by_time ON waits (since_at)",
    # Sessions as they were seen; ended_at NULL: not seen to end.
    """
    CREATE TABLE sessions (
        customer_id INTEGER NOT NULL REFERENCES customers ON DELETE CASCADE,
        agent_id INTEGER NOT NULL REFERENCES agents,
        started_at INTEGER NOT NULL,
        first_seen_at REAL NOT NULL,
        ended_at REAL,
        PRIMARY KEY (customer_id, agent_id, started_at)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX sessions_by_time ON sessions (started_at)",
    # What customers did, beside writing messages that WeChat's records show, that lets us reply.
    """
    CREATE TABLE openings (
        customer_id INTEGER NOT NULL REFERENCES customers ON DELETE CASCADE,
        act TEXT NOT NULL,
        at REAL NOT NULL,
        PRIMARY KEY (customer_id, act, at)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX openings_by_time ON openings (at)",
    # What was done from consoles and commands on this archive.
    """
    CREATE TABLE audit (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at REAL NOT NULL,
        user TEXT NOT NULL,
        agent TEXT NOT NULL,
        act TEXT NOT NULL,
        customer_id INTEGER REFERENCES customers ON DELETE SET NULL,
        details TEXT NOT NULL,
        result TEXT NOT NULL
    )
    """,
    "CREATE INDEX audit_by_customer ON audit (customer_id) WHERE customer_id IS NOT NULL",
    "CREATE INDEX audit_by_time ON audit (at)",
    # Who was deleted on request: what WeChat tells again of the time before does not come back. digest: of the openid.
    "CREATE TABLE purges (digest BLOB PRIMARY KEY, before_at REAL NOT NULL) WITHOUT ROWID",
    "ALTER TABLE origin ADD COLUMN salt BLOB",
    "UPDATE origin SET salt = randomblob(16)",
    # While it is 1 the index of words was emptied, and messages count as indexed that are not.
    "ALTER TABLE origin ADD COLUMN is_index_void INTEGER NOT NULL DEFAULT 0",
)

UNDER_WAY = "state IN ('prepared', 'sending')"
"""What holds for messages that a console has in its hands: only so the index of them is used."""

_PREPARED = (
    # Messages are stored before it is known whether they shall leave: 'prepared' until WeChat is asked, and process
    # tells whose they are, too.
    "DROP INDEX deliveries_sending",
    f"CREATE INDEX deliveries_sending ON deliveries (process) WHERE {UNDER_WAY}",
    # What is being written, by each console for itself. process: which one; NULL: one that ended, or an older version.
    # form: which form's lines they are, as JSON; empty: the text in the composer.
    "ALTER TABLE drafts RENAME TO old_drafts",
    """
    CREATE TABLE drafts (
        id INTEGER PRIMARY KEY,
        customer_id INTEGER NOT NULL REFERENCES customers ON DELETE CASCADE,
        form TEXT NOT NULL DEFAULT '',
        process TEXT,
        at REAL NOT NULL DEFAULT 0,
        text TEXT NOT NULL
    )
    """,
    "INSERT INTO drafts (customer_id, text) SELECT customer_id, text FROM old_drafts",
    "DROP TABLE old_drafts",
    "CREATE UNIQUE INDEX drafts_by_customer ON drafts (customer_id, form, process)",
)

_FLOOR = (
    # source: from where the user came, as ssh tells. *_digest: salted, of what may be erased on request; a row whose
    # customer was erased still proves that nothing else of it was changed. chain: digest of this row and of the chain
    # of the row before; NULL: noted by an older version.
    "ALTER TABLE audit ADD COLUMN source TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE audit ADD COLUMN customer_digest BLOB",
    "ALTER TABLE audit ADD COLUMN details_digest BLOB",
    "ALTER TABLE audit ADD COLUMN result_digest BLOB",
    "ALTER TABLE audit ADD COLUMN chain BLOB",
    # The last row that was deleted for its age, and its chain: those up to it may be deleted, and no other.
    "ALTER TABLE origin ADD COLUMN audit_from INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE origin ADD COLUMN audit_chain BLOB",
    """
    CREATE TRIGGER audit_stays BEFORE DELETE ON audit WHEN OLD.id > (SELECT audit_from FROM origin) BEGIN
        SELECT RAISE(ABORT, 'what was done stays noted');
    END
    """,
    # What may be erased is whom it was about and the words, each with the salt of its digest.
    """
    CREATE TRIGGER audit_is_kept BEFORE UPDATE ON audit WHEN NOT (
        (NEW.id, NEW.at, NEW.user, NEW.source, NEW.agent, NEW.act) IS
            (OLD.id, OLD.at, OLD.user, OLD.source, OLD.agent, OLD.act)
        AND NEW.chain IS OLD.chain
        AND ((NEW.customer_id, NEW.customer_digest) IS (OLD.customer_id, OLD.customer_digest)
            OR (NEW.customer_id, NEW.customer_digest) IS (NULL, substr(OLD.customer_digest, -32)))
        AND ((NEW.details, NEW.details_digest) IS (OLD.details, OLD.details_digest)
            OR (NEW.details IN ('', '…') AND NEW.details_digest IS substr(OLD.details_digest, -32)))
        AND ((NEW.result, NEW.result_digest) IS (OLD.result, OLD.result_digest)
            OR (NEW.result IN ('', '…') AND NEW.result_digest IS substr(OLD.result_digest, -32)))
    ) BEGIN
        SELECT RAISE(ABORT, 'what was done stays noted');
    END
    """,
    # What was begun, until it is in `audit` with what came of it. process: which console does it.
    """
    CREATE TABLE acts_under_way (
        key BLOB PRIMARY KEY,
        process TEXT NOT NULL,
        at REAL NOT NULL,
        user TEXT NOT NULL,
        source TEXT NOT NULL,
        agent TEXT NOT NULL,
        act TEXT NOT NULL,
        customer_id INTEGER REFERENCES customers ON DELETE SET NULL,
        details TEXT NOT NULL
    ) WITHOUT ROWID
    """,
    # Customers whose session somebody ended for them to be served by somebody else: owed an answer until then.
    """
    CREATE TABLE owed (
        customer_id INTEGER PRIMARY KEY REFERENCES customers ON DELETE CASCADE,
        at REAL NOT NULL,
        agent_id INTEGER NOT NULL REFERENCES agents,
        user TEXT NOT NULL DEFAULT '',
        note TEXT NOT NULL DEFAULT ''
    )
    """,
    # When each of the lists was looked at: what lies between was not seen by anybody.
    """
    CREATE TABLE watched (
        feed TEXT NOT NULL,
        start_at REAL NOT NULL,
        end_at REAL NOT NULL,
        PRIMARY KEY (feed, start_at)
    ) WITHOUT ROWID
    """,
    # What people chose on screen, such as the columns of the board, as JSON.
    "CREATE TABLE choices (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
)

MIGRATIONS = (_FIRST, _CONTENTS, _RECORD_OF_TRUTH, _PREPARED, _FLOOR)
"""Step n leads from version n to n + 1; a released step is never changed."""
KNOWN_TABLES = 2  # of those that every version has had


def migrate(connection: "Connection", path: "Path", now: float) -> None:
    """Bring the file to today's version, each step in one transaction.

    Raises:
        FileError: A newer version wrote it, or it is no archive.
    """
    if not is_of_another_version(connection):
        refuse_foreign(connection, path)
        return
    for number, statements in enumerate(MIGRATIONS):
        with transaction(connection, is_durable=True):
            # Asked again under the write lock: another console may have taken the same step meanwhile.
            version = refuse_newer(connection, path)
            if version != number:
                continue
            refuse_foreign(connection, path)
            for statement in statements:
                connection.execute(statement)
            if number == 0:
                connection.execute("INSERT INTO origin (created_at) VALUES (?)", (now,))
            connection.execute(f"PRAGMA user_version = {number + 1}")


def refuse_foreign(connection: "Connection", path: "Path") -> None:
    """Tell another program's file, or one whose first page is gone, from an archive: SQLite itself is content."""
    tables = connection.execute("SELECT count(*), sum(name IN ('messages', 'drafts')) FROM sqlite_master").fetchone()
    version = _version(connection)
    if version < 0 or (tables[0] if version == 0 else tables[1] != KNOWN_TABLES):
        raise explanation(Fault.DAMAGED, path)


def is_of_another_version(connection: "Connection") -> bool:
    """Whether the tables are not today's; a newer console may change them while this one runs."""
    return _version(connection) != len(MIGRATIONS)


def refuse_newer(connection: "Connection", path: "Path") -> int:
    """Return the file's version.

    Raises:
        FileError: This program does not know it.
    """
    if (version := _version(connection)) > len(MIGRATIONS):
        raise FileError(
            _("The archive {path} was written by a newer kfconsole.").format(path=path),
            hint=_("Update kfconsole, or choose another folder with KFCONSOLE_DATA_DIR."),
            fault=Fault.NEWER,
        )
    return version


def _version(connection: "Connection") -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version
