"""What a client's patterns tell people to do differently: a few instructions, each with its evidence, the surest first.

Only what is supported and acted on is told. Nothing here is decided anew: what may be acted on comes from `patterns.known`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from conversion.usual import USUAL_SEQUENCE
from conversion.vocabulary import PatternType
from patterns.known import Known
from patterns.payloads import Claim
from patterns.wording import SHOWN as SHOWN_AS
from patterns.wording import Evidence, Thing, because, gap, many, plan, spoken, subject, surety

SHOWN = 5
OF_A_KIND = 2  # of one question, so that each is heard
UNITS = {PatternType.WHO: "leads", PatternType.WHAT: "touches", PatternType.WHEN: "touches", PatternType.HOW: "leads"}
# Where the findings stand that tell people to do something, and what they speak of.
PLACES: Mapping[PatternType, Mapping[str, str]] = {
    PatternType.WHO: {
        "title_rankings": "title",
        "industry_rankings": "industry",
        "size_analysis.distribution": "range",
        "timing_signals": "signal",
    },
    PatternType.WHAT: {
        "pain_points.effective": "pain_point",
        "pain_points.ineffective": "pain_point",
        "ctas.effective": "cta",
        "ctas.by_type": "cta_type",
        "angles.rankings": "angle",
        "subject_patterns.winning": "pattern",
        "subject_patterns.losing": "pattern",
        "personalization_lift": "personalization",
    },
    PatternType.WHEN: {"best_days": "day", "best_hours": "hour"},
    PatternType.HOW: {"first_touch_effectiveness": "first"},
}
# What to do about what helps and about what harms ({0} is the thing in words), and who it is that books.
WORDS: Mapping[str, tuple[str, str, str]] = {
    "title": ("Write to {} first", "Write to {} last", "they"),
    "industry": ("Write first to {}", "Write last to {}", "they"),
    "range": ("Write first to {}", "Write last to {}", "they"),
    "signal": ("Write first to {}", "Write last to {}", "they"),
    "pain_point": ("Write about the pain point “{}”", "Leave out the pain point “{}”", "messages that name it"),
    "cta": ("Ask “{}” more often", "Ask “{}” less often", "messages that do"),
    "cta_type": ("Use calls to action of the type {}", "Avoid calls to action of the type {}", "messages with one"),
    "angle": ("Use the angle {}", "Avoid the angle {}", "messages with it"),
    "pattern": ("Use subjects of the kind {}", "Avoid subjects of the kind {}", "messages with one"),
    "personalization": ("Personalize by {}", "Do not personalize by {}", "messages with it"),
    "day": ("Send on {}s", "Do not send on {}s", "touches then"),
    "hour": ("Send at {}, the lead's time", "Do not send at {}, the lead's time", "touches then"),
    "first": ("Begin with {}", "Do not begin with {}", "leads who got it first"),
}
WHOM = frozenset({"title", "industry", "range", "signal"})  # who is written to
ONE_OF = frozenset({"day", "hour", "first"})  # where the best is known, the worst need not be named


@dataclass(frozen=True)
class Advice:
    """says: an instruction. why: its evidence, as the rest of the sentence. surety: log lift that the interval leaves."""

    kind: PatternType
    thing: Thing
    says: str
    why: str
    surety: float
    helps: bool = True

    @property
    def sentence(self) -> str:
        return f"{self.says}: {self.why}."


def advice(known: Known) -> list[Advice]:
    """At most SHOWN instructions: the surest of each question, then the surest of the rest."""
    found = sorted(everything(known), key=lambda one: (-one.surety, one.says))
    chosen: list[Advice] = []
    for kind in PatternType:
        first = next((one for one in found if one.kind == kind and one.helps), None)
        first = first or next((one for one in found if one.kind == kind), None)
        chosen += [first] if first else []
    for item in found:
        if len(chosen) < SHOWN and item not in chosen and sum(one.kind == item.kind for one in chosen) < OF_A_KIND:
            chosen.append(item)
    return sorted(chosen, key=lambda one: (-one.surety, one.says))


def everything(known: Known) -> Iterator[Advice]:
    """All instructions, each thing once."""
    seen: set[Thing] = set()
    for item in (*of_claims(known), *of_texts(known), *of_rhythm(known), *of_sequences(known)):
        if item.thing not in seen:
            seen.add(item.thing)
            yield item


def of_claims(known: Known) -> Iterator[Advice]:
    for kind, places in PLACES.items():
        for place, what in places.items():
            if what == "first" and known.sequences:  # a plan is by the winning sequence then
                continue
            yield from of_place(kind, what, known.of(kind, place))


def of_place(kind: PatternType, what: str, claims: Iterable[Claim]) -> Iterator[Advice]:
    told = [claim for claim in claims if claim.helps or claim.harms]
    best_known = what in ONE_OF and any(claim.helps for claim in told)
    for claim in told:
        if claim.helps or not best_known:
            thing, found = Thing(what, str(claim.key)), evidence(claim, UNITS[kind])
            why = f"{WORDS[what][2]} {because(thing, found)}"
            yield Advice(kind, thing, instruction(thing, helps=claim.helps), why, surety(found), claim.helps)


def instruction(thing: Thing, *, helps: bool) -> str:
    """What to do about a thing: "Write to founders first"."""
    words = subject(thing) if thing.what in WHOM else SHOWN_AS.get(thing.what, spoken)(thing.value)
    return WORDS[thing.what][0 if helps else 1].format(words)


def evidence(claim: Claim, unit: str) -> Evidence:
    return Evidence(claim.lift, claim.lift_low, claim.lift_high, claim.sample, unit, claim.outcome)


def of_texts(known: Known) -> Iterator[Advice]:
    """How long texts should be. What is known of it is a curve, so it stands behind what has a lift."""
    for channel, best in known.lengths.items():
        unit = "words" if best.unit == "words" else "characters"
        counts = "" if best.sample is None else f"; {best.sample:,} touches"
        why = f"{best.low} to {best.high} do no worse{counts}"
        says = f"Write {many(channel)} of about {best.best} {unit}"
        yield Advice(PatternType.WHAT, Thing("length", channel), says, why, 0.0)


def of_rhythm(known: Known) -> Iterator[Advice]:
    days = next((days for days in known.gaps if days is not None), None)
    if days is None or known.gap_claim is None:
        return
    thing, found = Thing("gap", str(known.gap_claim.key)), evidence(known.gap_claim, "touches")
    says = f"Wait {gap(str(days))} between touches"
    yield Advice(PatternType.WHEN, thing, says, f"{subject(thing)} {because(thing, found)}", surety(found))


def of_sequences(known: Known) -> Iterator[Advice]:
    """The sequence that plans of the usual length follow (`engines.channels.winner`)."""
    best = min(known.sequences, key=lambda one: len(one.channels) != len(USUAL_SEQUENCE), default=None)
    if best is not None:
        thing = Thing("sequence", " ".join(best.channels), tried=best.tried)
        found = Evidence(best.lift, best.lift_low, None, outcome=best.outcome)
        says = f"Follow the sequence “{plan(best.channels)}”"
        yield Advice(PatternType.HOW, thing, says, f"it {because(thing, found)}", surety(found))
