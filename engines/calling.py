"""Calls that are due: a person makes them, or asks for them to be placed.

Pure: facts in, a verdict out. No call is placed only because its time has come: it rings the operator, who must be there.
"""

from datetime import datetime, timedelta

from engines.facts import Facts
from engines.verdicts import Cancel, Hold
from engines.windows import Window

# Days after which a call that nobody made is given up, so that the sequence goes on: a weekend, and a day or two. A judgement.
MADE_WITHIN = 4
# How long the wish to be connected holds: whoever asked for it a quarter of an hour ago may not be at the phone.
ASKED_FOR = timedelta(minutes=10)


def is_asked_for(facts: Facts, at: datetime) -> bool:
    return facts.call_asked_at is not None and at - facts.call_asked_at <= ASKED_FOR


def due(facts: Facts, at: datetime, window: Window) -> Cancel | Hold:
    """What becomes of a call whose time has come. Only one that was shown as due before can have been missed."""
    end = (facts.scheduled_at or at) + timedelta(days=MADE_WITHIN)
    if at >= end and facts.held_as == "call_due":
        return Cancel("call_missed", f"nobody called within {MADE_WITHIN} days")
    until = max(end, at + timedelta(days=1))
    return Hold("call_due", f"a call is due: somebody makes it, or has it placed, until {window.text(until)}", until)
