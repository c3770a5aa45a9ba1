"""Every page of the desk and every table of the admin, tried by everybody before a browser; on PostgreSQL a second time by the
web's own role.
"""

import re

import pytest
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import transaction
from django.urls import reverse

from conversion import walls
from conversion.access import RANK
from conversion.models import ApiToken, Client, Mailbox
from conversion.vocabulary import Role
from patterns.models import PooledWeights
from tests.journeys.walls import callers as everybody
from tests.journeys.walls import world as twins
from tests.journeys.walls.callers import ROLES
from tests.journeys.walls.conftest import roles_made, taken_on
from tests.journeys.walls.table import ADMIN_MODELS, PAGES, Mine

TABLES = sorted(label for label, whose in ADMIN_MODELS.items() if isinstance(whose, Mine))
OF_MINE = {**ROLES, **{f"staff {name}": role for name, role in ROLES.items() if name != "superuser"}}
STAFF = ("staff viewer", "staff operator", "staff admin", "superuser")
STRANGERS = ("neighbour", "elsewhere", "invited")
OPENED = range(200, 400)  # a form may be refused for what it lacks: 400 and 409 are let in as well
LET_IN = {*OPENED, 400, 409, 413, 422}


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
        found.browsers = everybody.browsers(found)
        with taken_on(name):
            found.before = digest(found.mine.client)
            yield found
            assert digest(found.mine.client) == found.before
        transaction.set_rollback(True)


def digest(client):
    with walls.lifted("operations"):
        return twins.digest(client)


def text_of(answer):
    return (b"".join(answer) if answer.streaming else answer.content).decode()


def path_of(route, door, rows):
    parts = iter(door.path)
    return "/" + re.sub(r"<\w+:\w+>", lambda _: part_of(next(parts), rows), route)


def part_of(word, rows):
    row = getattr(rows, word, None)
    return word if row is None else str(row.pk)


def name_of(row):
    """What a page that shows a row holds: its id, or a link to the client."""
    return f'/clients/{row.slug}"' if isinstance(row, Client) else str(row.pk)


@pytest.mark.parametrize("route", sorted(PAGES))
def test_a_page(world, route):
    door, wrong = PAGES[route], {}
    path = path_of(route, door, world.mine)
    method = "post" if knocked(world, "superuser", "get", path)[0] == 405 else "get"
    for name in world.browsers:
        status, text, to, changed = knocked(world, name, method, path)
        if name == "anonymous":
            fine = status == 302 and "next=" in to
        elif name in STRANGERS:
            fine = status == (200 if door.is_list else 404)
        elif RANK[OF_MINE[name]] < RANK[door.role]:
            fine = status == 403
        else:
            fine = status in LET_IN
        if not fine:
            wrong[name] = (status, to, text[:200])
        elif changed and (status >= 400 or name not in OF_MINE):
            wrong[name] = ("changed the client's rows", status)
        elif door.is_list and name != "anonymous":
            row, client = getattr(world.mine, door.path[0]), world.mine.client
            if (name_of(row) in text) != (name in OF_MINE):
                wrong[name] = "left out" if name in OF_MINE else "shown"
            elif name not in OF_MINE and any(one in text for one in (name_of(client), f"client={client.slug}")):
                wrong[name] = "its client is named"
    assert wrong == {}


def knocked(world, name, method, path, data=None):
    """Status, text, where it leads, and whether a row of the client's changed; it is taken back."""
    with transaction.atomic(), twins.written() as statements:
        answer = getattr(world.browsers[name], method)(path, data)
        text, to = text_of(answer), answer.headers.get("Location", "")
        changed = bool(statements) and digest(world.mine.client) != world.before
        transaction.set_rollback(True)
    return answer.status_code, text, to, changed


def model_of(label):
    return next(model for model in admin.site._registry if model._meta.label_lower == label)


def row_of(label, rows):
    model = model_of(label)
    others = {
        "conversion.client": lambda: rows.client,
        "conversion.agency": lambda: rows.client.agency,
        "conversion.mailbox": lambda: Mailbox.objects.get(account__client=rows.client),
        "conversion.apitoken": lambda: ApiToken.objects.get(user=rows.user),
        "patterns.pooledweights": lambda: PooledWeights.objects.get(agency=rows.client.agency),
    }
    with walls.lifted("operations"):
        found = others[label]() if label in others else model._default_manager.filter(client=rows.client).first()
    assert found is not None, f"tests/journeys/walls/world.py makes no {label}"
    return found


def listing(label, row):
    """The list's address, narrowed to where the row is, as far as the table can be."""
    narrowed = f"?client={row.client_id}" if hasattr(row, "client_id") else ""
    for name in ("state", "kind"):
        if narrowed and label in {"conversion.activity", "conversion.event"} and hasattr(row, name):
            narrowed += f"&{name}={getattr(row, name)}"
    return reverse(f"admin:{label.replace('.', '_')}_changelist") + narrowed


def holds(role, needed):
    return needed is not None and role is not None and RANK[role] >= RANK[needed]


def sees(name, whose):
    if name == "superuser":
        return True
    if name == "neighbour" and whose.of_agency:
        return True
    return name in STAFF and holds(OF_MINE[name], whose.view)


@pytest.mark.parametrize("label", TABLES)
def test_a_table_shows_each_its_own(world, label):
    whose, row, wrong = ADMIN_MODELS[label], row_of(label, world.mine), {}
    place = reverse(f"admin:{label.replace('.', '_')}_change", args=[row.pk])
    for name in world.browsers:
        status, text, _, _ = knocked(world, name, "get", listing(label, row))
        # Entries of the log are not opened from its list: there they are known by what they speak of.
        known_by = str(world.mine.lead.pk) if label == "conversion.auditentry" else place
        if (known_by in text) != sees(name, whose):
            wrong[name, "list"] = (status, "shown" if place in text else "left out")
        for page in (place, place.replace("/change/", "/history/")):
            status, text, _, _ = knocked(world, name, "get", page)
            if (status == 200) != sees(name, whose):
                wrong[name, page] = (status, text[:200])
    assert wrong == {}


@pytest.mark.parametrize("label", TABLES)
def test_a_table_is_changed_by_whom_it_says(world, label):
    """Nobody deletes or changes by a form, or by an action, what is not theirs to change."""
    whose, row, wrong = ADMIN_MODELS[label], row_of(label, world.mine), {}
    base = f"admin:{label.replace('.', '_')}"
    actions = [one if isinstance(one, str) else one.__name__ for one in admin.site._registry[type(row)].actions or ()]
    for name in world.browsers:
        role = OF_MINE.get(name) if name in STAFF else None
        for what, needed in (("delete", whose.delete), ("change", whose.change)):
            may = holds(role, needed) or (name == "superuser" and whose.of_server)
            page = reverse(f"{base}_{what}", args=[row.pk])
            if what == "delete" and (knocked(world, name, "get", page)[0] == 200) > may:
                wrong[name, what] = "offered"
            if not may and name != "superuser" and knocked(world, name, "post", page, {"post": "yes"})[3]:
                wrong[name, what] = "done"
        if name in STAFF:
            continue
        for action in (*actions, "delete_selected"):
            data = {"action": action, ACTION_CHECKBOX_NAME: str(row.pk), "post": "yes", "confirmed": "yes"}
            if knocked(world, name, "post", listing(label, row), data)[3]:
                wrong[name, action] = "done"
    assert wrong == {}


@pytest.mark.parametrize("label", TABLES)
def test_choices_hold_nothing_of_anybody_else(world, label):
    """Forms to add a row, filters of lists, and searches, of staff who have nothing to do with the client."""
    mine, wrong = world.mine, {}
    with walls.lifted("operations"):
        secret = {str(mine.client.pk), str(mine.lead.pk), str(mine.sender.pk), str(mine.account.pk), str(mine.touch.pk)}
    base = f"admin:{label.replace('.', '_')}"
    own = row_of(label, world.foreign)
    for name in ("elsewhere", "neighbour"):
        pages = [reverse(f"{base}_add"), reverse(f"{base}_changelist"), reverse(f"{base}_change", args=[own.pk])]
        pages += [f"{reverse(f'{base}_changelist')}?q={mine.lead.pk}", *completions(model_of(label))]
        for page in pages:
            status, text, _, _ = knocked(world, name, "get", page)
            echoed = {str(mine.lead.pk)} if "?q=" in page else set()  # what was asked for stands in the form
            found = [one for one in secret - echoed if one in text]
            if found or status >= 500:
                wrong[name, page] = (status, found)
    assert wrong == {}


def completions(model):
    """Addresses that complete what is typed into a field of this model."""
    for field in model._meta.get_fields():
        other = getattr(field, "remote_field", None) and field.related_model
        if field.concrete and other in admin.site._registry and admin.site._registry[other].search_fields:
            yield (
                f"{reverse('admin:autocomplete')}?app_label={model._meta.app_label}&model_name={model._meta.model_name}"
                f"&field_name={field.name}&term="
            )


def test_somebody_without_a_role_is_no_admin():
    assert holds(None, Role.VIEWER) is False
