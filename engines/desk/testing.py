"""A test message through a sender: to whom, a look at what goes out, one press, and what became of it."""

from typing import Any
from uuid import UUID, uuid4

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from conversion import audit
from conversion.clock import database_now
from conversion.models import Sender
from conversion.vocabulary import Channel, Role
from engines import trial
from engines.desk.doors import page, row_or_404, shown
from engines.outbox.home import NotAtHomeError
from engines.providers import registry
from engines.webhooks import addresses

LONGEST = 255


@page("GET", "POST")
def test_send(request: Any, pk: UUID) -> HttpResponse:
    """GET: the form; with `sent`, what became of a press. POST: a look at the message; with `press`, the message itself."""
    sender: Sender = row_or_404(request, Sender, pk, Role.OPERATOR, "account", "client__agency")
    to = request.POST.get("to", usual(request.user, sender))[:LONGEST].replace("\0", "")
    if request.method == "POST" and sender.channel not in trial.CANNOT:
        return pressed(request, sender, to)
    sent = uuid_of(request.GET.get("sent", ""))
    return asked(request, sender, to, outcome=sent and trial.outcome(request.user, sender, sent))


def pressed(request: Any, sender: Sender, to: str) -> HttpResponse:
    press = uuid_of(request.POST.get("press", ""))
    try:
        if press is None:
            recipient = trial.checked(sender, to, database_now())
            return asked(request, sender, recipient, press=uuid4())
        trial.send(request.user, audit.actor_of(request), sender, to, press)
    except trial.NotTried as error:
        return asked(request, sender, to, error=str(error))
    except NotAtHomeError as error:
        return asked(request, sender, to, error=str(error))
    return redirect(f"{reverse('desk:test-send', args=[sender.pk])}?sent={press}")


def asked(request: Any, sender: Sender, to: str, **about: Any) -> HttpResponse:
    account, press = sender.account, about.get("press")
    kind = account.kind if account else registry.default_kind(sender.channel)
    context = {
        "sender": sender,
        "to": to,
        "kind": kind,
        "account": account,
        "cannot": trial.CANNOT.get(sender.channel, ""),
        "subject": trial.SUBJECT if sender.channel == Channel.EMAIL else "",
        "text": trial.TEXT.format(sender=sender.address, client=sender.client.name),
        "addresses": addresses.of_account(account) if account else [],
        "is_reachable": addresses.is_reachable(),
        "most": trial.MOST,
        **about,
    }
    status = 422 if about.get("error") else 200
    return shown(
        request, "test_send.html", "Check the test message" if press else "Send a test message", status, **context
    )


def usual(user: Any, sender: Sender) -> str:
    return str(user.email) if sender.channel == Channel.EMAIL else ""


def uuid_of(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
