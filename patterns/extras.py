"""Imported attributes of leads as columns: what learning may tell leads apart by, beside the fields that every lead has."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from conversion.learned import same
from conversion.models import Client, Lead
from patterns.detectors.frame import UNKNOWN, Category

MOST_VALUES = 50  # an attribute with more is a name, a number or a date
CHUNK = 20_000  # leads held at a time


class Column:
    """One attribute: each lead's value, until there are too many different ones."""

    def __init__(self, leads: int) -> None:
        self.codes = np.full(leads, UNKNOWN, dtype=np.int32)
        self.values: dict[str, int] = {}
        self.too_many = False

    def put(self, lead: int, text: str) -> None:
        code = self.values.setdefault(text, len(self.values))
        self.codes[lead] = code
        # Spellings of one value are put together in the end: only what cannot become few enough is given up here.
        self.too_many = len(self.values) > 4 * MOST_VALUES

    def category(self) -> Category | None:
        """None where there are too many values, or none."""
        if self.too_many:
            return None
        uses = np.bincount(self.codes[self.codes >= 0], minlength=len(self.values)).tolist()
        best: dict[str, tuple[int, str]] = {}
        for text, code in self.values.items():
            spelling = (-uses[code], text)
            best[same(text)] = min(best.get(same(text), spelling), spelling)
        if not 0 < len(best) <= MOST_VALUES:
            return None
        labels = sorted(label for _, label in best.values())
        place = {same(label): position for position, label in enumerate(labels)}
        lookup = np.array([*(place[same(text)] for text in self.values), UNKNOWN], dtype=np.int32)  # the last for -1
        return Category(lookup[self.codes], tuple(labels))


def columns(client: Client, ids: Any) -> Mapping[str, Category]:
    """The attributes in `extra` that have at most MOST_VALUES different texts, by name. ids: 16 bytes each, sorted; the
    leads that the columns are of.
    """
    place = {bytes(key): row for row, key in enumerate(ids)}
    found: dict[str, Column] = {}
    rows = Lead.objects.for_client(client).filter(deleted_at__isnull=True).exclude(extra={}).values_list("id", "extra")
    for key, extra in rows.iterator(CHUNK):
        lead = place.get(key.bytes)
        if lead is None or not isinstance(extra, dict):
            continue
        for name, value in extra.items():
            column = found.get(name)
            if column is None:
                column = found[name] = Column(len(place))
            if isinstance(value, str) and value.strip() and not column.too_many:
                column.put(lead, value.strip())
    made = {name: column.category() for name, column in sorted(found.items())}
    return {name: category for name, category in made.items() if category is not None}
