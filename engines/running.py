"""Plans under way: touches whose time has come get their text and go to the queue, and what comes back stops or moves the rest.

A plan's touches go out one after the other. The next one waits as long as an earlier one of the same plan is still open,
whatever keeps that, unless it is only the lead's answer to an invitation. And it keeps its distance: it comes no sooner after
the touch before it than was planned, in days, so that after an outage no two go out back to back.

Every change repeats the states that it starts from, or holds the rows' locks, so that any number of these may run at once.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from conversion.bulk import Writer
from conversion.leases import UNCLAIMED
from conversion.models import Activity, Client, Lead, Sender
from conversion.people import same_person
from conversion.tenancy import across_clients
from conversion.vocabulary import ActivityState as State
from conversion.vocabulary import Channel
from engines import touching
from engines.calendar import checked
from engines.message import MessageError
from engines.outbox.clock import database_now
from engines.outbox.states import move
from engines.outbox.waking import wake
from engines.pace import days_late, days_until, gap_between, later
from engines.texts.shelf import Shelf
from engines.whereabouts import Whereabouts, whereabouts

BATCH = 200  # touches in one transaction
NO_SENDER = "no_sender"  # the code of a touch that nobody is known to send
NEEDS_CONTENT = "needs_content"
WAITING = (State.PLANNED, State.QUEUED, State.HELD)
UNSENT = (*WAITING, State.CLAIMED)  # not on their way yet
OPEN = (*UNSENT, State.DISPATCHING, State.UNKNOWN)
# A message that waits for its invitation to be accepted may wait for three weeks, and nobody else's move ends that.
UP_TO_THE_LEAD = Q(state=State.HELD, reason_code="not_connected")

# What changes when a touch is taken up.
TAKEN_UP = {"state", "subject", "body", "template_id", "metadata", "sender_id", "due_at", "reason_code", "reason"}

Rows = QuerySet[Activity]


def stop(client_id: UUID, lead_id: UUID, code: str, reason: str, channels: Collection[str] = ()) -> int:
    """Cancel the touches of a lead that are not on their way yet; returns how many. All leads of the client with its e-mail
    address are one person, and stopped too. What was perhaps sent before, and is to be tried again, is not among them: it
    cannot be taken back.

    code: why, as one word, such as replied; reason: in words, without anything personal. channels: theirs alone; all where none
    is named. In the caller's transaction.
    """
    columns = {"reason_code": code[:40], "reason": reason, "due_at": None, **UNCLAIMED}
    leads = Lead.objects.for_client(client_id)
    key = leads.filter(pk=lead_id).values_list("email_key", flat=True).first() or ""
    person = list(
        leads.filter(same_person(lead_id, key)).values_list("pk", flat=True)
    )  # by its indexes, not in the UPDATE
    which: dict[str, Any] = {"client": client_id, "lead__in": person, "dispatched_at": None}
    return move(State.CANCELLED, *UNSENT, columns=columns, **which, **({"channel__in": channels} if channels else {}))


def postpone(client_id: UUID, lead_id: UUID, until: datetime, reason: str) -> int:
    """Move a lead's next touch so that it does not come before `until`, and those after it by as many days; returns how many
    were moved. A second call with the same moment moves nothing.

    until: aware; at most a year ahead counts. reason: in words, without anything personal. In the caller's transaction, if
    there is one. Raises ValueError on a naive moment.
    """
    until = checked(until)
    with transaction.atomic():
        touches = Activity.objects.for_client(client_id).filter(lead=lead_id, state__in=WAITING, dispatched_at=None)
        touches = touches.exclude(UP_TO_THE_LEAD).exclude(scheduled_at=None).order_by("scheduled_at")
        rows = list(locked(touches, skip=False))
        days = days_until(moment_of(rows[0]), until, place_of(rows[0])) if rows else 0
        if not days:
            return 0
        for row in rows:
            put_off(row, days)
            if row.state != State.HELD:  # a held one has a reason of its own
                row.reason_code, row.reason = "postponed", reason
        Activity.objects.bulk_update(rows, ["scheduled_at", "due_at", "reason_code", "reason"])
    return len(rows)


def put_off(row: Activity, days: int) -> None:
    row.scheduled_at = later(moment_of(row), days, place_of(row))
    if row.due_at is not None:
        row.due_at = max(row.due_at, row.scheduled_at)


def queue_due(limit: int = 10_000, client: Client | None = None) -> int:
    """Take up planned touches whose time has come, of one client or of all, at most `limit` of them, the longest due first;
    returns how many were queued. The others of them are held, with the reason (`needs_content`), or moved to keep their
    distance.
    """
    queued = 0
    with across_clients("dispatch"):
        for left in range(limit, 0, -BATCH):
            with transaction.atomic():
                at = database_now()
                size = min(left, BATCH)
                ripe = due(at) if client is None else due(at).filter(client=client)
                rows = list(locked(ripe.order_by("scheduled_at")[:size]))
                queued += queue(in_time(rows), at)
            if len(rows) < size:
                break
        manned = staffed() if client is None else staffed().filter(client=client)
        if manned.exists():  # seldom
            with transaction.atomic():
                queued += queue(list(locked(manned.order_by("scheduled_at")[:BATCH])), database_now())
    return queued


def staffed() -> Rows:
    """Touches that are held because there was nobody to send them, and now there is."""
    senders = Sender.objects.filter(
        client=OuterRef("client"), channel=OuterRef("channel"), is_active=True, paused_at=None
    )
    held = Activity.objects.filter(Exists(senders), state=State.HELD, reason_code=NO_SENDER, sender=None)
    return held.filter(sequence__isnull=False).exclude(plan="")


def queue_written(client: Client, channel: str, touch_number: int) -> int:
    """Queue what is held for want of a text, now that there is a template for it; returns how many were queued."""
    held = Activity.objects.for_client(client).filter(
        state=State.HELD, reason_code=NEEDS_CONTENT, channel=channel, touch_number=touch_number, body="", subject=""
    )
    queued = 0
    for ids in batches(list(held.exclude(plan="").order_by("scheduled_at").values_list("pk", flat=True))):
        with transaction.atomic():
            rows = list(locked(held.filter(pk__in=ids)))
            queued += queue(rows, database_now())
    return queued


def batches(ids: list[UUID]) -> Iterable[list[UUID]]:
    return (ids[start : start + BATCH] for start in range(0, len(ids), BATCH))


def due(at: datetime) -> Rows:
    """Planned touches of plans whose time has come and that no earlier one of the same plan is in front of. A touch that
    somebody sends within a call is planned for a moment, too, but of no plan.
    """
    earlier = Activity.objects.filter(
        sequence=OuterRef("sequence"), touch_number__lt=OuterRef("touch_number"), state__in=OPEN
    ).exclude(UP_TO_THE_LEAD)
    planned = Activity.objects.filter(
        ~Exists(earlier), state=State.PLANNED, scheduled_at__lte=at, sequence__isnull=False
    )
    return planned.exclude(plan="")


def locked(rows: Rows, *, skip: bool = True) -> Rows:
    """The rows with what their texts are made of. skip: what another holds at this moment is left to it."""
    whole = rows.select_related("lead", "client", "sender", "sequence")
    return whole.select_for_update(skip_locked=skip, of=("self",))


def in_time(rows: list[Activity]) -> list[Activity]:
    """Those that keep their distance from the touch before; the others are moved."""
    sent = last_sent(rows)
    early = []
    for row in rows:
        before = sent.get(row.pk)
        if before is None or row.sequence is None:
            continue
        gap = gap_between(row.sequence.gaps, before[0], row.touch_number)
        if days := days_late(moment_of(row), before[1], gap, place_of(row)):
            put_off(row, days)
            early.append(row)
    Activity.objects.bulk_update(early, ["scheduled_at"])
    return [row for row in rows if row not in early]


def last_sent(rows: list[Activity]) -> dict[UUID, tuple[int, datetime]]:
    """By touch, number and moment of the last one before it in its plan that was sent."""
    sequences = {row.sequence_id for row in rows if row.touch_number > 1}
    sent = Activity.objects.filter(sequence__in=sequences, sent_at__isnull=False, state=State.SENT)
    numbers: dict[Any, list[tuple[int, Any]]] = {}
    for sequence, number, moment in sent.order_by("touch_number").values_list("sequence", "touch_number", "sent_at"):
        numbers.setdefault(sequence, []).append((number, moment))
    found = {}
    for row in rows:
        if before := [one for one in numbers.get(row.sequence_id, ()) if one[0] < row.touch_number]:
            found[row.pk] = before[-1]
    return found


def queue(rows: list[Activity], at: datetime) -> int:
    """Give these touches, whose rows are locked, their text and queue them, or hold them; returns how many were queued."""
    shelf = Shelf.of([row for row in rows if not row.body.strip()], at)
    for row in rows:
        take_up(row, shelf)
    writer = Writer(Activity)
    writer.update([vars(row) for row in rows], keep=set(writer.columns) - TAKEN_UP)
    queued = sum(row.state == State.QUEUED for row in rows)
    if queued:
        transaction.on_commit(wake)
    return queued


def take_up(row: Activity, shelf: Shelf) -> None:
    try:
        written = None if row.body.strip() else shelf.write(row)
    except MessageError as error:
        row.state, row.due_at = State.HELD.value, None
        row.reason_code, row.reason = NEEDS_CONTENT, f"needs content: {error}"
        return
    if written is not None:
        row.subject, row.body = written.subject, written.body
        row.template_id, row.metadata = written.template_id, written.metadata
    if row.sender_id is None:  # nobody was known when it was planned
        row.sender = touching.sender_for(row.lead, row.client, row.sequence, Channel(row.channel))
    row.state, row.due_at = State.QUEUED.value, row.scheduled_at
    row.reason_code, row.reason = "", ""


def moment_of(row: Activity) -> datetime:
    """Of a touch that has one."""
    if row.scheduled_at is None:
        raise ValueError(f"touch {row.pk} is not scheduled")
    return row.scheduled_at


def place_of(row: Activity) -> Whereabouts:
    return whereabouts(row.lead.timezone, row.lead.country, row.client.timezone)
