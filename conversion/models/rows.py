"""What all models share: ids, and constraints written from the vocabulary."""

import uuid
from enum import StrEnum
from typing import Any

from django.db import models
from django.db.models import CheckConstraint, Q
from uuid_utils.compat import uuid7


def new_id() -> uuid.UUID:
    """A UUIDv7: ids grow with time, so inserts stay at the end of the index."""
    return uuid7()


class Row(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)

    class Meta:
        abstract = True


def choices(words: type[StrEnum]) -> list[tuple[str, str]]:
    return [(word.value, word.value.replace("_", " ")) for word in words]


def word_field(words: type[StrEnum], **options: Any) -> "models.CharField[str, str]":
    """A column that holds one word of the vocabulary; pair it with `one_of` in the constraints."""
    return models.CharField(max_length=24, choices=choices(words), **options)


def one_of(field: str, words: type[StrEnum], name: str, *, blank: bool = False) -> CheckConstraint:
    allowed = [word.value for word in words] + ([""] if blank else [])
    return CheckConstraint(condition=Q(**{f"{field}__in": allowed}), name=name)


def between(field: str, low: float, high: float, name: str) -> CheckConstraint:
    """A constraint low <= field <= high; an empty field passes."""
    return CheckConstraint(condition=Q(**{f"{field}__gte": low, f"{field}__lte": high}), name=name)
