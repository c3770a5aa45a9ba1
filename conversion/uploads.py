"""Files that were uploaded, between the browser and the import: kept in the database, which web processes and workers share.

They are personal data, and kept for as long as somebody works with them: until they are stored, or for a day. Whoever asks to
be forgotten meanwhile may stand in any of them, so they go then.
"""

import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO, NamedTuple

from django.db import transaction
from django.db.models import Q
from django.utils.timezone import now

from conversion.importer.columns import Kind
from conversion.importer.faults import UnusableInput
from conversion.importer.files import Source, inspect
from conversion.importer.rejects import HEADER
from conversion.leases import UNCLAIMED
from conversion.models import Client, ImportPart, ImportUpload
from conversion.vocabulary import ImportStep, RunState

PIECE = 1 << 20  # bytes of text in a row
KEPT = timedelta(days=1)
FILES = 3
REJECTS = 9  # the slot of the rejects file
WAITING = (RunState.QUEUED, RunState.STARTED)
NO_REJECTS = (",".join(HEADER) + "\n").encode()
DROPPED = "The files were dropped after a day. Upload them again."
FORGOTTEN = "A person was forgotten after these files were uploaded, and may stand in them. Upload them again without."


class Received(NamedTuple):
    kind: Kind
    source: Source


def keep(client: Client, files: Iterable[Received]) -> ImportUpload:
    """A new upload of plain files, in one transaction. Raises UnusableInput where two are of one kind."""
    given = list(files)
    if not given or len(given) > FILES:
        raise UnusableInput(f"give one to {FILES} files")
    check_kinds([one.kind for one in given])
    with transaction.atomic():
        upload = ImportUpload.objects.create(
            client=client,
            files=[
                {
                    "slot": slot,
                    "kind": one.kind.value,
                    "name": one.source.name,
                    "size": one.source.size,
                    "header": digest(one.source.header),
                }
                for slot, one in enumerate(given)
            ],
        )
        for slot, one in enumerate(given):
            with one.source.path.open("rb") as stream:
                write(upload, slot, stream)
    return upload


def digest(header: Iterable[str]) -> str:
    """What files with the same columns, in whichever order, have in common."""
    names = "\x1f".join(sorted(name.casefold() for name in header))
    return blake2b(names.encode(), digest_size=16).hexdigest()


def check_kinds(kinds: list[Kind]) -> None:
    for kind in Kind:
        if kinds.count(kind) > 1:
            raise UnusableInput(
                f"two files hold {kind}; say of one of them that it holds something else, or leave it out"
            )


def write(upload: ImportUpload, slot: int, stream: BinaryIO) -> None:
    """The file of a slot, in the place of what was there."""
    ImportPart.objects.filter(upload=upload, client=upload.client_id, slot=slot).delete()
    number = 0
    while piece := stream.read(PIECE):
        ImportPart.objects.create(
            client_id=upload.client_id, upload=upload, slot=slot, number=number, data=zlib.compress(piece, 3)
        )
        number += 1


def read(upload: ImportUpload, slot: int) -> Iterator[bytes]:
    """The file of a slot, piece by piece; nothing where there is none."""
    parts = ImportPart.objects.for_client(upload.client_id).filter(upload=upload, slot=slot)
    for number in range(parts.count()):
        yield zlib.decompress(parts.get(number=number).data)


def has_files(upload: ImportUpload) -> bool:
    parts = ImportPart.objects.for_client(upload.client_id).filter(upload=upload)
    return parts.exclude(slot=REJECTS).exists()


def has_rejects(upload: ImportUpload) -> bool:
    return ImportPart.objects.for_client(upload.client_id).filter(upload=upload, slot=REJECTS).exists()


@contextmanager
def laid_out(upload: ImportUpload) -> Iterator[dict[Kind, Path]]:
    """The files in a folder, for as long as the block runs."""
    with TemporaryDirectory(prefix="agency-os-import-") as folder:
        paths = {}
        for one in upload.files:
            place = Path(folder) / str(one["slot"])
            place.mkdir()
            path = paths[Kind(one["kind"])] = place / one["name"]
            with path.open("wb") as stream:
                stream.writelines(read(upload, one["slot"]))
        try:
            yield paths
        except UnusableInput as error:
            told = str(error)
            for path in paths.values():
                told = told.replace(f"{path.parent}/", "")
            raise UnusableInput(told) from error


@contextmanager
def beginning(upload: ImportUpload, slot: int, name: str) -> Iterator[Source]:
    """The beginning of a file, up to a line's end: enough to show. Raises LookupError where it was dropped."""
    piece = next(read(upload, slot), None)
    if piece is None:
        raise LookupError(DROPPED)
    if len(piece) == PIECE:
        piece = piece[: piece.rfind(b"\n") + 1] or piece
    with TemporaryDirectory(prefix="agency-os-import-") as folder:
        path = Path(folder) / name
        path.write_bytes(piece)
        yield inspect(path)


def drop(upload: ImportUpload, *, rejects: bool = True) -> None:
    """Take the files away, and what was said of their rows."""
    parts = ImportPart.objects.for_client(upload.client_id).filter(upload=upload)
    (parts if rejects else parts.exclude(slot=REJECTS)).delete()


def drop_rejects(upload: ImportUpload) -> None:
    ImportPart.objects.for_client(upload.client_id).filter(upload=upload, slot=REJECTS).delete()


def drop_old(at: datetime) -> int:
    """Take away what nobody did anything with for a day; how many uploads. In the scope that the rows need."""
    idle = ~Q(state__in=WAITING) | Q(step=ImportStep.MAP)
    old = ImportUpload.objects.filter(idle, moved_at__lt=at - KEPT).filter(
        pk__in=ImportPart.objects.order_by().values("upload")
    )
    count = 0
    for upload in old:
        with transaction.atomic():
            _forget(upload, DROPPED)
        count += 1
    return count


def forget(clients: Iterable[Any] | None) -> int:
    """Take away the files and rejects of these clients, None: of all; an import that is under way will not be stored. Called
    in the transaction that forgets a person, in its scope; how many uploads.
    """
    uploads = ImportUpload.objects.filter(pk__in=ImportPart.objects.order_by().values("upload"))
    if clients is not None:
        uploads = uploads.filter(client__in=list(clients))
    found = list(uploads.select_for_update(of=("self",)).order_by("pk"))
    for upload in found:
        _forget(upload, FORGOTTEN)
    return len(found)


def _forget(upload: ImportUpload, why: str) -> None:
    drop(upload)
    upload.results = {step: without_rows(told) for step, told in upload.results.items()}
    if upload.step in {ImportStep.MAP, ImportStep.CHECK} or (
        upload.step == ImportStep.STORE and upload.state not in {RunState.DONE, RunState.SKIPPED}
    ):
        upload.state, upload.error, upload.finished_at = RunState.ABANDONED, why, now()
        upload.claimed_by, upload.claimed_until = UNCLAIMED["claimed_by"], UNCLAIMED["claimed_until"]
    upload.save()


def without_rows(told: dict[str, Any]) -> dict[str, Any]:
    """A result without what stood in rows."""
    return {name: value for name, value in told.items() if name != "reasons"}
