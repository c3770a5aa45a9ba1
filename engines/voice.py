"""Calls: those that a person made, and those that are placed for somebody who is at the phone."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from conversion.models import Activity, Client, Lead, Sequence
from conversion.vocabulary import ActivityState as State
from conversion.vocabulary import Channel
from engines import touching
from engines.calls import Call, completed, find
from engines.facts import CALL_ASKED
from engines.outbox.clock import database_now
from engines.outbox.sending import send_now
from engines.outbox.states import move

WAITING = (State.PLANNED, State.QUEUED, State.HELD)


class VoiceEngine:
    """A call that is due in a sequence waits for a person (`call_due`), who makes it and reports it with `complete_call`, or
    has it placed with `place_call` and may report it afterwards.
    """

    def complete_call(  # noqa: PLR0917 (the signature that callers rely on)
        self,
        lead: Lead,
        client: Client,
        script_id: object = None,
        script_content: str | None = None,
        outcome: str = "connected",
        duration_seconds: int = 0,
        notes: str | None = None,
        touch_number: int = 1,
        sequence_id: UUID | str | None = None,
    ) -> Activity:
        """Record a call that ended, and return its touch, which is `sent`: the one of this number in the sequence that was
        waiting for it or was placed, with its text where no script is given, else a new one.

        outcome: a word of CallOutcome. `meeting_booked` converts the lead and ends its sequence; `wrong_number` puts the
        number on the client's list of suppressions, since it is a stranger's. A call is recorded whatever the guard would have
        said of it.

        Raises ValueError on another client's lead or sequence, a lead that was deleted or erased, an outcome that is none, a
        touch that was completed before; MessageError (a ValueError with a `field`) on a text that cannot be kept.
        """
        touching.require_own(lead, client, touch_number)
        call = Call.of(script_id, script_content, outcome, duration_seconds, notes)
        sequence = touching.sequence_of(client, lead, sequence_id)
        return completed(lead, client, sequence, touch_number, call)

    def place_call(  # noqa: PLR0917 (as above)
        self,
        lead: Lead,
        client: Client,
        script_id: object = None,
        script_content: str | None = None,
        touch_number: int = 1,
        sequence_id: UUID | str | None = None,
    ) -> Activity:
        """Have the provider ring the operator's phone and connect it with the lead, by one safe send; returns the touch as it
        stands then (states as `EmailEngine.send`). In a sequence it is the one of this number, if there is one, and it is
        placed once. `sent` says that the provider took the order; how the call went stands on the touch when it has ended.

        The wish holds for ten minutes: where the call cannot be placed within them, it is due for a person.

        Raises as `EmailEngine.send`.
        """
        touching.require(lead, client, touch_number)
        call = Call.of(script_id, script_content)
        sequence = touching.sequence_of(client, lead, sequence_id)
        touch = released(lead, client, sequence, touch_number, call)
        if touch is not None:
            return touching.without_name(send_now(touch)) if touch.state == State.QUEUED else touch
        return touching.send(
            lead,
            client,
            Channel.VOICE,
            sequence,
            touch_number=touch_number,
            metadata=asked(database_now()),
            **call.columns,
        )


def asked(at: datetime) -> dict[str, Any]:
    return {CALL_ASKED: at.isoformat()}


def released(lead: Lead, client: Client, sequence: Sequence | None, touch_number: int, call: Call) -> Activity | None:
    """The call of this number: queued for now where it was planned or held, as it is where it is in other hands or was placed
    in a sequence; None where there is none.
    """
    with transaction.atomic():
        touch = find(lead, client, sequence, touch_number)
        if touch is None or (sequence is None and touch.state == State.SENT):
            return None
        if touch.state not in WAITING:
            return touch
        at = database_now()
        sender = touch.sender or touching.sender_for(lead, client, sequence, Channel.VOICE)
        columns = {"metadata": {**touch.metadata, **asked(at)}, "sender": sender, "due_at": at, **call.columns}
        move(State.QUEUED, State.PLANNED, State.HELD, pk=touch.pk, columns={"reason_code": "", "reason": ""})
        Activity.objects.for_client(client).filter(pk=touch.pk, state=State.QUEUED).update(**columns)
        touch.refresh_from_db()
        return touch
