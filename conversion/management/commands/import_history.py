"""Bring a client's outreach history in from CSV files."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.timezone import now
from tqdm import tqdm

from conversion.clients import ClientNotFound, create_client, find_client
from conversion.importer import mapping
from conversion.importer.columns import Kind
from conversion.importer.faults import Reject, UnusableInput
from conversion.importer.rejects import Rejects
from conversion.importer.run import Prepared, Report, import_files, prepare
from conversion.management.audited import Audited
from conversion.management.plainly import told_plainly
from conversion.models import Client

REASON_SHOWN = 160  # characters of a reject's reason


class Command(Audited):
    help = "Import leads, touches and events from CSV files (docs/import.md). The same files again change nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("client", help="name, slug or id of the client")
        parser.add_argument("--leads", type=Path, metavar="FILE", help="one row a lead")
        parser.add_argument("--activities", type=Path, metavar="FILE", help="one row a touch")
        parser.add_argument("--events", type=Path, metavar="FILE", help="one row a reply, bounce, booked meeting, ...")
        parser.add_argument(
            "--mapping", metavar="NAME", help="hubspot, salesforce, or a TOML file: foreign column names"
        )
        parser.add_argument("--timezone", metavar="ZONE", help="of times without an offset, such as Australia/Sydney")
        parser.add_argument("--rejects", type=Path, metavar="FILE", help="where rows go that are not stored")
        parser.add_argument("--create", action="store_true", help="make the client if there is none")
        parser.add_argument("--dry-run", action="store_true", help="check everything, store nothing")
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 (Django's signature)
        with told_plainly("the file at hand was not stored", UnusableInput, ClientNotFound):
            self._import(options)

    def _import(self, options: dict[str, Any]) -> None:
        files = {kind: options[kind.value] for kind in Kind if options[kind.value] is not None}
        moment = now()
        prepared = prepare(files, mapping.load(options["mapping"]), options["timezone"], moment)
        name = options["client"]
        if not options["create"]:
            find_client(name)
        asked = options["rejects"] is not None
        target = options["rejects"] or Path(f"{prepared[0].source.name}.rejects.csv")
        with Rejects(target, list(files.values()), asked=asked) as rejects, _bar(prepared) as progress:
            report = import_files(
                prepared,
                lambda: _client(name, create=options["create"]),
                rejects,
                moment,
                dry_run=options["dry_run"],
                progress=progress,
            )
            kept = rejects.written and (asked or not options["dry_run"])
            if kept:
                rejects.keep()
        if options["json"]:
            self.stdout.write(json.dumps(report.as_json(), ensure_ascii=False))
        else:
            self._tell(report, list(files), rejects, kept=kept)

    def _tell(self, report: Report, kinds: list[Kind], rejects: Rejects, *, kept: bool) -> None:
        columns = ("rows", "created", "updated", "unchanged", "rejected")
        self.stdout.write(f"{report.client:<12.12}" + "".join(f"{column:>12}" for column in columns))
        for kind in kinds:
            counts = report.counts[kind]
            self.stdout.write(f"{kind.value:<12}" + "".join(f"{getattr(counts, column):>12,}" for column in columns))
        for note in report.notes:
            self.stdout.write(f"Note: {note}")
        for reject in rejects.first:
            self.stdout.write(f"Rejected: {_told(reject)}")
        if rejects.count > len(rejects.first):
            self.stdout.write(f"... and {rejects.count - len(rejects.first):,} more")
        if kept:
            self.stdout.write(f"Rejected rows: {rejects.path}")
        if report.batch is None:
            self.stdout.write(f"Dry run, {report.seconds:.1f} s: nothing was stored.")
            return
        self.stdout.write(f"Done in {report.seconds:.1f} s, batch {report.batch}.")
        self.stdout.write(f"To undo: python manage.py undo_import {report.batch}")
        self.stdout.write(f'Next: python manage.py learn_patterns "{report.client}"')


def _told(reject: Reject) -> str:
    column = f", column {reject.column}" if reject.column else ""
    return f"{reject.file}, line {reject.line}{column}: {reject.reason[:REASON_SHOWN]}"


def _client(name: str, *, create: bool) -> Client:
    try:
        return find_client(name)
    except ClientNotFound:
        if not create:
            raise
    try:
        with transaction.atomic():
            return create_client(name)
    except IntegrityError:  # another import made it at the same moment
        return find_client(name)
    except ValueError as error:
        raise UnusableInput(str(error)) from error


class _bar:  # noqa: N801 (used like a function)
    """Progress over the bytes read, on a terminal only."""

    def __init__(self, files: list[Prepared]) -> None:
        self._bar: tqdm[Any] = tqdm(
            total=sum(file.source.size for file in files),
            unit="B",
            unit_scale=True,
            file=sys.stderr,
            leave=False,
            disable=not sys.stderr.isatty(),
        )

    def __enter__(self) -> Callable[[int], object]:
        return self._bar.update

    def __exit__(self, *_: object) -> None:
        self._bar.close()
