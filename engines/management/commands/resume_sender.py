"""Let a sender send again that paused because too much bounced."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from conversion.clients import ClientNotFound, find_client
from conversion.management.audited import Audited
from conversion.management.plainly import UNUSABLE, told_plainly
from conversion.models import Sender
from conversion.vocabulary import Channel
from engines.outbox.clock import database_now
from engines.reputation import resume


class Command(Audited):
    help = (
        "Let a sender send again that paused because too much bounced: its alert is resolved, and what bounced before does "
        "not count any more."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("client", metavar="CLIENT", help="name, slug or id")
        parser.add_argument("address", metavar="ADDRESS", help="the sender's address")
        parser.add_argument("--channel", choices=[one.value for one in Channel], default=Channel.EMAIL.value)

    def handle(self, *, client: str, address: str, channel: str, **_: Any) -> None:
        with told_plainly("nothing was changed", ClientNotFound):
            whose = find_client(client)
            sender = Sender.objects.for_client(whose).filter(channel=channel, address__iexact=address.strip()).first()
            if sender is None:
                raise CommandError(f"{whose} has no sender {address} for {channel}.", returncode=UNUSABLE)
            if sender.paused_at is None:
                raise CommandError(f"{sender.address} is not paused.", returncode=UNUSABLE)
            resume(sender, database_now())
        self.stdout.write(f"{sender.address} of {whose} sends again; bounces are counted anew from now on.")
