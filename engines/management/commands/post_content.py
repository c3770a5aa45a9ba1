"""Write the text of one touch."""

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser

from conversion.clients import ClientNotFound, find_client
from conversion.management.audited import Audited
from conversion.management.plainly import UNUSABLE, told_plainly
from conversion.models import Activity
from engines.texts.files import TextError, body_in, told
from engines.texts.posting import NotWaitingError, post_content


class Command(Audited):
    help = "Write the text of one touch that is not on its way yet; one that was held for want of a text moves on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("client", metavar="CLIENT", help="name, slug or id")
        parser.add_argument("activity", metavar="ACTIVITY", help="id of the touch", type=UUID)
        parser.add_argument("--subject", default="", help="of an e-mail; empty: a follow-up answers the one before it")
        parser.add_argument("--body-file", required=True, metavar="FILE", help="the text, UTF-8; - standard input")

    def handle(self, *, client: str, activity: UUID, subject: str, body_file: str, **_: Any) -> None:
        with told_plainly("nothing was changed", ClientNotFound, TextError, NotWaitingError):
            rows = Activity.objects.for_client(find_client(client)).select_related("client")
            found = rows.filter(pk=activity).first()
            if found is None:
                raise CommandError(f"The client has no touch {activity}.", returncode=UNUSABLE)
            try:
                written = post_content(found, subject, body_in(body_file))
            except ValidationError as error:
                raise TextError(told(error)) from error
        self.stdout.write(f"The touch has its text and is {written.state}.")
