"""Typed readers of the environment that fail loudly, naming the variable. An empty variable means unset.

A secret may also be given as a file: `SECRET_KEY_FILE=/run/secrets/key` stands for `SECRET_KEY`.
"""

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off"})

# FULL: a commit is on the disk before it returns; a send is claimed by a commit.
SQLITE_PRAGMAS = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536; PRAGMA temp_store=MEMORY"
SQLITE_BUSY_SECONDS = 20


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


def names(name: str, default: tuple[str, ...] = ()) -> list[str]:
    """A comma-separated list."""
    return [item.strip() for item in text(name, ",".join(default)).split(",") if item.strip()]


def url(name: str, schemes: tuple[str, ...], default: str = "") -> str:
    """A URL of one of the schemes, or the default."""
    value = text(name, default)
    if value and (urlsplit(value).scheme not in schemes or "//" not in value):
        raise ImproperlyConfigured(f"{name}: give a URL that begins with {' or '.join(f'{s}://' for s in schemes)}.")
    return value


def database(name: str, default: str) -> dict[str, Any]:
    """A Django database from a URL: SQLite in WAL mode with immediate transactions, or PostgreSQL."""
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
    return config


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
