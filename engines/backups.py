"""The whole database in one file, and back into an empty one.

PostgreSQL: pg_dump's own format, readable by pg_restore without this program. SQLite: a database file. Passwords go to the
programs by the environment, where other users of the machine cannot read them.
"""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from django.db import connection

HOURS = 6  # after which a program that dumps or restores is taken for stuck
PROGRAMS = Path("/usr/lib/postgresql")  # where Debian keeps those that are not on the path
VARIABLES = {"dbname": "PGDATABASE", "host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD"}
# A restored database is a copy until it was settled (`engines.outbox.home`), wherever it lies.
NOWHERE = "UPDATE conversion_sign SET value = 'restored' WHERE name = 'home'"


class BackupError(RuntimeError):
    """It cannot be done; the message says why."""


def backup(path: Path) -> int:
    """Write all that the database holds, as of one moment, to a new file that only its owner may read; its size in bytes.

    Others go on working meanwhile. The file appears under its name when it is whole. Raises BackupError and OSError.
    """
    if path.exists():
        raise BackupError(f"{path} is there already; nothing was overwritten")
    with unfinished(path) as part:
        if connection.vendor == "postgresql":
            run(
                "pg_dump",
                "--format=custom",
                "--no-owner",
                "--no-privileges",
                "--lock-wait-timeout=60s",
                f"--file={part}",
            )
            run("pg_restore", "--list", str(part))
        else:
            with closing(sqlite3.connect(part)) as target:
                connection.ensure_connection()
                connection.connection.backup(target)
                target.execute("PRAGMA journal_mode = DELETE")  # one file, with nothing beside it
                sound(target, path)
    return path.stat().st_size


def restore(path: Path) -> None:
    """Put a backup into the database, which must be empty. Raises BackupError and OSError; then it is empty still."""
    if not path.is_file():
        raise BackupError(f"there is no file {path}")
    if tables := connection.introspection.table_names():
        raise BackupError(
            f"the database is not empty (it has {len(tables)} tables, such as {tables[0]}): make a new, empty one, and name it "
            "in DATABASE_URL. Nothing is ever restored over what is there"
        )
    if connection.vendor == "postgresql":
        connection.close()
        run("pg_restore", "--list", str(path))
        database = connection.get_connection_params()["dbname"]
        options = ("--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error", f"--dbname={database}")
        run("pg_restore", *options, str(path))
        return
    restore_sqlite(path)


def restore_sqlite(path: Path) -> None:
    target = Path(str(connection.settings_dict["NAME"]))
    connection.close()
    with unfinished(target) as part, closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as source:
        sound(source, path)
        with closing(sqlite3.connect(part)) as copy:
            source.backup(copy)
            if copy.execute("SELECT 1 FROM sqlite_master WHERE name = 'conversion_sign'").fetchone():
                copy.execute(NOWHERE)
            copy.commit()
        for beside in ("-wal", "-shm"):  # of the empty file that stood there
            target.with_name(target.name + beside).unlink(missing_ok=True)


@contextmanager
def unfinished(path: Path) -> Iterator[Path]:
    """A file of its owner's beside `path`, which takes its place when the block ends well, and goes when it does not."""
    part = path.with_name(f"{path.name}.part")
    os.close(os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600))
    try:
        yield part
        with part.open("rb") as whole:
            os.fsync(whole.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def sound(database: sqlite3.Connection, path: Path) -> None:
    try:
        [answer] = database.execute("PRAGMA integrity_check(1)").fetchone()
        tables = database.execute("SELECT COUNT(*) FROM sqlite_master WHERE name = 'django_migrations'").fetchone()[0]
    except sqlite3.DatabaseError as error:
        raise BackupError(f"{path} cannot be used: {error}") from error
    if answer != "ok" or not tables:
        raise BackupError(f"{path} cannot be used: {answer if answer != 'ok' else 'it is no backup of this program'}")


def run(program: str, *arguments: str) -> None:
    """One of PostgreSQL's programs on this database. Raises BackupError with what it said."""
    found = shutil.which(program) or next(
        (str(one) for one in sorted(PROGRAMS.glob(f"*/bin/{program}"), reverse=True)), ""
    )
    if not found:
        raise BackupError(f"{program} is not installed (Debian: postgresql-client)")
    try:
        done = subprocess.run(  # noqa: S603 (our own words)
            [found, *arguments], env=environment(), capture_output=True, text=True, check=False, timeout=HOURS * 3600
        )
    except subprocess.TimeoutExpired as error:
        raise BackupError(f"{program} was not done within {HOURS} hours") from error
    if done.returncode:
        raise BackupError(f"{program} failed: {done.stderr.strip() or f'exit status {done.returncode}'}")


def environment() -> dict[str, str]:
    given: dict[str, Any] = connection.get_connection_params()
    return {**os.environ, **{name: str(given[key]) for key, name in VARIABLES.items() if given.get(key)}}
