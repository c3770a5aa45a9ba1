"""Put addresses on the list of those who must not be written to."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from conversion.clients import ClientNotFound, find_client
from conversion.entries import UnusableEntry, suppress
from conversion.management.audited import Audited
from conversion.management.plainly import UNUSABLE, told_plainly
from conversion.models import Agency


class Command(Audited):
    help = (
        "Put e-mail addresses, domains with their subdomains, phone numbers (+61 ...) or LinkedIn profiles on the list of "
        "those who must not be written to: of a client, of an agency, or of everybody on this server. All of them, or none."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("values", nargs="*", metavar="VALUE")
        parser.add_argument("--file", type=Path, metavar="F", help="one value a line; empty lines are skipped")
        scope = parser.add_mutually_exclusive_group(required=True)
        scope.add_argument("--client", metavar="CLIENT", help="name, slug or id")
        scope.add_argument("--agency", metavar="SLUG")
        scope.add_argument("--everybody", action="store_true")
        parser.add_argument("--reason", default="", help="why, for whoever asks later")

    def handle(
        self, *, values: list[str], file: Path | None, client: str | None, agency: str | None, reason: str, **_: Any
    ) -> None:
        with told_plainly("nothing was put on the list", ClientNotFound, UnusableEntry, UnicodeDecodeError):
            texts = values + (file.read_text("utf-8-sig").splitlines() if file else [])
            texts = [text for text in texts if text.strip()]
            if not texts:
                raise CommandError("Nothing to put on the list: give a value, or --file.", returncode=UNUSABLE)
            owner = Agency.objects.filter(slug=agency).first() if agency else None
            if agency and owner is None:
                raise CommandError(f"There is no agency {agency!r}.", returncode=UNUSABLE)
            whose = find_client(client) if client else None
            found = suppress(texts, client=whose, agency=owner, reason=reason[:255])
        scope = f"the list of {whose or owner}" if whose or owner else "everybody's list"
        known = f", {found.known} stood there" if found.known else ""
        self.stdout.write(f"{found.added} put on {scope}{known}. Whatever is planned to them is not sent.")
