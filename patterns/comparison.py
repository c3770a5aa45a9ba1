"""A new version against the last: what was added, kept, withdrawn, and what turned around on the touches since.

Pure, but not a function of the facts alone: it is told what was claimed before (`docs/statistics.md`, "Drift and weekly
looks").
"""

import math
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from conversion.vocabulary import PatternType, Status
from patterns import report
from patterns.detectors.atrisk import at_risk
from patterns.detectors.compared import compared
from patterns.detectors.drift import Since, since
from patterns.detectors.findings import rounded
from patterns.detectors.frame import Frame
from patterns.payloads import outcome_of
from patterns.stats.monitoring import LEVEL

LAPSES = timedelta(weeks=8)  # after which a turned finding that is claimed in no direction is forgotten

Payload = Mapping[str, Any]


@dataclass(frozen=True)
class Last:
    """The version in force: its number, payload and comparison."""

    version: int
    payload: Payload
    comparison: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Watch:
    """A finding that is followed. path, key: where it stands in the payload, and its own fields that name it. helps: it
    was claimed to be above 1. since: aware; touches that were not matured then are news. turned: at `since`.
    """

    path: tuple[str, ...]
    key: Mapping[str, Any]
    helps: bool
    since: datetime
    turned: bool = False

    def payload(self) -> dict[str, Any]:
        return {
            "path": list(self.path),
            "key": dict(self.key),
            "helps": self.helps,
            "since": self.since.isoformat(),
            "turned": self.turned,
        }

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Watch":
        began = datetime.fromisoformat(stored["since"])
        return cls(tuple(stored["path"]), stored["key"], bool(stored["helps"]), began, bool(stored["turned"]))

    @classmethod
    def new(cls, said: report.Said, began: datetime) -> "Watch":
        key = {name: said.finding[name] for name in report.BY_KEY if name in said.finding}
        return cls(said.path, key, said.finding["lift"] > 1, began)


@dataclass
class Ledger:
    """What becomes of each finding, by name. limit: the log e-value from which news are believed."""

    as_of: datetime
    limit: float
    added: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)
    turned: list[dict[str, Any]] = field(default_factory=list)
    watched: dict[str, Watch] = field(default_factory=dict)


def compare(payload: Payload, last: Last | None, frame: Frame) -> tuple[Payload, dict[str, Any]]:
    """The payload to store, in which what turned around is marked and not supported, and its comparison.

    A finding that was supported and is shown the opposite by the touches since, with an e-value of the number watched /
    LEVEL, has turned. It is acted on in neither direction until the touches since then show one of them in the same way.
    frame: the facts that the payload was learned from. Findings of another outcome are not compared: that a text draws
    replies is neither shown nor turned around by its bookings.
    """
    as_of = datetime.fromtimestamp(frame.as_of, UTC)
    outcome = outcome_of(payload)
    table = at_risk(frame, outcome)
    before = watches(last) if last is None or outcome_of(last.payload) == outcome else {}
    claims = supported(payload)
    ledger = Ledger(as_of, math.log(max(len(before), 1) / LEVEL))
    for name, watch in before.items():
        one = compared(watch.path, watch.key, frame, table)
        news = None if one is None else since(frame, table, one, watch.since.timestamp())
        follow(ledger, name, watch, claims.get(name), news)
    for name in sorted(claims.keys() - before.keys()):
        ledger.added.append(name)
        ledger.watched[name] = Watch.new(claims[name], as_of)
    turned = {name for name, watch in ledger.watched.items() if watch.turned}
    comparison = totals(ledger, last)
    if last is not None and outcome_of(last.payload) != outcome:
        comparison["outcome_before"] = outcome_of(last.payload).value
    return marked(payload, turned), comparison


def supported(payload: Payload) -> dict[str, report.Said]:
    """The supported findings by name. Whole sequences are chosen anew each time out of thousands, and not compared."""
    return {
        said.name: said
        for said in report.findings(payload)
        if said.finding["status"] == Status.SUPPORTED and "sequence" not in said.finding
    }


def watches(last: Last | None) -> dict[str, Watch]:
    if last is None:
        return {}
    if "watched" in last.comparison:
        return {name: Watch.of(one) for name, one in sorted(last.comparison["watched"].items())}
    began = datetime.fromisoformat(last.payload["as_of"])  # a version that was not compared
    return {name: Watch.new(said, began) for name, said in sorted(supported(last.payload).items())}


def follow(ledger: Ledger, name: str, watch: Watch, claim: report.Said | None, news: Since | None) -> None:
    """Enter into the ledger what became of one finding."""
    as_of, limit = ledger.as_of, ledger.limit
    helps = None if claim is None else claim.finding["lift"] > 1
    against = shows(news, limit, above=not watch.helps)
    if watch.turned:
        if shows(news, limit, above=watch.helps) or (against and helps is not watch.helps):
            if claim is not None:  # established anew, as it was or the other way round
                ledger.added.append(name)
                ledger.watched[name] = Watch.new(claim, as_of)
        elif claim is not None or as_of - watch.since < LAPSES:
            ledger.watched[name] = watch
    elif against or (news is not None and helps is (not watch.helps)):
        ledger.turned.append(turn(name, watch, news))
        ledger.watched[name] = replace(watch, since=as_of, turned=True)
    elif helps is watch.helps:
        ledger.kept.append(name)
        ledger.watched[name] = watch
    else:
        ledger.withdrawn.append(name)
        if claim is not None:
            ledger.added.append(name)
            ledger.watched[name] = Watch.new(claim, as_of)


def shows(news: Since | None, limit: float, *, above: bool) -> bool:
    return news is not None and (news.log_better if above else news.log_worse) >= limit


def turn(name: str, watch: Watch, news: Since | None) -> dict[str, Any]:
    """The evidence of a turn."""
    value: dict[str, Any] = {"name": name, "helped": watch.helps, "since": watch.since.isoformat()}
    if news is not None:
        value |= {
            "sample": news.sample,
            "converted": news.won,
            "expected": news.expected,
            "difference_low": news.low,
            "difference_high": news.high,
            "log_evidence": news.log_worse if watch.helps else news.log_better,
        }
    return value


def totals(ledger: Ledger, last: Last | None) -> dict[str, Any]:
    """The comparison as stored, with the counts over all versions since versions are compared."""
    earlier = {} if last is None else last.comparison.get("over_versions", {})
    gone = len(ledger.withdrawn) + len(ledger.turned)
    first = 0 if last is None or "watched" in last.comparison else len(ledger.kept) + gone
    counts = {
        "versions": earlier.get("versions", 0) + 1,
        "supported": earlier.get("supported", 0) + len(ledger.added) + first,
        "withdrawn": earlier.get("withdrawn", 0) + len(ledger.withdrawn),
        "turned": earlier.get("turned", 0) + len(ledger.turned),
    }
    share = (counts["withdrawn"] + counts["turned"]) / counts["supported"] if counts["supported"] else None
    value: dict[str, Any] = rounded(
        {
            "against": None if last is None else last.version,
            "added": ledger.added,
            "kept": ledger.kept,
            "withdrawn": ledger.withdrawn,
            "turned": ledger.turned,
            "withheld": sorted(name for name, watch in ledger.watched.items() if watch.turned),
            "over_versions": counts,
            "withdrawn_share": share,
            "watched": {name: watch.payload() for name, watch in ledger.watched.items()},
        }
    )
    return value


def marked(payload: Payload, turned: set[str]) -> Payload:
    """The payload with these findings marked `turned` and not supported, and what rests on them taken back."""
    if not turned:
        return payload
    copy: dict[str, Any] = deepcopy(dict(payload))
    for said in report.every_finding(copy):
        rests = "sequence" in said.finding  # plans rest on the effects of the same model
        if said.name in turned or (rests and said.finding["status"] == Status.SUPPORTED):
            said.finding["status"] = str(Status.NONE)  # type: ignore[index] # of the copy
            said.finding["turned"] = True  # type: ignore[index]
    sizes = copy.get("size_analysis", {})
    if isinstance(sizes, dict) and any(one.get("turned") for one in sizes.get("distribution", [])):
        sizes["sweet_spot"] = None
    if copy["type"] != PatternType.WHO and not any_supported(copy):
        copy["confidence"] = 0.0
    return copy


def any_supported(value: Any) -> bool:
    """A supported finding anywhere in a payload."""
    if isinstance(value, Mapping):
        return value.get("status") == Status.SUPPORTED or any(map(any_supported, value.values()))
    return isinstance(value, list) and any(map(any_supported, value))
