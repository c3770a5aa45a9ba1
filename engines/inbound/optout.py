"""Unsubscribing by the link in an e-mail, or by a mail to the address beside it."""

from django.db import transaction

from conversion.models import Activity
from engines.inbound.consequences import carry_out
from engines.inbound.matching import Match
from engines.inbound.meaning import Meaning
from engines.inbound.recording import Fact
from engines.outbox.clock import database_now
from engines.unsubscribe import Link


@transaction.atomic
def unsubscribe(link: Link) -> bool:
    """Record that the person of the touch wants no more e-mails: an event (once, however often it is asked), the lead's
    flag and status, an entry that keeps the address suppressed for the client, imported again or not; and what was still to
    be sent to the lead is cancelled.

    False where the touch, or its lead, is not kept any more: then there is nobody left to write to.
    """
    touches = Activity.objects.for_client(link.client_id).select_related("lead", "sender")
    touch = touches.filter(pk=link.activity_id).first()
    if touch is None or touch.lead.erased_at is not None:
        return False
    fact = Fact(touch.lead, touch, str(touch.pk), database_now())
    carry_out(Meaning.UNSUBSCRIBED, fact, Match((link.client_id,), touch.lead, touch))
    return True
