"""What a pattern says beside its findings: the score's weights with what they rest on, tiers, lengths, times."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from conversion.counts import counted
from conversion.vocabulary import COMPONENTS
from engines.desk.difference import Changed
from patterns.charts.drawing import SAID
from patterns.payloads import Unusable, is_abstained, member, number, record, status, whole
from patterns.pictures import q_of
from patterns.report import one_line
from patterns.trust import by_default
from patterns.wording import ONE

MOST = 1e9
TRUTH = {True: "yes", False: "no"}
# What the weights rest on, in words; how its value is shown.
EVIDENCE = {
    "promoted": ("Better than the defaults, so that they are recommended", "{}"),
    "auc_default": ("Pairs that the default weights rank right, of leads held out (0.5: chance)", "{:.3f}"),
    "auc_learned": ("Pairs that the learned ones rank right", "{:.3f}"),
    "log_loss_gain": ("Log-loss that they save for each lead held out", "{:.4f}"),
    "gain_low": ("The same at the low end, its 30% quantile", "{:.4f}"),
    "gain_latest": ("The same on the latest leads", "{:.4f}"),
    "p_value": ("Chance of such data if no attribute mattered", "{:.2g}"),
    "brier": ("Brier score", "{:.4f}"),
    "brier_skill": ("Brier skill against the average", "{:.4f}"),
    "ece": ("Calibration error", "{:.4f}"),
    "intercept": ("Intercept", "{:.3f}"),
    "scale": ("Scale", "{:.3f}"),
}

Said = tuple[str, str, str]  # what it is, what is said of it, the section of the statistics page


def weights(payload: Mapping[str, Any]) -> list[Changed]:
    """The default weight of each component beside the recommended one; none where it is not known."""
    usual, found = by_default(), payload.get("recommended_weights")
    try:
        return [
            Changed(name.replace("_", " ").capitalize(), f"{usual[name]:.2f}", f"{at(found, name, 1):.2f}")
            for name in map(str, COMPONENTS)
        ]
    except Unusable:
        return []


def behind_weights(payload: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What they rest on, name and value."""
    found = payload.get("weights_evidence")
    if not isinstance(found, dict) or is_abstained(found):
        return
    with suppress(Unusable):
        clients = whole(member(record(found.get("borrowed"), "part"), "clients", "part"), "clients", 0, MOST)
        yield "Borrowed", f"from what {counted(clients, 'client')} of the agency have in common"
    if isinstance(found.get("own"), str):
        yield "Of this client alone", one_line(found["own"])
    for name, (words, form) in EVIDENCE.items():
        value = found.get(name)
        if isinstance(value, bool):
            yield words, TRUTH[value]
        elif value is not None:
            with suppress(Unusable):
                yield words, form.format(number(value, name))


def others(payload: Mapping[str, Any]) -> list[Said]:
    """What is neither a finding nor a weight, of any kind of pattern."""
    said = []
    for name, read in READERS.items():
        value = payload.get(name)
        if value is None or is_abstained(value):
            continue
        try:
            said += list(read(value))
        except Unusable:
            continue
    return said


def at(holder: Any, name: str, high: float = MOST) -> float:
    return number(member(record(holder, "part"), name, "part"), name, 0, high)


def tiers(value: Any) -> Iterator[Said]:
    words = f"hot from a score of {at(value, 'hot'):.0f}, warm from {at(value, 'warm'):.0f}"
    if {"share", "capture"} <= value.keys():
        leads, bookings = at(value, "share", 1), at(value, "capture", 1)
        words += f"; of the leads held out {leads:.0%} lie there, and {bookings:.0%} of their bookings"
    yield "Tiers proposed", words, "promotion"


def lengths(value: Any) -> Iterator[Said]:
    for channel, found in record(value, "part").items():
        if is_abstained(found):
            continue
        unit, units = ("chars", "characters") if "optimal_chars" in record(found, "part") else ("words", "words")
        best, low, high = (at(found, name) for name in (f"optimal_{unit}", "range_min", "range_max"))
        words = (
            f"{best:,.0f} {units} do best, {low:,.0f} to {high:,.0f} hardly worse; {at(found, 'converted'):,.0f} of "
            f"{at(found, 'sample'):,.0f} touches, {tested(found)}"
        )
        yield f"Length by {one_line(channel)}", words, "length"


def fatigue(value: Any) -> Iterator[Said]:
    touch = whole(member(record(value, "part"), "touch", "part"), "touch", 1, 1000)
    words = (
        f"{at(value, 'remaining'):.2f} times what depletion alone would leave, {at(value, 'low'):.2f} to "
        f"{at(value, 'high'):.2f}; {tested(value)}"
    )
    yield f"Fatigue at touch {touch}", words, "depletion-and-fatigue"


def tested(found: Mapping[str, Any]) -> str:
    return f"q {q_of(at(found, 'q_value', 1))}, {SAID[status(found.get('status'), 'status')]}"


def timing(value: Any) -> Iterator[Said]:
    for share in (50, 80, 95):
        name = f"percentile_{share}"
        if not isinstance(record(value, "part").get(name), int | float):
            continue
        span = ""
        if all(isinstance(value.get(f"{name}_{end}"), int | float) for end in ("low", "high")):
            span = f" ({at(value, f'{name}_low'):.1f} to {at(value, f'{name}_high'):.1f})"
        yield f"{share}% of those that convert have by", f"{at(value, name):.1f} days{span}", "time-to-convert"


def channels(value: Any) -> Iterator[Said]:
    """A count, not an effect."""
    shares = [(at(value, name, 1), ONE.get(name, one_line(name))) for name in record(value, "part")]
    words = ", ".join(f"{share:.0%} by {name}" for share, name in sorted(shares, reverse=True) if share)
    if words:
        yield "The touch that led to it", words, "which-key-comes-from-where"


READERS: Mapping[str, Callable[[Any], Iterator[Said]]] = {
    "recommended_tiers": tiers,
    "optimal_length": lengths,
    "fatigue": fatigue,
    "conversion_timing": timing,
    "booking_channel_distribution": channels,
}
