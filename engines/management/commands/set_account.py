"""Create an account at a provider, or change one. Credentials come from a file or standard input, never the command line."""

import json as json_lib
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from conversion.clients import ClientNotFound, find_client
from conversion.management.audited import Audited
from conversion.management.plainly import told_plainly
from conversion.models import ProviderAccount
from conversion.secrets import CredentialError
from conversion.vocabulary import Channel
from engines.accounts import SetupError, find_agency, read_credentials, read_options, set_account
from engines.providers.errors import AccountError


class Command(Audited):
    help = "Create an account at a provider, or change one; its credentials are encrypted."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="of the account, as senders refer to it")
        parser.add_argument(
            "--kind", default="", help="smtp, resend, postmark, another of anymail's; twilio; unipile; console"
        )
        parser.add_argument("--channel", default=Channel.EMAIL.value, choices=[channel.value for channel in Channel])
        parser.add_argument("--agency", default="", help="name or slug; the only one if there is one")
        parser.add_argument("--client", help="for this client alone: name, slug or id")
        parser.add_argument("--option", action="append", metavar="NAME=VALUE", help="such as host=mail.example.com")
        parser.add_argument("--credentials", metavar="FILE", help="JSON object or NAME=value lines; - standard input")
        parser.add_argument(
            "--off", action="store_true", help="switch the account off; what would go through it is held"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")

    def handle(self, *, name: str, json: bool, **given: Any) -> None:
        with told_plainly("nothing was changed", ClientNotFound, SetupError, AccountError, CredentialError):
            client = find_client(given["client"]) if given["client"] else None
            agency = client.agency if client else find_agency(given["agency"])
            options = None if given["option"] is None else read_options(given["option"])
            account, is_new = set_account(
                agency,
                client,
                given["channel"],
                name,
                given["kind"],
                options,
                credentials_in(given["credentials"]),
                is_active=not given["off"],
            )
        self.stdout.write(json_lib.dumps(payload(account)) if json else told(account, is_new=is_new))


def credentials_in(source: str | None) -> dict[str, str] | None:
    if source is None:
        return None
    try:
        text = sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise SetupError("credentials: the text is not UTF-8") from error
    return read_credentials(text.removeprefix("\ufeff"))


def payload(account: ProviderAccount) -> dict[str, Any]:
    return {
        "id": str(account.pk),
        "name": account.name,
        "kind": account.kind,
        "channel": account.channel,
        "agency": account.agency.slug if account.agency else None,
        "client": account.client.slug if account.client else None,
        "options": account.options,
        "has_credentials": bool(account.credentials),
        "is_active": account.is_active,
    }


def told(account: ProviderAccount, *, is_new: bool) -> str:
    whose = f"{account.client} alone" if account.client else f"all clients of {account.agency}"
    state = "" if account.is_active else "; it is switched off"
    return f"{'New account' if is_new else 'Account'} {account.name}: {account.kind}, for {whose}{state}"
