"""Whether this server could serve a request now: each part asked within two seconds, on connections of its own."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

SECONDS = 2
OK = "ok"


def parts(left_out: Collection[str] = ()) -> dict[str, str]:
    """What each part says: `ok`, or in words why not. The words name no host and no credentials, since anybody may ask."""
    found: dict[str, str] = {}
    if "database" not in left_out:
        found |= of_database()
    if settings.REDIS_URL and "broker" not in left_out:
        found["broker"] = of_broker()
    return found


def of_database() -> dict[str, str]:
    try:
        with looked_at() as own:
            executor = MigrationExecutor(own)
            missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    except DatabaseError as error:
        return {"database": f"no answer ({type(error).__name__})"}
    migrated = OK if not missing else f"{missing} to be applied: run `manage.py migrate`"
    return {"database": OK, "migrations": migrated}


@contextmanager
def looked_at() -> Iterator[BaseDatabaseWrapper]:
    """The database, on a new connection: one that waits for nothing, and does not stand in the queue for the pool's."""
    if connection.vendor != "postgresql":
        yield connection
        return
    own = connection.copy()
    options = {name: value for name, value in own.settings_dict["OPTIONS"].items() if name != "pool"}
    limits = f"{options.get('options', '')} -c statement_timeout={SECONDS * 1000}".strip()
    own.settings_dict["OPTIONS"] = {**options, "connect_timeout": SECONDS, "options": limits}
    try:
        yield own
    finally:
        own.close()


def of_broker() -> str:
    limits = {"socket_connect_timeout": SECONDS, "socket_timeout": SECONDS}
    try:
        with redis.Redis.from_url(settings.REDIS_URL, **limits) as broker:
            broker.ping()
    except (redis.RedisError, OSError) as error:
        return f"no answer ({type(error).__name__})"
    return OK
