"""Addresses that notices are posted to, what became of what was posted, and where calendars tell of meetings."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet

from conversion import access
from conversion.admin.audited import note
from conversion.admin.long import Long, OfClient
from conversion.clock import database_now
from conversion.models import BookingHook, Delivery, WebhookEndpoint
from conversion.models.notice import every_kind
from conversion.vocabulary import NoticeKind, Role
from engines.admin.acting import Acted, Acting, Owned, Shared
from engines.notices.endpoints import endpoints_of, remove_endpoint, set_endpoint
from engines.notices.replaying import NotReplayed, replay
from engines.webhooks import addresses
from engines.webhooks.bookings import new_secret

KINDS = [(kind.value, kind.value.replace("_", " ")) for kind in NoticeKind]
ENDS = "Make another secret; the former one ends at once, and the new one is shown once."


class EndpointForm(Owned):
    kinds = forms.MultipleChoiceField(choices=KINDS, widget=forms.CheckboxSelectMultiple, initial=every_kind)
    new_secret = forms.BooleanField(required=False, help_text=ENDS)
    secret = ""

    def act(self, values: dict[str, Any]) -> WebhookEndpoint:
        row = self.instance
        if not self.is_new:
            owner, url, again = row.client or row.agency, row.url, values["new_secret"]
        else:
            owner, url, again = self.owner(values), values["url"], False
            if endpoints_of(owner).filter(url=url).exists():
                raise ValidationError({"url": "There is a webhook to this address: change that one."})
        endpoint, self.secret = set_endpoint(
            owner, url, values["kinds"], is_active=values["is_active"], new_secret=again
        )
        return endpoint


@admin.register(WebhookEndpoint)
class Endpoints(Shared):
    """The whole address is for those who may change it, since it may hold a key of the receiver's."""

    form = EndpointForm
    needs: ClassVar[Mapping[str, Role | None]] = {"delete": Role.OPERATOR}
    secret_title = "Secret of the webhook"  # noqa: S105 (a heading)
    list_display = ("leads_to", "client", "agency", "is_active", "created_at")
    list_filter = (OfClient, "is_active")
    list_select_related = ("client", "agency")
    ordering = ("-id",)

    def get_fields(self, request: Any, obj: Any = None) -> Any:
        whose = ("agency", "client") if obj or request.user.is_superuser else ("client",)
        if obj is None:
            return (*whose, "url", "kinds", "is_active")
        if not self.has_change_permission(request, obj):
            return (*whose, "leads_to", "told_kinds", "is_active", "created_at")
        return (*whose, "url", "kinds", "is_active", "new_secret", "created_at")

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:  # noqa: ARG002 (Django's signature)
        return ("leads_to", "told_kinds", "created_at", *(("agency", "client", "url") if obj else ()))

    @admin.display(description="Leads to", ordering="id")
    def leads_to(self, endpoint: WebhookEndpoint) -> str:
        return endpoint.name.removeprefix("webhook to ")

    @admin.display(description="Kinds")
    def told_kinds(self, endpoint: WebhookEndpoint) -> str:
        return ", ".join(endpoint.kinds)

    def save_model(self, request: Any, obj: Any, form: Any, change: Any) -> None:  # noqa: ARG002 (Django's signature)
        request._secret = form.secret  # noqa: SLF001 (told once the admin has logged the change)

    def response_add(self, request: Any, obj: Any, post_url_continue: Any = None) -> Any:
        return self.told(request, obj) or super().response_add(request, obj, post_url_continue)

    def response_change(self, request: Any, obj: Any) -> Any:
        return self.told(request, obj) or super().response_change(request, obj)

    def told(self, request: Any, obj: Any) -> Any:
        return self.shown_once(request, obj, obj.url, request._secret) if request._secret else None  # noqa: SLF001 (as above)

    def get_deleted_objects(self, objs: Any, request: Any) -> Any:
        """By hand: what was posted to it may be a million rows."""
        rows = list(objs)
        refused = {str(row) for row in rows if not self.has_delete_permission(request, row)}
        names = [f"{row}, with the log of what was posted to it" for row in rows]
        return names, {"webhook endpoints": len(rows)}, refused, []

    def delete_model(self, request: Any, obj: Any) -> None:  # noqa: ARG002 (Django's signature)
        remove_endpoint(obj)

    def delete_queryset(self, request: Any, queryset: Any) -> None:
        for endpoint in self.allowed(request, queryset):
            remove_endpoint(endpoint)


@admin.register(Delivery)
class Deliveries(Long):
    list_display = ("created_at", "client", "kind", "to", "state", "attempts", "status_code", "answer", "due_at")
    list_filter: ClassVar[Any] = (OfClient, "state")
    list_select_related = ("client", "notice", "endpoint")
    ordering = ("-id",)
    actions = ("post_again",)
    fields = (
        *("client", "kind", "to", "state", "attempts", "status_code", "answer"),
        *("created_at", "due_at", "delivered_at"),
    )
    readonly_fields = fields

    @admin.display(description="Notice")
    def kind(self, delivery: Delivery) -> str:
        return str(delivery.notice.kind)

    @admin.display(description="To")
    def to(self, delivery: Delivery) -> str:
        return delivery.endpoint.name if delivery.endpoint else delivery.recipient

    @admin.action(description="Post once more", permissions=["view"])
    def post_again(self, request: Any, queryset: QuerySet) -> None:
        reach, count, refused = access.of(request), 0, set()
        for delivery in queryset.select_related("notice", "endpoint"):
            if not reach.may(delivery.client_id, Role.OPERATOR):
                refused.add("this needs the role operator at its client")
                continue
            try:
                with transaction.atomic():
                    replay(delivery, database_now())
                    note(request, "replay", delivery)
            except NotReplayed as error:
                refused.add(str(error))
            else:
                count += 1
        self.message_user(request, f"To be posted once more: {count}.")
        for reason in sorted(refused):
            self.message_user(request, f"Not posted: {reason}.", messages.WARNING)


class HookForm(Acted):
    new_secret = forms.BooleanField(required=False, help_text=ENDS)
    told: tuple[str, str] | None = None

    def act(self, values: dict[str, Any]) -> BookingHook:
        is_new = self.is_new
        client = values["client"] if is_new else self.instance.client
        if is_new or values.get("new_secret"):
            self.told = new_secret(client)
        return BookingHook.objects.for_client(client).get()  # type: ignore[no-any-return] # of a scoped query set


@admin.register(BookingHook)
class BookingHooks(Acting):
    form = HookForm
    needs: ClassVar[Mapping[str, Role | None]] = {"add": Role.ADMIN, "change": Role.ADMIN}
    secret_title = "Secret of the booking hook"  # noqa: S105 (a heading)
    list_display = ("client", "address", "created_at")
    list_filter = (OfClient,)
    list_select_related = ("client",)
    ordering = ("-id",)

    def get_fields(self, request: Any, obj: Any = None) -> Any:
        if obj is None:
            return ("client",)
        return (
            "client",
            "address",
            "created_at",
            *(("new_secret",) if self.has_change_permission(request, obj) else ()),
        )

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:  # noqa: ARG002 (Django's signature)
        return ("address", "created_at", *(("client",) if obj else ()))

    @admin.display(description="Enter in the calendar")
    def address(self, hook: BookingHook) -> str:
        return addresses.of_hook(hook).url

    def save_model(self, request: Any, obj: Any, form: Any, change: Any) -> None:  # noqa: ARG002 (Django's signature)
        request._told = form.told  # noqa: SLF001 (told once the admin has logged the change)

    def response_add(self, request: Any, obj: Any, post_url_continue: Any = None) -> Any:
        told = request._told  # noqa: SLF001 (as above)
        return self.shown_once(request, obj, *told) if told else super().response_add(request, obj, post_url_continue)

    def response_change(self, request: Any, obj: Any) -> Any:
        told = request._told  # noqa: SLF001 (as above)
        return self.shown_once(request, obj, *told) if told else super().response_change(request, obj)
