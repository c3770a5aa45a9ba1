"""Tables that may have millions of rows: one client at a time, in the order of an index, and searched by indexes alone."""

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpResponseRedirect

from conversion import access
from conversion.admin.scoped import ReadOnly

MOST_CLIENTS = 500  # that a filter offers
LONGEST_SEARCH = 254
MOST_FOUND = 1000  # rows that a search looks through


class OfClient(admin.SimpleListFilter):
    """One of the caller's clients, by id. Rows of all of them at once have no index to be sorted by."""

    title, parameter_name = "client", "client"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002 (Django's signature)
        mine = access.of(request).clients().order_by("name", "pk")
        return [(str(pk), name) for pk, name in mine.values_list("pk", "name")[:MOST_CLIENTS]]

    def has_output(self) -> bool:
        return True

    def queryset(self, request: Any, queryset: QuerySet) -> QuerySet:  # noqa: ARG002 (as above)
        given = self.value()
        if not given:
            return queryset
        try:
            return queryset.filter(client=UUID(given))
        except ValueError:
            return queryset.none()


class Long(ReadOnly):
    """preset: parameters of the list that stand where nobody gave them, besides the client. by: parameters that lead to few
    rows whatever else is asked, such as a lead's id: with one of them, nothing is preset.
    """

    preset: ClassVar[Mapping[str, str]] = {}
    by: ClassVar[tuple[str, ...]] = ("q", "lead__id__exact", "batch__id__exact")
    list_filter: ClassVar[Any] = (OfClient,)
    show_facets = admin.ShowFacets.NEVER  # they count every row
    sortable_by = ()
    search_help_text = "Exactly, in any case: an e-mail address, an id, the source's id."

    def changelist_view(self, request: Any, extra_context: Any = None) -> Any:
        given = request.GET
        if request.method == "GET" and not any(given.get(name) for name in self.by) and "e" not in given:
            missing = {name: value for name, value in self.preset.items() if name not in given}
            if "client" not in given and (first := self.first_client(request)):
                missing["client"] = first
            if missing:
                asked = given.copy()
                asked.update(missing)
                return HttpResponseRedirect(f"{request.path}?{asked.urlencode()}")
        return super().changelist_view(request, extra_context)

    def first_client(self, request: Any) -> str:
        first = access.of(request).clients().order_by("name", "pk").values_list("pk", flat=True).first()
        return "" if first is None else str(first)

    def found(self, term: str) -> tuple[Q, ...]:
        """What a search means: conditions on indexed columns, of which one has to hold; a term's words are not taken apart."""
        try:
            return (Q(pk=UUID(term)),)
        except ValueError:
            return ()

    def get_search_results(self, request: Any, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        """Each condition asks by its own index; all in one query would read the whole table."""
        term = search_term.replace("\0", "").strip()[:LONGEST_SEARCH]
        if not term:
            return queryset, False
        rows, found = queryset.order_by().values_list("pk", flat=True), set[Any]()
        for condition in self.found(term):
            found.update(rows.filter(condition)[:MOST_FOUND])
        if len(found) >= MOST_FOUND:
            told = f"More than {MOST_FOUND:,} fit; some of them are shown. Give more of the word."
            messages.warning(request, told, fail_silently=True)
        return queryset.filter(pk__in=found), False
