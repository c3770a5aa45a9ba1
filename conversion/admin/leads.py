"""Leads: looked up, taken out, put on the list of those who must not be written to, and forgotten. Their values come from
imports and the API, by whose rules they change.
"""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.template.response import TemplateResponse
from django.utils.timezone import now

from conversion import access, leads
from conversion.admin.audited import note
from conversion.admin.clients import link
from conversion.admin.long import Long, OfClient
from conversion.entries import UnusableEntry, suppress
from conversion.erasure import erase
from conversion.models import Lead
from conversion.people import PersonNotFound
from conversion.vocabulary import Role

MOST = 100  # leads that an action takes at once
CONFIRMED = "confirmed"
REST = "rest"  # more were chosen than are done at once
Chosen = tuple[list[Lead], bool]  # those that are done now, and whether others are left


@admin.register(Lead)
class Leads(Long):
    needs: ClassVar[dict[str, Role | None]] = {"add": None, "change": None, "delete": None}
    list_display = ("name", "email", "company_name", "status", "als_score", "als_tier", "created_at", "page")
    list_display_links = ("name",)
    list_filter = (OfClient, "status")
    ordering = ("-created_at",)
    search_fields = ("email_key",)
    search_help_text = "An e-mail address, a last name or its beginning, the source's id, or the lead's id."
    actions = ("take_out", "suppress", "erase")
    exclude = ("source_hash", "batch")

    @admin.display(description="lead")
    def name(self, lead: Lead) -> str:
        return str(lead)[:120]

    @admin.display(description="page")
    def page(self, lead: Lead) -> str:
        return link("desk:lead", lead.pk, text="open")

    def found(self, term: str) -> tuple[Q, ...]:
        address = Q(email_key=term.casefold()) & ~Q(email_key="")
        names = map(self._named, {term, term.title()})
        return (*super().found(term), address, Q(external_id=term), *names)

    def _named(self, start: str) -> Q:
        """Last names that begin so: `lead_by_name`, without empty ones, serves LIKE on PostgreSQL, a range on SQLite."""
        named = ~Q(last_name="")
        if connection.vendor == "postgresql":
            return named & Q(last_name__startswith=start)
        return named & Q(last_name__gte=start, last_name__lt=start + "\U0010ffff")

    def has_act_permission(self, request: Any) -> bool:
        ids = access.of(request).ids(Role.OPERATOR)
        return self.admin_site.has_permission(request) and (ids is None or bool(ids))

    def has_erase_permission(self, request: Any) -> bool:
        ids = access.of(request).ids(Role.ADMIN)
        return self.admin_site.has_permission(request) and (ids is None or bool(ids))

    @admin.action(description="Take out of learning, scoring, planning and sending", permissions=["act"])
    def take_out(self, request: Any, queryset: QuerySet) -> Any:
        chosen, rest = self._chosen(request, queryset, Role.OPERATOR)
        told = "They are not learned from, scored, planned or written to any more. Their rows stay."
        if (answer := self._asked(request, (chosen, rest), "take_out", "Take these leads out?", told)) is not None:
            return answer
        with transaction.atomic():
            fresh = [lead for lead in chosen if lead.deleted_at is None]
            for lead in fresh:
                leads.delete(lead, now())
                note(request, "delete", lead)
        return self._said(request, f"Taken out: {len(fresh)}.", rest=rest)

    @admin.action(description="Do not write to them any more", permissions=["act"])
    def suppress(self, request: Any, queryset: QuerySet) -> Any:
        chosen, rest = self._chosen(request, queryset, Role.OPERATOR)
        told = "Their e-mail addresses, numbers and profiles go on their client's list; what is planned to them is not sent."
        if (
            answer := self._asked(request, (chosen, rest), "suppress", "Write to these leads no more?", told)
        ) is not None:
            return answer
        added = 0
        with transaction.atomic():
            for lead in chosen:
                for text in filter(None, (lead.email, lead.phone, lead.linkedin_url)):
                    added += self._listed(lead, text)
                note(request, "suppress", lead)
        return self._said(request, f"Put on the list: {added}.", rest=rest)

    def _listed(self, lead: Lead, text: str) -> int:
        try:
            return suppress([text], client=lead.client, reason="by hand").added
        except UnusableEntry:
            return 0  # nothing can be sent to it either

    @admin.action(description="Forget the person (cannot be undone)", permissions=["erase"])
    def erase(self, request: Any, queryset: QuerySet) -> Any:
        chosen, rest = self._chosen(request, queryset, Role.ADMIN)
        told = (
            "At their client, names, addresses and texts are erased for good, whatever is planned is cancelled, and keyed "
            "hashes keep the people from being written to again. What was sent when, and what came of it, stays without a name."
        )
        if (answer := self._asked(request, (chosen, rest), "erase", "Forget these people?", told)) is not None:
            return answer
        done = flying = 0
        try:
            with transaction.atomic():
                for lead in chosen:
                    try:
                        found = erase(str(lead.pk), lead.client)
                    except PersonNotFound:
                        continue
                    note(request, "erase", lead)
                    done, flying = done + found.leads, flying + found.in_flight
        except ImproperlyConfigured as error:
            return self._said(request, str(error), messages.ERROR)
        more = (
            f" {flying} messages are being sent at this moment: forget the people once more in a minute."
            if flying
            else ""
        )
        return self._said(request, f"Erased: {done} leads.{more}", rest=rest)

    def _chosen(self, request: Any, queryset: QuerySet, role: Role) -> Chosen:
        """Raises PermissionDenied where the caller's role at one of their clients is too low."""
        chosen = list(queryset.select_related("client").order_by("-created_at", "pk")[: MOST + 1])
        reach = access.of(request)
        if not all(reach.may(lead.client_id, role) for lead in chosen):
            raise PermissionDenied(f"This needs the role {role} at the client.")
        return chosen[:MOST], len(chosen) > MOST or REST in request.POST

    def _asked(self, request: Any, picked: Chosen, action: str, title: str, told: str) -> Any:
        """The page that asks; None: it was confirmed."""
        if CONFIRMED in request.POST:
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "told": told,
            "rows": picked[0],
            "rest": picked[1],
            "rest_name": REST,
            "most": MOST,
            "action": action,
            "confirmed": CONFIRMED,
            "checkbox": ACTION_CHECKBOX_NAME,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/confirm.html", context)

    def _said(self, request: Any, text: str, level: int = messages.SUCCESS, rest: bool = False) -> None:
        left = f" The others that were chosen are left as they were: {MOST} are done at once. Choose them again."
        if rest:
            text, level = text + left, max(level, messages.WARNING)
        self.message_user(request, text, level)
