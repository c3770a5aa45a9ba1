"""Lists as CSV, whole. No cell is taken for a formula by a spreadsheet."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from django.http import StreamingHttpResponse
from rest_framework.renderers import BaseRenderer

from conversion.api.pagination import ById
from conversion.importer.rejects import guarded

PAGE = 500  # rows read at once


class CSVRenderer(BaseRenderer):
    """Names the format to callers; the rows are written by `export`."""

    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"

    def render(self, data: Any, *_: Any, **__: Any) -> str:
        return "" if data is None else table([data] if isinstance(data, dict) else list(data))


def export(view: Any) -> StreamingHttpResponse:
    """All rows of a list view that its filters let through, a page at a time, from its cursor on."""
    _, oldest_first, after = ById.asked(view.request)
    rows = view.filter_queryset(view.get_queryset()).order_by("pk" if oldest_first else "-pk")
    name = view.model._meta.verbose_name_plural.replace(" ", "-")
    response = StreamingHttpResponse(pages(view, rows, after, oldest_first), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def pages(view: Any, rows: Any, after: Any, oldest_first: bool) -> Iterator[str]:
    serializer = view.get_serializer()
    header = list(serializer.fields)
    yield line(header)
    while True:
        rest = rows if after is None else rows.filter(**{"pk__gt" if oldest_first else "pk__lt": after})
        page = list(rest[:PAGE])
        if not page:
            return
        after = page[-1].pk
        yield "".join(line([cell(row[name]) for name in header]) for row in map(serializer.to_representation, page))


def table(rows: list[dict[str, Any]]) -> str:
    """Mappings as CSV, under the names of the first."""
    header = list(rows[0]) if rows else []
    return line(header) + "".join(line([cell(row.get(name)) for name in header]) for row in rows) if rows else ""


def line(cells: list[str]) -> str:
    stream = io.StringIO()
    csv.writer(stream).writerow(cells)  # lines end in CRLF (RFC 4180)
    return stream.getvalue()


def cell(value: Any) -> str:
    """A value as text; what holds others as JSON; nothing for null. A text that a spreadsheet might run gets an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, dict | list):
        return guarded(json.dumps(value, ensure_ascii=False))
    return guarded(str(value))
