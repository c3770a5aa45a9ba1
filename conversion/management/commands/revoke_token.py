"""Take a token of the API out of use."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from conversion.api.tokens import revoke
from conversion.management.audited import Audited
from conversion.management.plainly import UNUSABLE, told_plainly
from conversion.models import ApiToken


class Command(Audited):
    help = "Take a user's token out of use, from this moment on; without a name, list the user's tokens."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", metavar="USER", help="user name")
        parser.add_argument("name", nargs="?", metavar="NAME", help="the token's name")

    def handle(self, *, user: str, name: str | None, **_: Any) -> None:
        with told_plainly("no token was revoked"):
            tokens = ApiToken.objects.filter(user__username=user, revoked_at=None).order_by("name")
            if name is None:
                self._list(tokens, user)
                return
            token = tokens.filter(name=name).first()
            if token is None:
                raise CommandError(f"{user[:80]!r} has no token {name[:80]!r} in use.", returncode=UNUSABLE)
            revoke(token)
        self.stdout.write(f"Token {name!r} of {user} is revoked.")

    def _list(self, tokens: Any, user: str) -> None:
        for token in tokens.prefetch_related("clients"):
            where = "all clients" if token.everywhere else ", ".join(client.slug for client in token.clients.all())
            until = f"{token.expiry:%Y-%m-%d}" if token.expiry else "for good"
            self.stdout.write(f"{token.name}: {token.role} at {where}, until {until}")
        if not tokens:
            self.stdout.write(f"{user} has no token in use.")
