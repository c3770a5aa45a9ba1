"""Every table of the admin, as far as the registry knows them: hostile input is a field's error, and a list asks as many
queries for fifty rows as for one.
"""

import copy
import uuid

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db import connection, models, transaction
from django.forms import EmailField, FileField, IntegerField, SplitDateTimeField, URLField
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.datastructures import MultiValueDict

from conversion.models import Agency
from conversion.tenancy import across_clients
from tests.factories import MONDAY
from tests.journeys.walls import world as twins

LABELS = sorted(model._meta.label_lower for model in admin.site._registry)
HOSTILE = {
    "NaN": "NaN",
    "infinity": "1e999",
    "NUL": "a\0b",
    "NUL in JSON": '{"a": "\\u0000"}',
    "half a surrogate in JSON": '{"hot": "\\ud800"}',
    "NaN in JSON": '{"hot": NaN, "warm": 50}',
    "endless in JSON": '{"hot": 1e999, "warm": 50}',
    "digits in JSON": "[" + "9" * 5000 + "]",
    "deep JSON": "[" * 100_000,
    "list": "[1, 2]",
    "another shape": '{"industries": 5, "pain_points": {"name": 1}}',
    "sums that are off": '{"hot": 10, "warm": 50}',
    "html": "<script>alert(1)</script>",
    "braces": "{{ settings.SECRET_KEY }}{% debug %}",
    "300 letters": "A" * 300,
    "path": "../../etc/passwd",
    "folder of zones": "Asia",
    "negative": "-1",
    "huge": "9" * 400,
    "year 0": "0000-00-00",
    "id of nobody": str(uuid.UUID(int=7)),
    "line breaks": "a\r\nBcc: b@example.com",
    "empty": "",
    "beyond the plane": "\U0010ffff\u202e",
}

# A form that depends on what was chosen before it.
FURTHER = {("conversion.provideraccount", "add"): "?provider=email.smtp"}


@pytest.fixture(scope="module")
def db(django_db_setup, django_db_blocker):
    """One transaction for all: each test takes back what it did."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def chief(db):
    """A superuser's browser."""
    twins.grown()
    user = get_user_model().objects.create(username="chief", is_superuser=True, is_staff=True)
    browser = Client()
    browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return browser


@pytest.fixture(autouse=True)
def taken_back(chief):
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def model_of(label):
    return next(model for model in admin.site._registry if model._meta.label_lower == label)


def first(model):
    with across_clients("operations"):
        return model._default_manager.order_by("pk").first()


def request_of(username="chief"):
    request = RequestFactory().get("/")
    request.user = get_user_model().objects.get(username=username)
    return request


def page_of(chief, label, what):
    """Address and context of a form; skips where nobody uses it."""
    model = model_of(label)
    own, request = admin.site._registry[model], request_of()
    obj = first(model) if what == "change" else None
    if what == "change" and obj is None:
        pytest.skip("there is no row to change")
    if not (own.has_add_permission(request) if obj is None else own.has_change_permission(request, obj)):
        pytest.skip("nobody does that here")
    base = f"admin:{label.replace('.', '_')}"
    place = reverse(f"{base}_add") if obj is None else reverse(f"{base}_change", args=[obj.pk])
    place += FURTHER.get((label, what), "")
    return place, chief.get(place).context


def posted_by(form):
    """What a browser posts of a form in which whatever must be given is."""
    found = {}
    for bound in form:
        value, widget = bound.value(), bound.field.widget
        if value in (None, "", []) and bound.field.required:
            value = plausible(bound.field)
        if isinstance(bound.field, FileField) or value is None or value is False:
            continue
        parts = widget.decompress(value) if hasattr(widget, "decompress") else None
        named = zip(widget.widgets_names, parts, strict=True) if parts else [("", value)]
        found |= {bound.html_name + name: "" if one is None else one for name, one in named}
    return found


def plausible(field):
    if isinstance(field, SplitDateTimeField):
        return MONDAY
    if hasattr(field, "choices"):
        return next((getattr(value, "value", value) for value, _ in field.choices if value), "")
    return {URLField: "https://example.com/new", EmailField: "new@example.com", IntegerField: 1}.get(
        type(field), "New 1"
    )


def untouched(context):
    """What a browser posts of a page that nobody touched, with the forms of rows below its own."""
    found = posted_by(context["adminform"].form)
    for below in context["inline_admin_formsets"]:
        for form in (below.formset.management_form, *below.formset.forms):
            found |= posted_by(form)
    return found


def with_values(usual, kinds):
    return {**usual, **{f"{name}{part}": HOSTILE[kind] for name, kind in kinds.items() for part in ("", "_0", "_1")}}


def turned(names, number):
    """Another hostile value for each field; in as many turns as there are values, each field takes each."""
    kinds = list(HOSTILE)
    return {name: kinds[(number + place) % len(kinds)] for place, name in enumerate(names)}


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("what", ["add", "change"])
def test_hostile_values_are_errors_of_fields(chief, label, what):
    """Whatever is posted: a page that says what is wrong, or a row that holds it as a harmless text. The form alone tells which
    values are refused, and shows them; a page is posted with the others, so that they come to be stored.
    """
    place, context = page_of(chief, label, what)
    form, usual, wrong = context["adminform"].form, untouched(context), {}
    names = [name for name, field in form.fields.items() if not isinstance(field, FileField)]
    for number in range(len(HOSTILE)):
        kinds = turned(names, number)
        refused = set() if number == 0 else refused_by(form, with_values(usual, kinds))
        while kinds := {name: kind for name, kind in kinds.items() if name not in refused}:
            told, refused = answer_to(chief, place, with_values(usual, kinds))
            if told:
                wrong[number, tuple(kinds.items())] = told
            if not refused & set(kinds):
                break
    assert wrong == {}


def refused_by(form, posted):
    """Names of fields; whatever they hold can be shown and sent."""
    rows = {name: value if isinstance(value, list) else [value] for name, value in posted.items()}
    tried = type(form)(MultiValueDict(rows), instance=copy.copy(form.instance))
    with transaction.atomic():
        refused = set(tried.errors)
        transaction.set_rollback(True)
    for name in refused & set(tried.fields):
        shown = f"{tried[name]}{tried.errors[name]}".encode()
        assert b"<script>alert(1)" not in shown
    return refused


def answer_to(chief, place, posted):
    """What is wrong with the answer, if anything is, and the fields that were refused."""
    try:
        with transaction.atomic():
            answer = chief.post(place, posted)
            transaction.set_rollback(True)
    except Exception as error:  # noqa: BLE001 (any is what the test looks for)
        return repr(error)[:300], set()
    if answer.status_code not in {200, 302}:
        return answer.status_code, set()
    if b"<script>alert(1)" in answer.content:
        return "not escaped", set()
    if answer.status_code == 302:
        return None, set()
    form = answer.context["adminform"].form if "adminform" in (answer.context or ()) else None
    below = answer.context.get("inline_admin_formsets", ()) if form else ()
    if form is not None and not form.errors and not any(not one.formset.is_valid() for one in below):
        return "refused without a word", set()
    return None, set(form.errors) if form else set()


ADDRESSES = ("q=%00", "q=%ED%A0%80", "state=%00", "p=x", "o=9.9", "client=x", "e=1", "id__exact=x", "all=")


def test_hostile_addresses_of_lists_are_answered(chief):
    wrong = {}
    for label in LABELS:
        place = reverse(f"admin:{label.replace('.', '_')}_changelist")
        for query in ADDRESSES:
            status = chief.get(f"{place}?{query}").status_code
            if status not in {200, 302}:
                wrong[label, query] = status
    assert wrong == {}


def multiplied(row, times):
    """So many rows like this one, beside it: by the database, since what makes one differs."""
    model = type(row)
    made = []
    for number in range(times):
        twin = copy.copy(row)
        twin._state = copy.copy(row._state)
        twin._state.adding, twin.pk = True, uuid.uuid4() if isinstance(model._meta.pk, models.UUIDField) else None
        for field in model._meta.concrete_fields:
            value = getattr(row, field.attname)
            if field.name in UNLIKE.get(model._meta.label_lower, ()):
                setattr(twin, field.attname, UNLIKE[model._meta.label_lower][field.name](number))
            elif field.unique and not field.primary_key and not field.is_relation and value:
                setattr(twin, field.attname, f"{value}-{number}"[: field.max_length])
        made.append(twin)
    model._default_manager.bulk_create(made)


def another_client(number):
    agency = Agency.objects.get(slug="northwind")
    return agency.clients.create(name=f"another {number}", slug=f"another-{number}").pk


# Columns that no two rows share, beside those that are unique by themselves.
UNLIKE = {
    "conversion.activity": {"external_id": lambda number: f"twin {number}", "led_to_booking": lambda _: False},
    "conversion.event": {"external_id": lambda number: f"twin {number}"},
    "conversion.lead": {"external_id": lambda number: f"twin {number}"},
    "conversion.client": {"name": lambda number: f"twin {number}"},
    "conversion.suppression": {"value": lambda number: f"twin-{number}@example.com"},
    "conversion.messagetemplate": {"variant": lambda number: f"v{number}"},
    "conversion.sender": {"address": lambda number: f"twin-{number}@us.example"},
    "conversion.provideraccount": {"name": lambda number: f"twin {number}"},
    "conversion.inboundmessage": {"callback": lambda _: None},
    "conversion.webhookendpoint": {},
    "patterns.conversionpattern": {"client": another_client},
    "patterns.conversionpatternhistory": {"version": lambda number: number + 10},
    "patterns.healthalert": {"subject": lambda number: f"twin {number}"},
    "patterns.pooledweights": {"version": lambda number: number + 10},
    "conversion.bookinghook": {"client": another_client},
}
# What hangs one to one on rows that hang on clients themselves.
FEW = {
    "conversion.mailbox",
    "conversion.connection",
    "conversion.membership",
    "conversion.delivery",
    "conversion.apitoken",
}


@pytest.mark.parametrize(
    "label", [one for one in LABELS if one.startswith(("conversion.", "patterns.")) and one not in FEW]
)
def test_a_list_asks_the_same_of_fifty_rows_as_of_one(chief, label):
    model = model_of(label)
    row = first(model)
    place = reverse(f"admin:{label.replace('.', '_')}_changelist")
    if label in {"conversion.activity", "conversion.event"}:
        place += f"?client={row.client_id}&" + (f"state={row.state}" if hasattr(row, "state") else f"kind={row.kind}")
    elif (
        hasattr(row, "client_id")
        and row.client_id
        and label not in {"patterns.conversionpattern", "conversion.bookinghook"}
    ):
        place += f"?client={row.client_id}"
    chief.get(place, follow=True)
    few = asked(chief, place)
    with across_clients("operations"):
        multiplied(row, 49)
    many = asked(chief, place)
    assert len(many) == len(few), "\n".join(sql[:200] for sql in many)
    assert len(few) <= 16


def asked(chief, place):
    with CaptureQueriesContext(connection) as context:
        answer = chief.get(place, follow=True)
    assert answer.status_code == 200, answer.status_code
    return [one["sql"] for one in context.captured_queries]


@pytest.mark.parametrize("label", LABELS)
def test_no_form_lists_leads_or_touches_to_choose_from(chief, label):
    """There may be millions of them."""
    model = model_of(label)
    own, request = admin.site._registry[model], request_of()
    if not own.has_change_permission(request):
        return
    form = own.get_form(request, first(model), change=True)
    long = {
        "conversion.lead",
        "conversion.activity",
        "conversion.event",
        "conversion.sequence",
        "conversion.inboundmessage",
    }
    offered = {
        name
        for name, field in form.base_fields.items()
        if hasattr(field, "queryset")
        and field.queryset.model._meta.label_lower in long
        and not hasattr(field.widget, "rel")
    }
    assert offered == set()
