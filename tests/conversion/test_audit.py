"""The log says who did what, keeps no free text, and is only added to."""

import pytest
from django.contrib.auth import get_user_model
from django.utils.timezone import now

from conversion import audit
from conversion.models import AuditEntry
from conversion.models.audit import AuditLogError
from tests import factories


def test_an_entry_says_who_did_what_to_which_clients_row(customer):
    lead = factories.lead(customer)
    changes = {
        "status": ("new", "dead"),
        "first_name": ("", "Ann"),
        "employee_count": (None, 3),
        "do_not_contact": (None, True),
        "status_at": (None, factories.MONDAY),
        "extra": ({}, {"note": "secret"}),
    }
    audit.record((None, "command suppress"), "change", lead, changes)
    entry = AuditEntry.objects.get()
    assert (entry.user_id, entry.actor, entry.client_id) == (None, "command suppress", customer.pk)
    assert (entry.object_type, entry.object_id, entry.action) == ("conversion.lead", str(lead.pk), "change")
    assert entry.changes == {
        "status": ["new", "dead"],
        "first_name": ["", "…"],
        "employee_count": [None, 3],
        "do_not_contact": [None, True],
        "status_at": [None, "2026-03-02T10:00:00+00:00"],
        "extra": ["…", "…"],
    }


def test_an_entry_is_neither_changed_nor_deleted(customer):
    entry = audit.record((None, "x"), "change", customer)
    assert entry.client_id == customer.pk
    for attempt in (
        entry.save,
        entry.delete,
        AuditEntry.objects.all().delete,
        lambda: AuditEntry.objects.update(actor="y", at=now()),
    ):
        with pytest.raises(AuditLogError):
            attempt()
    assert AuditEntry.objects.get().actor == "x"


def test_the_log_outlives_the_person_and_the_client(customer):
    user = get_user_model().objects.create_user("ann")
    audit.record((user, "ann"), "change", customer)
    user_id, client_id = user.pk, customer.pk
    user.delete()
    customer.delete()
    entry = AuditEntry.objects.get()
    assert (entry.user_id, entry.client_id, entry.actor) == (user_id, client_id, "ann")
