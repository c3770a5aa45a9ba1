"""Clients with twin data: a row of every kind each, alike but for whose they are. Two are of one agency, one is of another."""

import zlib
from contextlib import contextmanager
from types import SimpleNamespace

from django.contrib.auth import get_user_model
from django.db import connection, models

from conversion import policies
from conversion.api.tokens import issue
from conversion.models import (
    Agency,
    AuditEntry,
    BookingHook,
    Callback,
    Client,
    Connection,
    Delivery,
    IdempotentCall,
    ImportBatch,
    ImportChange,
    ImportMapping,
    ImportPart,
    ImportUpload,
    InboundMessage,
    Mailbox,
    Membership,
    MessageTemplate,
    Notice,
    ProviderAccount,
    Sender,
    Sequence,
    Suppression,
    WebhookEndpoint,
)
from conversion.secrets import seal
from conversion.tenancy import across_clients
from conversion.vocabulary import Role
from patterns.models import BackfillRun, ConversionPatternHistory, HealthAlert, LearningRun, PooledWeights, Rescoring
from tests.factories import MONDAY, event, lead, touch
from tests.patterns.stored import PAYLOADS, keep

READS = ("SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK", "SET ")
SECRET = "correct horse battery staple"  # noqa: S105 (made up)


def grown():
    """mine and beside it `neighbour` of one agency, `foreign` of another; and rows that hang on an agency, or on nobody."""
    north, south = (Agency.objects.create(name=name, slug=name.lower()) for name in ("Northwind", "Southwind"))
    world = SimpleNamespace(north=north, south=south)
    world.mine, world.neighbour = client_of(north, "mine"), client_of(north, "neighbour")
    world.foreign = client_of(south, "foreign")
    for agency in (north, south):
        of_agency(agency)
    Suppression.objects.create(kind="email", value="nobody@example.com")
    ProviderAccount.objects.create(channel="sms", kind="console", name="default")
    return world


def of_agency(agency):
    account = ProviderAccount.objects.create(agency=agency, channel="email", kind="console", name="shared")
    Mailbox.objects.create(account=account)
    Suppression.objects.create(agency=agency, kind="email", value=f"all@{agency.slug}.example")
    WebhookEndpoint.objects.create(agency=agency, url=f"https://{agency.slug}.example/hook")
    PooledWeights.objects.create(agency=agency, version=1, as_of=MONDAY, clients=5, pool={})
    told = {"account": account, "kind": "replied", "received_at": MONDAY}
    Callback.objects.create(key=f"shared {agency.slug}", source="imap", occurred_at=MONDAY, **told)
    InboundMessage.objects.create(state="unmatched", **told)


def client_of(agency, name):
    """A client, with a row of each kind; the rows by kind are its attributes."""
    client = Client.objects.create(agency=agency, name=name, slug=name)
    rows = SimpleNamespace(client=client)
    talk(rows)
    learn(rows)
    tell(rows)
    let_in(rows)
    return rows


def talk(rows):
    """Leads, what was sent to them, and what came back."""
    client = rows.client
    rows.batch = ImportBatch.objects.create(client=client)
    rows.lead = lead(
        client,
        external_id="1",
        email="ada@example.com",
        email_key="ada@example.com",
        first_name="Ada",
        batch=rows.batch,
    )
    ImportChange.objects.create(client=client, batch=rows.batch, table="lead", row_id=rows.lead.pk, before={})
    rows.upload = ImportUpload.objects.create(
        client=client,
        step="check",
        state="done",
        files=[{"slot": 0, "kind": "leads", "name": "twin.csv", "size": 9, "header": "x"}],
        results={"check": {"counts": {"leads": {"rows": 1, "created": 1}}, "notes": []}},
    )
    ImportPart.objects.create(
        client=client, upload=rows.upload, slot=0, number=0, data=zlib.compress(b"Id;Name\n1;Ada\n")
    )
    ImportMapping.objects.create(client=client, kind="leads", header="x")
    rows.account = account = ProviderAccount(
        agency=client.agency, client=client, channel="email", kind="postmark", name=client.slug
    )
    seal(account, {"server_token": SECRET, "webhook_secret": f"hook:{SECRET}"})
    account.save()
    Mailbox.objects.create(account=account)
    rows.sender = Sender.objects.create(
        client=client, channel="email", account=account, address=f"{client.slug}@us.example"
    )
    rows.sequence = Sequence.objects.create(client=client, lead=rows.lead, channels=["email", "voice"])
    rows.touch = touch(
        rows.lead,
        sequence=rows.sequence,
        sender=rows.sender,
        external_id="1",
        provider_message_id="m-1",
        batch=rows.batch,
    )
    rows.waiting = touch(rows.lead, state="held", reason_code="needs_content", touch_number=2, sequence=rows.sequence)
    rows.call = touch(rows.lead, state="planned", channel="voice", touch_number=3, scheduled_at=MONDAY)
    rows.unknown = touch(rows.lead, state="unknown", touch_number=4, dispatched_at=MONDAY, sender=rows.sender)
    rows.event = event(rows.lead, "replied", days=1, activity=rows.touch, external_id="1", batch=rows.batch)
    Connection.objects.create(client=client, lead=rows.lead, sender=rows.sender, state="invited")
    told = {"account": account, "kind": "replied", "received_at": MONDAY}
    callback = Callback.objects.create(
        client=client, key=client.slug, source="imap", occurred_at=MONDAY, activity=rows.touch, **told
    )
    Callback.objects.create(key=f"{client.slug} open", source="imap", occurred_at=MONDAY, **told)
    rows.reply = InboundMessage.objects.create(
        client=client,
        callback=callback,
        lead=rows.lead,
        activity=rows.touch,
        event=rows.event,
        sender=rows.sender,
        **told,
    )
    rows.unmatched = InboundMessage.objects.create(
        client=client, state="unmatched", person="bob@example.com", person_key="bob@example.com", text="Hello", **told
    )
    rows.nobodys = InboundMessage.objects.create(state="unmatched", **told)
    rows.template = MessageTemplate.objects.create(client=client, channel="email", touch_number=2, body="Hello")
    rows.suppression = Suppression.objects.create(client=client, kind="email", value="no@example.com")
    rows.booking_hook = BookingHook(client=client)
    seal(rows.booking_hook, {"secret": SECRET})
    rows.booking_hook.save()


def learn(rows):
    client = rows.client
    for kind, payload in PAYLOADS.items():
        keep(client, kind, {**payload(), "sample_size": 500, "confidence": 0.8})
    rows.version = ConversionPatternHistory.objects.create(
        client=client,
        pattern_type="who",
        version=1,
        patterns={},
        sample_size=500,
        confidence=0.5,
        algorithm="who-1",
        computed_at=MONDAY,
        valid_until=MONDAY,
    )
    rows.run = LearningRun.objects.create(client=client, as_of=MONDAY, state="done")
    rows.backfill = BackfillRun.objects.create(client=client, state="done")
    rows.alert = HealthAlert.objects.create(client=client, code="expired", severity="high", message="It expired.")
    Rescoring.objects.create(client=client)


def tell(rows):
    client = rows.client
    rows.notice = Notice.objects.create(client=client, kind="alert_opened", subject="1")
    rows.webhook = WebhookEndpoint(client=client, url=f"https://{client.slug}.example/hook")
    seal(rows.webhook, {"secret": SECRET})
    rows.webhook.save()
    rows.delivery = Delivery.objects.create(
        client=client, notice=rows.notice, endpoint=rows.webhook, state="failed", answer="500"
    )


def let_in(rows):
    """A person, and what it did."""
    client = rows.client
    rows.user = get_user_model().objects.create(username=f"admin-{client.slug}")
    Membership.objects.create(user=rows.user, client=client, role="admin", accepted_at=MONDAY)
    token, rows.token = issue(rows.user, name="twin", role=Role.ADMIN, days=1, clients=[client])
    AuditEntry.objects.create(
        client=client,
        user=rows.user,
        actor="x",
        action="create",
        object_type="conversion.lead",
        object_id=str(rows.lead.pk),
    )
    IdempotentCall.objects.create(
        user=rows.user, token=token, key="1", digest="x", answer='{"email": "ada@example.com"}'
    )


@contextmanager
def written():
    """A list that is filled with the statements that may have written rows: digests are slow, and most calls write none."""
    found = []

    def note(execute, sql, params, many, context):
        if not sql.lstrip().startswith(READS):
            found.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield found


def digest(client) -> dict[str, object]:
    """Everything that is stored of a client, by table: what must be the same after somebody else's call."""
    found = {}
    with across_clients("operations"):
        for model, _ in policies.guarded():
            columns = {field.name for field in model._meta.concrete_fields}
            if "client" in columns:
                rows = model._default_manager.filter(client=client.pk)
            elif model is Client:
                rows = model._default_manager.filter(pk=client.pk)
            else:
                continue
            found[model._meta.label] = sorted(map(repr, rows.values_list(*_stored(model))))
    return found


def _stored(model: type[models.Model]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]
