"""What a person must hear of: sends whose fate nobody knows, and accounts that are not sent through."""

from typing import Any

from django.db.models import Count, Min
from django.utils.timezone import now

from conversion.models import Activity, ProviderAccount, Sender
from conversion.tenancy import across_clients
from conversion.vocabulary import ActivityState, Severity
from patterns.alerts import Cause, open_alert, resolve, settle
from patterns.models import HealthAlert

UNKNOWN, CIRCUIT = "unknown_send", "circuit_open"


def raise_alert(client_id: Any, code: str, message: str, subject: str = "") -> None:
    """Open an alert, unless the same one is open already."""
    with across_clients("dispatch"):
        open_alert(client_id, Cause(code, Severity.HIGH, message, subject=subject), now())


def open_unknown(client_id: Any) -> None:
    """In the transaction that makes a touch `unknown`; `refresh` puts the number later."""
    raise_alert(client_id, UNKNOWN, unknown_message(1, None))


def messages(count: int) -> str:
    return "1 message" if count == 1 else f"{count:,} messages"


def unknown_message(count: int, oldest: Any) -> str:
    since = f" The oldest left at {oldest:%Y-%m-%d %H:%M} UTC." if oldest else ""
    return (
        f"{messages(count)} may or may not have been sent: the provider's answer did not come or proved nothing.{since} "
        "Nothing of it is sent again by itself. Look at the provider and settle each one."
    )


def open_circuit(client_id: Any, account: ProviderAccount) -> None:
    """To the client whose send found it out, and to every other that sends through the account."""
    message = (
        f"Several sends in a row through {account} were not answered clearly. Sending through it has stopped; one message "
        "at a time is tried until the provider answers again."
    )
    through = {"account": account} if account.agency_id else {"account": None, "channel": account.channel}
    with across_clients("dispatch"):
        senders = Sender.objects.filter(is_active=True, client__deleted_at=None, **through)
        clients = {client_id, *senders.values_list("client_id", flat=True)}
    for client in sorted(clients, key=str):
        raise_alert(client, CIRCUIT, message, circuit_subject(account))


def close_circuit(account: ProviderAccount) -> None:
    with across_clients("dispatch"):
        resolve(HealthAlert.objects.filter(code=CIRCUIT, subject=circuit_subject(account)), now())


def circuit_subject(account: ProviderAccount) -> str:
    return f"{account.channel} {account.pk}"


def refresh() -> None:
    """Bring the alerts about unknown sends up to date: the number of each client's, and those resolved that have none."""
    with across_clients("dispatch"):
        unknown = Activity.objects.filter(state=ActivityState.UNKNOWN).order_by()
        counts = unknown.values_list("client_id").annotate(count=Count("id"), oldest=Min("dispatched_at"))
        causes = {
            client: [Cause(UNKNOWN, Severity.HIGH, unknown_message(count, oldest))] for client, count, oldest in counts
        }
        settle(causes, HealthAlert.objects.filter(code=UNKNOWN), now())
