"""The audit log: read by the admins of a client, and by superusers; written by nobody here."""

from itertools import chain
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import QuerySet

from conversion import access
from conversion.admin.audited import in_words
from conversion.admin.scoped import ReadOnly
from conversion.models import AuditEntry, Membership
from conversion.vocabulary import Role

LONGEST_ID = 19  # digits of a 64-bit number, less one
RECENT = 5_000  # entries in which the words of the filter are looked up
MOST_CHOICES = 200  # of a filter; whoever has more looks a person up


class OfClient(admin.SimpleListFilter):
    title, parameter_name = "client", "client"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002 (Django's signature)
        mine = access.of(request).clients(Role.ADMIN).order_by("name")
        return [(str(pk), name) for pk, name in mine.values_list("pk", "name")[:MOST_CHOICES]]

    def queryset(self, request: Any, queryset: QuerySet) -> QuerySet:  # noqa: ARG002 (as above)
        try:
            return queryset.filter(client=UUID(self.value())) if self.value() else queryset
        except ValueError:
            return queryset.none()


class ByPerson(admin.SimpleListFilter):
    """People with a role at the caller's clients; superusers are told of all."""

    title, parameter_name = "who", "user"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002 (as above)
        people, reach = get_user_model().objects.order_by("username"), access.of(request)
        if reach.everywhere is None:
            here = Membership.objects.filter(client__in=reach.clients(Role.ADMIN))
            people = people.filter(pk__in=here.values("user"))
        return [(str(pk), name) for pk, name in people.values_list("pk", "username")[:MOST_CHOICES]]

    def queryset(self, request: Any, queryset: QuerySet) -> QuerySet:  # noqa: ARG002 (as above)
        value = self.value() or ""
        if value and not (value.isascii() and value.isdigit() and len(value) < LONGEST_ID):
            return queryset.none()
        return queryset.filter(user=int(value)) if value else queryset


class ByAction(admin.SimpleListFilter):
    title, parameter_name = "what", "action"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, str]]:
        recent = model_admin.get_queryset(request).order_by("-id").values_list("action")[:RECENT]
        return [(word, word) for word in sorted(set(chain.from_iterable(recent)))]

    def queryset(self, request: Any, queryset: QuerySet) -> QuerySet:  # noqa: ARG002 (as above)
        return queryset.filter(action=self.value()) if self.value() else queryset


@admin.register(AuditEntry)
class Log(ReadOnly):
    """Of rows that are no client's, superusers alone are told."""

    needs: ClassVar = {**ReadOnly.needs, "view": Role.ADMIN, "delete": None}
    list_display = ("at", "actor", "action", "kind", "of_client", "changed", "object_id")
    list_display_links = None
    list_filter = (OfClient, ByPerson, ByAction)
    ordering = ("-id",)  # ids grow with time
    fields = ("at", "actor", "action", "object_type", "object_id", "of_client", "changed")
    readonly_fields = fields
    actions = None

    def rows_of(self, queryset: QuerySet, reach: access.Access) -> QuerySet:
        mine = queryset if reach.everywhere else super().rows_of(queryset, reach)
        return mine.select_related("client")

    @admin.display(description="of what")
    def kind(self, entry: AuditEntry) -> str:
        return entry.object_type.partition(".")[2]

    @admin.display(description="client")
    def of_client(self, entry: AuditEntry) -> str:
        """The log outlives clients."""
        return entry.client.slug if entry.client else ""

    @admin.display(description="changed")
    def changed(self, entry: AuditEntry) -> str:
        return in_words(entry)
