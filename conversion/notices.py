"""What is worth telling, written down where it happens; who hears of it, and when, is found out later.

A notice is written in the transaction of what it tells, so that neither is there without the other.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from conversion.models import Activity, Client, Lead, Notice, WebhookEndpoint
from conversion.vocabulary import LeadStatus, NoticeKind, Severity

LATE = timedelta(days=7)  # how long after a booking it is told, where the booking became known late
AT_ONCE = 500  # conversions found in one look


def tell(
    kind: NoticeKind, client: Client | UUID, subject: str, payload: Mapping[str, Any], severity: Severity | str = ""
) -> None:
    """Write a notice, unless there is one of the same kind and subject. payload: as JSON holds it, with no personal data;
    `object` (a model's label) and `id` make the link in it. severity: how urgently people hear of it; empty: only
    programs do.
    """
    notice = Notice(kind=kind, subject=subject, payload=dict(payload), severity=severity)
    notice.client_id = client.pk if isinstance(client, Client) else client
    Notice.objects.for_client(notice.client_id).bulk_create([notice], ignore_conflicts=True)


def tell_conversions(at: datetime) -> int:
    """Write a notice of each lead that booked lately, at clients of which a program wants to hear of it; how many.

    Looks at the leads themselves, since a lead may be converted by any way. Only bookings since the endpoint was made
    count: history that is imported is no news. To be called inside `across_clients`.
    """
    found = 0
    for client, since in listeners(at).items():
        leads = Lead.objects.for_client(client).filter(status=LeadStatus.CONVERTED, deleted_at=None)
        booked = dict(leads.filter(converted_at__gte=since).values_list("id", "converted_at"))
        told = Notice.objects.for_client(client).filter(kind=NoticeKind.LEAD_CONVERTED)
        known = set(told.filter(created_at__gte=since).values_list("subject", flat=True)) if booked else set()
        news = sorted(lead for lead in booked if str(lead) not in known)[:AT_ONCE]
        touches = Activity.objects.for_client(client).filter(lead__in=news, led_to_booking=True)
        led = {touch.lead_id: touch for touch in touches.only("lead_id", "channel", "touch_number")}
        for lead in news:
            tell(NoticeKind.LEAD_CONVERTED, client, str(lead), conversion_of(lead, booked[lead], led.get(lead)))
        found += len(news)
    return found


def listeners(at: datetime) -> dict[UUID, datetime]:
    """Of each client whose bookings an active endpoint wants to hear of: since when."""
    wanting = [
        endpoint
        for endpoint in WebhookEndpoint.objects.filter(is_active=True).order_by("-created_at")
        if NoticeKind.LEAD_CONVERTED in endpoint.kinds
    ]
    if not wanting:
        return {}
    since: dict[UUID, datetime] = {}
    for client, agency in Client.objects.filter(deleted_at=None).values_list("id", "agency_id"):
        for endpoint in wanting:  # the oldest last
            if client == endpoint.client_id or agency == endpoint.agency_id:
                since[client] = max(endpoint.created_at, at - LATE)
    return since


def conversion_of(lead: UUID, booked_at: datetime, touch: Activity | None) -> dict[str, Any]:
    """What is told of a conversion. touch: the converting one."""
    return {
        "object": "conversion.lead",
        "id": str(lead),
        "converted_at": booked_at.isoformat(),
        "activity_id": str(touch.pk) if touch else None,
        "channel": touch.channel if touch else None,
        "touch_number": touch.touch_number if touch else None,
    }
