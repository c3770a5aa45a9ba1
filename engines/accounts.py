"""Provider accounts and senders, as an operator sets them up."""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db import transaction

from conversion.addresses import AddressError, e164
from conversion.models import Agency, Client, ProviderAccount, Sender
from conversion.secrets import credentials_of, seal
from conversion.vocabulary import Channel
from engines import message
from engines.providers import registry
from engines.providers.errors import AccountError

SECRET = re.compile(r"key|token|password|secret", re.IGNORECASE)
LARGEST_CAP = 100_000
# Of a new sender. LinkedIn slows down or locks a seat that makes more than 100 to 200 invitations a week.
USUAL = {Channel.LINKEDIN.value: {"daily_cap": 20}}
NAME_LENGTH = 255  # of an account


class SetupError(ValueError):
    """What was given makes no account or sender; the message says why."""


def find_agency(text: str) -> Agency:
    """The agency of this slug or name; the only one there is for an empty text. Raises SetupError."""
    wanted = text.strip()
    agencies = Agency.objects.all()
    found = list((agencies.filter(slug=wanted) or agencies.filter(name=wanted)) if wanted else agencies[:2])
    if len(found) == 1:
        return found[0]
    raise SetupError(
        f"there is no agency {wanted[:80]!r}" if wanted else "say which agency (--agency) or client (--client)"
    )


def read_options(given: Sequence[str]) -> dict[str, str]:
    """NAME=value each. Raises SetupError, also where one looks like a secret: options are stored as they are."""
    options = {}
    for item in given:
        name, equals, value = item.partition("=")
        if not equals or not name.strip():
            raise SetupError(f"option {item[:40]!r}: write NAME=value")
        if SECRET.search(name):
            raise SetupError(f"option {name}: give it with --credentials, which encrypts it")
        options[name.strip()] = value.strip()
    return options


def read_credentials(text: str) -> dict[str, str]:
    """A JSON object, or lines NAME=value. Raises SetupError, which never repeats what was given."""
    if text.lstrip().startswith("{"):
        try:
            content = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise SetupError("credentials: neither a JSON object nor lines NAME=value") from error
    else:
        lines = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
        if not all("=" in line for line in lines):
            raise SetupError("credentials: neither a JSON object nor lines NAME=value")
        content = {name.strip(): value.strip() for name, _, value in (line.partition("=") for line in lines)}
    if not content or not all(isinstance(value, str) and value.isprintable() for value in content.values()):
        raise SetupError("credentials: names with a text each are wanted, at least one")
    return dict(content)


@transaction.atomic
def set_account(  # noqa: PLR0917 (what an account is made of)
    agency: Agency,
    client: Client | None,
    channel: str,
    name: str,
    kind: str = "",
    options: Mapping[str, str] | None = None,
    credentials: Mapping[str, str] | None = None,
    *,
    is_active: bool = True,
    without: Collection[str] = (),
) -> tuple[ProviderAccount, bool]:
    """Make the agency's account of this name, or change it; what is None or empty stays as it is. without: names of options
    that it has no more. Returns it, and whether it is new. Nothing is stored where the provider could not be made from it.

    Raises SetupError, AccountError and CredentialError.
    """
    account = ProviderAccount.objects.filter(agency=agency, channel=channel, name=name).select_for_update().first()
    is_new = account is None
    if account is None:
        if not name.strip() or not name.isprintable() or len(name) > NAME_LENGTH:
            raise SetupError(f"name: an account's has 1 to {NAME_LENGTH} printable characters")
        if not kind:
            raise SetupError(f"{agency} has no account {name!r} for {channel} yet: say of which --kind it is")
        account = ProviderAccount(agency=agency, channel=channel, name=name, client=client)
    elif client is not None and account.client_id != client.pk:
        raise SetupError(f"the account {name!r} is not one of {client}'s own")
    if kind and kind != account.kind:  # what one kind of provider is told means nothing to another
        account.kind, account.options, account.credentials = kind, {}, ""
    account.is_active = is_active
    if options is not None:
        account.options = {name: value for name, value in account.options.items() if name not in without} | {**options}
    if credentials is not None:
        seal(account, credentials)
    if is_new or is_active:  # one that does not work any more can still be switched off
        try:
            registry.build(channel, account.kind, account.options, credentials_of(account))
        except AccountError as error:
            raise AccountError(f"the account {name}: {error}") from error
    account.save()
    return account, is_new


def set_sender(  # noqa: PLR0917 (what a sender is made of)
    client: Client,
    address: str,
    account_name: str | None,
    display_name: str | None,
    daily_cap: int | None,
    channel: str = Channel.EMAIL.value,
    **columns: Any,
) -> tuple[Sender, bool]:
    """Make the client's sender of this address on a channel, or change it; what is None stays as it is. columns: what else
    stands on its row. Returns it, and whether it is new. Raises SetupError.
    """
    try:
        address = address_on(channel, address)
        message.check_line("name", display_name or "", message.NAME_LENGTH)
    except (message.MessageError, AddressError) as error:
        raise SetupError(str(error)) from error
    given: dict[str, object] = {**columns}
    if account_name is not None:
        given["account"] = account_for(client, account_name, channel)
    if display_name is not None:
        given["display_name"] = display_name.strip()
    if daily_cap is not None:
        if not 0 <= daily_cap <= LARGEST_CAP:
            raise SetupError(f"daily cap: a number from 0 to {LARGEST_CAP}")
        given["daily_cap"] = daily_cap
    new = {**USUAL.get(channel, {}), **given}
    return Sender.objects.update_or_create(
        client=client, channel=channel, address=address, defaults=given, create_defaults=new
    )


def address_on(channel: str, address: str) -> str:
    """As the channel's senders are kept: a mailbox; a number in E.164; anything on one line for a seat. Raises MessageError
    or AddressError.
    """
    if channel == Channel.EMAIL:
        return message.wire_address("address", address)
    if channel in {Channel.SMS, Channel.VOICE}:
        return e164(address.strip(), None)
    message.check_line("address", address, message.NAME_LENGTH)
    if not address.strip():
        raise message.MessageError("address", "is empty")
    return address.strip()


def account_for(client: Client, name: str, channel: str = Channel.EMAIL.value) -> ProviderAccount:
    """The account of the client's agency, if it is not another client's own. Raises SetupError."""
    accounts = ProviderAccount.objects.filter(agency=client.agency_id, channel=channel)
    account = accounts.filter(name=name).first()
    if account is None or account.client_id not in {None, client.pk}:
        names = ", ".join(sorted(accounts.filter(client=None).values_list("name", flat=True))) or "none yet"
        what = "e-mail" if channel == Channel.EMAIL else channel
        raise SetupError(f"{client} has no {what} account {name!r}; its agency's: {names}")
    return account
