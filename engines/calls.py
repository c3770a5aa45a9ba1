"""Writing down a call that ended: what was said, how long it took, what came of it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.timezone import now

from conversion.leases import UNCLAIMED
from conversion.models import Activity, Client, Lead, Sequence, Suppression
from conversion.models.suppression import normal
from conversion.suppressions import PHONE
from conversion.vocabulary import ACTION_OF, CallOutcome, Channel
from conversion.vocabulary import ActivityState as State
from engines import running
from engines.facts import CALL_ASKED
from engines.message import CONTROL, MessageError, check_line
from engines.outbox.clock import database_now
from engines.outbox.evidence import evidence
from engines.outbox.record import mark_sent
from engines.outbox.states import move
from engines.touching import sender_for

ID_LENGTH = 255  # what the column holds
TEXT_LENGTH = 50_000  # characters of a script, or of notes
LONGEST = 86_400  # seconds
# In a touch's metadata: who said how the call went. A person's word stays.
COMPLETED_BY, PERSON = "completed_by", "person"
OPEN = (State.PLANNED, State.QUEUED, State.HELD, State.CLAIMED, State.DISPATCHING, State.UNKNOWN)


@dataclass(frozen=True)
class Call:
    """What a person says of a call. outcome: a word of CallOutcome, empty while it has not ended."""

    script_id: str
    script: str
    outcome: str
    seconds: int
    notes: str

    @classmethod
    def of(
        cls,
        script_id: object,
        script_content: str | None,
        outcome: str = "",
        duration_seconds: int = 0,
        notes: str | None = None,
    ) -> "Call":
        """Raises ValueError, on a text MessageError."""
        identity = "" if script_id is None else str(script_id).strip()
        check_line("script_id", identity, ID_LENGTH)
        if outcome and outcome not in set(CallOutcome):
            raise ValueError(f"outcome: {str(outcome)[:40]!r} is none of {', '.join(CallOutcome)}")
        if isinstance(duration_seconds, bool) or not isinstance(duration_seconds, int):
            raise ValueError("duration_seconds: a whole number of seconds is wanted")  # noqa: TRY004 (a value that callers pass on)
        if not 0 <= duration_seconds <= LONGEST:
            raise ValueError(f"duration_seconds: a number from 0 to {LONGEST}")
        return cls(
            identity,
            checked("script_content", script_content),
            outcome,
            duration_seconds,
            checked("notes", notes),
        )

    @property
    def columns(self) -> dict[str, Any]:
        """What stands on the row of it, without what was left open."""
        said = {"template_id": self.script_id, "body": self.script, "outcome": self.outcome}
        return {name: value for name, value in said.items() if value}


def checked(field: str, text: str | None) -> str:
    """Raises MessageError where it cannot be kept."""
    lines = (text or "").replace("\r\n", "\n").replace("\r", "\n")
    if CONTROL.search(lines):
        raise MessageError(field, "holds control characters")
    if len(lines) > TEXT_LENGTH:
        raise MessageError(field, f"is longer than {TEXT_LENGTH:,} characters")
    return lines


def find(lead: Lead, client: Client, sequence: Sequence | None, touch_number: int) -> Activity | None:
    """The call of this number that is not completed yet, its row locked: one that is open, else one that was placed. Without a
    sequence, one that was placed or is to be.

    Raises ValueError where the sequence's was completed already.
    """
    touches = Activity.objects.for_client(client).filter(
        lead=lead, channel=Channel.VOICE, sequence=sequence, touch_number=touch_number
    )
    if sequence is None:
        touches = touches.filter(metadata__has_key=CALL_ASKED)
    rows = list(touches.select_for_update(of=("self",)).order_by("created_at").select_related("sender"))
    for row in rows:
        if row.state in OPEN:
            return row  # type: ignore[no-any-return] # of a scoped query set
    ended = [row for row in rows if row.state == State.SENT]
    placed = [row for row in ended if is_placed(row)]
    if placed:
        return placed[-1]  # type: ignore[no-any-return] # as above
    if sequence is not None and ended:
        raise ValueError(f"touch_number: call {touch_number} of the sequence was completed before")
    return None


def is_placed(row: Activity) -> bool:
    """Whether the provider rang, and no person has said yet how it went."""
    return row.state == State.SENT and bool(row.idempotency_key) and row.metadata.get(COMPLETED_BY) != PERSON


def of_id(client: Client, touch_id: UUID) -> Activity:
    """The call of this id, its row locked. Raises ValueError where it is over already, or no call."""
    rows = Activity.objects.for_client(client).filter(pk=touch_id).select_related("sender")
    row: Activity | None = rows.select_for_update(of=("self",)).first()
    if row is None or row.channel != Channel.VOICE:
        raise ValueError("the touch is no call")
    if row.state not in OPEN and not is_placed(row):
        raise ValueError(f"the call is {row.state} already")
    return row


def completed(  # noqa: PLR0917 (what names the touch)
    lead: Lead, client: Client, sequence: Sequence | None, touch_number: int, call: Call, touch_id: UUID | None = None
) -> Activity:
    """Record the call on its touch, or on a new one, and what follows from its outcome, in one transaction. touch_id: the
    touch, where it is known. Raises ValueError where it is over, or the lead is gone.
    """
    with transaction.atomic():
        if call.outcome == CallOutcome.WRONG_NUMBER and lead.phone.strip():  # the list first, as a send locks
            Suppression.objects.get_or_create(
                client=client, kind=PHONE, value=normal(PHONE, lead.phone), defaults={"reason": "a wrong number"}
            )
        theirs = Lead.objects.for_client(client).filter(pk=lead.pk, deleted_at=None, erased_at=None)
        if not theirs.select_for_update(no_key=True).values_list("pk").first():
            raise ValueError(f"lead {lead.pk} was deleted or erased")
        if touch_id is not None:
            touch = of_id(client, touch_id)
        else:
            touch = find(lead, client, sequence, touch_number) or new(lead, client, sequence, touch_number)
        write(touch, call, database_now())
        if call.outcome == CallOutcome.MEETING_BOOKED:
            running.stop(client.pk, lead.pk, "booked", "the lead booked a meeting in a call")
    lead.refresh_from_db()
    return touch


def new(lead: Lead, client: Client, sequence: Sequence | None, touch_number: int) -> Activity:
    return Activity.objects.create(
        client=client,
        lead=lead,
        sequence=sequence,
        sender=sender_for(lead, client, sequence, Channel.VOICE),
        channel=Channel.VOICE.value,
        action=ACTION_OF[Channel.VOICE].value,
        state=State.QUEUED.value,
        touch_number=touch_number,
        scheduled_at=now(),
    )


def write(touch: Activity, call: Call, at: datetime) -> None:
    """at: when it ended. A call that was placed keeps the moment, the day and the tier of its dispatch."""
    was_sent = touch.state == State.SENT
    for name, value in call.columns.items():
        setattr(touch, name, value)
    if call.seconds or not touch.idempotency_key:  # of a call that was placed the provider knows it, too
        touch.duration_seconds = call.seconds
    touch.dispatched_at = touch.dispatched_at or at
    columns = evidence(touch, "", touch.dispatched_at, notes=call.notes or None)
    columns["content_snapshot"]["completed_at"] = at.astimezone(UTC).isoformat()
    columns["metadata"] |= {COMPLETED_BY: PERSON, "provider_message_id": touch.provider_message_id or None}
    if was_sent:
        del columns["tier_at_send"]
    columns |= {**call.columns, "duration_seconds": touch.duration_seconds, "dispatched_at": touch.dispatched_at}
    mine = Activity.objects.for_client(touch.client_id).filter(pk=touch.pk)
    if not was_sent:
        columns |= {"provider": touch.provider or PERSON, "due_at": None, **UNCLAIMED}
        move(State.QUEUED, State.PLANNED, State.HELD, pk=touch.pk)
    mine.update(**columns)
    if not was_sent:
        touch.metadata = columns["metadata"]
        mark_sent(touch, touch.provider_message_id)
    touch.refresh_from_db()
