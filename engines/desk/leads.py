"""A client's leads, best score first: how somebody who sees no tables finds one."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet

from conversion import access
from conversion.models import Client, Lead
from conversion.vocabulary import Role
from engines.desk.doors import client_or_404, page, shown
from engines.desk.lead import TIERS
from engines.desk.lists import kept, paged, text_of, word_of
from engines.desk.search import search
from patterns.trust import tiers_of

UNSCORED = "not scored"
CHOICES = ("hot", "warm", "cool", UNSCORED)


@page()
def leads(request: Any, ref: str) -> Any:
    """`?q=` looks one up, `?tier=` narrows; of the list as a whole, leads without a score are left out."""
    client = client_or_404(request, ref)
    wanted, tier = text_of(request, "q"), word_of(request, "tier", CHOICES)
    rows = narrowed(client, wanted, tier)
    return shown(
        request,
        "leads.html",
        f"Leads of {client.name}",
        client=client,
        pages=(pages := paged(rows, request)),
        items=[(one, TIERS.get(one.als_tier, "none")) for one in pages],
        wanted=wanted,
        tier=tier,
        tiers=CHOICES,
        kept=kept(q=wanted, tier=tier),
        may_import=access.of(request).may(client.pk, Role.OPERATOR),
    )


def narrowed(client: Client, wanted: str, tier: str) -> QuerySet:
    """By what indexes hold: tiers by their scores."""
    present = Lead.objects.for_client(client).filter(deleted_at=None)
    if wanted:
        return search(present, wanted).order_by("last_name", "first_name", "pk")
    if tier == UNSCORED:
        return present.filter(als_score=None).order_by("-created_at", "-pk")
    rows = present.filter(als_score__isnull=False, **scores_of(tiers_of(client), tier))
    return rows.order_by("-als_score", "-pk")


def scores_of(tiers: Mapping[str, float], tier: str) -> dict[str, float]:
    """tiers: least score of hot and warm."""
    bounds: dict[str, dict[str, float]] = {
        "hot": {"als_score__gte": tiers["hot"]},
        "warm": {"als_score__gte": tiers["warm"], "als_score__lt": tiers["hot"]},
        "cool": {"als_score__lt": tiers["warm"]},
    }
    return bounds.get(tier, {})
