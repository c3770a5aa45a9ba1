"""What a finding speaks of: the touches that have its value, those that they are compared with, and what is held.

So that a finding of an earlier look can be followed through touches that came later, whichever detector made it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from conversion.vocabulary import CHANNELS, TIERS, Channel
from patterns.detectors.atrisk import AtRisk
from patterns.detectors.frame import Bools, Category, Frame, Ints

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
EMAIL = CHANNELS.index(Channel.EMAIL)

Finding = Mapping[str, Any]
Path = tuple[str, ...]


@dataclass(frozen=True)
class Compared:
    """Columns over the rows of an at-risk table. holds: the touch has the value. among: its value is known, and it is one
    of those compared. held: integer columns within which rows are compared, the ones that matter most first.
    clustered: the value belongs to the text, so that luck of single texts counts.
    """

    holds: Bools
    among: Bools
    held: tuple[Ints, ...]
    clustered: bool = False


def compared(path: Path, finding: Finding, frame: Frame, table: AtRisk) -> Compared | None:
    """The touches that a finding of a payload speaks of; None where it is not one about single touches.

    path: the keys that lead to it in the payload, without list positions.
    """
    read = READERS.get(path[0])
    return None if read is None else read(path, finding, frame, table)


def usual(table: AtRisk) -> tuple[Ints, ...]:
    return (table.touch, table.channel, table.period)


def labelled(column: Category, label: Any, table: AtRisk) -> Compared:
    codes = column.codes[table.lead]
    code = column.labels.index(label) if label in column.labels else len(column.labels)
    return Compared(codes == code, codes >= 0, usual(table))


def title(_: Path, finding: Finding, frame: Frame, table: AtRisk) -> Compared:
    return labelled(frame.leads.title, finding["title"], table)


def industry(_: Path, finding: Finding, frame: Frame, table: AtRisk) -> Compared:
    return labelled(frame.leads.industry, finding["industry"], table)


def size(_: Path, finding: Finding, frame: Frame, table: AtRisk) -> Compared:
    low, __, high = str(finding["range"]).rstrip("+").partition("-")
    employees = frame.leads.employees[table.lead]
    holds = (employees >= int(low)) & (employees <= int(high or np.iinfo(np.int32).max))
    return Compared(holds, employees >= 0, usual(table))


def signal(_: Path, finding: Finding, frame: Frame, table: AtRisk) -> Compared:
    flag = getattr(frame.leads, finding["signal"])[table.lead]
    return Compared(flag == 1, flag >= 0, usual(table))


def bit(bits: Ints, names: Sequence[str], name: str, table: AtRisk, frame: Frame) -> Compared | None:
    if name not in names:
        return None
    has_text = (frame.touches.template[table.row] != 0) & (frame.touches.words[table.row] >= 0)
    holds = (bits[table.row] >> names.index(name)) & 1 == 1
    return Compared(holds & has_text, has_text, usual(table), clustered=True)


def subject(_: Path, finding: Finding, frame: Frame, table: AtRisk) -> Compared | None:
    found = bit(frame.touches.subjects, frame.vocabulary.subject_names, finding["pattern"], table, frame)
    if found is None:
        return None
    emails = table.channel == EMAIL
    return Compared(found.holds & emails, found.among & emails, found.held, clustered=True)


def pain_point(_: Path, finding: Finding, frame: Frame, table: AtRisk) -> Compared | None:
    return bit(frame.touches.pain_points, frame.vocabulary.pain_names, finding["pain_point"], table, frame)


def angle(_: Path, finding: Finding, frame: Frame, table: AtRisk) -> Compared | None:
    return bit(frame.touches.angles, frame.vocabulary.angle_names, finding["angle"], table, frame)


def personalization(path: Path, _: Finding, frame: Frame, table: AtRisk) -> Compared | None:
    return bit(frame.touches.personalization, frame.vocabulary.flag_names, path[-1], table, frame)


def call(_: Path, finding: Finding, frame: Frame, table: AtRisk) -> Compared | None:
    names = frame.vocabulary.cta_names
    if finding.get("cta") not in names:
        return None  # a type of calls
    code = frame.touches.cta[table.row]
    return Compared(code == names.index(finding["cta"]), code >= 0, usual(table), clustered=True)


def day(_: Path, finding: Finding, __: Frame, table: AtRisk) -> Compared:
    return Compared(table.day == DAYS.index(finding["day"]), table.day >= 0, usual(table))


def hour(_: Path, finding: Finding, __: Frame, table: AtRisk) -> Compared:
    return Compared(table.hour == finding["hour"], table.hour >= 0, usual(table))


def touch(_: Path, finding: Finding, __: Frame, table: AtRisk) -> Compared:
    everyone = np.ones(len(table), dtype=bool)
    return Compared(table.touch == finding["touch"], everyone, (table.channel, table.tier, table.period))


def gap(_: Path, finding: Finding, __: Frame, table: AtRisk) -> Compared:
    low, dash, high = str(finding["gap"]).partition("-")
    holds = (table.gap >= int(low)) & (table.gap <= int(high if dash else low))
    return Compared(holds, table.gap >= 0, (table.touch, table.day, table.channel, table.period))


def one_of(table: AtRisk, name: Any, among: Bools, *more: Ints) -> Compared | None:
    if name not in CHANNELS:
        return None
    holds = among & (table.channel == CHANNELS.index(name))
    return Compared(holds, among, (table.touch, *more, table.period), clustered=True)


def channel(_: Path, finding: Finding, __: Frame, table: AtRisk) -> Compared | None:
    return one_of(table, finding.get("channel"), np.ones(len(table), dtype=bool), table.tier)


def channel_in_tier(path: Path, _: Finding, __: Frame, table: AtRisk) -> Compared | None:
    if path[-2] not in TIERS:
        return None
    return one_of(table, path[-1], table.tier == TIERS.index(path[-2]))


def transition(path: Path, _: Finding, __: Frame, table: AtRisk) -> Compared | None:
    if path[-2] not in CHANNELS:
        return None
    return one_of(table, path[-1], table.previous == CHANNELS.index(path[-2]), table.tier)


def new_channel(path: Path, _: Finding, __: Frame, table: AtRisk) -> Compared | None:
    if path[-1] != "new_channel":
        return None
    return Compared(table.new, table.distinct > 0, (table.touch, table.channel, table.tier, table.period))


# A first channel and a sequence are choices about leads and not about touches: they are not followed here.
READERS: dict[str, Callable[[Path, Finding, Frame, AtRisk], Compared | None]] = {
    "title_rankings": title,
    "industry_rankings": industry,
    "size_analysis": size,
    "timing_signals": signal,
    "subject_patterns": subject,
    "pain_points": pain_point,
    "angles": angle,
    "ctas": call,
    "personalization_lift": personalization,
    "best_days": day,
    "best_hours": hour,
    "touch_hazard": touch,
    "gap_hazard": gap,
    "channel_effects": channel,
    "channel_effectiveness_by_tier": channel_in_tier,
    "channel_transitions": transition,
    "multi_channel_lift": new_channel,
}
