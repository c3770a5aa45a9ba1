"""A simulated history as the frame that detectors read, without a database between."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from typing import Any

import numpy as np

from patterns.detectors.frame import UNKNOWN, Category, Frame, Ints, Leads, Touches
from patterns.simulator.history import History
from patterns.simulator.leads import INDUSTRY_NAMES, TITLE_NAMES
from patterns.simulator.scoring import fractions


def frame_of(history: History) -> Frame:
    return Frame(leads_of(history), touches_of(history), history.as_of)


def leads_of(history: History) -> Leads:
    people = history.people
    new_role, hiring, funded = people.signals.T
    return Leads(
        title=category(people.title, TITLE_NAMES),
        industry=category(people.industry, INDUSTRY_NAMES),
        employees=people.employees,
        new_role=new_role,
        hiring=hiring,
        funded=funded,
        components=fractions(people.points),
        risk=people.points[:, -1].astype(np.float64),
        converted_at=history.converted_at,
        left_at=history.left_at,
        exit=np.where(np.isnan(history.left_at), UNKNOWN, history.outcome.exit).astype(np.int8),
    )


def touches_of(history: History) -> Touches:
    sends, library, people = history.sends, history.library, history.people
    at = np.nonzero(history.sent)
    lead, template = at[0], sends.template[at]
    shared = np.bincount(sends.plan)[sends.plan] > 1  # a plan that one lead has is none
    mentioned = np.sum(library.mentions[template] * people.lengths[lead], axis=1)
    return Touches(
        lead=lead.astype(np.int32),
        sent_at=sends.sent_at[at],
        channel=sends.channel[at],
        touch=sends.touch[at],
        template=template.astype(np.int64) + 1,
        campaign=people.campaign[lead],
        plan=np.where(shared, sends.plan, 0)[lead],
        tier=people.tier[lead],
        day=sends.day[at],
        hour=sends.hour[at],
        pain_points=library.pain_points[template],
        cta=library.cta[template],
        angles=library.angles[template],
        subjects=library.subjects[template],
        personalization=library.personalization[template],
        words=library.words[template],
        chars=(library.chars[template] + mentioned).astype(np.int32),
        booked=history.booked[at],
        replied=history.replied[at],
        positive=history.positive[at],
        propensity=np.full(len(lead), np.nan),
    )


def category(codes: Ints, names: tuple[str, ...]) -> Category:
    """The column with only the names that occur; `names` are sorted."""
    used = np.unique(codes[codes >= 0])
    place = np.full(len(names) + 1, UNKNOWN, dtype=np.int32)  # the last entry answers for -1, unknown
    place[used] = np.arange(len(used))
    return Category(place[codes], tuple(names[code] for code in used))


def shuffled(frame: Frame, rng: np.random.Generator) -> Frame:
    """The same facts with the leads in another order, which no detector may notice."""
    order = rng.permutation(len(frame.leads))
    place = np.argsort(order).astype(np.int32)  # where each lead goes
    rows = np.argsort(place[frame.touches.lead], kind="stable")
    leads = replace(frame.leads, **{name: taken(column, order) for name, column in columns_of(frame.leads)})
    touches = replace(frame.touches, **{name: taken(column, rows) for name, column in columns_of(frame.touches)})
    return replace(frame, leads=leads, touches=replace(touches, lead=place[touches.lead]))


def columns_of(table: Leads | Touches) -> Iterator[tuple[str, Any]]:
    return ((column.name, getattr(table, column.name)) for column in fields(table))


def taken(column: Any, rows: Ints) -> Any:
    """Rows of an array, of a category, or of each category of a mapping."""
    if isinstance(column, Category):
        return Category(column.codes[rows], column.labels)
    if isinstance(column, Mapping):
        return {name: taken(inner, rows) for name, inner in column.items()}
    return column[rows]
