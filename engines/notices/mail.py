"""E-mails to operators: what is urgent at once, the rest in a daily digest."""

from collections.abc import Sequence
from datetime import datetime
from email.utils import make_msgid
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string

from conversion.models import Delivery
from conversion.vocabulary import Severity
from engines.notices.links import link_of

SUBJECT = 150  # characters


def send(connection: BaseEmailBackend, recipient: str, deliveries: Sequence[Delivery]) -> None:
    """One e-mail with all that is due to a recipient. Raises OSError (of which smtplib's errors are) where it was not taken."""
    found = [told(one) for one in deliveries]
    found.sort(key=lambda one: (one["severity"] != Severity.HIGH, one["client"], one["opened_at"]))
    context = {"alerts": found, "server": settings.PUBLIC_URL}
    message = EmailMultiAlternatives(
        subject_of(found),
        render_to_string("emails/alerts.txt", context),
        settings.DEFAULT_FROM_EMAIL,
        [recipient],
        headers={"Message-ID": make_msgid(domain=settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">") or None)}
        | {"Auto-Submitted": "auto-generated"},
        connection=connection,
    )
    message.attach_alternative(render_to_string("emails/alerts.html", context), "text/html")
    message.send()


def told(delivery: Delivery) -> dict[str, Any]:
    payload = delivery.notice.payload
    return {
        "client": " ".join(delivery.client.name.split()),
        "severity": delivery.notice.severity,
        "message": payload["message"],
        "opened_at": datetime.fromisoformat(payload["opened_at"]),
        "link": link_of(payload),
    }


def subject_of(found: Sequence[dict[str, Any]]) -> str:
    clients = ", ".join(dict.fromkeys(one["client"] for one in found))
    urgent = sum(one["severity"] == Severity.HIGH for one in found)
    if not urgent:
        count = "1 warning" if len(found) == 1 else f"{len(found)} warnings"
        text = f"Daily digest: {count}: {clients}"
    elif len(found) == 1:
        text = f"Alert: {clients}: {found[0]['message']}"
    else:
        text = f"{urgent} alert{'s' if urgent > 1 else ''}: {clients}"
    text = " ".join(text.split())
    return text if len(text) <= SUBJECT else f"{text[: SUBJECT - 1]}…"
