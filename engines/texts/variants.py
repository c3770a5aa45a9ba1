"""Which variant of a template a lead gets: the one that booked more where WHAT supports that, else each as often as the others.

Pure. The same lead and the same templates give the same variant.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from uuid import UUID

from conversion.personal import template_key
from patterns.payloads import Claim

DRAW_KEY = b"template variant"  # sets this draw apart from any other draw about the same lead


@dataclass(frozen=True, slots=True)
class Choice:
    """place: of the chosen one. propensity: the share of the leads that get it."""

    place: int
    reason: str
    propensity: float


def choose(names: Sequence[str], lead: UUID, touch_number: int, learned: Mapping[int, Claim]) -> Choice:
    """One of the variants, given by the names of their texts in a fixed order.

    learned: what WHAT supports of texts, by their template keys. The one with the largest supported lift above 1 is taken;
    without one, those with a supported lift below 1 are left out while others remain, and a keyed hash of lead and touch
    takes turns among the rest.
    """
    if len(names) == 1:
        return Choice(0, "the only variant", 1.0)
    found = [learned.get(template_key(name, None, None, None)) for name in names]
    better = [place for place, claim in enumerate(found) if claim is not None and claim.helps]
    if better:
        place = max(better, key=lambda place: (lift(found[place]), -place))
        claim = found[place]
        return Choice(place, f"books more than its alternatives: {claim.words('touches') if claim else ''}", 1.0)
    kept = [place for place, claim in enumerate(found) if claim is None or not claim.harms]
    note = f"; {len(found) - len(kept)} book less and are left out" if kept and len(kept) < len(found) else ""
    places = kept or list(range(len(names)))
    turn = int.from_bytes(blake2b(f"{lead} {touch_number}".encode(), digest_size=8, key=DRAW_KEY).digest())
    return Choice(places[turn % len(places)], f"in turn, one of {len(places)}{note}", 1 / len(places))


def lift(claim: Claim | None) -> float:
    return claim.lift if claim is not None else 0.0
