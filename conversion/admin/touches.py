"""What was sent and what came back, to look at: touches, events, plans, connections, imports and replies."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Q
from django.utils.html import format_html

from conversion.admin.clients import link
from conversion.admin.long import Long, OfClient
from conversion.models import Activity, Connection, Event, ImportBatch, InboundMessage, Sequence
from conversion.vocabulary import ActivityState, EventKind, InboundState

SENT = (ActivityState.SENT, ActivityState.DISPATCHING)
CUT = 100  # characters of a text in a list


class ByState(admin.SimpleListFilter):
    """One state at a time: the index of touches begins with client and state."""

    title, parameter_name = "state", "state"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002 (Django's signature)
        return [(state.value, state.value) for state in ActivityState]

    def queryset(self, request: Any, queryset: Any) -> Any:  # noqa: ARG002 (as above)
        given = self.value()
        if not given:
            return queryset
        return queryset.filter(state=given) if given in set(ActivityState) else queryset.none()


class ByKind(admin.SimpleListFilter):
    """One kind at a time: the index of events begins with client and kind."""

    title, parameter_name = "kind", "kind"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002 (as above)
        return [(kind.value, kind.value.replace("_", " ")) for kind in EventKind]

    def queryset(self, request: Any, queryset: Any) -> Any:  # noqa: ARG002 (as above)
        given = self.value()
        if not given:
            return queryset
        return queryset.filter(kind=given) if given in set(EventKind) else queryset.none()


@admin.register(Activity)
class Activities(Long):
    preset: ClassVar[dict[str, str]] = {"state": ActivityState.SENT.value}
    by = (*Long.by, "sequence__id__exact", "sender__id__exact")
    list_display = ("action", "lead", "touch_number", "state", "sent_at", "scheduled_at", "why", "page")
    list_filter = (OfClient, ByState, "channel")
    list_select_related = ("lead",)
    ordering = ("-sent_at",)
    search_fields = ("provider_message_id",)
    search_help_text = "The source's id, the provider's id of the message, or the touch's id."
    raw_id_fields = ("client", "lead", "sequence", "sender", "batch")
    exclude = ("source_hash", "template_key", "pain_points", "cta", "angles", "subjects", "personalization")

    def found(self, term: str) -> tuple[Q, ...]:
        return (*super().found(term), Q(external_id=term), Q(provider_message_id=term) & ~Q(provider_message_id=""))

    @admin.display(description="why")
    def why(self, touch: Activity) -> str:
        """Why it was not sent, and where that is told at length."""
        if touch.state in SENT:
            return "–"
        return format_html("{} {}", touch.reason[:CUT], link("desk:lead", touch.lead_id, text="why?"))

    @admin.display(description="lead's page")
    def page(self, touch: Activity) -> str:
        return link("desk:lead", touch.lead_id, text="open")


@admin.register(Event)
class Events(Long):
    preset: ClassVar[dict[str, str]] = {"kind": EventKind.MEETING_BOOKED.value}
    by = (*Long.by, "activity__id__exact")
    list_display = ("kind", "lead", "occurred_at", "is_machine", "page")
    list_filter = (OfClient, ByKind)
    list_select_related = ("lead",)
    ordering = ("-occurred_at",)
    search_fields = ("external_id",)
    exclude = ("source_hash",)

    def found(self, term: str) -> tuple[Q, ...]:
        return (*super().found(term), Q(external_id=term))

    @admin.display(description="lead's page")
    def page(self, event: Event) -> str:
        return link("desk:lead", event.lead_id, text="open")


@admin.register(Sequence)
class Sequences(Long):
    list_display = ("channels_in_order", "lead", "arm", "created_at")
    list_select_related = ("lead",)
    ordering = ("-created_at",)
    search_fields = ("pk",)
    search_help_text = "The plan's id."

    @admin.display(description="channels")
    def channels_in_order(self, plan: Sequence) -> str:
        return ", ".join(map(str, plan.channels))[:CUT] or "–"


@admin.register(Connection)
class Connections(Long):
    list_display = ("lead", "sender", "state", "invited_at", "accepted_at")
    list_select_related = ("lead", "sender")
    ordering = ("-pk",)
    search_fields = ("person_id",)
    search_help_text = "The person's id at the provider, or the row's id."

    def found(self, term: str) -> tuple[Q, ...]:
        return (*super().found(term), Q(person_id=term) & ~Q(person_id=""))


@admin.register(ImportBatch)
class ImportBatches(Long):
    list_display = ("started_at", "client", "finished_at", "undone_at")
    list_select_related = ("client",)
    ordering = ("-pk",)
    search_fields = ("pk",)
    search_help_text = "The import's id."


@admin.register(InboundMessage)
class InboundMessages(Long):
    """Those that are a client's. What belongs to nobody yet is settled by a command, or where its account is one client's."""

    list_display = ("kind", "person", "lead", "received_at", "reading", "state", "page")
    list_filter = (OfClient, ("state", admin.ChoicesFieldListFilter))
    list_select_related = ("lead",)
    ordering = ("-received_at",)
    search_fields = ("person_key",)
    search_help_text = "Who wrote: its e-mail address, number or profile; or the message's id."
    exclude = ("settled_by",)

    def found(self, term: str) -> tuple[Q, ...]:
        return (*super().found(term), Q(person_key=term.casefold()) & ~Q(person_key=""))

    @admin.display(description="page")
    def page(self, message: InboundMessage) -> str:
        return link("desk:reply", message.pk, text="settle") if message.state == InboundState.UNMATCHED else "–"
