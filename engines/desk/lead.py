"""A lead: who it is, its score with reasons, what was done and will be, and why not."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.utils.dateparse import parse_datetime
from django.utils.timezone import now

from conversion import access
from conversion.models import Activity, Lead, Sequence
from conversion.vocabulary import LeadStatus, Outcome, Role
from engines.desk import decisions
from engines.desk.decisions import DECISIONS, NEEDS
from engines.desk.doors import page, row_or_404, shown
from engines.desk.lists import text_of, word_of
from engines.desk.timeline import timeline
from engines.desk.unsent import NOT_SENT, TONES, unsent
from engines.profile import ideal_profile
from engines.reach import ENDED
from engines.scorer import ONLY, Score, explain
from patterns import guidance

MOST_UNSENT = 30
TIERS = {"hot": "good", "warm": "maybe", "cool": "none"}
FLAGS: Mapping[str, tuple[str, str]] = {
    "is_unsubscribed": ("unsubscribed", "bad"),
    "has_bounced": ("bounced", "bad"),
    "do_not_contact": ("do not contact", "bad"),
    "is_competitor": ("competitor", "maybe"),
    "is_personal_email": ("personal e-mail", "none"),
    "email_verified": ("e-mail verified", "good"),
    "phone_verified": ("phone verified", "good"),
    "is_new_role": ("new in the role", "none"),
    "is_hiring": ("hiring", "none"),
    "recently_funded": ("funded lately", "none"),
}
ARMS = {
    "learned": "by what was learned",
    "default": "by the usual plan",
    "manual": "by channels given by hand",
}


@page("GET", "POST")
def lead(request: Any, pk: UUID) -> Any:
    """`?confirm=` asks whether something is really to be done; `?before=` goes back in the timeline."""
    found: Lead = row_or_404(request, Lead, pk, Role.VIEWER, "client__agency")
    may = {role: access.of(request).may(found.client_id, role) for role in Role}
    if request.method == "POST":
        return done(request, found, may)
    confirm = word_of(request, "confirm", tuple(DECISIONS))
    if confirm and not may[NEEDS[confirm]]:
        raise PermissionDenied(f"This needs the role {NEEDS[confirm]} at the client {found.client.slug}.")
    at = now()
    if confirm:
        return shown(
            request,
            "lead_confirm.html",
            DECISIONS[confirm],
            lead=found,
            what=confirm,
            **decisions.asked(found, confirm, at),
        )
    return shown(
        request, "lead.html", str(found), lead=found, **told(found, moment_of(request), at), **allowed(found, may)
    )


def done(request: Any, found: Lead, may: Mapping[Role, bool]) -> Any:
    what = request.POST.get("action", "")
    if not may[NEEDS.get(what, Role.OPERATOR)]:
        raise PermissionDenied(
            f"This needs the role {NEEDS.get(what, Role.OPERATOR)} at the client {found.client.slug}."
        )
    return decisions.decided(request, found, what)


def moment_of(request: Any) -> datetime | None:
    """What `?before=` says; what is no moment is left out."""
    try:
        moment = parse_datetime(text_of(request, "before"))
    except ValueError:
        return None
    return moment if moment is not None and moment.utcoffset() is not None else None


def allowed(found: Lead, may: Mapping[Role, bool]) -> dict[str, bool]:
    is_there = found.deleted_at is None and found.erased_at is None
    return {"may_act": may[Role.OPERATOR] and is_there, "may_erase": may[Role.ADMIN], "is_there": is_there}


def told(found: Lead, before: datetime | None, at: datetime) -> dict[str, Any]:
    """All that the page says. Seven statements, and two more where a touch may still go out."""
    score = scored(found, at)
    mine = Activity.objects.for_client(found.client_id).filter(lead=found)
    waits = list(mine.filter(state__in=NOT_SENT).order_by("-created_at", "touch_number", "pk")[:MOST_UNSENT])
    return {
        "flags": flags(found),
        "score": score,
        "changed": score is not None and found.als_score is not None and score.score != found.als_score,
        "chance": chance(score),
        "tone": TIERS.get(found.als_tier, "none"),
        "weights": [
            (name.replace("_", " "), f"{weight:.2f}") for name, weight in (score.weights if score else {}).items()
        ],
        "components": components(found),
        "timeline": timeline(found, before),
        "before": before,
        "plan": plan(found),
        "unsent": unsent(waits, at),
    }


def scored(found: Lead, at: datetime) -> Score | None:
    """What scoring would say at this moment; nothing of a lead without a name."""
    if found.erased_at is not None or found.deleted_at is not None:
        return None
    return explain(found, ideal_profile(found.client), guidance.for_client(found.client, at, ONLY), at)


def chance(score: Score | None) -> str:
    """What the score stands for, in words; empty where it is not calibrated."""
    if score is None or score.probability is None or score.outcome is None:
        return ""
    return f"Of 1,000 leads with this score, about {score.probability * 1000:,.0f} {Outcome(score.outcome).verb}."


def flags(found: Lead) -> list[tuple[str, str]]:
    """Words and tones of what is known of the lead."""
    status = LeadStatus(found.status)
    tone = "good" if status is LeadStatus.CONVERTED else "bad" if status in ENDED else "none"
    told_of = [(found.get_status_display(), tone)]
    if found.deleted_at is not None:
        told_of.append(("deleted", "bad"))
    if found.erased_at is not None:
        told_of.append(("forgotten", "bad"))
    return told_of + [word for name, word in FLAGS.items() if getattr(found, name)]


def components(found: Lead) -> list[tuple[str, Any, str]]:
    """Name, points as stored, and those that were learned in their place."""
    stored = found.als_components if isinstance(found.als_components, dict) else {}
    part = stored.get("learned")
    learned: dict[str, Any] = part if isinstance(part, dict) else {}
    names = ("data_quality", "authority", "company_fit", "timing", "risk")
    return [
        (
            name.replace("_", " "),
            stored[name],
            f"{learned[name]:.1f}" if isinstance(learned.get(name), int | float) else "",
        )
        for name in names
        if name in stored
    ]


def plan(found: Lead) -> dict[str, Any] | None:
    """The last plan: its touches with the reason for each."""
    last = Sequence.objects.for_client(found.client_id).filter(lead=found).order_by("-id").first()
    if last is None:
        return None
    touches = Activity.objects.for_client(found.client_id).filter(lead=found, sequence=last).select_related("sender")
    reasons = last.reasons if isinstance(last.reasons, list) else []
    rows = [
        (touch, TONES[touch.state], reasons[touch.touch_number - 1] if 0 < touch.touch_number <= len(reasons) else "")
        for touch in touches.order_by("touch_number", "pk")[:MOST_UNSENT]
    ]
    versions = ", ".join(f"{kind.upper()} {version}" for kind, version in last.patterns.items())
    is_open = any(touch.state in ("planned", "queued", "held", "claimed") for touch, _, _ in rows)
    return {"plan": last, "rows": rows, "arm": ARMS[last.arm], "versions": versions, "is_open": is_open}
