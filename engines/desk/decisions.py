"""What a person decides about a lead: each is told what it does before it is done, and done once."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.shortcuts import redirect
from django.utils.timezone import now

from conversion import audit, walls
from conversion.counts import counted
from conversion.entries import UnusableEntry, suppress
from conversion.erasure import clear, erase
from conversion.models import Lead
from conversion.people import PersonNotFound, own_names
from conversion.suppressions import EMAIL, LINKEDIN, PHONE
from conversion.vocabulary import Role
from engines.allocator import Terms, draft
from engines.channels import PlanRefused
from engines.enrolment import enrol
from engines.running import stop
from engines.scorer import ScorerEngine
from patterns import guidance

# What asks first, and the heading of the question.
DECISIONS: Mapping[str, str] = {
    "plan": "Put this lead on a plan?",
    "stop": "Stop the plan?",
    "suppress": "Never write to this lead again?",
    "erase": "Forget this person?",
}
NEEDS: Mapping[str, Role] = {**dict.fromkeys(("score", *DECISIONS), Role.OPERATOR), "erase": Role.ADMIN}
REASON = "suppressed by hand"


def asked(lead: Lead, what: str, at: datetime) -> dict[str, Any]:
    """What the question says besides its heading: a preview of the plan, or the addresses that are put on the list."""
    if what == "plan":
        try:
            made = draft(lead, lead.client, terms(lead, at))
        except PlanRefused as answer:
            return {"refused": str(answer)}
        return {"touches": made.touches, "arm": made.arm}
    if what == "suppress":
        return {"addresses": addresses_of(lead)}
    return {}


def addresses_of(lead: Lead) -> list[str]:
    """What a person would write on the list to keep the lead out: those of its addresses by which lists are compared."""
    written = {EMAIL: lead.email, PHONE: lead.phone, LINKEDIN: lead.linkedin_url}
    return [written[kind] or value for kind, value in own_names([lead])]


def terms(lead: Lead, at: datetime) -> Terms:
    return Terms(guidance.for_client(lead.client, at), at)


def decided(request: Any, lead: Lead, what: str) -> Any:
    """Do it, note who did, and go back to the lead."""
    deed = DEEDS.get(what)
    is_gone = lead.deleted_at is not None or lead.erased_at is not None
    if deed is None:
        messages.error(request, "Nothing was done: the page asked for something that is not known.")
    elif is_gone and what != "erase":
        messages.info(request, "Nothing was done: the lead is not there any more.")
    else:
        deed(request, lead)
    return redirect("desk:lead", lead.pk)


def note(request: Any, action: str, lead: Lead) -> None:
    audit.record(audit.actor_of(request), action, lead)


def score(request: Any, lead: Lead) -> None:
    with transaction.atomic():
        found = ScorerEngine().score_lead(lead, lead.client)
        note(request, "score", lead)
    messages.success(request, f"Scored: {found.score}, {found.tier}.")


def plan(request: Any, lead: Lead) -> None:
    at = now()
    known = terms(lead, at)
    try:
        with transaction.atomic():
            made = draft(lead, lead.client, known, lock=True)
            enrol([made], lead.client, at)
            note(request, "plan", lead)
    except PlanRefused as answer:
        messages.info(request, f"No plan was made: {answer}.")
    else:
        messages.success(request, f"The lead is on a plan of {counted(len(made.touches), 'touch')}.")


def stop_plan(request: Any, lead: Lead) -> None:
    with transaction.atomic():
        count = stop(lead.client_id, lead.pk, "stopped", "a person stopped the plan")
        if count:
            note(request, "stop", lead)
    if count:
        messages.success(request, f"Stopped: {counted(count, 'touch')} will not be made.")
    else:
        messages.info(request, "Nothing was to be stopped: no touch of this lead is still to come.")


def keep_out(request: Any, lead: Lead) -> None:
    """Its addresses go on the client's list, and what was planned is cancelled."""
    addresses = addresses_of(lead)
    if not addresses:
        messages.error(request, "Nothing was done: the lead has no address that a list could hold.")
        return
    try:
        with transaction.atomic():
            listed = suppress(addresses, client=lead.client, reason=REASON)
            stopped = stop(lead.client_id, lead.pk, "suppressed", "a person put the lead on the suppression list")
            if listed.added or stopped:
                note(request, "suppress", lead)
    except UnusableEntry as error:
        messages.error(request, f"Nothing was done: {error}.")
        return
    if listed.added:
        messages.success(
            request,
            f"Suppressed: {listed.added} on the list of {lead.client}, {counted(stopped, 'touch')} cancelled.",
        )
    else:
        messages.info(request, "Its addresses stand on the list already.")


def forget(request: Any, lead: Lead) -> None:
    """The person is looked for at this client. Answers that the API gave to others are cleared too."""
    try:
        with transaction.atomic():
            with walls.lifted("erasure"):
                erased = None if lead.erased_at is not None else erase(str(lead.pk), lead.client)
                left = clear([lead.pk]) if erased is None else erased.in_flight
            if erased is not None:
                note(request, "erase", lead)
    except (PersonNotFound, ImproperlyConfigured) as error:
        messages.error(request, f"Nothing was erased: {error}.")
        return
    if left:
        messages.warning(
            request,
            f"{counted(left, 'message')} {'is' if left == 1 else 'are'} with the provider at this moment. "
            "Forget this person once more in a minute.",
        )
    elif erased is not None:
        found = (("lead", erased.leads), ("touch", erased.touches), ("event", erased.events))
        rows = ", ".join(counted(count, one) for one, count in found)
        messages.success(request, f"The person is forgotten: {rows}.")
    else:
        messages.info(request, "The person was forgotten before. Nothing of it is left here.")


DEEDS: Mapping[str, Callable[[Any, Lead], None]] = {
    "score": score,
    "plan": plan,
    "stop": stop_plan,
    "suppress": keep_out,
    "erase": forget,
}
