"""Say what is wrong with clients' patterns: expired, thin, extreme, missing, turned around, not renewed."""

import json as json_lib
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.timezone import now

from conversion.clients import ClientNotFound, find_client
from conversion.management.plainly import told_plainly
from conversion.models import Client
from patterns import health
from patterns.alerts import Cause


class Command(BaseCommand):
    help = "Say what is wrong with clients' patterns. Reads only; the daily flow opens and resolves alerts by the same look."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("clients", nargs="*", metavar="CLIENT", help="name, slug or id; all active clients if none")
        parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")

    def handle(self, *, clients: list[str], json: bool, **_: Any) -> None:
        with told_plainly("nothing was changed", ClientNotFound):
            chosen = [find_client(name) for name in clients] or list(Client.objects.learned_for().order_by("name"))
            at = now()
            found = [(client, health.check(client, at)) for client in chosen]
        if json:
            document = {"clients": [health.payload(client, causes) for client, causes in found]}
            self.stdout.write(json_lib.dumps(document, ensure_ascii=False))
        else:
            self.stdout.write("\n".join(lines(found)) or "There is no active client.")


def lines(found: list[tuple[Client, list[Cause]]]) -> Iterator[str]:
    for client, causes in found:
        count = "nothing to warn of" if not causes else "1 warning" if len(causes) == 1 else f"{len(causes)} warnings"
        yield f"{client.name}: {count}"
        for cause in causes:
            yield f"  {cause.severity.upper():6}  {cause.message}  [{cause.code}]"
