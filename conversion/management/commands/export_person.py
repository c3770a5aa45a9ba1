"""Give a person all that is kept of it."""

import json as json_lib
import os
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.core.serializers.json import DjangoJSONEncoder

from conversion.clients import ClientNotFound
from conversion.export import export
from conversion.management.audited import Audited
from conversion.management.plainly import UNUSABLE, told_plainly
from conversion.management.somebody import add_person, whom
from conversion.people import PersonNotFound


class Command(Audited):
    help = "Write all that is kept of a person as one JSON document, to a file or to standard output."

    def add_arguments(self, parser: CommandParser) -> None:
        add_person(parser)
        parser.add_argument("--output", type=Path, metavar="FILE", help="a new file, which only its owner may read")
        parser.add_argument(
            "--json", action="store_true", help="with --output: print what was written as one JSON document"
        )

    def handle(self, *, person: list[str], everywhere: bool, output: Path | None, json: bool, **_: Any) -> None:
        with told_plainly("nothing was written", ClientNotFound, PersonNotFound):
            client, text = whom(person, everywhere=everywhere)
            document = export(text, client)
            content = json_lib.dumps(document, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)
            # Half a surrogate pair, which SQLite keeps, has no UTF-8; as JSON escapes it, it has.
            content = content.encode("utf-8", "backslashreplace").decode()
            if output is None:
                self.stdout.write(content)
                return
            write(output, content)
        counts = {"leads": sum(len(one["leads"]) for one in document["clients"]), "output": str(output)}
        counts["suppressions"] = len(document["suppressions"])
        if json:
            self.stdout.write(json_lib.dumps(counts))
            return
        self.stdout.write(
            f"Written to {output}: {counts['leads']:,} leads and {counts['suppressions']:,} entries of suppression lists."
        )


def write(path: Path, content: str) -> None:
    """A new file for its owner alone; nothing is overwritten, and no half of a file stays."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise CommandError(f"{path} is there already; give a new file", returncode=UNUSABLE) from error
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(content + "\n")
    except BaseException:
        path.unlink(missing_ok=True)
        raise
