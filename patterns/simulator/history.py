"""What happened in a simulated world up to a moment: who was sent what, who booked, who left, who answered."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from conversion.vocabulary import CHANNELS, CallOutcome, Channel
from patterns.detectors.frame import Bools, Floats, Ints
from patterns.simulator.effects import World
from patterns.simulator.leads import People, draw_people
from patterns.simulator.library import Library, draw_library
from patterns.simulator.play import Outcome, delays, play
from patterns.simulator.sends import Sends, draw_sends

BOOKED_IN_CALL = 0.5  # share of the bookings by voice that are made in the call itself
ANSWERED_FIRST = 0.6  # share of the bookings that a positive reply comes before
REPLIES = 0.02  # hazard of a reply to a touch that does not book, whatever the touch
POSITIVE = 0.2  # share of these that are positive
CALLS = {  # how calls end that book nothing
    CallOutcome.CONNECTED: 0.3,
    CallOutcome.VOICEMAIL: 0.35,
    CallOutcome.NO_ANSWER: 0.25,
    CallOutcome.BUSY: 0.07,
    CallOutcome.WRONG_NUMBER: 0.03,
}
CALL_CODES = tuple(CallOutcome)


@dataclass(frozen=True)
class History:
    """converted_at, left_at: (leads,), whole seconds since 1970, NaN where it has not happened up to `as_of`.

    The others are (leads, touches), as in `sends`, which holds the touches that would have come later too. sent: up to
    `as_of`, and before anything ended it. booked: led to a booking up to `as_of`. replied, positive: answered up to
    `as_of`, at `reply_at`. call: position in CallOutcome, of voice. detail: seed of what only the written rows show.
    """

    world: World
    library: Library
    people: People
    sends: Sends
    outcome: Outcome
    converted_at: Floats
    left_at: Floats
    sent: Bools
    booked: Bools
    replied: Bools
    positive: Bools
    reply_at: Floats
    call: Ints
    as_of: float
    detail: int

    @cached_property
    def hazard(self) -> Floats:
        """(leads, touches): the true probability that each touch books, given that its lead is still there."""
        return self.world.hazard(self.people, self.sends, self.library)

    @classmethod
    def draw(cls, world: World, leads: int, as_of: float, rng: np.random.Generator) -> Self:
        """A history of `leads` leads; as_of: seconds since 1970."""
        library = draw_library(rng)
        people = draw_people(leads, world.stars, rng)
        sends = draw_sends(world, people, library, as_of, rng)
        outcome = play(world, people, sends, library, rng)
        room = np.diff(sends.sent_at, axis=1, append=np.inf)
        books = np.arange(sends.channel.shape[1]) == outcome.booked[:, None]
        in_call = books & (sends.channel == CHANNELS.index(Channel.VOICE))
        in_call &= (rng.random(leads) < BOOKED_IN_CALL)[:, None]

        delay = np.where(in_call, 0.0, np.floor(delays(room, rng)))
        happened = outcome.at_end(sends.sent_at + delay)
        converted_at = np.where((outcome.booked >= 0) & (happened <= as_of), happened, np.nan)
        left_at = np.where((outcome.exit >= 0) & (happened <= as_of), happened, np.nan)
        sent = (np.arange(books.shape[1]) <= outcome.ended[:, None]) & (sends.sent_at <= as_of)

        answers = rng.random(sent.shape) < np.where(books, ANSWERED_FIRST, REPLIES)
        reply_at = sends.sent_at + np.floor(delays(np.where(books, delay, room), rng))
        replied = answers & sent & ~in_call & (reply_at <= as_of)
        return cls(
            world=world,
            library=library,
            people=people,
            sends=sends,
            outcome=outcome,
            converted_at=converted_at,
            left_at=left_at,
            sent=sent,
            booked=sent & books & ~np.isnan(converted_at)[:, None],
            replied=replied,
            positive=replied & (books | (rng.random(sent.shape) < POSITIVE)),
            reply_at=reply_at,
            call=draw_calls(books, in_call, rng),
            as_of=as_of,
            detail=int(rng.integers(2**62)),
        )


def draw_calls(books: Bools, in_call: Bools, rng: np.random.Generator) -> Ints:
    """How each touch would have ended as a call: one that books was at least answered."""
    code = rng.choice([CALL_CODES.index(outcome) for outcome in CALLS], books.shape, p=list(CALLS.values()))
    code = np.where(books, CALL_CODES.index(CallOutcome.CONNECTED), code)
    return np.where(in_call, CALL_CODES.index(CallOutcome.MEETING_BOOKED), code).astype(np.int8)
