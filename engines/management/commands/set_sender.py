"""Create a mailbox that a client sends e-mail from, or change one."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from conversion.clients import ClientNotFound, find_client
from conversion.management.plainly import told_plainly
from engines.accounts import SetupError, set_sender


class Command(BaseCommand):
    help = "Create a mailbox that a client sends e-mail from, or change one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("client", metavar="CLIENT", help="name, slug or id")
        parser.add_argument("address", metavar="ADDRESS", help="the mailbox's e-mail address")
        parser.add_argument("--account", metavar="NAME", help="the account that it sends through (see set_account)")
        parser.add_argument("--name", help="shown beside the address")
        parser.add_argument("--daily-cap", type=int, metavar="N", help="most e-mails a day")

    def handle(self, *, client: str, address: str, account: str | None, name: str | None, **given: Any) -> None:
        with told_plainly("nothing was changed", ClientNotFound, SetupError):
            sender, is_new = set_sender(find_client(client), address, account, name, given["daily_cap"])
        through = f"through {sender.account}" if sender.account else "without an account: by the default provider"
        self.stdout.write(
            f"{'New sender' if is_new else 'Sender'} {sender.address} of {sender.client}, at most {sender.daily_cap} a day, "
            f"{through}"
        )
