"""What a user should know of a client's leads after an import, though nothing was wrong with a row."""

from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

from conversion.bulk import stored_id
from conversion.models import Client, Lead
from conversion.suppressions import HASHED, LINKEDIN, SOURCE, both_forms, in_force, names_of

SHARED = """SELECT COUNT(*) FROM (SELECT email_key FROM conversion_lead
    WHERE client_id = %s AND email_key <> '' AND deleted_at IS NULL GROUP BY email_key HAVING COUNT(*) > 1) shared"""

SUPPRESSED = """SELECT l.id FROM conversion_lead l WHERE l.client_id = %s AND l.deleted_at IS NULL AND EXISTS (
    SELECT 1 FROM conversion_suppression s
    WHERE (s.client_id = %s OR s.agency_id = %s OR (s.client_id IS NULL AND s.agency_id IS NULL)) AND (
        (s.kind = 'email' AND s.value = l.email_key AND l.email_key <> '')
        OR (s.kind = 'phone' AND s.value = l.phone AND l.phone <> '')
        OR (s.kind = 'domain' AND l.email_key LIKE '%%@' || s.value)))"""


def about(client: Client) -> list[str]:
    """Leads that share an e-mail address, and leads that must not be written to."""
    remarks = []
    if shared := _count(SHARED, stored_id(client.pk)):
        remarks.append(f"duplicates: {shared} e-mail addresses belong to more than one lead")
    if _count("SELECT COUNT(*) FROM conversion_suppression") and (count := len(_suppressed(client))):
        remarks.append(f"suppressed: {count} leads are on a suppression list and stay there; nothing is sent to them")
    return remarks


def _suppressed(client: Client) -> set[UUID]:
    """The leads that an entry names: in clear, or as a hash, which only Python can work out."""
    own, agency = stored_id(client.pk), stored_id(client.agency_id)
    with connection.cursor() as cursor:
        cursor.execute(SUPPRESSED, (own, own, agency))
        found = {UUID(str(row[0])) for row in cursor.fetchall()}
    folded = in_force(client).filter(Q(value__startswith=HASHED) | Q(kind__in=(LINKEDIN, SOURCE)))
    entries = frozenset(folded.values_list("kind", "value"))
    if entries:
        leads = Lead.objects.for_client(client).filter(deleted_at__isnull=True)
        for lead in leads.only("external_id", "email", "email_key", "phone", "linkedin_url").iterator():
            if not entries.isdisjoint(both_forms(names_of(lead))):
                found.add(lead.pk)
    return found


def _count(query: str, *parameters: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return int(cursor.fetchone()[0])
