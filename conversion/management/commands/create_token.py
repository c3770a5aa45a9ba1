"""Make a token by which a program uses the API."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import CommandError, CommandParser

from conversion.api.tokens import MOST_DAYS, issue
from conversion.clients import ClientNotFound, find_client
from conversion.management.audited import Audited
from conversion.management.plainly import UNUSABLE, told_plainly
from conversion.management.whole import whole
from conversion.vocabulary import Role


class Command(Audited):
    help = (
        "Make a token for a program that uses the API in a user's name, and print it, once: only a hash is kept. It opens what "
        "the user may do at the clients, and no more than the role."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", metavar="USER", help="user name")
        where = parser.add_mutually_exclusive_group(required=True)
        where.add_argument(
            "--client",
            action="append",
            default=[],
            metavar="CLIENT",
            help="name, slug or id; several times for several",
        )
        where.add_argument("--all-clients", action="store_true", help="those that come later, too")
        parser.add_argument("--role", choices=[role.value for role in Role], default=Role.VIEWER.value)
        parser.add_argument(
            "--days", type=whole(1, MOST_DAYS), default=90, metavar="N", help="for how long it holds (90)"
        )
        parser.add_argument("--name", required=True, help="what it is for, such as the program's name")

    def handle(
        self, *, user: str, client: list[str], all_clients: bool, role: str, days: int, name: str, **_: Any
    ) -> None:
        with told_plainly("no token was made", ClientNotFound, ValueError):
            whose = get_user_model()._default_manager.filter(username=user, is_active=True).first()
            if whose is None:
                raise CommandError(f"There is no active user {user[:80]!r}.", returncode=UNUSABLE)
            clients = [find_client(text) for text in client]
            token, text = issue(whose, name=name, role=Role(role), days=days, clients=clients, everywhere=all_clients)
        self.stderr.write(f"Token {token.name!r} of {user}, role {role}, until {token.expiry:%Y-%m-%d}. Keep it; it is")
        self.stderr.write("not shown again. Send it as the header Authorization: Bearer TOKEN.")
        self.stdout.write(text)
