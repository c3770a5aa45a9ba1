"""Findings as plain sentences: who or what does what, how much more often, how sure, from how many. No Django, no database."""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from conversion.counts import counted
from conversion.vocabulary import Outcome
from patterns.report import AVERAGE, EFFECTS, Said, one_line, sentence

WITHOUT = "those without"
DEFAULT_PLAN = "the default plan"
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MANY = {
    "email": "e-mails",
    "sms": "text messages",
    "linkedin": "LinkedIn messages",
    "voice": "calls",
    "mail": "letters",
}
ONE = {
    "email": "an e-mail",
    "sms": "a text message",
    "linkedin": "a LinkedIn message",
    "voice": "a call",
    "mail": "a letter",
}
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
SIGNALS = {
    "new_role": "leads new in their role",
    "hiring": "leads whose company is hiring",
    "funded": "leads whose company was funded lately",
}
# Keys of findings that name what they speak of; the rest is told by its place in the payload.
NAMED = ("title", "industry", "range", "signal", "pain_point", "cta", "angle", "pattern", "day", "hour", "touch", "gap")
PLACED = {
    "first_touch_effectiveness": "first",
    "multi_channel_lift": "channels",
    "by_type": "cta_type",
    "personalization_lift": "personalization",
}
IN_PAIRS = {"channel_effectiveness_by_tier": "tier", "channel_transitions": "after"}
BY_ODDS = frozenset(
    {"channel", "channels", "tier", "after"}
)  # findings of the hazard model (docs/statistics.md, "HOW")
PLURAL = re.compile(r"(?:er|or|ist|ant|ent|yst|\b[A-Z]{2,3}|\b(?:[Hh]ead|[Cc]hief|[Ll]ead))$")
NEEDED = re.compile(
    r"((?:about )?\d[\d,]* (?:times as many|more) [a-z][a-z -]*?)(?= at this rate| of each| with it| are |[;.,)]|$)"
)  # at the end of a reason
PLAIN_TITLE = re.compile(r"[A-Za-z][A-Za-z &/-]*")


@dataclass(frozen=True)
class Thing:
    """What a finding speaks of. what: a kind of thing, such as `title`; value: which one; of: the tier or the channel before.
    tried: of a sequence, the leads that were put on it.
    """

    what: str
    value: str
    of: str = ""
    tried: int = 0


@dataclass(frozen=True)
class Evidence:
    """lift with its 95 % interval, None where it has no such end. sample: leads or touches, as unit says, None: not counted."""

    lift: float
    low: float | None
    high: float | None
    sample: int | None = None
    unit: str = "leads"
    outcome: Outcome = Outcome.BOOKED


def thing_of(said: Said) -> Thing | None:
    """None for what has no words of its own here, such as a template."""
    found, path = said.finding, said.path
    if "variant" in found:
        return None
    if isinstance(found.get("sequence"), list):
        tried = found.get("tried")
        return Thing("sequence", " ".join(map(str, found["sequence"])), tried=tried if type(tried) is int else 0)
    for place, what in IN_PAIRS.items():
        if place in path and len(path) > 1:
            return Thing(what, str(found.get("channel", path[-1])), path[-2])
    for place, what in PLACED.items():
        if place in path:
            key = found.get("channel", found.get("effect", path[-1])) if what != "cta_type" else path[-1]
            return Thing(what, str(key).removesuffix("_first"))
    for key in (*NAMED, "channel"):
        if key in found:
            return Thing(key, str(found[key]))
    return None


def told(said: Said, unit: str, outcome: Outcome = Outcome.BOOKED) -> str:
    """One finding as a sentence: "Founders book 2.1 times as often as average, 1.6 to 2.8; 412 leads"."""
    return _capital(told_within(said, unit, outcome))


def told_within(said: Said, unit: str, outcome: Outcome = Outcome.BOOKED) -> str:
    """The same within another sentence."""
    thing = thing_of(said)
    if thing is None:
        return sentence(said, unit, outcome)
    return f"{subject(thing)} {because(thing, evidence_of(said, unit, outcome), said.against)}"


def evidence_of(said: Said, unit: str, outcome: Outcome) -> Evidence:
    found = said.finding
    return Evidence(found["lift"], found.get("lift_low"), found.get("lift_high"), found.get("sample"), unit, outcome)


def because(thing: Thing, found: Evidence, against: str | None = None) -> str:
    """What is said of the subject: verb, lift, interval and counts. against: what the lift is taken of."""
    other = against_of(thing) if against is None else against
    verb = found.outcome.third_person if thing.what == "sequence" else found.outcome.verb
    digits = _digits(found)
    lift = f"{found.lift:.{digits}f}"
    if thing.what in BY_ODDS:
        text = f"{verb} at {lift} times the {'average odds' if other == AVERAGE else f'odds of {other}'}"
    else:
        text = f"{verb} {lift} times as often as {'average' if other == AVERAGE else other}"
    if found.low is not None and found.high is not None:
        text += f", {found.low:.{digits}f} to {found.high:.{digits}f}"
    elif found.low is not None:
        text += f", at least {found.low:.{digits}f}"
    if thing.what == "sequence":
        were = "was" if thing.tried == 1 else "were"
        tried = (
            f"{counted(thing.tried, 'lead')} {were} put on it"
            if thing.tried
            else "by the model, not tried yet as a whole"
        )
        return f"{text}; {tried}"
    return text if found.sample is None else f"{text}; {found.sample:,} {found.unit}"


def against_of(thing: Thing) -> str:
    """What the lift of such a thing is taken of, as `report.findings` says it."""
    if thing.what in ("signal", "pain_point", "angle", "pattern", "personalization"):
        return WITHOUT
    return DEFAULT_PLAN if thing.what == "sequence" else AVERAGE


def subject(thing: Thing) -> str:
    """Who or what it is that books, without a capital: "founders", "messages with the angle social proof"."""
    outside = thing.value if thing.what == "sequence" else one_line(thing.value)  # of 20 channels, which are checked
    value = SHOWN.get(thing.what, spoken)(outside)
    before = one(one_line(thing.of)) if thing.what == "after" else one_line(thing.of)
    return SUBJECTS.get(thing.what, "{}").format(value, before)


def spoken(value: str) -> str:
    return one_line(value).replace("_", " ")


def with_signal(value: str) -> str:
    return SIGNALS.get(value, f"leads with the signal {spoken(value)}")


def after_channels(value: str) -> str:
    """Touches by the channels used before."""
    if value == "new_channel":
        return "touches on a channel new to the lead"
    return EFFECTS.get(value, spoken(value)).replace("a touch", "touches", 1)


def titled(title: str) -> str:
    """People of a job title: "founders", "heads of growth", "CEOs"; what is no plain English title is quoted."""
    shown = one_line(title)
    head, of, rest = shown.partition(" of ")
    if not PLAIN_TITLE.fullmatch(shown) or not PLURAL.search(head):
        return f"people titled “{shown}”"
    words = [word.lower() if word[1:].islower() else word for word in f"{head}s{of}{rest}".split(" ")]
    return " ".join(words)


def plan(channels: Iterable[str]) -> str:
    """A sequence in words: "an e-mail, then 5 calls"."""
    runs = [(channel, len(list(group))) for channel, group in groupby(channels)]
    return ", then ".join(one(channel) if times == 1 else f"{times} {many(channel)}" for channel, times in runs)


def many(channel: str) -> str:
    return MANY.get(channel, f"touches by {one_line(channel)}")


def one(channel: str) -> str:
    return ONE.get(channel, f"a touch by {one_line(channel)}")


def day(value: str) -> str:
    return DAYS[int(value)] if value.isdecimal() and int(value) < len(DAYS) else one_line(value)


def hour(value: str) -> str:
    return f"{int(value):02d}:00" if value.isdecimal() and len(value) <= 2 else one_line(value)  # noqa: PLR2004 (of a day)


def ordinal(value: str) -> str:
    if value.isdecimal() and len(value) <= 2 and 1 <= int(value) <= len(ORDINALS):  # noqa: PLR2004 (digits)
        return ORDINALS[int(value) - 1]
    return f"number {value}"


def gap(value: str) -> str:
    low, dash, high = value.partition("-")
    days = f"{low} to {high}" if dash else low
    return f"{days} day{'s' * (days != '1')}"


def later(card: Mapping[str, Any], outcome: Outcome = Outcome.BOOKED) -> str:
    """How a pattern did on facts that came after those it was learned from; empty where that is not known."""
    found = card.get("backtest")
    if not isinstance(found, Mapping):
        return ""
    if "abstained" in found:
        return f"Not judged on later facts: {found['abstained']}."
    if "auc" in found:
        return (
            f"Of {counted(found['leads'], 'lead')} that began later, the fifth with the highest scores held "
            f"{found['top_fifth_capture']:.0%} of the {counted(found['converted'], 'conversion')} (20% would be chance). "
            f"The score ranked a lead that converted above one that did not in {found['auc']:.0%} of pairs; the default "
            f"weights in {found['auc_default']:.0%}, chance in 50%."
        )
    return (
        f"Later touches that followed what was supported {outcome.past} {found['ratio']:.2f} times as often as the "
        f"others, {found['low']:.2f} to {found['high']:.2f}; {counted(found['followed'], 'touch')} that did, "
        f"{found['others']:,} that did not."
    )


def still_needed(reason: str) -> str:
    """What a reason for saying nothing asks for: "about 50 more leads"; empty where it names no number."""
    match = NEEDED.search(reason)
    return match.group(1) if match else ""


def surety(found: Evidence) -> float:
    """How far the interval's nearer end lies from no effect, in log lift; 0 where the interval holds 1 or has one end."""
    if found.low is None or found.low <= 0:
        return 0.0
    if found.low > 1:
        return math.log(found.low)
    return -math.log(found.high) if found.high is not None and 0 < found.high < 1 else 0.0


def _digits(found: Evidence) -> int:
    """Decimals of a lift: one is enough where both it and its interval are clear of 1."""
    return 1 if found.lift >= 2 and (found.low or 0) >= 1.1 else 2  # noqa: PLR2004 (1.04 would read as 1.0)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


SHOWN: Mapping[str, Callable[[str], str]] = {  # how a value is said, where it is not as it stands
    "title": titled,
    "industry": one_line,
    "range": one_line,
    "cta": one_line,
    "signal": with_signal,
    "day": day,
    "hour": hour,
    "touch": ordinal,
    "gap": gap,
    "first": one,
    "channel": many,
    "tier": many,
    "after": many,
    "channels": after_channels,
    "sequence": lambda value: plan(value.split()),
}
SUBJECTS = {  # {} is the value in words, {1} the tier or the channel before
    "industry": "leads in {}",
    "range": "leads at companies of {} people",
    "pain_point": "messages that name the pain point “{}”",
    "cta": "messages that ask “{}”",
    "cta_type": "messages with a call to action of the type {}",
    "angle": "messages with the angle {}",
    "pattern": "messages with a subject of the kind {}",
    "personalization": "messages personalized by {}",
    "day": "touches on {}s",
    "hour": "touches at {}",
    "touch": "{} touches",
    "gap": "touches {} after the one before",
    "first": "leads whose first touch is {}",
    "tier": "{0} to {1} leads",
    "after": "{0} after {1}",
    "sequence": "the sequence “{}”",
}
