"""The pictures of a pattern, each with the table behind it: what a page, a file or a screen reader shows of a payload.

Stored payloads are read as if anybody could have written them: a finding of which a part may not be used is left out. No
Django, no database.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from conversion.vocabulary import CHANNELS, Outcome, PatternType, Status
from patterns.charts import cells, course, flow, intervals
from patterns.charts.drawing import NARROW, SAID, WIDE, Layout, Row, cleaned
from patterns.payloads import Unusable, measure, member, number, optional, outcome_of, record, status, whole
from patterns.report import UNITS, Said, every_finding, findings

DRAWN = 12  # the strongest; more would not fit a screen
TITLES = {PatternType.WHO: "Which leads {}", PatternType.WHAT: "What content leads to those who {}"}
COUNT_HIGHEST = 2**53
LIFT_HIGHEST = 1e9


@dataclass(frozen=True)
class Picture:
    """A chart and the same values in words. key: names it among those of its pattern, such as `when-touches`. svg: for wide
    places, narrow: for telephones. note: how it is to be read, and what is left out.
    """

    key: str
    title: str
    svg: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    narrow: str = ""


def pictures(kind: PatternType, payload: Mapping[str, Any]) -> list[Picture]:
    """The pictures of a payload, none of what abstained (`report.abstentions` has that)."""
    if not isinstance(payload, Mapping) or "abstained" in payload:
        return []
    outcome = outcome_of(payload)
    return [picture for draw in DRAWERS[kind] if (picture := draw(payload, outcome))]


def usable(said: Iterable[Said]) -> list[Said]:
    """Those that have an interval and whose numbers may be believed."""
    return [one for one in said if is_usable(one.finding)]


def is_usable(found: Mapping[str, Any]) -> bool:
    try:
        status(member(found, "status", "finding"), "status")
        for name in ("lift", "lift_low", "lift_high"):
            number(member(found, name, "finding"), name, 0, LIFT_HIGHEST)
        if "converted" in found or "sample" in found:
            sample = whole(member(found, "sample", "finding"), "sample", 0, COUNT_HIGHEST)
            whole(member(found, "converted", "finding"), "converted", 0, sample)
        for name in ("rate", "low", "high"):
            if name in found:
                measure(found, name, "finding", 1)
        optional(found, "q_value", "finding")
    except Unusable:
        return False
    return True


def table(said: Sequence[Said], outcome: Outcome) -> dict[str, Any]:
    """`columns` and `rows` of these findings; a column that none of them fills is left out."""
    heads = ("Finding", "Lift", "95 % interval", "Against", "Rate", "95 % interval", "n", outcome.past, "q", "Status")
    rows = [values(one) for one in said]
    kept = [i for i in range(len(heads)) if any(row[i] for row in rows)]
    return {"columns": tuple(heads[i] for i in kept), "rows": tuple(tuple(row[i] for i in kept) for row in rows)}


def values(said: Said) -> tuple[str, ...]:
    """A finding as texts, in the order of the table's columns; empty where it does not say."""
    found = said.finding
    q = found.get("q_value")
    return (
        cleaned(said.name),
        f"{found['lift']:.2f}",
        f"{found['lift_low']:.2f} to {found['lift_high']:.2f}",
        said.against,
        f"{found['rate']:.1%}" if "rate" in found else "",
        f"{found['low']:.1%} to {found['high']:.1%}" if "low" in found and "high" in found else "",
        f"{found['sample']:,}" if "sample" in found else "",
        f"{found['converted']:,}" if "converted" in found else "",
        "" if q is None else q_of(q),
        SAID[found["status"]],
    )


def q_of(q: float) -> str:
    return "below 0.001" if q < 0.001 else f"{q:.3f}"  # noqa: PLR2004 - as many digits as are shown


def both(draw: Callable[[Layout], str]) -> dict[str, Any]:
    return {"svg": draw(WIDE), "narrow": draw(NARROW)}


def ranked(
    key: str, title: str, said: Sequence[Said], unit: str, outcome: Outcome, *, stacked: bool = False, note: str = ""
) -> Picture | None:
    """Intervals of these findings, in their order; None without one."""
    if not said:
        return None
    rows: list[Row] = [(cleaned(one.name), one.against, one.finding) for one in said]
    drawn = both(
        lambda layout: intervals.ranked_intervals(title, rows, unit, outcome.past, layout=layout, stacked=stacked)
    )
    return Picture(key, title, **drawn, **table(said, outcome), note=f"{intervals.DESCRIPTION} {note}".strip())


def strongest(said: Sequence[Said]) -> tuple[list[Said], str]:
    """The DRAWN strongest, supported ones first, in the order of their lifts; and what is left out, in words."""
    order = list(Status)
    first = sorted(said, key=lambda one: (order.index(Status(one.finding["status"])), -one.strength, one.name))[:DRAWN]
    left = len(said) - len(first)
    note = f"The {len(first)} strongest of {len(said):,}, those that are supported first." if left else ""
    return sorted(first, key=lambda one: -one.finding["lift"]), note


def overall(kind: PatternType) -> Callable[[Mapping[str, Any], Outcome], Picture | None]:
    """The strongest findings of a whole pattern."""

    def draw(payload: Mapping[str, Any], outcome: Outcome) -> Picture | None:
        said, note = strongest(usable(findings(payload)))
        title = TITLES[kind].format(outcome.verb)
        return ranked(str(kind), title, said, UNITS[kind], outcome, note=note)

    return draw


def of_part(payload: Mapping[str, Any], *parts: str) -> list[Said]:
    """The usable findings below these keys of the payload, each once, in the payload's order."""
    found = {one.name: one for one in usable(every_finding(payload)) if one.path[:1] and one.path[0] in parts}
    return list(found.values())


def keyed(said: Iterable[Said], key: str, low: int, high: int) -> list[Mapping[str, Any]]:
    """The findings whose `key` is a whole number of this range, each number once."""
    found: dict[int, Mapping[str, Any]] = {}
    for one in said:
        try:
            found.setdefault(whole(member(one.finding, key, "finding"), key, low, high), one.finding)
        except Unusable:
            continue
    return list(found.values())


def moments(payload: Mapping[str, Any], outcome: Outcome) -> Picture | None:
    """Days by hours; where one of the two abstained, the other alone."""
    in_days = sorted(of_part(payload, "best_days"), key=lambda one: str(one.finding.get("day_index")))
    in_hours = sorted(of_part(payload, "best_hours"), key=lambda one: str(one.finding.get("hour")).zfill(2))
    days, hours = keyed(in_days, "day_index", 0, 6), keyed(in_hours, "hour", 0, 23)
    title = f"Days and hours at which touches lead to those who {outcome.verb}"
    if not days or not hours:
        only = "days" if days else "hours"
        note = f"Only {only}: nothing is claimed of {'hours' if days else 'days'}."
        return ranked("when", title, in_days if days else in_hours, "touches", outcome, note=note)
    drawn = both(lambda layout: cells.day_hour_cells(title, days, hours, outcome.past, layout=layout))
    return Picture("when", title, **drawn, **table([*in_days, *in_hours], outcome), note=cells.DESCRIPTION)


def touch_course(payload: Mapping[str, Any], outcome: Outcome) -> Picture | None:
    """The hazard by touch number, with the part of its fall that is due to depletion."""
    said = of_part(payload, "touch_hazard")
    items = [found for found in keyed(said, "touch", 1, 1000) if {"rate", "low", "high", "sample"} <= found.keys()]
    if not items:
        return None
    title = f"What each touch brings: the share that {outcome.past}"
    due = depletion(payload)
    drawn = both(lambda layout: course.hazard_course(title, items, due, outcome.past, layout=layout))
    note = f"{course.DESCRIPTION} {course.DEPLETION}" if len(due) > 1 else course.DESCRIPTION
    return Picture("when-touches", title, **drawn, **table(said, outcome), note=note)


def depletion(payload: Mapping[str, Any]) -> list[float]:
    """Hazards that would be left if nobody tired; empty where that abstained."""
    try:
        hazards = record(payload.get("depletion"), "depletion").get("hazards", [])
        return [number(rate, "hazards", 0, 1) for rate in hazards]
    except (Unusable, TypeError):
        return []


def gaps(payload: Mapping[str, Any], outcome: Outcome) -> Picture | None:
    title = f"Days between touches, and who {outcome.past}"
    return ranked("when-gaps", title, of_part(payload, "gap_hazard"), "touches", outcome)


def transitions(payload: Mapping[str, Any], outcome: Outcome) -> Picture | None:
    """From channel to channel, in the usual order of channels."""
    said = [one for one in of_part(payload, "channel_transitions") if "sample" in one.finding and len(one.path) > 2]  # noqa: PLR2004 - part, before, after
    if not said:
        return None
    order = [str(channel) for channel in CHANNELS]
    said.sort(key=lambda one: [order.index(name) if name in order else len(order) for name in one.path[1:3]])
    flows: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    for one in said:
        flows.setdefault(cleaned(one.path[1]), []).append((cleaned(one.path[2]), one.finding))
    alone = {str(one.finding.get("channel")): one.finding for one in of_part(payload, "channel_effects")}
    title = f"Which channel to use after which, so that leads {outcome.verb}"
    drawn = both(lambda layout: flow.channel_flow(title, flows, alone, outcome.past, layout=layout))
    return Picture("how-flow", title, **drawn, **table(said, outcome), note=flow.DESCRIPTION)


def channels(payload: Mapping[str, Any], outcome: Outcome) -> Picture | None:
    """All of HOW but what has a picture of its own."""
    parts = ("channel_effects", "first_touch_effectiveness", "multi_channel_lift", "channel_effectiveness_by_tier")
    said, note = strongest(of_part(payload, *parts))
    return ranked("how", f"Which channels lead to those who {outcome.verb}", said, "touches", outcome, note=note)


def sequences(payload: Mapping[str, Any], outcome: Outcome) -> Picture | None:
    title = f"Sequences of channels by which leads {outcome.verb}"
    note = "What a whole sequence is worth is reckoned from the touches in it, also where nobody was put on it."
    said = [replace(one, name=folded(one.name)) for one in of_part(payload, "winning_sequences")]
    return ranked("how-sequences", title, said, "leads", outcome, stacked=True, note=note)


def folded(name: str) -> str:
    """`sequence mail > voice > voice` as `mail > 2 × voice`: whole sequences would look alike where they are cut."""
    runs = groupby(name.removeprefix("sequence ").split(" > "))
    return " > ".join(
        f"{times} × {one}" if times > 1 else one for one, times in ((one, len([*run])) for one, run in runs)
    )


Draw = Callable[[Mapping[str, Any], Outcome], Picture | None]
DRAWERS: Mapping[PatternType, Sequence[Draw]] = {
    PatternType.WHO: (overall(PatternType.WHO),),
    PatternType.WHAT: (overall(PatternType.WHAT),),
    PatternType.WHEN: (moments, touch_course, gaps),
    PatternType.HOW: (channels, transitions, sequences),
}
