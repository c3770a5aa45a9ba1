"""The guard: whether a touch may go out now, and if not, why not, in words that stay on its row.

The outbox asks twice. The first time, for all that it has just claimed at once, the answer is good for that moment alone. The
second time it asks for each touch, inside the transaction that commits the state `dispatching`, after it has locked, in this
order, the lists of suppressions, the touch with its lead, and the sender (`engines.outbox.dispatching`). Nothing that the
answer rests on is remembered from the first time: lead, client, agency, sender, account, suppressions, counts of today and of
the week are read again by statements that begin after the locks are held. So on PostgreSQL an opt-out, a bounce, an erasure or
a suppression that was committed before is seen, one that is being written is waited for, and one that comes later waits for
the commit; two workers count a sender's touches of today, or a lead's, one after the other. On SQLite the transaction is
immediate: nobody else writes until it ends. A client that is paused is not locked, since an import or a planner holds its row
for long: a send whose transaction is under way at that moment may still go out.
"""

from collections.abc import Collection
from datetime import UTC, datetime
from uuid import UUID

from conversion.models import Activity
from engines import facts, reputation, rules
from engines.verdicts import Cancel, Go, Hold, Verdict

__all__ = ["Cancel", "Go", "Hold", "Verdict", "examine", "examine_all"]


def examine(activity: Activity | UUID, at: datetime) -> Verdict:
    """Whether the touch (or the one with this id) may go out at this moment, as `examine_all`."""
    touch = activity.pk if isinstance(activity, Activity) else activity
    return examine_all([touch], at)[touch]


def examine_all(touches: Collection[UUID], at: datetime) -> dict[UUID, Verdict]:
    """Whether each of these touches may go out at this moment, were it the only one of them.

    at: aware, the database's clock. Everything is read from the database: two statements for all, and a third for each whose
    sender's touches bounced lately. May pause a sender (`engines.reputation.watch`), which takes effect with the caller's
    commit. Raises ValueError on a naive moment, ZoneError where the time zone of one of their clients is none.
    """
    if at.utcoffset() is None:
        raise ValueError(f"at: {at.isoformat()} has no offset from UTC")
    at = at.astimezone(UTC)
    found = facts.read(touches, at)
    return {touch: verdict_on(found.get(touch), at) for touch in touches}


def verdict_on(found: facts.Facts | None, at: datetime) -> Verdict:
    if found is None:
        return Cancel("gone", "the touch is not there any more")
    verdict = rules.decide(found, at)
    sender = found.sender
    if isinstance(verdict, Go) and sender is not None:
        suspect = reputation.too_few(sender.id, found.bounces, sender.watched_since, at)
        if suspect and (reason := reputation.watch(sender.id, at)):
            return Hold("sender_paused", f"{sender.address} was paused: {reason}", at + rules.LOOK_AGAIN)
    return verdict
