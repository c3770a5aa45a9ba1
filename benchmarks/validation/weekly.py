"""A client who writes every week, over more than a year, with changes of known size: frames for weekly looks."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from patterns.detectors.frame import DAY, UNKNOWN, Category, Floats, Frame, Leads, Touches

WEEK = 7 * DAY
START = 1_735_689_600.0  # 2025-01-01, the first week
BEFORE = 12  # weeks of history at the first look
LOOKS = 52
TEMPLATES = 24


@dataclass(frozen=True)
class Sending:
    """weekly: touches a week. rate: of booking. factor: what the rate is multiplied by in a week (counted from the first
    look, negative before it) for touches to leads who are hiring, and for the others. luck: spread of templates.
    """

    weekly: int
    rate: float
    hiring: Callable[[Floats], Floats]
    others: Callable[[Floats], Floats]
    luck: float = 0.0


def look(number: int) -> float:
    """The moment of a look, from 0 to LOOKS: BEFORE weeks of touches are matured at the first."""
    return START + (BEFORE + 2 + number) * WEEK


def frame_of(sending: Sending, seed: int) -> Frame:
    """All facts up to the last look: one touch a lead, booked within a week or not at all; half of the leads are hiring.

    Templates belong to leads who are hiring or who are not, so that luck of templates looks like an effect of hiring.
    """
    rng = np.random.default_rng(seed)
    count = sending.weekly * (BEFORE + 2 + LOOKS)
    sent_at = START + np.sort(rng.random(count)) * (BEFORE + 2 + LOOKS) * WEEK
    week = np.floor((sent_at - START) / WEEK) - BEFORE
    hiring = rng.random(count) < 0.5
    template = 2 * rng.integers(0, TEMPLATES // 2, count) + hiring
    luck = np.exp(sending.luck * rng.standard_normal(TEMPLATES))
    chance = sending.rate * np.where(hiring, sending.hiring(week), sending.others(week)) * luck[template]
    booked = rng.random(count) < chance
    nothing, zeros = np.full(count, np.nan), np.zeros(count, dtype=np.int64)
    unknown = Category(np.full(count, UNKNOWN, dtype=np.int32), ())
    leads = Leads(
        title=unknown,
        industry=unknown,
        employees=np.full(count, UNKNOWN, dtype=np.int32),
        new_role=np.full(count, UNKNOWN, dtype=np.int8),
        hiring=hiring.astype(np.int8),
        funded=np.full(count, UNKNOWN, dtype=np.int8),
        components=np.full((count, 4), np.nan),
        risk=nothing,
        converted_at=np.where(booked, sent_at + rng.random(count) * WEEK, np.nan),
        left_at=nothing,
        exit=np.full(count, UNKNOWN, dtype=np.int8),
    )
    touches = Touches(
        lead=np.arange(count, dtype=np.int32),
        sent_at=sent_at,
        channel=rng.integers(0, 3, count).astype(np.int8),
        touch=np.ones(count, dtype=np.int16),
        template=template + 1,
        campaign=rng.integers(1, 4, count),
        plan=zeros,
        tier=np.ones(count, dtype=np.int8),
        day=rng.integers(0, 5, count).astype(np.int8),
        hour=np.full(count, 10, dtype=np.int8),
        pain_points=hiring.astype(np.int64),
        cta=np.full(count, UNKNOWN, dtype=np.int16),
        angles=zeros,
        subjects=zeros,
        personalization=zeros,
        words=np.full(count, 80, dtype=np.int32),
        chars=np.full(count, 400, dtype=np.int32),
        booked=booked,
        replied=np.zeros(count, dtype=bool),
        positive=np.zeros(count, dtype=bool),
        propensity=nothing,
    )
    return Frame(leads, touches, look(LOOKS))
