"""Pages by id. Ids are UUIDv7, so they stand in the order in which rows were made, and a page stays right while rows come."""

import uuid
from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

USUAL, MOST = 50, 200  # rows of a page
ORDERINGS = ("-id", "id")
PARAMETERS = frozenset({"cursor", "limit", "ordering"})


class ById(BasePagination):
    """`{"next": URL or null, "results": [...]}`. Newest first, or with `ordering=id` oldest first; `next` leads on."""

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> list[Any]:
        limit, oldest_first, after = self.asked(request)
        if after is not None:
            queryset = queryset.filter(**{"pk__gt" if oldest_first else "pk__lt": after})
        rows = list(queryset.order_by("pk" if oldest_first else "-pk")[: limit + 1])
        self._next = None
        if len(rows) > limit:
            self._next = replace_query_param(request.build_absolute_uri(), "cursor", str(rows[limit - 1].pk))
        return rows[:limit]

    @staticmethod
    def asked(request: Any) -> tuple[int, bool, uuid.UUID | None]:
        """Rows of the page, whether the oldest come first, and the id after which it begins. Raises ValidationError."""
        query, faults = request.query_params, {}
        limit = query.get("limit", str(USUAL))
        if not (limit.isascii() and limit.isdigit() and len(limit) <= len(str(MOST)) and 1 <= int(limit) <= MOST):
            faults["limit"] = f"Give a whole number from 1 to {MOST}."
        ordering = query.get("ordering", ORDERINGS[0])
        if ordering not in ORDERINGS:
            faults["ordering"] = f"Give one of {', '.join(ORDERINGS)}."
        cursor = query.get("cursor", "")
        try:
            after = uuid.UUID(cursor) if cursor else None
        except ValueError:
            faults["cursor"] = "Follow `next` of the page before."
        if faults:
            raise ValidationError(faults)
        return int(limit), ordering == "id", after

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"next": self._next, "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        following = {"type": ["string", "null"], "format": "uri", "description": "The next page; null on the last."}
        return {
            "type": "object",
            "required": ["next", "results"],
            "properties": {"next": following, "results": schema},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        described = {
            "cursor": ("Where the page begins: take it from `next`.", {"type": "string", "format": "uuid"}),
            "limit": ("Rows of a page.", {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL}),
            "ordering": ("Newest or oldest first.", {"type": "string", "enum": list(ORDERINGS), "default": "-id"}),
        }
        return [
            {"name": name, "in": "query", "required": False, "description": text, "schema": schema}
            for name, (text, schema) in described.items()
        ]
