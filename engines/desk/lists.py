"""What lists are asked by: a client, a text, a page."""

from collections.abc import Collection
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page
from django.db.models import QuerySet

from conversion import access
from conversion.admin.paging import BoundedPaginator
from conversion.models import Client

PER_PAGE = 50
LONGEST = 254  # characters of what is looked for
MOST_CLIENTS = 500  # in a choice


def text_of(request: Any, name: str) -> str:
    """PostgreSQL compares with no NUL."""
    return str(request.GET.get(name, "")).replace("\0", "").strip()[:LONGEST]


def word_of(request: Any, name: str, words: Collection[str]) -> str:
    """One of `words`, else nothing."""
    word = text_of(request, name)
    return word if word in words else ""


def clients_of(request: Any) -> list[Client]:
    """The choice of a filter, by name."""
    return list(access.of(request).clients().order_by("name", "slug")[:MOST_CLIENTS])


def chosen(clients: Collection[Client], request: Any) -> Client | None:
    """The client that a list is narrowed to, by slug or id."""
    ref = text_of(request, "client")
    return next((one for one in clients if ref in (one.slug, str(one.pk))), None) if ref else None


def paged(rows: QuerySet, request: Any) -> Page:
    """The page that `?page=` asks for, the first or last where there is no such."""
    return BoundedPaginator(rows, PER_PAGE).get_page(request.GET.get("page"))


def kept(**wanted: str) -> str:
    """What a link to another page repeats: "client=acme&"."""
    found = urlencode({name: value for name, value in wanted.items() if value})
    return f"{found}&" if found else ""
