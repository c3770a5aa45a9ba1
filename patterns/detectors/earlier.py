"""A frame as it was at an earlier moment: what came later is not known yet."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from typing import Any

import numpy as np

from patterns.detectors.atrisk import WINDOW_DAYS
from patterns.detectors.frame import DAY, UNKNOWN, Category, Frame, Ints, Leads, Touches


def until(frame: Frame, moment: float) -> Frame:
    """The facts of a frame up to `moment`, seconds since 1970; a later one than the frame's own changes nothing.

    Touches sent later and leads first touched later are gone, bookings and exits that came later have not happened.
    A frame does not say when replies came, so they are taken away from the touches that are not matured at `moment`,
    which no estimator reads. Leads' attributes and components have no history and stay as they are.
    """
    if moment >= frame.as_of:
        return frame
    touches, leads = frame.touches, frame.leads
    rows = np.flatnonzero(touches.sent_at <= moment)
    kept, place = np.unique(touches.lead[rows], return_inverse=True)
    sent = replace(touches, **{name: column[rows] for name, column in columns(touches)})
    people = replace(leads, **{name: taken(column, kept) for name, column in columns(leads)})

    converted = np.where(people.converted_at <= moment, people.converted_at, np.nan)
    left = np.where(people.left_at <= moment, people.left_at, np.nan)
    matured = sent.sent_at <= moment - WINDOW_DAYS * DAY
    return replace(
        frame,
        as_of=moment,
        leads=replace(
            people,
            converted_at=converted,
            left_at=left,
            exit=np.where(np.isnan(left), UNKNOWN, people.exit).astype(people.exit.dtype),
        ),
        touches=replace(
            sent,
            lead=place.astype(touches.lead.dtype),
            plan=shared(sent.plan, place),
            booked=sent.booked & ~np.isnan(converted)[place],
            replied=sent.replied & matured,
            positive=sent.positive & matured,
        ),
    )


def columns(table: Leads | Touches) -> Iterator[tuple[str, Any]]:
    return ((column.name, getattr(table, column.name)) for column in fields(table))


def taken(column: Any, rows: Ints) -> Any:
    """Rows of an array, of a category, whose labels that no longer occur go, or of each category of a mapping."""
    if isinstance(column, Mapping):
        return {name: taken(inner, rows) for name, inner in column.items()}
    if not isinstance(column, Category):
        return column[rows]
    codes = column.codes[rows]
    used = np.unique(codes[codes >= 0])
    place = np.full(len(column.labels) + 1, UNKNOWN, dtype=codes.dtype)  # the last entry answers for -1
    place[used] = np.arange(len(used))
    return Category(place[codes], tuple(column.labels[code] for code in used))


def shared(plan: Ints, lead: Ints) -> Ints:
    """The plans' keys, 0 where only one lead has it, as a frame has them."""
    if not len(plan):
        return plan
    keys, place = np.unique(plan, return_inverse=True)
    pairs = np.unique(place.astype(np.int64) * (int(lead.max()) + 1) + lead)
    leads = np.bincount(pairs // (int(lead.max()) + 1), minlength=len(keys))
    return np.where((leads > 1)[place], plan, 0).astype(plan.dtype)
