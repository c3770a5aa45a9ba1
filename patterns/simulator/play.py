"""Who books: touches played forward through the hazard of a world."""

from dataclasses import dataclass

import numpy as np

from conversion.vocabulary import CHANNELS, EXITS, Channel, LeadStatus
from patterns.detectors.frame import DAY, UNKNOWN, Bools, Floats, Ints
from patterns.simulator.effects import World
from patterns.simulator.leads import People
from patterns.simulator.library import Library
from patterns.simulator.sends import Sends

BOUNCE = 0.01  # share of the leads whose first e-mail finds a dead address, if it does not book
LONGEST_DELAY = 12 * DAY  # from a touch to what follows from it: inside the window in which learning attributes it
SHORTEST_DELAY = 7_200.0  # seconds
MEAN_DELAY = 2 * DAY  # before the next touch cuts it off


@dataclass(frozen=True)
class Outcome:
    """What became of each lead, (leads,). booked: column of the touch that it booked on, -1 none. ended: column of the
    touch that was its last, the number of columns where nothing stopped it. exit: position in EXITS of how it left after
    that touch, -1 if it did not.
    """

    booked: Ints
    ended: Ints
    exit: Ints

    def at_end(self, values: Floats) -> Floats:
        """The value of each lead's last touch, of (leads, touches)."""
        last = np.minimum(self.ended, values.shape[1] - 1)
        ends: Floats = values[np.arange(len(last)), last]
        return ends


def play(world: World, people: People, sends: Sends, library: Library, rng: np.random.Generator) -> Outcome:
    """Draw what becomes of the leads, touch by touch, until they book, unsubscribe or bounce."""
    shape = sends.channel.shape
    books = rng.random(shape) < world.hazard(people, sends, library)
    leaves = ~books & (rng.random(shape) < world.unsubscribe)
    bounces = ~books & ~leaves & first_emails(sends.channel) & (rng.random(shape) < BOUNCE)
    ends = books | leaves | bounces
    ended = np.where(ends.any(axis=1), ends.argmax(axis=1), shape[1])
    at = (np.arange(shape[0]), np.minimum(ended, shape[1] - 1))
    left = np.where(bounces[at], EXITS.index(LeadStatus.BOUNCED), UNKNOWN)
    left = np.where(leaves[at], EXITS.index(LeadStatus.UNSUBSCRIBED), left)
    return Outcome(booked=np.where(books[at], ended, UNKNOWN), ended=ended, exit=left.astype(np.int8))


def chance_to_book(world: World, people: People, sends: Sends, library: Library) -> Floats:
    """(leads,): the probability that `play` lets each lead book, without drawing it."""
    hazard = world.hazard(people, sends, library)
    stays = (1 - hazard) * (1 - world.unsubscribe) * np.where(first_emails(sends.channel), 1 - BOUNCE, 1.0)
    there = np.cumprod(stays, axis=1) / stays
    chance: Floats = np.sum(there * hazard, axis=1)
    return chance


def first_emails(channel: Ints) -> Bools:
    email = channel == CHANNELS.index(Channel.EMAIL)
    first: Bools = email & (np.cumsum(email, axis=1) == 1)
    return first


def delays(room: Floats, rng: np.random.Generator) -> Floats:
    """Seconds from a touch to what follows from it: exponential, within `room`, the seconds to the touch after it."""
    longest = np.minimum(room * 0.98, LONGEST_DELAY)
    shortest = np.minimum(SHORTEST_DELAY, longest / 2)
    cut = -np.expm1(-(longest - shortest) / MEAN_DELAY)
    seconds: Floats = shortest - MEAN_DELAY * np.log1p(-rng.random(room.shape) * cut)
    return seconds
