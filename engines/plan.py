"""The plan of a lead's touches: a pure decision, each choice with its reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any
from uuid import UUID

from conversion.usual import USUAL_SEQUENCE
from conversion.vocabulary import PatternType
from engines.calendar import checked
from engines.channels import by_hand, choose
from engines.rhythm import rhythm
from engines.seats import Seats
from engines.timetable import timetable
from engines.whereabouts import Whereabouts
from patterns.guidance import Guidance

LEARNED, DEFAULT, MANUAL = "learned", "default", "manual"
TOUCHES = len(USUAL_SEQUENCE)
DRAW_KEY = b"allocator holdout"  # sets this draw apart from any other draw about the same lead


@dataclass(frozen=True, slots=True)
class PlannedLead:
    """What a plan needs to know of a lead. tier: word of Tier. unreachable: channel -> why, in words, the lead cannot be
    reached on it.
    """

    id: UUID
    tier: str
    where: Whereabouts
    unreachable: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlannedTouch:
    """at: aware, in the lead's zone. sender: None where no sender of the channel is known."""

    number: int
    channel: str
    at: datetime
    sender: UUID | None
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """arm: `learned` where the patterns were asked (they may have had nothing to say to this lead), `default` where
    there was nothing to ask or the lead was held out, `manual` for a sequence given by hand. propensity: the probability
    that the lead came to its arm, None by hand. versions: of the patterns in `patterns_used`.
    """

    lead_id: UUID
    touches: tuple[PlannedTouch, ...]
    arm: str
    propensity: float | None
    patterns_used: Mapping[str, bool]
    versions: Mapping[str, int]

    def payload(self) -> dict[str, Any]:
        """The plan under the keys of the interface, ready for JSON. `scheduled_at` is ISO 8601 with the offset at the
        lead; `day_of_week` (0 = Monday) and `hour` are the lead's.
        """
        return {
            "lead_id": str(self.lead_id),
            "sequence": [{"touch_number": touch.number, "channel": touch.channel} for touch in self.touches],
            "scheduled_touches": [
                {
                    "touch_number": touch.number,
                    "channel": touch.channel,
                    "scheduled_at": touch.at.isoformat(),
                    "day_of_week": touch.at.weekday(),
                    "hour": touch.at.hour,
                    "reason": touch.reason,
                }
                for touch in self.touches
            ],
            "patterns_used": dict(self.patterns_used),
            "arm": self.arm,
        }


NO_SEATS = Seats()


def plan(
    lead: PlannedLead,
    guidance: Guidance,
    as_of: datetime,
    *,
    seats: Seats = NO_SEATS,
    touch_count: int | None = None,
    sequence: Sequence[str] | None = None,
    holdout_share: float = 0.0,
) -> Plan:
    """The plan of a lead as of a moment: the same arguments give the same plan.

    as_of: aware; every touch lies after it. seats: the client's senders with what they have booked. touch_count: 6 where
    not given. sequence: channels given by hand, kept as they are; only their times are chosen. holdout_share: share of
    the leads that are planned by the defaults whatever was learned, drawn by a keyed hash of the lead and the patterns'
    versions. Raises ValueError on arguments that make no sense (a naive or absurd `as_of`, a word that is no channel, a
    number of touches outside 1 to 20), PlanRefused where no plan can be made for this lead.
    """
    now = checked(as_of)
    unreachable = {**lead.unreachable, **seats.closed()}
    if sequence is not None:
        if touch_count not in (None, len(sequence)):
            raise ValueError(f"touch_count is {touch_count}, but the sequence has {len(sequence)} touches")
        arm, propensity, note = MANUAL, None, ""
        choices = by_hand(sequence, unreachable)
    else:
        arm, propensity, note = assigned(lead.id, guidance, holdout_share)
        guidance = guidance if arm == LEARNED else Guidance.defaults()
        choices = choose(guidance, lead.tier, TOUCHES if touch_count is None else touch_count, unreachable)
    slots = timetable(choices, lead.where, rhythm(guidance), seats, now)
    touches = tuple(
        PlannedTouch(
            number,
            choice.channel,
            slot.at,
            slot.seat.id if slot.seat else None,
            f"{note}{choice.reason}; {slot.reason}",
        )
        for number, (choice, slot) in enumerate(zip(choices, slots, strict=True), start=1)
    )
    moved_by = {pattern for choice in choices for pattern in choice.patterns}
    moved_by |= {PatternType.WHEN.value for slot in slots if slot.learned}
    used = {kind.value: kind.value in moved_by for kind in PatternType}
    versions = {kind: version for kind, version in guidance.versions.items() if used.get(kind)}
    return Plan(lead.id, touches, arm, propensity, used, versions)


def assigned(lead: UUID, guidance: Guidance, holdout_share: float) -> tuple[str, float, str]:
    """The lead's arm, its probability, and what is to be said about it. Where nothing was learned nothing is drawn."""
    if not 0 <= holdout_share <= 1:
        raise ValueError(f"holdout_share: {holdout_share} is outside 0 to 1")
    if not guides(guidance):
        return DEFAULT, 1.0, ""
    if holdout_share and draw(lead, guidance.versions) < holdout_share:
        return DEFAULT, holdout_share, f"held out by the draw of {holdout_share:.0%} of the leads, so by the defaults: "
    return LEARNED, 1.0 - holdout_share, ""


def guides(guidance: Guidance) -> bool:
    """Whether the patterns have anything to say to a plan, be it to other leads than this one."""
    return bool(
        guidance.winning_sequences
        or guidance.best_first_channel
        or guidance.channel_lifts_by_tier
        or any(days is not None for days in guidance.gaps)
        or (guidance.best_days or guidance.avoid_days or guidance.best_hours or guidance.avoid_hours)
    )


def draw(lead: UUID, versions: Mapping[str, int]) -> float:
    """A number in [0, 1) that depends on the lead and the patterns' versions alone: uniform over leads."""
    text = " ".join([str(lead), *(f"{kind}={versions[kind]}" for kind in sorted(versions))])
    return int.from_bytes(blake2b(text.encode(), digest_size=8, key=DRAW_KEY).digest()) / 2**64
