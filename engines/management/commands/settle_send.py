"""Say of a send whose fate nobody knew whether it went out."""

from typing import Any
from uuid import UUID

from django.core.management.base import CommandError, CommandParser

from conversion.clients import ClientNotFound, find_client
from conversion.management.audited import Audited
from conversion.management.plainly import UNUSABLE, told_plainly
from conversion.models import Activity
from engines.outbox.settling import NotUnknownError, settle


class Command(Audited):
    help = "Say of an unknown send whether it went out, after a look at the provider. It is never sent again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("client", metavar="CLIENT", help="name, slug or id")
        parser.add_argument("activity", metavar="ACTIVITY", help="id of the touch", type=UUID)
        answer = parser.add_mutually_exclusive_group(required=True)
        answer.add_argument("--sent", action="store_true", help="the provider has it")
        answer.add_argument("--not-sent", action="store_true", help="the provider never got it")
        parser.add_argument("--message-id", default="", help="the provider's id of the message, where it is known")

    def handle(self, *, client: str, activity: UUID, sent: bool, message_id: str, **_: Any) -> None:
        with told_plainly("nothing was settled", ClientNotFound, NotUnknownError):
            found = Activity.objects.for_client(find_client(client)).filter(pk=activity).first()
            if found is None:
                raise CommandError(f"The client has no touch {activity}.", returncode=UNUSABLE)
            settled = settle(found, sent=sent, message_id=message_id)
        self.stdout.write(f"The touch is {settled.state}.")
