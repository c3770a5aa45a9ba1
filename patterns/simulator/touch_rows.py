"""Simulated touches as rows of activities.csv, with the text that each lead got."""

from collections.abc import Iterator

import numpy as np

from conversion.vocabulary import CHANNELS, CallOutcome, Channel, MessageType
from patterns.detectors.frame import Bools, Ints
from patterns.simulator.history import CALL_CODES, History
from patterns.simulator.leads import INDUSTRY_NAMES, People
from patterns.simulator.rows import Row, iso

NOTE_LIMIT = 300  # characters that LinkedIn allows in the note of a connection request
SHORTEST_CALL, LONGEST_CALL = 30, 900  # seconds, of calls in which somebody talked
UNANSWERED_CALL = 25  # seconds that a call rings


def activity_rows(history: History) -> Iterator[Row]:
    """The touches that were sent. `led_to_booking` is not among the columns: it follows from the times."""
    sends, people, library = history.sends, history.people, history.library
    at = np.nonzero(history.sent)
    lead = at[0]
    rng = np.random.default_rng((history.detail, 1))
    columns = (
        *(lead, at[1], people.zone[lead], people.campaign[lead], sends.plan[lead]),
        *(sends.channel[at], sends.sent_at[at], sends.template[at], history.call[at]),
        *(first_use(sends.channel, Channel.LINKEDIN)[at], rng.integers(SHORTEST_CALL, LONGEST_CALL, len(lead))),
    )
    for person, column, zone, campaign, plan, code, sent_at, template, call, first, seconds in zip(
        *(values.tolist() for values in columns), strict=True
    ):
        channel = CHANNELS[code]
        row = {
            "external_id": activity_id(person, column),
            "lead_external_id": f"lead-{person + 1}",
            "channel": str(channel),
            "occurred_at": iso(sent_at, zone),
            "touch_number": str(column + 1),
            "sequence_id": f"plan-{plan}" if plan else f"own-{person + 1}",
            "template_id": f"{channel}-{template + 1}",
            "campaign": f"campaign-{campaign}",
        }
        text = rendered(library.body[template], people, person)
        if channel == Channel.VOICE:
            row |= call_columns(CALL_CODES[call], text, f"script-{template + 1}", seconds)
        elif channel == Channel.LINKEDIN:
            row |= linkedin_columns(text, first=first)
        else:
            row |= {"subject": library.subject[template], "body": text}
        yield row


def call_columns(outcome: CallOutcome, text: str, script: str, seconds: int) -> Row:
    talked = outcome in {CallOutcome.CONNECTED, CallOutcome.MEETING_BOOKED}
    return {
        "script_id": script,
        "script_content": text,
        "outcome": str(outcome),
        "duration_seconds": str(seconds if talked else UNANSWERED_CALL),
    }


def linkedin_columns(text: str, *, first: bool) -> Row:
    """The first contact is a request with a note where the text is short enough for one, else an InMail."""
    if first and len(text) <= NOTE_LIMIT:
        return {"message_type": str(MessageType.CONNECTION_REQUEST), "connection_note": text}
    return {"message_type": str(MessageType.INMAIL if first else MessageType.MESSAGE), "body": text}


def rendered(body: str, people: People, lead: int) -> str:
    """A template's text with the lead's own values."""
    if "{" not in body:
        return body
    industry = INDUSTRY_NAMES[int(people.industry[lead])]
    return body.format(company=people.company(lead), first_name=people.name(lead)[0], industry=industry)


def first_use(channel: Ints, word: Channel) -> Bools:
    """Where a channel stands for the first time in its row of (leads, touches)."""
    same = channel == CHANNELS.index(word)
    first: Bools = same & (np.cumsum(same, axis=1) == 1)
    return first


def activity_id(lead: int, column: int) -> str:
    return f"touch-{lead + 1}-{column + 1}"
