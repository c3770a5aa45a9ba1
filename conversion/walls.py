"""The second wall between clients: what PostgreSQL shows a web process, whatever is asked of it.

A web process connects as a plain role, to which policies (`conversion.policies`) show the rows of the clients that were named
on its connection, and none where none were. They are named in one place, where it is worked out who calls
(`conversion.access`), and forgotten when the request ends. It stands against a query that forgot its client; whoever can
make a process run SQL of its own can name other clients as well.

A door that works across clients says so by `lifted`: inside, the connection has the role of the flows, to which everything is
shown. Processes that connect as the owner of the tables, or in that role, see everything anyway; for them, and on SQLite,
nothing here does anything.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.signals import request_finished, request_started
from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from conversion.sight import CLIENTS, USER
from conversion.tenancy import CROSS_CLIENT_PLACES

FLOWS = "flows"  # the policy that shows everything to its role
SET = f"SELECT set_config('role', %s, false), set_config('{USER}', %s, false), set_config('{CLIENTS}', %s, false)"
ASK = f"""
    SELECT COALESCE(row_security_active(to_regclass('conversion_client')), false),
        (SELECT rolname FROM pg_roles JOIN pg_policy ON pg_roles.oid = ANY (polroles)
            WHERE polname = '{FLOWS}' AND polrelid = to_regclass('conversion_client'))
"""


class NoWayThroughError(RuntimeError):
    """The role that sees everything was not made, or must not be taken on."""


@dataclass(frozen=True)
class View:
    """What is shown. user: whose memberships and calls are, whichever clients. clients: None shows everything."""

    user: int | None = None
    clients: tuple[UUID, ...] | None = ()


@dataclass(frozen=True)
class Wall:
    """binds: whether policies bind the role that this process logs in by. flows: the role that they let see everything."""

    binds: bool
    flows: str | None


NOTHING = View()
EVERYTHING = View(clients=None)
_view: ContextVar[View] = ContextVar("view_of_clients", default=NOTHING)
_walls: dict[str, Wall] = {}  # by alias of the database


def show(user: int | None = None, clients: Iterable[UUID] | None = ()) -> None:
    """From now on, until the request ends, the rows of these clients; None: of all."""
    _view.set(View(user, None if clients is None else tuple(clients)))
    _tell()


@contextmanager
def only(client_id: UUID) -> Iterator[None]:
    """The rows of one client inside the block: for a door whose key is good for that client."""
    with _shown(View(clients=(client_id,))):
        yield


@contextmanager
def lifted(place: str) -> Iterator[None]:
    """Everything inside the block; `place` is one of CROSS_CLIENT_PLACES. Queries still have to say whose rows they mean."""
    if place not in CROSS_CLIENT_PLACES:
        raise ValueError(f"{place!r} is not a named cross-client place")
    with _shown(EVERYTHING):
        yield


def forget(**_: Any) -> None:
    """Show nothing any more."""
    if _view.get() != NOTHING:
        _view.set(NOTHING)
        _take_back()


def wall(alias: str = DEFAULT_DB_ALIAS) -> Wall:
    """How this process connects. Asked once: after `make_roles` processes are started anew."""
    connection = connections[alias]
    if connection.vendor != "postgresql":
        return Wall(binds=False, flows=None)
    if alias not in _walls:
        with connection.cursor() as cursor:
            cursor.execute(ASK)
            _walls[alias] = Wall(*cursor.fetchone())
    return _walls[alias]


@contextmanager
def _shown(view: View) -> Iterator[None]:
    token = _view.set(view)
    try:
        _tell()
        yield
    finally:
        _view.reset(token)
        _take_back()


def _tell() -> None:
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.connection is not None:  # else it is told when there is one
        _set(connection)


def _take_back() -> None:
    """As `_tell`, where things may have gone wrong since: a connection that cannot be told is closed."""
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.needs_rollback or _is_broken(connection):
        return  # the rollback brings back what was shown before
    try:
        _tell()
    except Error:
        connection.close()


def _is_broken(connection: BaseDatabaseWrapper) -> bool:
    return connection.vendor == "postgresql" and (
        connection.connection is not None and connection.connection.info.transaction_status.name == "INERROR"
    )


def _set(connection: BaseDatabaseWrapper) -> None:
    found = wall(connection.alias)
    if not found.binds:
        return
    view, role = _view.get(), "none"
    if view.clients is None:
        if found.flows is None:
            raise NoWayThroughError("No role sees the rows of all clients; `manage.py make_roles` makes one.")
        role = found.flows
    user = "" if view.user is None else str(view.user)
    with connection.cursor() as cursor:
        cursor.execute(SET, [role, user, ",".join(map(str, view.clients or ()))])


def _connected(connection: BaseDatabaseWrapper, **_: Any) -> None:
    if connection.alias == DEFAULT_DB_ALIAS and _view.get() != NOTHING:
        _set(connection)


connection_created.connect(_connected)
request_started.connect(forget)
request_finished.connect(forget)
