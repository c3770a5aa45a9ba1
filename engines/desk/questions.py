"""The four questions as a page tells them: how sure each answer is, what follows, what it says, and what it does not."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from conversion.models import Client
from conversion.vocabulary import Outcome, PatternType, RunState, Status
from patterns import report
from patterns.guidance import Guidance
from patterns.health import SOON
from patterns.models import ConversionPattern, LearningRun
from patterns.payloads import outcome_of
from patterns.pictures import Picture, pictures
from patterns.report import QUESTIONS, UNITS, Said, one_line
from patterns.trust import ACTED_ON
from patterns.wording import later, still_needed, told, told_within

log = logging.getLogger(__name__)

SUPPORTED, HINTS, DRAWN = 5, 3, 2  # shown of each question; the evidence page has the rest
# What there is to say of an answer, and how it looks.
VALID, SOON_GONE, EXPIRED, SILENT, NONE, BROKEN = (
    "valid",
    "expires soon",
    "expired",
    "no answer yet",
    "not asked yet",
    "unreadable",
)
LOOKS = {VALID: "desk-good", SOON_GONE: "desk-maybe", EXPIRED: "desk-bad", SILENT: "", NONE: "", BROKEN: "desk-bad"}
MALFORMED = (
    KeyError,
    TypeError,
    ValueError,
    AttributeError,
    IndexError,
)  # what a payload that nobody learned may raise


@dataclass(frozen=True)
class Question:
    """state: one of those above. decides: what follows for decisions. supported, hints: sentences; more, more_hints: how many
    are not shown. silent: what abstained, with its reason. needed: what would bring an answer, empty where there is one.
    """

    kind: PatternType
    state: str
    row: ConversionPattern | None = None
    age: str = ""
    decides: str = ""
    is_acted_on: bool = False
    sample: str = ""
    supported: Sequence[str] = ()
    more: int = 0
    hints: Sequence[str] = ()
    more_hints: int = 0
    silent: Mapping[str, str] = field(default_factory=dict)
    needed: str = ""
    later: str = ""
    changed: str = ""
    pictures: Sequence[Picture] = ()

    @property
    def title(self) -> str:
        return QUESTIONS[self.kind]

    @property
    def look(self) -> str:
        return LOOKS[self.state]


def questions(
    client: Client, rows: Mapping[str, ConversionPattern], runs: Sequence[LearningRun], known: Guidance, at: datetime
) -> list[Question]:
    """rows: the client's current patterns by type. runs: its latest ones, the newest first. known: of the valid patterns."""
    done = next((run for run in runs if run.state == RunState.DONE), None)
    answers = []
    for kind in PatternType:
        row = rows.get(kind)
        reason = reason_of(done, kind)
        if row is None:
            answers.append(unanswered(kind, reason))
        else:
            answers.append(readable(partial(answered, kind, row, known, at), kind, row, client))
    return answers


def reason_of(run: LearningRun | None, kind: PatternType) -> str:
    """Why the run stored no pattern of the type; empty where it did, or says nothing of it."""
    result = run.results.get(kind.value) if run is not None and isinstance(run.results, Mapping) else None
    found = result.get("abstained") if isinstance(result, Mapping) else None
    return found if isinstance(found, str) else ""


def unanswered(kind: PatternType, reason: str) -> Question:
    if not reason:
        return Question(kind, NONE, decides="Nothing was learned of it yet: the defaults are used.")
    more = still_needed(reason)
    return Question(
        kind,
        SILENT,
        decides="Too little is known to say anything: the defaults are used.",
        silent={"everything": reason},
        needed=f"{more} are needed" if more else reason,
    )


def readable(make: Callable[[], Question], kind: PatternType, row: ConversionPattern, client: Client) -> Question:
    """What `make` makes; where the stored payload is none that learning wrote, a question without an answer."""
    try:
        return make()
    except MALFORMED:
        log.warning("client %s, pattern %s: the stored payload cannot be told", client.pk, kind, exc_info=True)
        return Question(kind, BROKEN, row, decides="The stored pattern cannot be read. Learn again to replace it.")


def answered(kind: PatternType, row: ConversionPattern, known: Guidance, at: datetime) -> Question:
    payload, unit = row.patterns, UNITS[kind]
    outcome = outcome_of(payload)
    said = sorted(report.findings(payload), key=lambda one: (one.is_detail, -one.strength, one.name))
    supported = [one for one in said if one.finding["status"] == Status.SUPPORTED]
    hints = [one for one in said if one.finding["status"] == Status.SUGGESTIVE]
    shown = few(supported)
    is_valid = row.valid_until > at
    acted_on = is_valid and kind.value in known.versions and (kind == PatternType.WHO or bool(supported))
    basis = "leads" if kind == PatternType.HOW else unit
    of = "" if outcome == Outcome.BOOKED else f", by who {outcome.past}, since bookings are few"
    return Question(
        kind,
        EXPIRED if not is_valid else SOON_GONE if row.valid_until <= at + SOON else VALID,
        row,
        age=age(at - row.computed_at),
        decides=decision(kind, row, known, is_valid=is_valid, any_supported=bool(supported)),
        is_acted_on=acted_on,
        sample=f"{row.sample_size:,} {basis}{of}",
        supported=[told(one, unit, outcome) for one in shown],
        more=len(supported) - len(shown),
        hints=[hint(one, unit, outcome) for one in hints[:HINTS]],
        more_hints=len(hints[HINTS:]),
        silent={one_line(name): one_line_whole(reason) for name, reason in report.abstentions(payload).items()},
        needed="" if supported else nearest(hints, unit),
        later=later(row.scorecard, outcome),
        changed=report.changes(row.comparison),
        pictures=pictures(kind, payload)[:DRAWN],
    )


def few(supported: Sequence[Said]) -> list[Said]:
    """The first ones to tell; of whole sequences, which are much alike, the surest alone."""
    plans = [one for one in supported if "sequence" in one.finding]
    best = max(plans, key=lambda one: one.finding["lift_low"], default=None)
    return [one for one in supported if "sequence" not in one.finding or one is best][:SUPPORTED]


def hint(said: Said, unit: str, outcome: Outcome) -> str:
    more = report.more_needed(said.finding)
    would_tell = f"; about {more:,} more such {unit} would tell" if more else ""
    return f"Perhaps: {told_within(said, unit, outcome)}{would_tell}"


def nearest(hints: Sequence[Said], unit: str) -> str:
    """What would settle the hint that is closest to it."""
    needs = [(more, said.name) for said in hints if (more := report.more_needed(said.finding))]
    if not needs:
        return ""
    more, name = min(needs)
    return f"about {more:,} more {unit} would settle the nearest hint ({one_line(name)})"


def decision(kind: PatternType, row: ConversionPattern, known: Guidance, *, is_valid: bool, any_supported: bool) -> str:
    """What follows for decisions, in a sentence."""
    if not is_valid:
        return "Not acted on: it expired. The defaults are used until it is learned anew."
    if kind == PatternType.WHO:
        return who_decides(row, known, any_supported=any_supported)
    if not any_supported:
        return "Nothing is supported: the defaults are used."
    if kind.value not in known.versions:
        return f"Not acted on: {chance(row.confidence)}. Below {ACTED_ON:.0%} the defaults are the better bet."
    follows = "whoever writes texts should follow it" if kind == PatternType.WHAT else "new plans follow it"
    return f"Acted on, {follows}: {chance(row.confidence)}."


def who_decides(row: ConversionPattern, known: Guidance, *, any_supported: bool) -> str:
    if kind_counts(known):
        source = known.weights_source.partition(" (")[0]  # the version and its confidence stand beside it
        return f"Acted on, the lead score uses {source}: {chance(row.confidence)}."
    why = chance(row.confidence) if row.confidence > 0 else "learned weights were not better"
    rest = " Supported findings still tell whom to prefer." if any_supported else ""
    return f"The lead score stays as it was: {why}.{rest}"


def kind_counts(known: Guidance) -> bool:
    return PatternType.WHO.value in known.versions


def chance(confidence: float) -> str:
    """A confidence in words: the probability that acting on the pattern beats the defaults."""
    share = "more than 99%" if confidence > 0.99 else f"{confidence:.0%}"  # noqa: PLR2004 (no more is claimed)
    return f"it beats the defaults with a probability of {share}"


def age(since: timedelta) -> str:
    days, hours = since.days, since.seconds // 3600
    if days > 0:
        return f"{days:,} day{'s' * (days != 1)} ago"
    return f"{hours} hour{'s' * (hours != 1)} ago" if hours > 0 else "less than an hour ago"


def one_line_whole(text: str) -> str:
    return " ".join(text.split())
