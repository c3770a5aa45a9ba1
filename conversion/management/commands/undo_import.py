"""Take an import out again."""

import uuid
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from conversion.counts import counted
from conversion.importer.undo import CALLED, CannotUndo, undo
from conversion.management.audited import Audited
from conversion.management.plainly import UNUSABLE, told_plainly
from conversion.models import ImportBatch
from conversion.tenancy import across_clients


class Command(Audited):
    help = "Take an import out again: what it created is deleted, what it changed is as it was before."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("batch", help="the id that import_history printed")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 (Django's signature)
        with told_plainly("nothing was undone", CannotUndo):
            batch = self._batch(options["batch"])
            undone = undo(batch)
        if undone.already:
            self.stdout.write(f"The import {batch.pk} was undone before; nothing was done now.")
            return
        removed = ", ".join(counted(count, CALLED[table]) for table, count in undone.removed.items() if count)
        restored = ", ".join(counted(count, CALLED[table]) for table, count in undone.restored.items() if count)
        self.stdout.write(f"Undone. Removed: {removed or 'nothing'}. Restored: {restored or 'nothing'}.")
        if undone.kept:
            self.stdout.write(f"Kept, since somebody changed it since then: {counted(undone.kept, 'value')}.")

    def _batch(self, text: str) -> ImportBatch:
        try:
            wanted = uuid.UUID(text.strip())
        except ValueError as error:
            raise CommandError(f"{text[:80]!r} is no id of an import", returncode=UNUSABLE) from error
        try:
            with across_clients("operations"):
                return ImportBatch.objects.select_related("client").get(pk=wanted)
        except ImportBatch.DoesNotExist as error:
            raise CommandError(f"there is no import {wanted}", returncode=UNUSABLE) from error
