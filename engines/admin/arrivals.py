"""What came in: how far mailboxes were read, and what providers told."""

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Q, QuerySet

from conversion import access
from conversion.admin.audited import note
from conversion.admin.scoped import ReadOnly
from conversion.clock import database_now
from conversion.models import Callback, Mailbox
from conversion.vocabulary import Role
from engines.inbound.arrivals import try_again


@admin.register(Mailbox)
class Mailboxes(ReadOnly):
    list_display = ("account", "checked_at", "failures", "error", "resting_until")
    list_select_related = ("account__client",)
    ordering = ("-id",)
    fields = ("account", "checked_at", "failures", "error", "resting_until", "last_uid", "uid_validity")
    readonly_fields = fields

    def rows_of(self, queryset: QuerySet, reach: access.Access) -> QuerySet:
        if reach.everywhere is not None:
            return queryset
        of_agency = Q(account__client=None, account__agency__in=reach.clients().values("agency"))
        return queryset.filter(Q(account__client__in=reach.clients()) | of_agency)

    def client_of(self, obj: Any) -> Any:
        return obj.account.client_id

    def has_view_permission(self, request: Any, obj: Any = None) -> bool:
        if obj is None or self.client_of(obj) is not None:
            return super().has_view_permission(request, obj)
        return self._may(request, "view") and self.get_queryset(request).filter(pk=obj.pk).exists()


@admin.register(Callback)
class Callbacks(ReadOnly):
    """Without what came itself: it may name a person."""

    list_display = ("received_at", "source", "kind", "client", "account", "state", "attempts", "reason", "retry_at")
    list_filter = ("state",)
    list_select_related = ("client", "account")
    ordering = ("-received_at",)
    show_facets = admin.ShowFacets.NEVER  # they count every row
    actions = ("again",)
    fields = (
        "client",
        "account",
        "source",
        "kind",
        "occurred_at",
        "received_at",
        "state",
        "attempts",
        "retry_at",
        "reason",
    )
    readonly_fields = fields

    def rows_of(self, queryset: QuerySet, reach: access.Access) -> QuerySet:
        """A client's, and what came through an account of its own and is nobody's yet."""
        if reach.everywhere is not None:
            return queryset
        mine = reach.clients()
        return queryset.filter(Q(client__in=mine) | Q(client=None, account__client__in=mine))

    def client_of(self, obj: Any) -> Any:
        return obj.client_id or (obj.account.client_id if obj.account else None)

    @admin.action(description="Try again what failed", permissions=["view"])
    def again(self, request: Any, queryset: QuerySet) -> None:
        reach, count, refused = access.of(request), 0, 0
        for callback in queryset.select_related("account"):
            client = self.client_of(callback)
            may = reach.everywhere is not None if client is None else reach.may(client, Role.OPERATOR)
            if not may:
                refused += 1
                continue
            with transaction.atomic():
                if try_again(callback, database_now()):
                    note(request, "retry", callback)
                    count += 1
        self.message_user(request, f"Tried again within a minute: {count}. Only what failed is.")
        if refused:
            self.message_user(request, f"{refused} need the role operator at their client.", messages.WARNING)
