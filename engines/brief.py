"""The brief for those who write: what a client's patterns say of content, timing, channels and audience, each line with
its evidence, and nothing where nothing is known.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from conversion.models import Client
from conversion.vocabulary import Outcome, PatternType
from engines.lines import Line, audience, channels, content, timing
from patterns import known
from patterns.known import Known, Source
from patterns.report import one_line

# Title of each part, and of each of its sections by the key that it has in the payload.
PARTS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "content": (
        "What to write",
        {
            "effective_pain_points": "Pain points that work",
            "ineffective_pain_points": "Pain points to leave out",
            "ctas": "Calls to action",
            "cta_types": "Types of calls to action",
            "angles": "Angles",
            "subjects": "Subjects",
            "lengths": "Length",
            "personalization": "Personalization",
        },
    ),
    "timing": (
        "When to send",
        {
            "best_days": "Best days",
            "avoid_days": "Days to avoid",
            "best_hours": "Best hours",
            "avoid_hours": "Hours to avoid",
            "peak_touch": "Touch that converts most",
            "gaps": "Days between touches",
            "conversion_window": "Time to a booking",
        },
    ),
    "channels": (
        "Which channels",
        {
            "first_channels": "First channel",
            "further_channel": "A further channel",
            "sequences": "Sequences",
            "next_channels": "Best next channel",
            "booking_channels": "Where bookings come from",
        },
    ),
    "audience": (
        "Who converts most",
        {"titles": "Titles", "industries": "Industries", "sizes": "Company sizes", "signals": "Signals"},
    ),
}
BUILDERS = {"content": content, "timing": timing, "channels": channels, "audience": audience}
UNITS = {PatternType.WHO: "leads", PatternType.WHAT: "touches", PatternType.WHEN: "touches", PatternType.HOW: "leads"}
NOTHING = "Nothing is known yet."


@dataclass(frozen=True)
class Brief:
    """sources: the valid patterns by type. parts: part -> section -> lines, none of them empty."""

    client_id: str
    client: str
    at: datetime
    sources: Mapping[str, Source]
    parts: Mapping[str, Mapping[str, tuple[Line, ...]]]

    def payload(self) -> dict[str, Any]:
        """`client_id`, `client`, `as_of`, `patterns` (by type), and a key for each part with its sections: lists of lines,
        each `{value, says, effect, evidence}`.
        """
        return {
            "client_id": self.client_id,
            "client": self.client,
            "as_of": self.at.isoformat(),
            "patterns": {kind: described(source) for kind, source in self.sources.items()},
            **{
                part: {section: [line.payload() for line in lines] for section, lines in sections.items()}
                for part, sections in self.parts.items()
            },
        }

    def text(self) -> str:
        """The same in words, one line a statement: + helps, - harms, . describes."""
        return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        yield f"Brief for {one_line(self.client)}, as of {self.at:%Y-%m-%d %H:%M} UTC"
        yield from (behind(kind, source) for kind, source in self.sources.items())
        if not self.parts:
            yield from ("", NOTHING)
        for part, sections in self.parts.items():
            title, names = PARTS[part]
            yield from ("", title.upper())
            for section, lines in sections.items():
                yield f"{names[section]}:"
                yield from (f"  {line.sign} {line.says}" for line in lines)


def brief(client: Client, at: datetime) -> Brief:
    """What the client's patterns that are valid at `at` (aware) say. One query. Raises ValueError for a deleted client."""
    if client.deleted_at is not None:
        raise ValueError(f"client {client.pk} is deleted: there is no brief for it")
    moment = at.astimezone(UTC)
    return compose(client, known.for_client(client, moment), moment)


def compose(client: Client, found: Known, at: datetime) -> Brief:
    """The brief, a function of its arguments alone; parts and sections without a line are left out."""
    parts = {}
    for part, build in BUILDERS.items():
        made = build(found)
        sections = {section: made[section] for section in PARTS[part][1] if made.get(section)}
        if sections:
            parts[part] = sections
    sources = {kind.value: found.sources[kind] for kind in PatternType if kind in found.sources}
    return Brief(str(client.pk), client.name, at, sources, parts)


def described(source: Source) -> dict[str, Any]:
    return {
        "version": source.version,
        "confidence": source.confidence,
        "sample_size": source.sample_size,
        "computed_at": source.computed_at.astimezone(UTC).isoformat(),
        "valid_until": source.valid_until.astimezone(UTC).isoformat(),
        "acted_on": source.acted_on,
        "outcome": source.outcome.value,
    }


def behind(kind: str, source: Source) -> str:
    """One pattern as a line: "WHAT 3: 28,684 touches, confidence 1.00, valid until 2026-03-16"."""
    what = " in its score weights" if kind == PatternType.WHO else "" if source.acted_on else ", too low to act on"
    of = "" if source.outcome == Outcome.BOOKED else f" by who {source.outcome.past}"
    return (
        f"{kind.upper()} {source.version}: {source.sample_size:,} {UNITS[PatternType(kind)]}{of}, "
        f"confidence {source.confidence:.2f}{what}, valid until {source.valid_until.astimezone(UTC):%Y-%m-%d}"
    )
