"""Typed readers of the environment that fail loudly, naming the variable. An empty variable means unset.

A secret may also be given as a file: `SECRET_KEY_FILE=/run/secrets/key` stands for `SECRET_KEY`.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from conversion import sight

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off"})

# FULL: a commit is on the disk before it returns; a send is claimed by a commit.
SQLITE_PRAGMAS = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536; PRAGMA temp_store=MEMORY"
SQLITE_BUSY_SECONDS = 20

CONNECT_SECONDS = 10
# A server that vanished without a word is noticed after a minute.
KEEPALIVES = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}


@dataclass(frozen=True)
class Limits:
    """What a process may ask of PostgreSQL. pool: connections that its threads share; 0: one each, kept for a minute.
    statement, idle, lock: seconds that a statement may run, that a transaction may do nothing, and that a lock is waited
    for; 0: no limit.
    """

    pool: int = 0
    statement: int = 0
    idle: int = 0
    lock: int = 0


def text(name: str, default: str | None = None) -> str:
    """The variable's value, or the content of the file that `NAME_FILE` names. Raises where it is required but unset."""
    value = os.environ.get(name, "").strip()
    path = os.environ.get(f"{name}_FILE", "").strip()
    if not value and path:
        try:
            value = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ImproperlyConfigured(f"{name}_FILE={path}: the file cannot be read ({error}).") from error
    if value:
        return value
    if default is None:
        raise ImproperlyConfigured(f"{name} is not set. Set it in the environment or in .env (see .env.example).")
    return default


def boolean(name: str, *, default: bool) -> bool:
    value = text(name, "").casefold()
    if not value:
        return default
    if value not in TRUE | FALSE:
        raise ImproperlyConfigured(f"{name}={value}: give true or false (or yes/no, on/off, 1/0).")
    return value in TRUE


def integer(name: str, *, default: int, minimum: int = 0) -> int:
    value = text(name, "")
    if not value:
        return default
    if not value.isascii() or not value.isdigit() or int(value) < minimum:
        raise ImproperlyConfigured(f"{name}={value}: give a whole number of at least {minimum}.")
    return int(value)


def one_of(name: str, words: tuple[str, ...], *, default: str) -> str:
    """One of the words, in whatever case."""
    value = text(name, default)
    known = {word.casefold(): word for word in words}
    if value.casefold() not in known:
        raise ImproperlyConfigured(f"{name}={value}: give one of {', '.join(words)}.")
    return known[value.casefold()]


def names(name: str, default: tuple[str, ...] = ()) -> list[str]:
    """A comma-separated list."""
    return [item.strip() for item in text(name, ",".join(default)).split(",") if item.strip()]


def url(name: str, schemes: tuple[str, ...], default: str = "") -> str:
    """A URL of one of the schemes, or the default."""
    value = text(name, default)
    if value and (urlsplit(value).scheme not in schemes or "//" not in value):
        raise ImproperlyConfigured(f"{name}: give a URL that begins with {' or '.join(f'{s}://' for s in schemes)}.")
    return value


def database(name: str, default: str, limits: Limits | None = None) -> dict[str, Any]:
    """A Django database from a URL: SQLite in WAL mode with immediate transactions, or PostgreSQL within limits."""
    value = url(name, ("sqlite", "postgres", "postgresql"), default)
    try:
        config: dict[str, Any] = dict(dj_database_url.parse(value, conn_max_age=60, conn_health_checks=True))
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}: not a database URL ({error}).") from error
    if not config.get("NAME"):
        raise ImproperlyConfigured(f"{name}: the URL names no database.")
    if config["ENGINE"] == "django.db.backends.sqlite3":
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": SQLITE_BUSY_SECONDS,
            "init_command": SQLITE_PRAGMAS,
        }
        if config["NAME"] != ":memory:":
            Path(config["NAME"]).parent.mkdir(parents=True, exist_ok=True)
    else:
        limit(config, limits or Limits())
    return config


def limit(config: dict[str, Any], limits: Limits) -> None:
    """Set PostgreSQL's limits; what the URL says itself stays."""
    milliseconds = {
        "statement_timeout": limits.statement * 1000,
        "idle_in_transaction_session_timeout": limits.idle * 1000,
        "lock_timeout": limits.lock * 1000,
    }
    given = " ".join(f"-c {setting}={value}" for setting, value in milliseconds.items() if value)
    defaults = {"connect_timeout": CONNECT_SECONDS, **KEEPALIVES, **({"options": given} if given else {})}
    config["OPTIONS"] = {**defaults, **config.get("OPTIONS", {})}
    if limits.pool:
        # Connections are opened as they are needed, and given back after each request or round of work.
        config["OPTIONS"]["pool"] = {
            "min_size": 0,
            "max_size": limits.pool,
            "timeout": CONNECT_SECONDS,
            "reset": sight.taken_back,
        }
        config["CONN_MAX_AGE"] = 0


def load(path: Path) -> None:
    """Put the `NAME=value` lines of a .env file into the environment, where a variable is not set already."""
    if not path.is_file():
        return
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        name, equals, value = line.strip().partition("=")
        if not name or name.startswith("#"):
            continue
        if not equals:
            raise ImproperlyConfigured(f"{path.name}, line {number}: write NAME=value.")
        os.environ.setdefault(name.strip(), value.strip().strip("\"'"))
