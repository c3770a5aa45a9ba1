"""A person on a command line: at one client, or everywhere."""

from django.core.management.base import CommandError, CommandParser

from conversion.clients import find_client
from conversion.management.plainly import UNUSABLE
from conversion.models import Client


def add_person(parser: CommandParser) -> None:
    parser.add_argument(
        "person",
        nargs="+",
        metavar="CLIENT PERSON",
        help="the client (name, slug or id), unless --everywhere is given; and the person: an e-mail address, phone number, "
        "LinkedIn profile, or the id or external id of a lead",
    )
    parser.add_argument(
        "--everywhere", action="store_true", help="at every client of this server; give the person alone"
    )


def whom(words: list[str], *, everywhere: bool) -> tuple[Client | None, str]:
    """The client (None: everywhere) and the text that names the person. Raises CommandError and ClientNotFound."""
    expected = 1 if everywhere else 2
    if len(words) != expected:
        what = "the person alone with --everywhere" if everywhere else "CLIENT and PERSON, or --everywhere and PERSON"
        raise CommandError(f"give {what}", returncode=UNUSABLE)
    return (None if everywhere else find_client(words[0])), words[-1]
