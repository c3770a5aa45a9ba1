"""Warnings that are open, and where the cause of each is mended."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.timezone import now

from conversion import access, audit
from conversion.models import Client
from conversion.vocabulary import Role, Severity
from engines.desk.doors import page, row_or_404, shown
from engines.desk.lists import chosen, clients_of, kept, paged, word_of
from patterns.alerts import LOOKED_FOR, close, see
from patterns.models import HealthAlert

LATELY = timedelta(days=7)
MOST_RESOLVED = 20
TONES = {Severity.HIGH.value: "bad", Severity.MEDIUM.value: "maybe"}
SEVERITIES = tuple(one.value for one in Severity)
# Why a person closes an alert: words, since the audit log keeps no free text.
WHY: Mapping[str, str] = {
    "mended": "I mended its cause",
    "accepted": "I know of it, and it is all right",
    "mistaken": "It was a mistake",
}
Place = tuple[str, str]  # what a link says, and its address


def learn(alert: HealthAlert) -> Place:
    return "Learn now", reverse("desk:learn", args=[alert.client.slug])


def pattern(alert: HealthAlert) -> Place:
    if not alert.pattern_type:
        return "Look at the patterns", reverse("desk:client", args=[alert.client.slug])
    return "Look at the pattern", reverse("desk:evidence", args=[alert.client.slug, alert.pattern_type])


def facts(alert: HealthAlert) -> Place:
    return "Import more", reverse("desk:imports", args=[alert.client.slug])


def runs(alert: HealthAlert) -> Place:
    if alert.subject == "backfill":
        return "Fill in again", reverse("desk:backfill", args=[alert.client.slug])
    return learn(alert)


def unknown(alert: HealthAlert) -> Place:
    return "Settle them", f"{reverse('desk:unknown')}?client={alert.client.slug}"


def table(model: str, words: str, key: str = "") -> Callable[[HealthAlert], Place]:
    """A table of the admin, for those who may go there; with the row that the alert speaks of, where its subject is one."""

    def place(alert: HealthAlert) -> Place:
        try:
            if key == "subject":
                return words, reverse(f"admin:{model}_change", args=[UUID(alert.subject.rpartition(" ")[2])])
        except (ValueError, NoReverseMatch):
            pass
        return words, reverse(f"admin:{model}_changelist")

    return place


sender = table("conversion_sender", "Resume the sender", "subject")
account = table("conversion_provideraccount", "Look at the account", "subject")
touches = table("conversion_activity", "Look at the messages")
MENDED_AT: Mapping[str, Callable[[HealthAlert], Place]] = {
    **dict.fromkeys(("expired", "expiring_soon", "missing_pattern", "missed_run"), learn),
    **dict.fromkeys(("low_sample",), facts),
    **dict.fromkeys(("low_confidence", "extreme_weight", "drift"), pattern),
    "learning_failed": runs,
    "unknown_send": unknown,
    "sender_paused": sender,
    "seat_signed_out": sender,
    **dict.fromkeys(("circuit_open", "mailbox_failed"), account),
    **dict.fromkeys(("queue_age", "stuck_send", "provider_errors"), touches),
    "webhook_off": table("conversion_webhookendpoint", "Look at the webhook", "subject"),
}

NEEDS: Mapping[Callable[[HealthAlert], Place], Role] = {
    learn: Role.ADMIN,
    runs: Role.ADMIN,
    facts: Role.VIEWER,
    pattern: Role.VIEWER,
}


@page()
def listed(request: Any) -> Any:
    """Open ones, high before medium and the newest first; then those that were resolved within a week."""
    clients, reach = clients_of(request), access.of(request)
    client, severity = chosen(clients, request), word_of(request, "severity", SEVERITIES)
    rows = HealthAlert.objects.filter(client__in=[client] if client else clients).select_related("client")
    if severity:
        rows = rows.filter(severity=severity)
    pages = paged(rows.filter(resolved_at=None).order_by("severity", "-opened_at", "pk"), request)
    resolved = rows.filter(resolved_at__gt=now() - LATELY).order_by("-resolved_at", "pk")[:MOST_RESOLVED]
    return shown(
        request,
        "alerts.html",
        "Alerts",
        items=[item(alert, reach, is_staff=request.user.is_staff) for alert in pages],
        pages=pages,
        resolved=list(resolved),
        clients=clients,
        client=client,
        severity=severity,
        severities=SEVERITIES,
        why=WHY,
        back=request.get_full_path(),
        kept=kept(client=client.slug if client else "", severity=severity),
    )


def item(alert: HealthAlert, reach: access.Access, *, is_staff: bool) -> dict[str, Any]:
    may_act = reach.may(alert.client_id, Role.OPERATOR)
    return {
        "alert": alert,
        "tone": TONES[alert.severity],
        "place": place_of(alert, reach, is_staff=is_staff),
        "may_act": may_act,
        "may_close": may_act and alert.code in LOOKED_FOR,
    }


def place_of(alert: HealthAlert, reach: access.Access, *, is_staff: bool) -> Place | None:
    """Where its cause is mended, as far as the caller may go there."""
    found = MENDED_AT.get(alert.code)
    if found is None or not reach.may(alert.client_id, NEEDS.get(found, Role.OPERATOR)):
        return None
    is_table = found not in (learn, runs, facts, pattern, unknown)
    if is_table and not is_staff:
        return None
    try:
        return found(alert)
    except NoReverseMatch:
        return None


@page("POST")
def seen(request: Any, pk: UUID) -> Any:
    """Say that somebody saw it; with `why`, a word of WHY, close it. Once more changes nothing."""
    alert: HealthAlert = row_or_404(request, HealthAlert, pk, Role.OPERATOR)
    why = request.POST.get("why", "")
    with transaction.atomic():
        if why:
            closed(request, alert, why)
        elif see(alert, now()):
            audit.record(audit.actor_of(request), "seen", alert)
            messages.success(request, f"Noted that somebody saw it: {said(alert)} at {alert.client}.")
    return redirect(back_of(request, alert.client))


def closed(request: Any, alert: HealthAlert, why: str) -> None:
    if why not in WHY:
        messages.error(request, "Say why it is closed.")
        return
    if alert.code not in LOOKED_FOR:
        messages.error(request, "This alert is resolved by its cause alone: mend that, and it is gone.")
        return
    at = now()
    if close(alert, at):
        audit.record(audit.actor_of(request), f"close {why}", alert, {"resolved_at": (None, at)})
        messages.success(request, "Closed. If its cause is still there, the next look opens it again.")


def said(alert: HealthAlert) -> str:
    return alert.get_code_display()


def back_of(request: Any, client: Client) -> str:
    """The list as it was narrowed."""
    back: str = request.POST.get("back", "")
    if back.startswith(reverse("desk:alerts")) and url_has_allowed_host_and_scheme(back, None):
        return back
    return f"{reverse('desk:alerts')}?client={client.slug}"
