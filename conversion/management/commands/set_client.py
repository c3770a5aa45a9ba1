"""What a client is called, where it sits, and whether anything is done for it."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser

from conversion.clients import ClientNotFound, find_client
from conversion.management.audited import Audited
from conversion.management.plainly import UNUSABLE, told_plainly
from conversion.models import Client

FIELDS = {
    "postal_address": "by law, each e-mail carries it; without one, no e-mail goes out",
    "timezone": "of leads that have none, such as Australia/Sydney",
    "sending_email": "the address to send from where the client has no sender",
    "name": "another name",
}


class Command(Audited):
    help = "Change a client: its postal address, time zone, name, and whether it is paused. Without options, show them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("client", metavar="CLIENT", help="name, slug or id")
        for name, about in FIELDS.items():
            parser.add_argument(f"--{name.replace('_', '-')}", metavar="TEXT", help=about)
        state = parser.add_mutually_exclusive_group()
        state.add_argument("--pause", action="store_true", help="send nothing and learn nothing for it")
        state.add_argument("--resume", action="store_true")

    def changes(self, options: Mapping[str, Any]) -> bool:
        return any(options[name] for name in (*FIELDS, "pause", "resume"))

    def handle(self, *, client: str, pause: bool, resume: bool, **options: Any) -> None:
        with told_plainly("nothing was changed", ClientNotFound):
            found = find_client(client)
            given: dict[str, Any] = {name: options[name].strip() for name in FIELDS if options[name] is not None}
            if pause or resume:
                given["is_paused"] = pause
            if given:
                change(found, given)
        paused = " (paused)" if found.is_paused else ""
        self.stdout.write(f"{found.name}{paused}, slug {found.slug}")
        for name in ("postal_address", "timezone", "sending_email"):
            self.stdout.write(f"  {name.replace('_', ' ')}: {getattr(found, name) or 'not set'}")


def change(client: Client, given: dict[str, Any]) -> None:
    """Raises CommandError with the option that is wrong; nothing is stored then."""
    for name, value in given.items():
        setattr(client, name, value)
    try:
        client.full_clean(exclude={field.name for field in client._meta.fields} - given.keys())
    except ValidationError as error:
        reasons = "; ".join(f"--{name}: {' '.join(texts)}" for name, texts in error.message_dict.items())
        raise CommandError(f"{reasons} Nothing was changed.".replace("_", "-"), returncode=UNUSABLE) from error
    client.save(update_fields=list(given))
