"""How a pattern did on facts that came after it: learned up to a moment, judged on what followed.

`docs/statistics.md`, "The scorecard". The moment leaves three tenths of the leads that were followed long enough.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit

from conversion.als import DEFAULT_TIERS, DEFAULT_WEIGHTS
from conversion.vocabulary import COMPONENTS, Outcome, Tier
from patterns.detectors.atrisk import AtRisk, at_risk
from patterns.detectors.compared import Path, compared
from patterns.detectors.drift import dispersion
from patterns.detectors.findings import Abstention
from patterns.detectors.followed import FOLLOWED_DAYS
from patterns.detectors.frame import DAY, Bools, Frame, Ints
from patterns.detectors.scored import components_in_force
from patterns.stats.counting import dense_codes
from patterns.stats.rates import Floats, about
from patterns.stats.strata import Z95, contrast, mantel_haenszel, stratify
from patterns.stats.weights import auc, brier, calibration_error, capture, log_loss

LEARNED_FROM = 0.7  # of the followed leads, by their first touch
MIN_LEADS = 50  # followed ones, for a division into a past and a future
MIN_OUTCOMES = 10  # and as many leads without; touches on each side
TOP = 0.2
DESCRIBED = "touch_hazard"  # what is known of a touch and not chosen
DETAILS = ("channel_effectiveness_by_tier", "channel_transitions")  # count where no channel as a whole is supported

Payload = Mapping[str, Any]
Claim = tuple[str, Path, Mapping[str, Any]]  # a supported finding: name, place, fields


def moment_of(frame: Frame) -> float | Abstention:
    """The moment up to which to learn, at midnight (UTC), so that the leads who began after it can be judged."""
    touches = frame.touches
    first = np.flatnonzero(np.diff(touches.lead, prepend=-1))
    begun = np.sort(touches.sent_at[first])
    followed = begun[begun <= frame.as_of - FOLLOWED_DAYS * DAY]
    if len(followed) < MIN_LEADS:
        return Abstention(
            f"{len(followed)} leads were followed for {FOLLOWED_DAYS} days; {MIN_LEADS} are needed to learn from some and "
            f"judge on others: {about(MIN_LEADS - len(followed))} more"
        )
    moment = float(followed[int(LEARNED_FROM * len(followed))] // DAY * DAY)
    if moment <= begun[0]:
        return Abstention("all leads began on one day, so none of them came later")
    return moment


def judge_who(frame: Frame, moment: float, payload: Payload) -> dict[str, Any]:
    """Weights, components and tiers of a `who` payload learned up to `moment`, on the leads whose first touch came after it.

    Probabilities are judged where the payload has them. Abstains below MIN_OUTCOMES of either kind.
    """
    rows, y = later_leads(frame, at_risk(frame, Outcome(payload.get("outcome", Outcome.BOOKED))), moment)
    rules = frame.leads.components[rows].astype(np.float64)
    scored = ~np.isnan(rules).any(axis=1)
    rows, y, rules = rows[scored], y[scored], rules[scored]
    won = int(y.sum())
    fewer = min(won, len(y) - won)
    if fewer < MIN_OUTCOMES:
        more = (MIN_OUTCOMES - fewer) * (len(y) + 1) / (fewer + 0.5)
        return Abstention(
            f"{won} of the {len(y)} scored leads that began later converted; {MIN_OUTCOMES} of either kind are needed: "
            f"{about(more)} more leads at this rate"
        ).payload()
    score = components_in_force(payload, frame.leads, rows) @ vector(payload["recommended_weights"])
    k, n = y.astype(np.float64), np.ones(len(y))
    held = capture(score, n, k, TOP)
    return {
        "leads": len(y),
        "converted": won,
        "auc": auc(score, n, k),
        "auc_default": auc(rules @ vector(DEFAULT_WEIGHTS), n, k),
        "top_fifth_capture": held,
        "top_fifth_lift": held / TOP,
        "probabilities": probabilities(score, n, k, payload),
        "tiers": tiers(score, np.nan_to_num(frame.leads.risk[rows]), k, payload),
    }


def later_leads(frame: Frame, table: AtRisk, moment: float) -> tuple[Ints, Bools]:
    """Leads first touched after `moment` and followed long enough, and whether a touch of theirs led to the outcome."""
    if not len(table):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=bool)
    first = np.flatnonzero(np.diff(table.lead, prepend=-1))
    begun = frame.touches.sent_at[table.row[first]]
    later = (begun > moment) & (begun <= frame.as_of - FOLLOWED_DAYS * DAY) & (table.previous[first] < 0)
    return table.lead[first][later], np.logical_or.reduceat(table.y, first)[later]


def vector(weights: Mapping[str, float]) -> Floats:
    return np.array([weights[component] for component in COMPONENTS], dtype=np.float64)


def probabilities(score: Floats, n: Floats, k: Floats, payload: Payload) -> dict[str, Any]:
    """Log-loss, Brier score and calibration error, beside those of predicting for all what was seen on average."""
    evidence = payload["weights_evidence"]
    if "abstained" in evidence:
        return Abstention(f"nothing was predicted then: {evidence['abstained']}").payload()
    p: Floats = expit(evidence["intercept"] + evidence["scale"] * score)
    average = np.full(len(k), k.mean())
    return {
        "predicted": float(p.mean()),
        "observed": float(k.mean()),
        "log_loss": log_loss(p, n, k),
        "log_loss_of_average": log_loss(average, n, k),
        "brier": brier(p, n, k),
        "brier_of_average": brier(average, n, k),
        "ece": calibration_error(p, n, k),
    }


def tiers(score: Floats, risk: Floats, k: Floats, payload: Payload) -> dict[str, Any]:
    """Share of the conversions and of the leads in hot, and in hot and warm, at the scores that were in force."""
    cuts = payload["recommended_tiers"]
    learned = "abstained" not in cuts
    cuts = cuts if learned else DEFAULT_TIERS
    points = np.floor(np.clip(100 * score - risk, 0, 100) + 1e-9)
    found: dict[str, Any] = {"learned": learned}
    for name, low in (("hot", cuts[Tier.HOT]), ("hot_and_warm", cuts[Tier.WARM])):
        upper = points >= low
        found[name] = {"conversions": float(k[upper].sum() / k.sum()), "leads": float(upper.mean())}
    return found


@dataclass(frozen=True)
class Later:
    """Touches of an at-risk table sent after a moment: their rows there, whether each follows what was supported by then
    (0 or 1), their stratum, and the names of the findings.
    """

    row: Ints
    follows: Ints
    stratum: Ints
    names: tuple[str, ...]


def later_touches(
    frame: Frame, table: AtRisk, moment: float, claims: Sequence[Claim], *, by_tier: bool
) -> Later | Abstention:
    """Touches sent after `moment`, and whether the logs of the lifts of the findings that hold of each add up to over 0.

    Strata: campaign or month, touch number, channel; by_tier: tier in place of the channel, where channels are what was
    learned. Abstains where nothing was supported, which is an answer.
    """
    chosen = [claim for claim in claims if claim[1][0] != DESCRIBED]
    chosen = [claim for claim in chosen if claim[1][0] not in DETAILS] or chosen
    if not chosen:
        return Abstention("nothing that can be followed was supported then")
    score, names = np.zeros(len(table)), []
    for name, path, finding in chosen:
        one = compared(path, finding, frame, table)
        if one is not None:
            score += np.log(finding["lift"]) * one.holds
            names.append(name)
    if not names:
        return Abstention("what was supported then is not about single touches")
    row = np.flatnonzero(frame.touches.sent_at[table.row] > moment)
    within = table.tier if by_tier else table.channel
    stratum = dense_codes(table.period[row], table.touch[row], within[row])
    return Later(row, (score[row] > 0).astype(np.int64), stratum, tuple(names))


def judge_touches(
    frame: Frame, moment: float, claims: Sequence[Claim], *, by_tier: bool, outcome: Outcome
) -> dict[str, Any]:
    """Rate ratio of the touches sent after `moment` that follow what was supported by then to those that do not.

    Mantel-Haenszel within the strata of `later_touches`; the interval allows for luck of templates.
    """
    table = at_risk(frame, outcome)
    later = later_touches(frame, table, moment, claims, by_tier=by_tier)
    if isinstance(later, Abstention):
        return later.payload()
    y, follows = table.y[later.row], later.follows
    sides = [(int((follows == side).sum()), int(y[follows == side].sum())) for side in (1, 0)]
    if min(won for _, won in sides) < MIN_OUTCOMES:
        return Abstention(
            f"{sides[0][1]} of {sides[0][0]:,} later touches that follow what was supported led to the outcome, and "
            f"{sides[1][1]} of {sides[1][0]:,} that do not; {MIN_OUTCOMES} of both are needed"
        ).payload()
    ratio, variance = mantel_haenszel(contrast(stratify(follows, y, later.stratum, 2)))
    if not np.isfinite(variance[1]):
        return Abstention("no touches that follow what was supported were sent beside others").payload()
    size = int(later.stratum.max()) + 1
    rate = np.bincount(later.stratum[y], minlength=size) / np.bincount(later.stratum, minlength=size)
    luck = dispersion(later.stratum, table.template[later.row], y, rate)
    width = Z95 * float(np.sqrt(variance[1] * luck))
    return {
        "ratio": float(ratio[1]),
        "low": float(ratio[1] * np.exp(-width)),
        "high": float(ratio[1] * np.exp(width)),
        "followed": sides[0][0],
        "followed_converted": sides[0][1],
        "others": sides[1][0],
        "others_converted": sides[1][1],
        "findings": list(later.names),
    }
