"""What a person wrote to us, and what was told of it: to be shown to the person, or forgotten."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet

from conversion.models import Callback, Client, IdempotentCall, InboundMessage
from conversion.models.idempotency import ERASED
from conversion.suppressions import Pair
from conversion.vocabulary import CallbackState


def messages_of(leads: Iterable[Any], names: Iterable[Pair], client: Client | None) -> QuerySet[InboundMessage]:
    """The messages of these leads (or their ids), and those that nobody could be found for but which came from an address of
    the person: at a client, or (None) everywhere.
    """
    addresses = [value for _, value in names]
    found = InboundMessage.objects.filter(Q(lead__in=list(leads)) | Q(lead=None, person_key__in=addresses))
    if client is not None:
        found = found.filter(Q(client=client) | Q(client=None, account__agency=client.agency_id))
    return found.order_by("received_at", "id")


def forget(leads: Iterable[Any], names: Iterable[Pair], client: Client | None) -> int:
    """Delete them, and what waits to be tried again; returns how many messages there were. That something came stays known,
    by a digest, so that it is not taken a second time.
    """
    ids, names = [getattr(lead, "pk", lead) for lead in leads], list(names)
    told = Q(pk__in=())
    for _, value in names:
        told |= Q(payload__person__iexact=value)
    waiting = Callback.objects.filter(told, state__in=[CallbackState.WAITING, CallbackState.FAILED])
    if client is not None:
        waiting = waiting.filter(Q(client=client) | Q(client=None, account__agency=client.agency_id))
    waiting.update(payload={}, state=CallbackState.IGNORED.value, retry_at=None)
    _forget_answers([*map(str, ids), *(value for _, value in names)])
    return messages_of(ids, names, client).delete()[0]


def _forget_answers(texts: list[str]) -> None:
    """Answers that the API gave and would repeat for a day, where they hold one of these texts."""
    for text in texts:
        IdempotentCall.objects.filter(answer__icontains=text).update(answer=ERASED)
