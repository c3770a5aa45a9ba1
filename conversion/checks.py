"""System checks with ids and a way out: `manage.py check`, and `check --deploy` for a production set-up."""

import sqlite3
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004 (Django's own name)
from django.db import connections

from conversion import walls

POSTGRESQL_MINIMUM = (13, 0)
SQLITE_MINIMUM = (3, 35)  # window functions, UPDATE FROM and RETURNING


@register(Tags.database)
def check_database(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """The database keeps what it has confirmed, and is new enough. Runs before migrations and with `--database`."""
    found: list[CheckMessage] = []
    for alias in databases or []:
        connection = connections[alias]
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SHOW synchronous_commit")
                durable = cursor.fetchone()[0]
            if durable == "off":
                found.append(
                    Error(
                        "PostgreSQL confirms commits before they are on the disk (synchronous_commit = off).",
                        hint="A send is claimed by a commit; lose it, and a message goes out twice. Set it to on.",
                        id="agency.E001",
                    )
                )
        elif connection.vendor == "sqlite" and sqlite3.sqlite_version_info < SQLITE_MINIMUM:
            found.append(
                Error(
                    f"SQLite {sqlite3.sqlite_version} is too old.",
                    hint="Install Python with SQLite 3.35 or newer, or set DATABASE_URL to a PostgreSQL database.",
                    id="agency.E002",
                )
            )
    return found


@register(Tags.security, deploy=True)
def check_production(**_: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if settings.EMBEDDED:
        found.append(
            Warning(
                "The database is the embedded SQLite.",
                hint="Set DATABASE_URL=postgresql://... for production; one writer at a time is enough for a trial only.",
                id="agency.W001",
            )
        )
    elif not settings.SUPPRESSION_KEY:
        found.append(
            Error(
                "SUPPRESSION_KEY is not set: nothing is sent, since nobody could tell who asked to be forgotten.",
                hint="Set it to a long random text that never changes.",
                id="agency.E008",
            )
        )
    if not settings.REDIS_URL:
        found.append(
            Warning(
                "REDIS_URL is not set: no worker can be woken.",
                hint="Set REDIS_URL=redis://host:6379/0 and start a worker (see Procfile).",
                id="agency.W002",
            )
        )
    return found


@register(Tags.security, deploy=True)
def check_second_factors(**_: Any) -> list[CheckMessage]:
    """Whether a password alone opens the tables of several clients."""
    if settings.EMBEDDED or settings.REQUIRE_TOTP != "nobody":
        return []
    return [
        Warning(
            "REQUIRE_TOTP is nobody: whoever learns a staff's password sees what they see.",
            hint="Set REQUIRE_TOTP to staff or everybody (docs/signing-in.md).",
            id="agency.W015",
        )
    ]


@register(Tags.security, deploy=True)
def check_second_wall(**_: Any) -> list[CheckMessage]:
    """Whether web processes connect by a role of their own."""
    if settings.EMBEDDED or settings.WEB_DATABASE_URL:
        return []
    return [
        Warning(
            "Web processes connect as the owner of the tables, whom no row-level security binds.",
            hint="Run make_roles and set WEB_DATABASE_URL (docs/walls.md).",
            id="agency.W014",
        )
    ]


@register(Tags.database)
def check_role(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Whether whoever runs this is shown rows at all: all but the web has to be."""
    return [
        Error(
            "DATABASE_URL names a role that is shown no client's rows: senders and commands would find nothing to do.",
            hint="Name the owner of the tables there, and this role in WEB_DATABASE_URL (docs/walls.md).",
            id="agency.E011",
        )
        for alias in databases or []
        if walls.wall(alias).binds
    ]
