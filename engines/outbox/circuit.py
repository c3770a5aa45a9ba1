"""The circuit breaker of a provider's account, shared by all workers through the account's row.

Five answers in a row that prove nothing open it: nothing is sent through the account but a single probe now and then, and the
first answer that proves something, whatever it says, closes it. A deferral (429, connection refused) makes all touches of the
account wait as well, without opening it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F, Q

from conversion.bulk import stored_id
from conversion.models import Activity, ProviderAccount
from conversion.vocabulary import ActivityState
from engines.outbox import alerts
from engines.outbox.limits import OPENS_AT, PROBE_AFTER

DEFAULT = "default"
TROUBLED = """SELECT 1 FROM conversion_provideraccount
    WHERE id = %s AND (unknowns > 0 OR circuit_opened_at IS NOT NULL)"""


@dataclass(frozen=True)
class Shut:
    """Through which accounts nothing is sent now. accounts: their ids. channels: those whose default provider it is."""

    accounts: frozenset[UUID]
    channels: frozenset[str]


def account_of(activity: Activity) -> ProviderAccount:
    """The account that the touch goes through; for a sender without one, the row of the channel's default provider."""
    if activity.sender is not None and activity.sender.account is not None:
        account: ProviderAccount = activity.sender.account
        return account
    return default_account(activity.channel)


def default_account(channel: str) -> ProviderAccount:
    found = ProviderAccount.objects.filter(agency=None, channel=channel).first()
    if found is None:
        wanted = {"agency": None, "channel": channel}
        found, _ = ProviderAccount.objects.get_or_create(**wanted, defaults={"kind": DEFAULT, "name": DEFAULT})
    return found


def is_shut(account: ProviderAccount, at: datetime) -> bool:
    return account.circuit_opened_at is not None or is_resting(account, at)


def is_resting(account: ProviderAccount, at: datetime) -> bool:
    return account.probe_at is not None and account.probe_at > at


def has_room(account: ProviderAccount) -> bool:
    """Whether one more send may be under way. As long as the last answer proved nothing, there are never more under way
    than would open the circuit; else every thread that comes back unanswered would send one more before it opens. In the
    transaction that dispatches: those that count at the same time do so one after the other.
    """
    if not account.unknowns:
        return True
    mine = ProviderAccount.objects.select_for_update(no_key=True).filter(pk=account.pk)
    unknowns = mine.values_list("unknowns", flat=True).first() or 0
    through = (
        {"sender__account": account} if account.agency_id else {"sender__account": None, "channel": account.channel}
    )
    under_way = Activity.objects.filter(state=ActivityState.DISPATCHING, **through).count()
    return not unknowns or unknowns + under_way < OPENS_AT


def shut(at: datetime) -> Shut:
    """The accounts that are shut at this moment."""
    rows = ProviderAccount.objects.filter(Q(circuit_opened_at__isnull=False) | Q(probe_at__gt=at))
    found = list(rows.values_list("id", "agency_id", "channel"))
    return Shut(
        frozenset(pk for pk, agency, _ in found if agency is not None),
        frozenset(channel for _, agency, channel in found if agency is None),
    )


def probes_due(at: datetime) -> list[ProviderAccount]:
    return list(ProviderAccount.objects.filter(circuit_opened_at__isnull=False, probe_at__lte=at))


def take_probe(account: ProviderAccount, at: datetime, timeout: float) -> bool:
    """Whether the caller may send the account's next probe: one worker may, and nobody else until its answer is due."""
    due = ProviderAccount.objects.filter(pk=account.pk, circuit_opened_at__isnull=False, probe_at__lte=at)
    return due.update(probe_at=at + timedelta(seconds=timeout + PROBE_AFTER)) == 1


def give_back_probe(account_id: Any, at: datetime) -> None:
    """The probe found nothing to send: the next one may be taken at once."""
    ProviderAccount.objects.filter(pk=account_id, circuit_opened_at__isnull=False).update(probe_at=at)


def unanswered(account: ProviderAccount, activity: Activity, at: datetime) -> None:
    """Count a send that proved nothing. In the transaction that makes it `unknown`."""
    mine = ProviderAccount.objects.filter(pk=account.pk)
    mine.update(unknowns=F("unknowns") + 1)
    next_probe = at + timedelta(seconds=PROBE_AFTER)
    if mine.filter(unknowns__gte=OPENS_AT, circuit_opened_at=None).update(circuit_opened_at=at, probe_at=next_probe):
        alerts.open_circuit(activity.client_id, account)
    else:
        mine.filter(circuit_opened_at__isnull=False).update(probe_at=next_probe)


def answered(account: ProviderAccount, dispatched_at: datetime) -> None:
    """A send was answered clearly: the row of unknowns ends. A circuit that opened before it was dispatched closes."""
    with connection.cursor() as cursor:  # nearly always there is nothing to write
        cursor.execute(TROUBLED, [stored_id(account.pk)])
        if cursor.fetchone() is None:
            return
    mine = ProviderAccount.objects.filter(pk=account.pk)
    mine.filter(unknowns__gt=0).filter(Q(circuit_opened_at=None)).update(unknowns=0)
    closed = mine.filter(circuit_opened_at__lte=dispatched_at)
    if closed.update(unknowns=0, circuit_opened_at=None, probe_at=None):
        alerts.close_circuit(account)


def rest(account: ProviderAccount, until: datetime) -> None:
    """Send nothing through the account before `until`."""
    mine = ProviderAccount.objects.filter(pk=account.pk)
    mine.filter(Q(probe_at=None) | Q(probe_at__lt=until), circuit_opened_at=None).update(probe_at=until)
