"""Of the pages of the import."""

from collections.abc import Mapping
from typing import Any

from django import template

from conversion import counts
from conversion.importer.undo import CALLED

register = template.Library()
COUNTS = ("rows", "created", "updated", "unchanged", "rejected")


@register.filter
def thousands(number: Any) -> str:
    return f"{number:,}" if isinstance(number, int) else ""


@register.filter
def counted(number: int, table: str) -> str:
    """Rows of a table in words: "2 leads"."""
    return counts.counted(number, CALLED.get(table, table))


@register.filter
def item(table: Any, key: Any) -> Any:
    """What a mapping has under a key that is a variable; empty where it has none."""
    return table.get(key, "") if isinstance(table, Mapping) else ""


@register.filter
def field(form: Any, part: str) -> str:
    """The name of a field of a file's form."""
    return str(form.name(part))


@register.simple_tag
def totals(upload: Any) -> dict[str, int | None]:
    """The counts of an import over its files; None before there are any."""
    told = upload.results.get("store") or upload.results.get("check") or {}
    counts = told.get("counts", {}).values()
    return {name: sum(one.get(name, 0) for one in counts) if counts else None for name in COUNTS}
