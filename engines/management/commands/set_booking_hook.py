"""Give a client the address and the secret by which its calendar tells of meetings."""

import json as json_lib
from typing import Any

from django.core.management.base import CommandParser

from conversion.clients import ClientNotFound, find_client
from conversion.management.audited import Audited
from conversion.management.plainly import told_plainly
from conversion.secrets import CredentialError
from engines.webhooks.bookings import new_secret


class Command(Audited):
    help = "Print a client's address for bookings and a new secret for it, once; a secret that was there ends."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("client", metavar="CLIENT", help="name, slug or id")
        parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")

    def handle(self, *, client: str, json: bool, **_: Any) -> None:
        with told_plainly("nothing was changed", ClientNotFound, CredentialError):
            url, secret = new_secret(find_client(client))
        if json:
            self.stdout.write(json_lib.dumps({"url": url, "secret": secret}))
            return
        self.stdout.write(f"Address: {url}\nSecret: {secret}\nThe secret is not shown again.")
