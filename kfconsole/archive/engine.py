"""What the SQLite of this host can do."""


def engine() -> tuple[str, bool]:
    """Return SQLite's version, and whether it has the full-text search that `history search` needs."""
    import sqlite3

    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("CREATE VIRTUAL TABLE words USING fts5(text)")
    except sqlite3.OperationalError:
        return sqlite3.sqlite_version, False
    finally:
        connection.close()
    return sqlite3.sqlite_version, True
