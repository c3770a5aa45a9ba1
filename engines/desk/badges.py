"""How much waits for a person, beside the links in the frame of every page: one statement, counted up to a bound."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import IntegerField, QuerySet, Subquery

from conversion import access
from conversion.models import Activity
from conversion.vocabulary import ActivityState, Role
from engines.inbound.unmatched import visible
from patterns.models import HealthAlert

MOST = 99


class Counted(Subquery):
    """How many rows a query has that is cut at a bound."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) bounded)"
    output_field = IntegerField()


def badges(request: Any) -> dict[str, str]:
    """By page, where there is any: how many, "99+" for more than 99."""
    reach = access.of(request)
    mine = reach.clients().values("pk")
    waiting: dict[str, QuerySet] = {
        "alerts": HealthAlert.objects.filter(client__in=mine, resolved_at=None),
        "unknown": Activity.objects.filter(client__in=mine, state=ActivityState.UNKNOWN),
        "replies": visible(reach, Role.VIEWER),
    }
    counts = {name: Counted(rows.order_by().values("pk")[: MOST + 1]) for name, rows in waiting.items()}
    one = get_user_model().objects.filter(pk=request.user.pk).order_by().values(**counts)
    found: Mapping[str, Any] = one.first() or {}
    return {name: str(count) if count <= MOST else f"{MOST}+" for name, count in found.items() if count}
