"""Delete what nothing reads any more."""

import json
from typing import Any

from django.core.management.base import CommandParser
from django.utils.timezone import now

from conversion.management.audited import Audited
from conversion.management.plainly import told_plainly
from conversion.management.whole import whole
from engines.retention import KINDS, prune

LONGEST = 36_500


class Command(Audited):
    help = (
        "Delete what nothing reads any more: old deliveries, opens and clicks of messages, records of what providers told, of "
        "notices, of runs, of imports in the browser, and of alerts that are resolved; and the texts of old replies. "
        "Nothing that learning, attribution or suppression rests on."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        for name, kind in KINDS.items():
            parser.add_argument(
                f"--{name}",
                type=whole(kind.least, LONGEST),
                default=kind.days,
                metavar="DAYS",
                help=f"for how many days {name} are kept ({kind.days}; at least {kind.least})",
            )
        parser.add_argument("--dry-run", action="store_true", help="count, and delete nothing")
        parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")

    def handle(self, *, dry_run: bool, **options: Any) -> None:
        with told_plainly("what was deleted so far stays deleted; run it again"):
            found = prune({name: options[name] for name in KINDS}, now(), dry_run=dry_run)
        if options["json"]:
            self.stdout.write(json.dumps({"dry_run": dry_run, "rows": found}))
            return
        for name, count in found.items():
            self.stdout.write(f"{name:<12}{count:>12,}")
        self.stdout.write("Nothing was deleted." if dry_run else "Deleted.")
