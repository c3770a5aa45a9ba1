"""What hangs on a client's row is the same client's, whoever writes it."""

from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, models, transaction

from conversion import belonging, triggers
from conversion.bulk import Writer, empty
from conversion.models import (
    Activity,
    Client,
    Event,
    ImportBatch,
    InboundMessage,
    Lead,
    ProviderAccount,
    Sender,
    Sequence,
)
from tests.factories import MONDAY, event, lead, touch

pytestmark = pytest.mark.django_db
FOREIGN = "names a row of another client"


@pytest.fixture
def mine(customer):
    return lead(customer, external_id="1")


@pytest.fixture
def theirs(make_client):
    return lead(make_client("Globex"), external_id="1")


def plan(of):
    return Sequence.objects.create(client=of.client, lead=of)


@pytest.mark.parametrize("make", [touch, lambda of: event(of, "replied"), plan])
def test_nothing_is_made_at_another_clients_lead(mine, theirs, make):
    make(theirs)
    theirs.client = mine.client  # what a mistake would write
    with pytest.raises(DatabaseError, match=FOREIGN), transaction.atomic():
        make(theirs)


@pytest.mark.parametrize("make", [touch, lambda of: event(of, "replied"), plan])
def test_nothing_is_made_for_a_client_that_is_not_there(mine, make):
    """No foreign key of its own says so to touches and events: what their lead belongs to is what they belong to."""
    mine.client = Client(agency=mine.client.agency, name="Nobody", slug="nobody")  # never saved
    with pytest.raises(DatabaseError, match=FOREIGN), transaction.atomic():
        make(mine)


@pytest.mark.parametrize("make", [lead, touch, lambda of, **given: event(of, "replied", **given)])
def test_nothing_comes_from_an_import_that_is_not_there(mine, make):
    """Nor has it a foreign key to its import."""
    of = mine.client if make is lead else mine
    with pytest.raises(DatabaseError, match=FOREIGN), transaction.atomic():
        make(of, batch_id=uuid4())
    make(of, batch=ImportBatch.objects.create(client=mine.client))


def test_nothing_is_moved_to_another_clients_lead(mine, theirs):
    sent = touch(mine)
    for change in ({"lead": theirs}, {"client": theirs.client}):
        with pytest.raises(DatabaseError, match=f"{FOREIGN}|keeps its client"), transaction.atomic():
            Activity.objects.filter(client=mine.client, pk=sent.pk).update(**change)
    Activity.objects.filter(client=mine.client, pk=sent.pk).update(lead=lead(mine.client, external_id="2"))


def test_a_lead_keeps_its_client(mine, theirs):
    with pytest.raises(DatabaseError, match="keeps its client"), transaction.atomic():
        Lead.objects.filter(client=mine.client).update(client=theirs.client)


def test_no_load_mixes_clients(mine, theirs):
    """Two rows of a thousand are wrong as well."""
    rows = [
        {**empty(Event), "id": uuid4(), "client_id": mine.client_id, "lead_id": one.pk, "occurred_at": MONDAY}
        | {"metadata": {}, "created_at": MONDAY, "kind": "replied"}
        for one in (mine, mine, theirs)
    ]
    with pytest.raises(DatabaseError, match=FOREIGN), transaction.atomic():
        Writer(Event).insert(rows)
    Writer(Event).insert(rows[:2])
    assert Event.objects.filter(client=mine.client).count() == 2


def test_an_agencys_account_may_be_named_and_another_clients_not(mine, theirs):
    agency = mine.client.agency
    shared = ProviderAccount.objects.create(agency=agency, channel="email", kind="console", name="shared")
    own = ProviderAccount.objects.create(
        agency=agency, client=theirs.client, channel="email", kind="console", name="own"
    )
    Sender.objects.create(client=mine.client, channel="email", address="a@us.example", account=shared)
    with pytest.raises(DatabaseError, match=FOREIGN), transaction.atomic():
        Sender.objects.create(client=mine.client, channel="email", address="b@us.example", account=own)


def test_a_message_of_nobody_becomes_somebodys(mine, theirs):
    message = InboundMessage.objects.create(kind="replied", received_at=MONDAY)
    with pytest.raises(DatabaseError, match=FOREIGN), transaction.atomic():
        InboundMessage.objects.filter(pk=message.pk).update(client=mine.client, lead=theirs)
    InboundMessage.objects.filter(pk=message.pk).update(client=mine.client, lead=mine)


def test_every_foreign_key_between_rows_of_clients_is_tied():
    found = {(tie.table, tie.column) for mine in belonging.ties().values() for tie in mine}
    assert {("conversion_activity", "lead_id"), ("conversion_activity", "sender_id")} <= found
    assert ("conversion_lead", "client_id") not in found
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT count(*) FROM pg_trigger WHERE tgname = 'belongs_new'")
            assert cursor.fetchone()[0] == len(belonging.ties())
        else:
            cursor.execute("SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'belongs_%_new'")
            assert cursor.fetchone()[0] == len(found)


def test_installing_again_changes_nothing(django_assert_max_num_queries):
    belonging.install()
    with django_assert_max_num_queries(2):
        belonging.install()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite alone makes a table anew to change it")
@pytest.mark.django_db(transaction=True)
def test_tables_can_be_made_anew_though_triggers_name_them(customer):
    sent = touch(lead(customer, external_id="1"))
    triggers.remove()
    try:
        for model, name in ((Lead, "title"), (Activity, "campaign")):
            old = model._meta.get_field(name)
            new = models.CharField(max_length=300, blank=True, default="")
            new.set_attributes_from_name(name)
            new.model = model
            with connection.schema_editor() as editor:
                editor.alter_field(model, old, new, strict=True)
            with connection.schema_editor() as editor:
                editor.alter_field(model, new, old, strict=True)
    finally:
        triggers.install()
        belonging.install()
    assert Activity.objects.filter(client=customer).get() == sent
    Lead.objects.filter(client=customer).update(status="converted", status_at=MONDAY)
    assert Activity.objects.filter(client=customer).get().led_to_booking
