"""Put a client's new leads on plans."""

import json as json_lib
from typing import Any

from django.core.management.base import CommandError, CommandParser

from conversion.clients import ClientNotFound, find_client
from conversion.management.audited import Audited
from conversion.management.plainly import UNUSABLE, told_plainly
from engines.allocator import Allocated, AllocatorEngine


class Command(Audited):
    help = "Put all leads of a client on plans that are new and were never planned nor touched, best score first."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("client", metavar="CLIENT", help="name, slug or id")
        parser.add_argument("--limit", type=int, metavar="N", help="at most so many leads; the others stay new")
        parser.add_argument("--touches", type=int, metavar="N", help="number of touches (default 6)")
        parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")

    def handle(self, *, client: str, limit: int | None, touches: int | None, json: bool, **_: Any) -> None:
        if limit is not None and limit < 1:
            raise CommandError("--limit: at least 1", returncode=UNUSABLE)
        with told_plainly("the plans made so far stay", ClientNotFound, ValueError):
            done = AllocatorEngine().allocate_client(find_client(client), touch_count=touches, limit=limit)
        self.stdout.write(json_lib.dumps(payload(done), ensure_ascii=False) if json else "\n".join(report(done)))


def payload(done: Allocated) -> dict[str, Any]:
    return {
        "client": done.client.name,
        "planned": done.planned,
        "refused": dict(done.refused),
        "seconds": round(done.seconds, 3),
    }


def report(done: Allocated) -> list[str]:
    refused = sum(done.refused.values())
    head = f"{done.client}: {done.planned:,} leads planned, {refused:,} refused, in {done.seconds:.1f} s"
    return [
        head,
        *(f"  {count:,}: {reason}" for reason, count in sorted(done.refused.items(), key=lambda one: -one[1])),
    ]
