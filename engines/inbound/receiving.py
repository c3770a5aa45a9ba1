"""Taking a mail that came, out of a mailbox or by a service's webhook."""

from dataclasses import replace

from conversion.addresses import AddressError, email_key
from conversion.models import Lead, ProviderAccount, Sender
from conversion.tenancy import across_clients
from conversion.vocabulary import Channel
from engines.inbound.arrivals import Arrival, take
from engines.inbound.mail import Mail
from engines.inbound.matching import clients_of
from engines.inbound.optout import unsubscribe
from engines.inbound.posted import SOURCE, arrival_of, link_in


def receive(mail: Mail, raw: bytes, account: ProviderAccount, source: str = SOURCE) -> None:
    """What came to one of the account's senders. raw: the mail as it came. Raises as `take`."""
    link = link_in(mail)
    if link is not None:
        unsubscribe(link)
        return
    with across_clients("arrivals"):
        addresses = Sender.objects.filter(account=account, channel=Channel.EMAIL).values_list("address", flat=True)
        ours = {address.casefold() for address in addresses}
        arrival = arrival_of(mail, raw, account, ours, lambda address: is_lead(address, account))
    if arrival is not None:
        take(replace(arrival, source=source))


def is_lead(address: str, account: ProviderAccount) -> bool:
    """Whether somebody of the account's clients has it."""
    try:
        key = email_key(address)
    except AddressError:
        return False
    clients = clients_of(Arrival(SOURCE, "", "", None, account=account))
    return Lead.objects.filter(client__in=clients, email_key=key, deleted_at=None).exists()
