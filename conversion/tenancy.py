"""The wall between clients: a query of a client's rows says whose, or it raises.

`Lead.objects.for_client(client)` or any filter that fixes the client, or one row that belongs to a client, is scoped.
Work across clients happens in the named places below, and nowhere else:

    with across_clients("learning"):
        ...
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import models
from django.db.models.lookups import Exact, In
from django.db.models.sql.where import AND, WhereNode

# Each place that may look at the rows of several clients at once, and why.
CROSS_CLIENT_PLACES = {
    "validation": "uniqueness is checked over the whole table, one row at a time",
    "instances": "rows that were fetched under a client's scope are written back",
    "erasure": "a person asks to be forgotten by everybody on this server",
    "learning": "the weekly run lists every client that is to be learned for",
    "health": "the daily check looks for trouble at every client",
    "arrivals": "what comes from outside is looked up by the name it came under, to learn whose it is",
    "keys": "everybody's credentials are encrypted with a new key",
    "dispatch": "the sender claims whatever is due, whoever it belongs to",
    "imports": "workers take whatever files wait, whoever they belong to",
    "notices": "what happened is told to whoever wants to hear of it",
    "accounts": "what people change of their own account is no client's, and is noted in the audit log",
    "operations": "counts and ages of rows for the server's own monitoring",
}

_place: ContextVar[str | None] = ContextVar("cross_client_place", default=None)


class UnscopedQueryError(RuntimeError):
    """A query of a client's rows that does not say whose."""


@contextmanager
def across_clients(place: str) -> Iterator[None]:
    """Allow unscoped queries inside the block; `place` is one of CROSS_CLIENT_PLACES."""
    if place not in CROSS_CLIENT_PLACES:
        raise ValueError(f"{place!r} is not a named cross-client place")
    token = _place.set(place)
    try:
        yield
    finally:
        _place.reset(token)


def is_scoped(where: WhereNode, model: type[models.Model]) -> bool:
    """Whether every row that the condition lets through belongs to a client, or owner row, that it names."""
    if where.negated:
        return False
    parts = (
        is_scoped(child, model) if isinstance(child, WhereNode) else _names_owner(child, model)
        for child in where.children
    )
    return any(parts) if where.connector == AND else bool(where.children) and all(parts)


def _names_owner(lookup: Any, model: type[models.Model]) -> bool:
    if not isinstance(lookup, (Exact, In)):
        return False
    field = getattr(lookup.lhs, "target", None)
    if field is None or not field.is_relation:
        return False
    concrete = field.model._meta.concrete_model
    return concrete is model and issubclass(field.related_model, Owner)


class Owner(models.Model):
    """A row that owns others: naming it in a filter says whose rows are meant."""

    class Meta:
        abstract = True


class ScopedQuerySet(models.QuerySet):
    """A queryset of a client's rows that raises UnscopedQueryError when it is run without saying whose."""

    def for_client(self, client: Any) -> "ScopedQuerySet":
        """Rows of one client, given as a Client or its id."""
        return self.filter(client=client)

    def _check(self) -> None:
        query = self.query
        if _place.get() is not None or query.is_empty():
            return
        parts = query.combined_queries or (query,)
        if not all(is_scoped(part.where, self.model) for part in parts):
            raise UnscopedQueryError(
                f"A query of {self.model._meta.label} does not say whose rows it means. "
                "Add .for_client(client), or run it inside across_clients(place)."
            )

    def _fetch_all(self) -> None:
        if self._result_cache is None:
            self._check()
        super()._fetch_all()

    def _iterator(self, use_chunked_fetch: bool, chunk_size: int | None) -> Iterator[Any]:
        self._check()
        rows: Iterator[Any] = super()._iterator(use_chunked_fetch, chunk_size)  # type: ignore[misc] # not in the stubs
        return rows

    def count(self) -> int:
        self._check()
        return super().count()

    def exists(self) -> bool:
        self._check()
        return super().exists()

    def aggregate(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        self._check()
        return super().aggregate(*args, **kwargs)

    def explain(self, **kwargs: Any) -> str:
        self._check()
        return super().explain(**kwargs)

    def update(self, **kwargs: Any) -> int:
        self._check()
        return super().update(**kwargs)

    def delete(self) -> tuple[int, dict[str, int]]:
        self._check()
        return super().delete()

    def bulk_update(self, *args: Any, **kwargs: Any) -> int:
        with across_clients("instances"):
            return super().bulk_update(*args, **kwargs)


for _method in (ScopedQuerySet.update, ScopedQuerySet.delete, ScopedQuerySet.bulk_update):
    setattr(_method, "alters_data", True)  # noqa: B010 (functions have no such attribute to a type checker); templates must not call them
setattr(ScopedQuerySet.delete, "queryset_only", True)  # noqa: B010 (as above); a manager deletes nothing

ScopedManager = models.Manager.from_queryset(ScopedQuerySet)


class ClientRow(Owner):
    """A row that belongs to one client."""

    client: Any
    objects = ScopedManager()

    class Meta:
        abstract = True

    def validate_unique(self, exclude: Any = None) -> None:
        with across_clients("validation"):
            super().validate_unique(exclude=exclude)

    def validate_constraints(self, exclude: Any = None) -> None:
        with across_clients("validation"):
            super().validate_constraints(exclude=exclude)
