"""Every address, model of the admin and tool, tried by everybody; on PostgreSQL a second time by the web's own role."""

import re

import pytest
from django.contrib import admin
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection, transaction
from django.urls import URLResolver, get_resolver, reverse

from conversion import walls
from conversion.access import RANK
from tests.journeys.walls import callers as everybody
from tests.journeys.walls import world as twins
from tests.journeys.walls.callers import NOBODY, ROLES, STRANGERS
from tests.journeys.walls.conftest import roles_made, taken_on
from tests.journeys.walls.table import ADMIN_MODELS, API, DOORS, PAGES, TOOLS, WIDE

TABLE = {API + route: doors for route, doors in DOORS.items()} | WIDE
ALL = [(route, method) for route, doors in TABLE.items() for method in doors]
OF_CLIENTS = [(API + route, method) for route, doors in DOORS.items() for method in doors]
SOME = (
    "anonymous",
    "disabled",
    "old session",
    "viewer",
    "neighbour",
    "staff elsewhere",
    "superuser",
)  # one of each kind


@pytest.fixture(scope="module")
def db(django_db_setup, django_db_blocker):
    """One transaction for all: each test takes back what it did."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module", params=["owner", pytest.param("web", marks=pytest.mark.postgresql)])
def world(request, db):
    with transaction.atomic():
        name = roles_made()[0] if request.param == "web" else None
        found = twins.grown()
        found.callers = everybody.of(found)
        with taken_on(name):
            found.before = digest(found.mine.client)
            yield found
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def settings_of_doors(settings):
    settings.METRICS_TOKEN = "figures"  # noqa: S105 (made up)


def knock(caller, route, method, door, rows):
    parts = iter(door.path)
    path = re.sub(r"<\w+:\w+>", lambda _: part_of(next(parts), rows), route)
    body = door.body(rows) if getattr(door, "body", None) else None
    if not path.startswith(API):
        return getattr(caller, method)(f"/{path}")
    return getattr(caller, method)(f"/{path}", body, format="json") if method != "get" else caller.get(f"/{path}")


def part_of(word, rows):
    row = getattr(rows, word, None)
    return word if row is None else str(row.pk)


def expected(door, name):
    if name in NOBODY:
        return 401
    if name in STRANGERS:
        return 200 if door.is_list else 404
    return door.answer if RANK[ROLES[name]] >= RANK[door.role] else 403


@pytest.mark.parametrize(("route", "method"), OF_CLIENTS)
def test_a_door_of_a_client(world, route, method):
    door, mine, wrong = TABLE[route][method], world.mine, {}
    for name, caller in world.callers.items():
        with transaction.atomic(), twins.written() as statements:
            answer = knock(caller, route, method, door, mine)
            text = b"".join(answer) if answer.streaming else answer.content
            if answer.status_code != expected(door, name):
                wrong[name] = (answer.status_code, expected(door, name), text[:300])
            elif door.is_list and (name in ROLES) != (part_of(door.path[0], mine).encode() in text):
                wrong[name] = ("shown" if name in STRANGERS else "left out", text[:300])
            if statements and answer.status_code >= 400 and digest(mine.client) != world.before:
                wrong[name] = ("changed the client's rows", answer.status_code)
            transaction.set_rollback(True)
    assert wrong == {}


@pytest.mark.parametrize(("route", "method"), [one for one in ALL if one not in OF_CLIENTS])
def test_a_door_that_is_the_same_to_all(world, route, method):
    door, wrong = TABLE[route][method], {}
    for name in SOME:
        with transaction.atomic():
            answer = knock(world.callers[name], route, method, door, world.mine)
            if answer.status_code != door.by.get(name, door.answer):
                wrong[name] = (answer.status_code, door.by.get(name, door.answer))
            transaction.set_rollback(True)
    assert wrong == {}


@pytest.mark.parametrize("label", sorted(label for label, whose in ADMIN_MODELS.items() if whose == "server"))
def test_a_model_of_the_admin_that_concerns_no_client(world, label):
    """People sign in there; a token opens nothing."""
    name, wrong = label.replace(".", "_"), {}
    staff = {"staff elsewhere": 403, "superuser": 200}
    for page in (reverse(f"admin:{name}_changelist"), reverse(f"admin:{name}_add")):
        for who, caller in world.callers.items():
            with transaction.atomic():
                answer = caller.get(page)
                if answer.status_code != staff.get(who, 302):
                    wrong[page, who] = answer.status_code
                transaction.set_rollback(True)
    assert wrong == {}


@pytest.fixture
def kept_open():
    """A connection in a transaction is not taken for a leftover of another request."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.mark.usefixtures("kept_open")
@pytest.mark.parametrize("tool", sorted(TOOLS))
def test_a_tool(world, tool):
    door = pytest.importorskip("engines.mcp.door")
    from engines.mcp.tools import Tools  # noqa: PLC0415 (the extra may be missing)

    (role, arguments), wrong = TOOLS[tool], {}
    for name in ("viewer", "operator", "admin", *sorted(STRANGERS - {"staff elsewhere"}), "disabled", "revoked"):
        with transaction.atomic():
            try:
                answer = str(getattr(Tools(door.Door(world.callers[name].text)), tool)(**arguments(world.mine)))
            except door.Refused as refusal:
                answer = f"refused: {refusal}"
            opens = name in ROLES and RANK[ROLES[name]] >= RANK[role]
            shows = str(world.mine.client.pk) in answer or world.mine.client.name in answer
            if answer.startswith("refused") == opens and not (
                tool == "list_clients" and name in STRANGERS and not shows
            ):
                wrong[name] = answer[:300]
            transaction.set_rollback(True)
    assert wrong == {}


def digest(client):
    with walls.lifted("operations"):
        return twins.digest(client)


def routes():
    """(route, methods) of every address of the site itself; the admin's are told by model."""

    def walk(resolver, before=""):
        for one in resolver.url_patterns:
            route = before + str(one.pattern)
            if route.startswith("admin/"):
                continue
            if isinstance(one, URLResolver):
                yield from walk(one, route)
            else:
                yield route, methods_of(one.callback)

    return dict(walk(get_resolver()))


def methods_of(view):
    """Those that are told of; a plain function says nothing of its methods."""
    if actions := getattr(view, "actions", None):
        return set(actions) - {"head"}
    cls = getattr(view, "cls", None)
    return {name for name in cls.http_method_names if hasattr(cls, name)} - {"options", "head"} if cls else set()


def test_every_address_has_a_row():
    found = routes()
    missing = {route: sorted(methods - set(TABLE.get(route, ()))) for route, methods in found.items()}
    told = "say in tests/journeys/walls/table.py who may do this"
    known = {*TABLE, *PAGES}
    assert {route: left for route, left in missing.items() if left or route not in known} == {}, told
    gone = {route: sorted(set(doors) - found.get(route, set())) for route, doors in DOORS_AS_ROUTES.items()}
    gone |= {route: ["get"] for route in PAGES if route not in found}
    assert {route: left for route, left in gone.items() if left} == {}, "these rows are of no address any more"


DOORS_AS_ROUTES = {API + route: doors for route, doors in DOORS.items()}


def test_every_model_of_the_admin_has_a_row():
    registered = {model._meta.label_lower for model in admin.site._registry}
    assert registered == set(ADMIN_MODELS), "say in tests/journeys/walls/table.py whose these models are"


def test_every_tool_has_a_row():
    tools = pytest.importorskip("engines.mcp.tools")
    assert set(tools.TOOLS) == set(TOOLS), "say in tests/journeys/walls/table.py who may use these tools"


def test_the_second_wall_stands_where_the_web_has_its_own_role(world, request):
    assert walls.wall().binds == ("web" in request.node.callspec.id)
    assert connection.in_atomic_block
