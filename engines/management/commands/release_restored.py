"""Say of touches that may have gone out since a backup whether they did."""

from typing import Any
from uuid import UUID

from django.core.management.base import CommandError, CommandParser

from conversion.clients import ClientNotFound, find_client
from conversion.management.audited import Audited
from conversion.management.plainly import UNUSABLE, told_plainly
from engines.outbox.restored import release, waiting_for


class Command(Audited):
    help = "Say of touches that may have gone out between a backup and its restore whether they did."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("client", metavar="CLIENT", help="name, slug or id")
        parser.add_argument("activities", nargs="*", metavar="ACTIVITY", type=UUID, help="ids of touches; else all")
        answer = parser.add_mutually_exclusive_group(required=True)
        answer.add_argument("--list", action="store_true", help="show them, and change nothing")
        answer.add_argument("--sent", action="store_true", help="they went out, at the time they were due")
        answer.add_argument("--not-sent", action="store_true", help="they did not, and may go now")

    def handle(self, *, client: str, activities: list[UUID], sent: bool, **options: Any) -> None:
        with told_plainly("nothing more was changed", ClientNotFound):
            found = find_client(client)
            waiting = list(waiting_for(found, activities).order_by("dispatched_at", "pk"))
            if missing := set(activities) - {one.pk for one in waiting}:
                listed = ", ".join(sorted(map(str, missing)))
                raise CommandError(f"These wait for no answer since a restore: {listed}.", returncode=UNUSABLE)
            if options["list"]:
                for one in waiting:
                    self.stdout.write(f"{one.pk}  {one.dispatched_at:%Y-%m-%d %H:%M} UTC  {one.channel}")
                return
            count = release(found, activities, sent=sent)
        self.stdout.write(f"{count:,} touches {'are recorded as sent' if sent else 'wait to be sent'}.")
