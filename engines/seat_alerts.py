"""A LinkedIn seat that its provider has lost the sign-in of: what would go through it waits, and a person must hear of it."""

from django.utils.timezone import now

from conversion.models import ProviderAccount, Sender
from conversion.tenancy import across_clients
from conversion.vocabulary import Channel
from engines.outbox.alerts import raise_alert
from patterns.alerts import resolve
from patterns.models import HealthAlert

ALERT = "seat_signed_out"


def signed_out(account: ProviderAccount, seat: str) -> None:
    """Open an alert, once, at each client that sends from the seat."""
    for sender in senders(account, seat):
        name = sender.display_name or sender.address
        message = (
            f"The LinkedIn seat {name} is signed out at {account.name}: nothing can be sent from it and no reply is seen until "
            "it is connected again there."
        )
        raise_alert(sender.client_id, ALERT, message, str(sender.pk))


def signed_in(account: ProviderAccount, seat: str) -> None:
    subjects = [str(sender.pk) for sender in senders(account, seat)]
    with across_clients("dispatch"):
        resolve(HealthAlert.objects.filter(code=ALERT, subject__in=subjects), now())


def senders(account: ProviderAccount, seat: str) -> list[Sender]:
    with across_clients("dispatch"):
        return list(Sender.objects.filter(account=account, channel=Channel.LINKEDIN, address=seat))
