"""Create a mailbox, number or seat that a client sends from, or change one."""

from typing import Any

from django.core.management.base import CommandParser

from conversion.clients import ClientNotFound, find_client
from conversion.management.audited import Audited
from conversion.management.plainly import told_plainly
from conversion.vocabulary import Channel
from engines.accounts import SetupError, set_sender


class Command(Audited):
    help = "Create a mailbox, number or LinkedIn seat that a client sends from, or change one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("client", metavar="CLIENT", help="name, slug or id")
        parser.add_argument(
            "address",
            metavar="ADDRESS",
            help="e-mail address, number such as +61412345678, or seat's id",
        )
        parser.add_argument("--channel", default=Channel.EMAIL.value, choices=[channel.value for channel in Channel])
        parser.add_argument("--account", metavar="NAME", help="the account that it sends through (see set_account)")
        parser.add_argument("--name", help="shown beside the address")
        parser.add_argument("--daily-cap", type=int, metavar="N", help="most touches a day")

    def handle(self, *, client: str, address: str, account: str | None, name: str | None, **given: Any) -> None:
        with told_plainly("nothing was changed", ClientNotFound, SetupError):
            sender, is_new = set_sender(
                find_client(client), address, account, name, given["daily_cap"], given["channel"]
            )
        through = f"through {sender.account}" if sender.account else "without an account: by the default provider"
        self.stdout.write(
            f"{'New sender' if is_new else 'Sender'} {sender.address} of {sender.client}, at most {sender.daily_cap} a day, "
            f"{through}"
        )
