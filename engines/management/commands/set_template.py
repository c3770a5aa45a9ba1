"""Create a template of a plan's touch, or change one."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandParser

from conversion.clients import ClientNotFound, find_client
from conversion.management.audited import Audited
from conversion.management.plainly import told_plainly
from conversion.vocabulary import CHANNELS
from engines.running import queue_written
from engines.texts.files import TextError, body_in, told
from engines.texts.templates import set_template


class Command(Audited):
    help = "Create a variant of the text that a touch of a plan is written from, or change one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("client", metavar="CLIENT", help="name, slug or id")
        parser.add_argument("channel", metavar="CHANNEL", choices=[channel.value for channel in CHANNELS])
        parser.add_argument("--touch", type=int, default=1, metavar="N", help="number of the touch (default 1)")
        parser.add_argument("--variant", default="a", metavar="NAME", help="default a; several are tried side by side")
        parser.add_argument("--subject", default="", help="of an e-mail; empty: a follow-up answers the one before it")
        parser.add_argument("--body-file", required=True, metavar="FILE", help="the text, UTF-8; - standard input")
        parser.add_argument("--off", action="store_true", help="keep it, and write nothing from it")

    def handle(self, *, client: str, channel: str, touch: int, variant: str, **given: Any) -> None:
        with told_plainly("nothing was changed", ClientNotFound, TextError):
            owner = find_client(client)
            body = body_in(given["body_file"])
            try:
                template, is_new = set_template(
                    owner, channel, touch, variant, subject=given["subject"], body=body, is_active=not given["off"]
                )
            except ValidationError as error:
                raise TextError(told(error)) from error
            queued = queue_written(owner, channel, touch) if template.is_active else 0
        what = f"{'New template' if is_new else 'Template'} {template} of {owner}"
        state = "" if template.is_active else "; it is switched off"
        waited = f"; {queued} touches that waited for it are queued" if queued else ""
        self.stdout.write(f"{what}{state}{waited}")
