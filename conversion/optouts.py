"""What bounces, unsubscribes and complaints make of a lead: flags that stay, and the status of who left."""

from django.db import connection

from conversion.vocabulary import EventKind, LeadStatus

# What each kind of event says of the lead: its flags, and the status in which it leaves.
FLAGS_OF = {
    EventKind.BOUNCED: ("has_bounced",),
    EventKind.UNSUBSCRIBED: ("is_unsubscribed",),
    EventKind.COMPLAINED: ("is_unsubscribed", "do_not_contact"),
}
STATUS_OF = {
    EventKind.BOUNCED: LeadStatus.BOUNCED,
    EventKind.UNSUBSCRIBED: LeadStatus.UNSUBSCRIBED,
    EventKind.COMPLAINED: LeadStatus.UNSUBSCRIBED,
}
KINDS = ", ".join(f"'{kind.value}'" for kind in STATUS_OF)
STATUS = " ".join(f"WHEN '{kind.value}' THEN '{status.value}'" for kind, status in STATUS_OF.items())

FLAG = """
    UPDATE conversion_lead SET {flag} = {true}
    WHERE id IN (SELECT lead_id FROM conversion_event WHERE lead_id IN (SELECT id FROM lead_set) AND kind IN ({kinds}))
        AND ({flag} IS NULL OR NOT {flag})
"""

# The first event decides by which a lead left (after it converted, where it did). A status reached later than it stays,
# but for another way of leaving.
LEAVE = f"""
    UPDATE conversion_lead SET status = earliest.status, status_at = earliest.moment
    FROM (SELECT e.lead_id AS lead, CASE e.kind {STATUS} END AS status, e.occurred_at AS moment,
              ROW_NUMBER() OVER (PARTITION BY e.lead_id ORDER BY e.occurred_at, e.kind) AS place
          FROM conversion_event e JOIN conversion_lead l ON l.id = e.lead_id
          WHERE e.lead_id IN (SELECT id FROM lead_set) AND e.kind IN ({KINDS})
              AND (l.converted_at IS NULL OR e.occurred_at >= l.converted_at)) earliest
    WHERE earliest.lead = conversion_lead.id AND earliest.place = 1 AND (
        conversion_lead.status IN ('new', 'contacted') OR conversion_lead.status_at IS NULL
        OR (conversion_lead.status IN ('converted', 'not_interested', 'dead')
            AND conversion_lead.status_at <= earliest.moment)
        OR (conversion_lead.status IN ('unsubscribed', 'bounced') AND conversion_lead.status_at > earliest.moment))
"""


def settle() -> None:
    """Flags and statuses of the leads in the table lead_set, from all their events: a step of `LeadSet.settle`."""
    true = "true" if connection.vendor == "postgresql" else "1"
    with connection.cursor() as cursor:
        for flag in ("has_bounced", "is_unsubscribed", "do_not_contact"):
            kinds = ", ".join(f"'{kind.value}'" for kind, flags in FLAGS_OF.items() if flag in flags)
            cursor.execute(FLAG.format(flag=flag, kinds=kinds, true=true))
        # Where a status changes and its time does not, the triggers put the present moment for it; the second run, which
        # changes the time alone, puts the event's.
        cursor.execute(LEAVE)
        cursor.execute(LEAVE)
