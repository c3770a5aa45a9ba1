"""The lead score of an imported lead: points given by the source, or else by the rules; the default weights."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from conversion import als
from conversion.encoding import Encoded, json_text
from conversion.importer.columns import POINTS
from conversion.models import Client

CACHED = 8_192  # leads alike that are scored once
NAMES = tuple(name.removeprefix("als_") for name in POINTS)
DEFAULT_WEIGHTS = {str(name): weight for name, weight in als.DEFAULT_WEIGHTS.items()}
ENCODED_WEIGHTS = Encoded(json_text(DEFAULT_WEIGHTS))


class Facts(NamedTuple):
    """What the rules ask of a lead. Of an address they ask only whether it is there, so that leads alike share points."""

    email: str
    phone: str
    linkedin_url: str
    title: str
    industry: str
    country: str
    employee_count: int | None
    email_verified: bool | None
    phone_verified: bool | None
    is_personal_email: bool | None
    is_new_role: bool | None
    is_hiring: bool | None
    recently_funded: bool | None
    has_bounced: bool | None
    is_unsubscribed: bool | None
    is_competitor: bool | None
    do_not_contact: bool | None


_ADDRESSES = ("email", "phone", "linkedin_url")
_OTHERS = Facts._fields[len(_ADDRESSES) :]


class Scoring:
    """Scores leads of one client. A lead is a mapping of its columns."""

    def __init__(self, client: Client) -> None:
        self._icp = client.icp
        self._tiers = client.als_tiers
        self._points = lru_cache(maxsize=CACHED)(self._computed)
        self._first = lru_cache(maxsize=CACHED)(self._scored)

    def _computed(self, facts: Facts) -> tuple[int, ...]:
        components = als.components_of(facts, self._icp)
        return tuple(getattr(components, name) for name in NAMES)

    def points(self, lead: Mapping[str, Any]) -> dict[str, int]:
        """The rules' points by column."""
        facts = Facts._make([*["x" if lead[name] else "" for name in _ADDRESSES], *[lead[name] for name in _OTHERS]])
        return dict(zip(POINTS, self._points(facts), strict=True))

    def score_first(self, lead: dict[str, Any], given: Mapping[str, int | None], scored_at: str) -> None:
        """Write the score of a new lead into its columns. given: points of the source by column, None for the rules'.

        scored_at: ISO 8601.
        """
        points = self.points(lead) | {name: value for name, value in given.items() if value is not None}
        lead.update(points)
        score, tier, components = self._first(tuple(points.values()), scored_at)
        lead.update(als_score=score, als_tier=tier, als_components=components, als_weights_used=ENCODED_WEIGHTS)

    def _scored(self, points: tuple[int, ...], scored_at: str) -> tuple[int, str, Encoded]:
        named = dict(zip(NAMES, points, strict=True))
        score = als.score(als.Components(**named), DEFAULT_WEIGHTS)
        tier = als.tier(score, self._tiers).value
        return score, tier, Encoded(json_text({**named, "scored_at": scored_at}))

    def score_again(self, lead: dict[str, Any], points: Mapping[str, int], scored_at: str) -> None:
        """Write the score of a lead that was scored before: with the weights of then; what was learned of it stays."""
        named = {name.removeprefix("als_"): value for name, value in points.items()}
        weights = lead["als_weights_used"] or DEFAULT_WEIGHTS
        lead.update(points)
        lead["als_score"] = als.score(als.Components(**named), weights)
        lead["als_tier"] = als.tier(lead["als_score"], self._tiers).value
        lead["als_weights_used"] = weights
        lead["als_components"] = {**(lead["als_components"] or {}), **named, "scored_at": scored_at}
