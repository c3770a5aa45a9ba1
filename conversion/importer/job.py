"""One run of the importer, as its parts share it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from conversion.attribution import LeadSet
from conversion.importer.changes import Changes
from conversion.importer.faults import Reject
from conversion.models import Client, ImportBatch
from conversion.wording import Vocabulary


@dataclass
class Counts:
    """What became of the rows of one file: rows = created + updated + unchanged + rejected."""

    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0


@dataclass
class Job:
    """now: when the import began. leads: those whose touches it changes."""

    client: Client
    batch: ImportBatch
    now: datetime
    vocabulary: Vocabulary
    changes: Changes
    reject: Callable[[Reject], None]
    leads: LeadSet = field(default_factory=LeadSet)
