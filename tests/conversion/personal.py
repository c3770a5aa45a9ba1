"""A person with everything that can be kept of one, and a search for what is left of it."""

import json

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.db import connection

from conversion.models import Activity, Callback, Event, ImportBatch, ImportChange, InboundMessage, Lead, Sequence
from conversion.tenancy import across_clients
from tests.factories import MONDAY

SECRETS = ("wilhelmina", "zimmer", "55501234", "wz-profile", "crm-4711", "granny smith", "prov-99")


def person(client, **fields):
    values = {
        "external_id": "crm-4711",
        "email": "Wilhelmina@Zimmer.example",
        "email_key": "wilhelmina@zimmer.example",
        "phone": "+61255501234",
        "first_name": "Wilhelmina",
        "last_name": "Zimmer",
        "title": "Chief Zimmer",
        "company_name": "Zimmer & Co",
        "industry": "Legal",
        "country": "Australia",
        "linkedin_url": "https://linkedin.com/in/wz-profile",
        "timezone": "Australia/Sydney",
        "employee_count": 37,
        "extra": {"favourite apple": "Granny Smith"},
        "als_score": 61,
        "source_hash": 5,
        **fields,
    }
    lead = Lead.objects.create(client=client, **values)
    sequence = Sequence.objects.create(client=client, lead=lead, channels=["email", "sms"], reasons=["Tuesday"])
    common = {"client": client, "lead": lead, "sequence": sequence, "channel": "email", "action": "email_sent"}
    told = {"subject": "Wilhelmina?", "body": "Dear Wilhelmina", "metadata": {"to": "Zimmer"}, "source_hash": 7}
    sent = Activity.objects.create(
        **common,
        **told,
        state="sent",
        sent_at=MONDAY,
        external_id=f"zimmer {lead.external_id}",
        content_snapshot={"body": "Dear Wilhelmina", "word_count": 2},
        provider_message_id="prov-99",
        reason="said by wilhelmina",
        pain_points=3,
        words=2,
        local_hour=10,
        led_to_booking=False,
    )
    for number, state in enumerate(
        ("planned", "queued", "claimed", "held", "failed", "unknown", "dispatching"), start=2
    ):
        moment = MONDAY if state in {"unknown", "dispatching"} else None
        Activity.objects.create(
            **common, **told, state=state, touch_number=number, due_at=MONDAY, dispatched_at=moment, reason="zimmer"
        )
    Event.objects.create(
        client=client,
        lead=lead,
        activity=sent,
        kind="replied",
        occurred_at=MONDAY,
        external_id=f"zimmer {lead.external_id}",
        body="Call Granny Smith",
        metadata={"from": "Zimmer"},
    )
    InboundMessage.objects.create(
        client=client, lead=lead, kind="replied", channel="email", received_at=MONDAY, text="Call Granny Smith, Zimmer"
    )
    Callback.objects.create(
        key=str(lead.pk),
        source="resend",
        client=client,
        kind="unsubscribed",
        occurred_at=MONDAY,
        state="failed",
        payload={"person": "Wilhelmina@Zimmer.example", "text": "no more, Zimmer"},
    )
    batch = ImportBatch.objects.create(client=client)
    ImportChange.objects.create(
        client=client, batch=batch, table="lead", row_id=lead.pk, before={"email": "old@zimmer.example"}
    )
    ImportChange.objects.create(client=client, batch=batch, table="activity", row_id=sent.pk, before={"body": "zimmer"})
    LogEntry.objects.create(
        user=get_user_model().objects.get_or_create(username="admin")[0],
        content_type=ContentType.objects.get_for_model(Lead),
        object_id=str(lead.pk),
        object_repr="Wilhelmina Zimmer",
        action_flag=CHANGE,
        change_message="Zimmer",
    )
    return lead


def everything():
    """All that the database holds, as one text."""
    parts = []
    with across_clients("operations"), connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            parts += [json.dumps(row, default=str) for row in cursor.fetchall()]
    return "\n".join(parts).casefold()


def left():
    """Which of the person's secrets the database still holds."""
    text = everything()
    return [secret for secret in SECRETS if secret in text]
