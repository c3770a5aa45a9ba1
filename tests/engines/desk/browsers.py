"""People at the desk, signed in."""

from django.test import Client as Browser

from conversion.models import AuditEntry
from tests.callers import person


def desk(*clients, role="operator", **fields):
    browser = Browser()
    browser.force_login(person(*clients, role=role, **fields))
    return browser


def text(answer):
    return answer.content.decode()


def said(answer):
    """What the page says after a change."""
    return [str(one) for one in answer.context["messages"]]


def noted(row, action):
    """How often the audit log says so."""
    return AuditEntry.objects.filter(object_id=str(row.pk), action=action).count()
