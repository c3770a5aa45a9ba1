"""The addresses that notices are posted to: list them, change them, see what became of what was posted, post it again."""

import json as json_lib
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser

from conversion.clients import ClientNotFound, find_client
from conversion.clock import database_now
from conversion.management.audited import Audited
from conversion.management.plainly import UNUSABLE, told_plainly
from conversion.models import Agency, Client, Delivery, WebhookEndpoint
from conversion.secrets import CredentialError
from conversion.vocabulary import NoticeKind
from engines.accounts import SetupError, find_agency
from engines.notices import replaying
from engines.notices.endpoints import (
    EndpointNotFound,
    endpoints_of,
    find_endpoint,
    in_words,
    remove_endpoint,
    set_endpoint,
)

LOGGED = 50  # deliveries that a log shows
CHANGES = ("add", "off", "new_secret", "remove", "replay")
MISSED = "missed"
TOLD = (ClientNotFound, SetupError, CredentialError, EndpointNotFound, replaying.NotReplayed)


class Command(Audited):
    help = (
        "The addresses that a client's notices are posted to, or, without a client, those of all clients of an agency."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("client", nargs="?", metavar="CLIENT", help="name, slug or id")
        parser.add_argument("--agency", default="", help="without a client: name or slug; the only one there is")
        one = parser.add_mutually_exclusive_group()
        one.add_argument("--add", metavar="URL", help="post to this https address; its secret is printed once")
        one.add_argument("--off", metavar="URL", help="post nothing to it any more; --add switches it on again")
        one.add_argument("--new-secret", metavar="URL", help="make another secret; the former one ends at once")
        one.add_argument("--remove", metavar="URL", help="forget the address, and what was posted to it")
        one.add_argument("--log", action="store_true", help=f"the last {LOGGED} deliveries, and what became of them")
        one.add_argument(
            "--replay", metavar="DELIVERY", help=f"post it once more; {MISSED}: all that no address took in the end"
        )
        parser.add_argument(
            "--kinds", nargs="+", choices=[kind.value for kind in NoticeKind], help="with --add: these alone"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")

    def changes(self, options: Mapping[str, Any]) -> bool:
        return any(options.get(name) for name in CHANGES)

    def handle(self, *, client: str | None, agency: str, json: bool, **given: Any) -> None:
        if given["kinds"] and not given["add"]:
            raise CommandError("--kinds goes with --add", returncode=UNUSABLE)
        with told_plainly("nothing was changed", *TOLD):
            owner = find_client(client) if client else find_agency(agency)
            try:
                name, rows = answer(owner, given)
            except ValidationError as error:
                raise CommandError(in_words(error), returncode=UNUSABLE) from error
        shown = posted if name == "deliveries" else told
        text = "\n".join(map(shown, rows)) or f"{owner} has none."
        self.stdout.write(json_lib.dumps({name: rows}) if json else text)


def answer(owner: Agency | Client, given: dict[str, Any]) -> tuple[str, list[dict[str, Any]]]:
    """What the command was asked for, as it stands then."""
    if given["log"]:
        return "deliveries", [delivery(row) for row in replaying.log_of(owner)[:LOGGED]]
    if given["replay"]:
        return "deliveries", [delivery(row) for row in replayed(owner, given["replay"])]
    if url := given["remove"]:
        remove_endpoint(find_endpoint(owner, url))
    elif url := given["add"]:
        return "endpoints", [described(*set_endpoint(owner, url, given["kinds"]))]
    elif url := given["off"]:
        return "endpoints", [described(*set_endpoint(owner, find_endpoint(owner, url).url, is_active=False))]
    elif url := given["new_secret"]:
        known = find_endpoint(owner, url)
        return "endpoints", [described(*set_endpoint(owner, url, is_active=known.is_active, new_secret=True))]
    return "endpoints", [described(endpoint) for endpoint in endpoints_of(owner)]


def replayed(owner: Agency | Client, which: str) -> Iterator[Delivery]:
    at = database_now()
    for row in replaying.missed(owner) if which == MISSED else [find_delivery(owner, which)]:
        replaying.replay(row, at)
        row.refresh_from_db(from_queryset=replaying.log_of(owner))
        yield row


def find_delivery(owner: Agency | Client, text: str) -> Delivery:
    try:
        found = replaying.log_of(owner).filter(pk=UUID(text)).first()
    except ValueError:
        found = None
    if found is None:
        raise replaying.NotReplayed(f"{owner} has no delivery {text[:80]!r}; `webhooks ... --log` lists them")
    return found


def described(endpoint: WebhookEndpoint, secret: str = "") -> dict[str, Any]:
    about = {name: getattr(endpoint, name) for name in ("url", "kinds", "is_active")}
    return {"id": str(endpoint.pk), **about, **({"secret": secret} if secret else {})}


def delivery(row: Delivery) -> dict[str, Any]:
    about = {name: getattr(row, name) for name in ("state", "attempts", "status_code", "answer")}
    moments = {name: iso(getattr(row, name)) for name in ("created_at", "due_at", "delivered_at")}
    endpoint = row.endpoint
    where = {"endpoint": str(endpoint.pk), "to": endpoint.name} if endpoint else {}
    return {"id": str(row.pk), "notice": str(row.notice_id), "kind": row.notice.kind, **where, **about, **moments}


def iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None


def told(endpoint: dict[str, Any]) -> str:
    state = f"gets {', '.join(endpoint['kinds'])}" if endpoint["is_active"] else "is switched off"
    secret = f"\nIts secret, which is not shown again: {endpoint['secret']}" if "secret" in endpoint else ""
    return f"{endpoint['url']} {state}.{secret}"


def posted(row: dict[str, Any]) -> str:
    tries = "1 attempt" if row["attempts"] == 1 else f"{row['attempts']} attempts"
    why = f": {row['answer']}" if row["answer"] else ""
    return f"{row['id']}  {row['created_at']}  {row['kind']} to the {row['to']}: {row['state']}, {tries}{why}"
