"""What held, read from the ledger and the database alone."""

from collections import Counter
from dataclasses import dataclass, field

from benchmarks.chaos.stage import Stage
from conversion.tenancy import across_clients
from patterns.models import HealthAlert

RECOVERY = 30.0  # seconds from the end of a fault to the next send
UNSENT = ("planned", "queued", "held", "failed", "cancelled", "unknown")


@dataclass
class Verdict:
    """planned, sent (in the ledger, once each), doubled, lost, unknown: messages. seconds: to the next send after the fault
    was over. broken: what did not hold, in words.
    """

    name: str
    planned: int = 0
    sent: int = 0
    doubled: int = 0
    lost: int = 0
    unknown: int = 0
    seconds: float = 0.0
    broken: list[str] = field(default_factory=list)

    def line(self) -> str:
        numbers = f"{self.planned:>8}{self.sent:>7}{self.doubled:>9}{self.lost:>6}{self.unknown:>9}{self.seconds:>9.1f}"
        return f"{self.name:<62}{numbers}  {'; '.join(self.broken) or 'held'}"


def judge(name: str, stage: Stage, seconds: float, most_unknown: int, *, settled: bool, by_account: bool) -> Verdict:
    """most_unknown: sends that were in flight at a time while the fault was on; by_account: of each account, of which each
    client has one.
    """
    rows, lines = stage.rows(), stage.fake.lines()
    times = Counter(line.key for line in lines)
    states = {key: rows[key][0] for key in stage.planned}
    found = Verdict(name, len(stage.planned), len(times), seconds=seconds)
    found.doubled = sum(count - 1 for count in times.values())
    found.lost = sum(1 for key, state in states.items() if key not in times and state not in UNSENT)
    found.unknown = sum(1 for state in states.values() if state == "unknown")
    check(found, found.doubled == 0, "I1: sent twice")
    check(found, found.lost == 0, "I2: recorded as sent, and not in the ledger")
    if settled:
        wrong = sum(1 for key in times if states.get(key) not in {"sent", "unknown"})
        check(found, wrong == 0, f"I3: {wrong} in the ledger are neither sent nor unknown")
    check(found, alerted(rows), "I3: an unknown without an alert")
    leaked = len(stage.forbidden & set(times))
    check(found, leaked == 0, f"I4: {leaked} to leads that had said no, slept, or too early")
    strangers = sum(1 for line in lines if stage.people.get(line.key) != line.to)
    check(found, strangers == 0, f"I4: {strangers} to somebody else")
    check(found, seconds <= RECOVERY, "I5: the next send came too late")
    of_each = Counter(client for state, _, client in rows.values() if state == "unknown")
    worst = max(of_each.values(), default=0) if by_account else found.unknown
    check(found, worst <= most_unknown, f"more unknown than in flight ({most_unknown})")
    check(found, settled, "some were never settled")
    found.broken += stage.wrong
    return found


def check(verdict: Verdict, holds: bool, words: str) -> None:
    if not holds:
        verdict.broken.append(words)


def alerted(rows: dict[str, tuple[str, object, object]]) -> bool:
    """Whether each client with unknown sends has an open alert that gives their number."""
    counts = Counter(client for state, _, client in rows.values() if state == "unknown")
    with across_clients("operations"):
        alerts = dict(
            HealthAlert.objects.filter(code="unknown_send", resolved_at=None).values_list("client_id", "message")
        )
    return all(alerts.get(client, "").startswith(f"{count} message") for client, count in counts.items())
