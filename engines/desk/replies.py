"""Replies and bookings that nobody was found for: a person says whose one is, or that it is nobody's."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect

from conversion import access, audit
from conversion.models import InboundMessage, Lead
from conversion.vocabulary import ArrivalKind, InboundState, Role
from engines.desk.doors import page, row_or_404, shown
from engines.desk.lists import chosen, clients_of, kept, paged, text_of
from engines.desk.search import search
from engines.inbound import unmatched
from engines.inbound.candidates import candidates
from engines.inbound.candidates import clients_of as clients_meant
from engines.inbound.classify import Kind

READ_AS: Mapping[str, tuple[str, str]] = {
    Kind.POSITIVE: ("interested", "good"),
    Kind.NEGATIVE: ("not interested", "maybe"),
    Kind.OUT_OF_OFFICE: ("absent", "none"),
    Kind.UNSUBSCRIBE: ("wants no more messages", "bad"),
    Kind.AUTOMATIC: ("automatic", "none"),
    Kind.NEUTRAL: ("neither yes nor no", "none"),
    Kind.BOUNCE: ("bounced", "bad"),
}
NOBODYS = "nobody"
MOST_FOUND = 20


@page()
def listed(request: Any) -> Any:
    """Those that wait, the oldest first."""
    clients, reach = clients_of(request), access.of(request)
    client = chosen(clients, request)
    rows = unmatched.visible(reach, Role.VIEWER)
    if client:
        rows = rows.filter(pk__in=unmatched.waiting(client).order_by().values("pk"))
    pages = paged(rows.select_related("client", "account"), request)
    return shown(
        request,
        "replies.html",
        "Replies that nobody was found for",
        items=[(message, *read_as(message)) for message in pages],
        pages=pages,
        clients=clients,
        client=client,
        kept=kept(client=client.slug if client else ""),
    )


def read_as(message: InboundMessage) -> tuple[str, str]:
    """What it was taken for, in words, and the tone of that."""
    if message.kind != ArrivalKind.REPLIED:
        return message.get_kind_display(), "good" if message.kind == ArrivalKind.MEETING_BOOKED else "none"
    return READ_AS.get(message.reading, ("not read", "none"))


@page("GET", "POST")
def reply(request: Any, pk: UUID) -> Any:
    """One message, who may have written it, and the form by which a person decides."""
    reach = access.of(request)
    message = message_or_404(reach, pk)
    may_act = unmatched.within(reach, Role.OPERATOR).filter(pk=pk).exists()
    error = ""
    if request.method == "POST":
        if not may_act:
            raise PermissionDenied(f"This needs the role {Role.OPERATOR} at the client.")
        whose = request.POST.get("whose", "")
        if whose:
            return decided(request, message, whose)
        error = "Choose a lead, or say that it is nobody's."
    is_open = message.state == InboundState.UNMATCHED
    wanted = text_of(request, "q")
    word, tone = read_as(message)
    return shown(
        request,
        "reply.html",
        "Whose is this?" if is_open else "Reply",
        status=400 if error else 200,
        message=message,
        word=word,
        tone=tone,
        is_open=is_open,
        may_act=may_act,
        guesses=candidates(message, reach) if is_open and may_act else [],
        found=found(message, reach, wanted) if is_open and may_act and wanted else [],
        wanted=wanted,
        error=error,
    )


def found(message: InboundMessage, reach: access.Access, wanted: str) -> list[Lead]:
    """Leads that go by what somebody looked for."""
    clients = clients_meant(message, reach)
    present = Lead.objects.filter(client__in=clients, erased_at=None).select_related("client")
    return list(search(present, wanted)[:MOST_FOUND])


def message_or_404(reach: access.Access, pk: UUID) -> InboundMessage:
    rows = unmatched.within(reach, Role.VIEWER).select_related("client", "account", "lead", "sender", "settled_by")
    message: InboundMessage | None = rows.filter(pk=pk).first()
    if message is None:
        raise Http404(f"There is no message {pk}.")
    return message


def decided(request: Any, message: InboundMessage, whose: str) -> Any:
    """Once more changes nothing: the page says what became of it."""
    lead = None if whose == NOBODYS else lead_or_404(request, whose)
    try:
        with transaction.atomic():
            if lead is None:
                settled = unmatched.dismiss(message, request.user)
            else:
                settled = unmatched.settle(message, lead, request.user)
            audit.record(audit.actor_of(request), "dismiss" if lead is None else "settle", settled)
    except unmatched.SettledError as error:
        messages.info(request, f"{error} Nothing was changed.")
    else:
        word = "It is nobody's." if lead is None else f"It is {lead}'s, and what follows from it is done."
        messages.success(request, f"Settled. {word}")
    return redirect("desk:replies")


def lead_or_404(request: Any, key: str) -> Lead:
    """A lead that is there to be written to."""
    try:
        lead: Lead = row_or_404(request, Lead, UUID(key), Role.OPERATOR)
    except ValueError as error:
        raise Http404(f"There is no lead {key[:40]}.") from error
    return lead
