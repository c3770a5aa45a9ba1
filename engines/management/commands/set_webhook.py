"""Set an address that notices are posted to, or change it; its secret is made here and printed once."""

import json as json_lib
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from conversion.clients import ClientNotFound, find_client
from conversion.management.plainly import UNUSABLE, told_plainly
from conversion.secrets import CredentialError
from conversion.vocabulary import NoticeKind
from engines.accounts import SetupError, find_agency
from engines.notices.endpoints import in_words, set_endpoint


class Command(BaseCommand):
    help = "Set an address that notices are posted to, or change it; its secret is made here and printed once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("url", metavar="URL", help="an https address")
        parser.add_argument("--client", help="notices of this client alone: name, slug or id")
        parser.add_argument("--agency", default="", help="of all clients of this one: name or slug; the only one")
        parser.add_argument(
            "--kind",
            action="append",
            default=[],
            choices=[one.value for one in NoticeKind],
            help="all, if none is given",
        )
        parser.add_argument("--off", action="store_true", help="post nothing to it any more")
        parser.add_argument(
            "--new-secret", action="store_true", help="make another secret; the former one ends at once"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")

    def handle(self, *, url: str, json: bool, **given: Any) -> None:
        with told_plainly("nothing was changed", ClientNotFound, SetupError, CredentialError):
            owner = find_client(given["client"]) if given["client"] else find_agency(given["agency"])
            try:
                endpoint, secret = set_endpoint(
                    owner, url, given["kind"], is_active=not given["off"], new_secret=given["new_secret"]
                )
            except ValidationError as error:
                raise CommandError(in_words(error), returncode=UNUSABLE) from error
        document = {
            "id": str(endpoint.pk),
            "url": endpoint.url,
            "kinds": endpoint.kinds,
            "is_active": endpoint.is_active,
            "secret": secret or None,
        }
        self.stdout.write(json_lib.dumps(document) if json else told(owner, document))


def told(owner: Any, document: dict[str, Any]) -> str:
    state = f"gets {', '.join(document['kinds'])}" if document["is_active"] else "is switched off"
    lines = [f"{document['url']} of {owner} {state}."]
    if document["secret"]:
        lines.append(f"Its secret, which is not shown again: {document['secret']}")
    return "\n".join(lines)
