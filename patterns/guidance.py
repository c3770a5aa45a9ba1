"""What may be asked of a client's valid patterns: the one narrow way from what was learned to what is decided.

Everything here has been checked again, blended with the defaults by confidence, and filtered to what may be acted on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from conversion.als import DEFAULT_TIERS, DEFAULT_WEIGHTS

BY_DEFAULT = "default weights"


@dataclass(frozen=True, slots=True)
class WinningSequence:
    """A supported plan. channels: one a touch. lift, lift_low: against the default plan cut to the same length."""

    channels: tuple[str, ...]
    lift: float
    lift_low: float
    evidence: str


@dataclass(frozen=True)
class Guidance:
    """weights: the four of the score, blended by confidence; weights_source says in words where they come from.
    tiers: least score of `hot` and `warm`, the client's.

    The rest holds supported findings of patterns that may be acted on, and is empty where there are none:
    winning_sequences: best first (by lift_low). best_first_channel. channel_lifts_by_tier: tier -> channel -> lift.
    gaps: days before touch 2, 3, .. 6, None where not learned. best_days (0 = Monday, at the lead), best_hours: lift
    above 1, best first. avoid_days, avoid_hours: lift below 1, worst first.
    versions: type -> version of the patterns that are acted on.
    """

    weights: Mapping[str, float] = field(default_factory=lambda: dict(DEFAULT_WEIGHTS))
    weights_source: str = BY_DEFAULT
    tiers: Mapping[str, float] = field(default_factory=lambda: dict(DEFAULT_TIERS))
    winning_sequences: tuple[WinningSequence, ...] = ()
    best_first_channel: str | None = None
    channel_lifts_by_tier: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    gaps: tuple[int | None, ...] = (None,) * 5
    best_days: tuple[int, ...] = ()
    avoid_days: tuple[int, ...] = ()
    best_hours: tuple[int, ...] = ()
    avoid_hours: tuple[int, ...] = ()
    versions: Mapping[str, int] = field(default_factory=dict)
    proofs: Mapping[tuple[str, object], str] = field(default_factory=dict)

    @classmethod
    def defaults(cls, tiers: Mapping[str, float] | None = None) -> "Guidance":
        """What holds where nothing is known."""
        return cls(tiers=dict(tiers or DEFAULT_TIERS))

    @property
    def winning_sequence(self) -> tuple[str, ...] | None:
        return self.winning_sequences[0].channels if self.winning_sequences else None

    def sequence_of(self, touches: int) -> WinningSequence | None:
        """The best supported sequence of exactly this many touches."""
        return next((one for one in self.winning_sequences if len(one.channels) == touches), None)

    def better_channels(self, tier: str) -> tuple[str, ...]:
        """Channels with a supported lift above 1 for leads of the tier, best first."""
        lifts = self.channel_lifts_by_tier.get(tier, {})
        return tuple(sorted((name for name in lifts if lifts[name] > 1), key=lambda name: (-lifts[name], name)))

    def evidence(self, name: str, key: object = None) -> str:
        """Why, in words; empty where nothing is known. name and key: ("weights",), ("winning_sequence", channels),
        ("best_first_channel", channel), ("channel_by_tier", (tier, channel)), ("gap", 1 .. 5), ("day", 0 .. 6),
        ("hour", 0 .. 23).
        """
        return self.proofs.get((name, key), "")
