"""Sends whose fate nobody knows: what is known of each, and a person's word on it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.shortcuts import redirect

from conversion import audit
from conversion.models import Activity
from conversion.vocabulary import ActivityState as State
from conversion.vocabulary import Channel, Role
from engines.desk.doors import page, row_or_404, shown
from engines.desk.lists import chosen, clients_of, kept, paged
from engines.outbox.settling import NotUnknownError, settle

ID_LENGTH = Activity._meta.get_field("provider_message_id").max_length
SENT, NOT_SENT = "sent", "not sent"
# Where a provider shows what it took.
LOOK_UP: Mapping[str, str] = {
    "smtp": "Look in the mailbox's folder of sent mail and in the mail server's log, for the recipient and the time. The "
    "Message-ID begins with the key above.",
    "postmark": "Postmark, the server's Activity: search for the recipient, and compare time and subject.",
    "resend": "Resend, Emails: search for the recipient. It keeps the key above for a day and takes it once.",
    "twilio": "Twilio, Monitor, Logs, Messaging (or Calls): filter by the number written to, and by the date.",
    "unipile": "Open the conversation with this person on LinkedIn, with the account of the seat, and look for the text.",
    "console": "The console sends nothing anywhere: look at the output of the sender.",
}
BY_CHANNEL: Mapping[str, str] = {
    Channel.EMAIL: "Look in the provider's log for the recipient and the time.",
    Channel.SMS: "Look in the provider's log of messages for the number and the time.",
    Channel.VOICE: "Look in the provider's log of calls for the number and the time.",
    Channel.LINKEDIN: "Open the conversation with this person on LinkedIn and look for the text.",
    Channel.MAIL: "Ask whoever posts the letters.",
}


@page()
def listed(request: Any) -> Any:
    """Whatever waits to be settled, the oldest first."""
    clients = clients_of(request)
    client = chosen(clients, request)
    mine = [client] if client else clients
    rows = Activity.objects.filter(client__in=mine, state=State.UNKNOWN).order_by("dispatched_at", "pk")
    pages = paged(rows.select_related("client", "lead", "sender__account"), request)
    return shown(
        request,
        "unknown.html",
        "Unknown sends",
        pages=pages,
        clients=clients,
        client=client,
        kept=kept(client=client.slug if client else ""),
    )


@page("GET", "POST")
def settle_one(request: Any, pk: UUID) -> Any:
    """What is known of a send, and the form by which a person says what became of it."""
    touch: Activity = row_or_404(request, Activity, pk, Role.OPERATOR, "lead", "sender__account")
    errors: dict[str, str] = {}
    given = {"fate": request.POST.get("fate", ""), "message_id": request.POST.get("message_id", "").strip()}
    if request.method == "POST":
        errors = errors_of(given)
        if not errors:
            return settled(request, touch, given)
    return shown(
        request,
        "settle.html",
        "Did this go out?",
        status=400 if errors else 200,
        touch=touch,
        is_open=touch.state == State.UNKNOWN,
        look_up=look_up(touch),
        given=given,
        errors=errors,
        id_length=ID_LENGTH,
    )


def errors_of(given: Mapping[str, str]) -> dict[str, str]:
    errors = {}
    if given["fate"] not in (SENT, NOT_SENT):
        errors["fate"] = "Say whether it went out."
    if len(given["message_id"]) > (ID_LENGTH or 0) or not given["message_id"].isprintable():
        errors["message_id"] = f"An id has at most {ID_LENGTH} characters, all of them printable."
    elif not is_storable(given["message_id"]):
        errors["message_id"] = "This holds a character that cannot be stored."
    elif given["message_id"] and given["fate"] == NOT_SENT:
        errors["message_id"] = "What did not go out has no id at the provider."
    return errors


def is_storable(text: str) -> bool:
    """No half of a pair that UTF-8 has no bytes for."""
    return not any("\ud800" <= sign <= "\udfff" for sign in text)


def settled(request: Any, touch: Activity, given: Mapping[str, str]) -> Any:
    """Once more changes nothing: the page says what it was settled as."""
    try:
        with transaction.atomic():
            settle(touch, sent=given["fate"] == SENT, message_id=given["message_id"])
            audit.record(audit.actor_of(request), "settle", touch)
    except NotUnknownError:
        touch.refresh_from_db(from_queryset=Activity.objects.for_client(touch.client_id))
        messages.info(request, f"It was settled before: it is {touch.state}. Nothing was changed.")
    else:
        word = "It counts as sent." if given["fate"] == SENT else "It counts as not sent, and is not sent again."
        messages.success(request, f"Settled. {word}")
    return redirect("desk:unknown")


def look_up(touch: Activity) -> str:
    account = touch.sender.account if touch.sender else None
    kind = touch.provider or (account.kind if account else "")
    return LOOK_UP.get(kind) or BY_CHANNEL[touch.channel]
