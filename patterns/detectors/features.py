"""What the features of texts do: counts, shrunken rates, lifts and tests of each, against the luck of templates."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from scipy.special import stdtr

from patterns.detectors.booked import with_bookings
from patterns.detectors.families import TESTED_FROM, Family
from patterns.detectors.frame import Bools, Ints
from patterns.detectors.lengths import Curve, length_curves
from patterns.detectors.texts import Written, informative, model_of
from patterns.stats.effects import Effects
from patterns.stats.mixed import fit_mixed
from patterns.stats.rates import Counts, Floats
from patterns.stats.strata import Z95, Cells, Contrast, Lifts, against_all, contrast, pick

MIN_TEMPLATES = 4  # with a feature, and without it: below, the luck of single templates decides
STRATIFIED_BY = "campaign or month, channel and touch number"
METHOD = "all features together against template luck (mixed logistic model), Benjamini-Hochberg"


@dataclass(frozen=True)
class Fitted:
    """The joint model of the features and the sums behind each: arrays hold one element a feature of `counts`.

    log_odds: of each cell by the model, NaN where its stratum cannot tell texts apart.
    sums: each feature against the touches of its strata without it. expected, trials, successes: of the touches with it.
    templates: the smaller number of templates with and without it, in strata where both occur. rest: raw booking rate
    without it, in its strata. p_values: NaN where it was not tested. lengths, curves: the columns of the lengths, one row a
    text, and what they mean; only the lengths of channels that the payload shows are tested.
    """

    counts: Written
    effects: Effects
    log_odds: Floats
    sums: Contrast
    tally: Counts
    templates: Ints
    rest: Floats
    p_values: Floats
    lengths: Floats
    curves: list[Curve]
    curve_p_values: Floats


def fit_features(counts: Written) -> Fitted:
    """Fit all features and lengths together; test those that enough templates have and enough have not."""
    lengths, curves = length_curves(counts, counts.has.shape[1])
    keep = informative(counts)
    fit = fit_mixed(model_of(counts, counts.has, lengths, keep))
    effects, log_odds = fit.effects, np.full(len(keep), np.nan)
    log_odds[keep] = fit.log_odds
    with_n, with_k, n, k = by_stratum(counts)
    cells = feature_cells(with_n, with_k, n, k)
    sums = contrast(cells)
    mixed = (with_n > 0) & (with_n < n[:, None])
    templates = templates_apart(counts, mixed)
    without_n = np.where(mixed, n[:, None] - with_n, 0).sum(axis=0)
    without_k = np.where(mixed, k[:, None] - with_k, 0).sum(axis=0)
    enough = (templates >= MIN_TEMPLATES) & (sums.expected >= TESTED_FROM) & (sums.noise > 0)
    return Fitted(
        counts=counts,
        effects=effects,
        log_odds=log_odds,
        sums=sums,
        tally=Counts(with_n.sum(axis=0).astype(np.int64), with_k.sum(axis=0).astype(np.int64)),
        templates=templates,
        rest=without_k / np.maximum(without_n, 1),
        p_values=np.where(enough, effects.p_values(padded(np.eye(counts.has.shape[1]), effects)), np.nan),
        lengths=lengths.astype(np.float64),
        curves=curves,
        curve_p_values=np.array([effects.p_together(curve.columns) if curve.shown else np.nan for curve in curves]),
    )


def by_stratum(counts: Written) -> tuple[Floats, Floats, Floats, Floats]:
    """Sends and bookings with each feature, (strata, features), and of each stratum."""
    shape = (int(counts.stratum.max(initial=-1)) + 1, len(counts.has))
    at = (counts.stratum, counts.text)
    n, k = (csr_array((column.astype(float), at), shape=shape) for column in (counts.n, counts.k))
    has = counts.has.astype(float)
    return n @ has, k @ has, np.asarray(n.sum(axis=1)).ravel(), np.asarray(k.sum(axis=1)).ravel()


def feature_cells(with_n: Floats, with_k: Floats, n: Floats, k: Floats) -> Cells:
    """The tables (strata, features) as cells; features may overlap, each is compared with the rows without it."""
    stratum, feature = np.nonzero(with_n)
    return Cells(feature, with_n[stratum, feature], with_k[stratum, feature], n[stratum], k[stratum], with_n.shape[1])


def templates_apart(counts: Written, mixed: Bools) -> Ints:
    """The smaller of the numbers of templates with and without each feature, in strata where both occur."""
    if not len(counts.template):
        return np.zeros(counts.has.shape[1], dtype=np.int64)
    order = np.argsort(counts.template, kind="stable")
    first = np.flatnonzero(np.diff(counts.template[order], prepend=-1))
    there, has = mixed[counts.stratum[order]], counts.has[counts.text[order]]
    sides = [np.logical_or.reduceat(there & side, first).sum(axis=0) for side in (has, ~has)]
    return np.asarray(np.min(sides, axis=0), dtype=np.int64)


def feature_family(fitted: Fitted, kind: str, key: str, *, against_rest: bool = True) -> Family:
    """The findings-to-be of one kind of feature. against_rest: lifts against the texts without it, else against all."""
    columns = np.array(fitted.counts.columns(kind), dtype=np.int64)
    weights = np.eye(fitted.counts.has.shape[1])[columns]
    names = [fitted.counts.features[column].name for column in columns]
    family = combined_family(fitted, names, key, weights, fitted.p_values[columns], against_rest=against_rest)
    if not (fitted.counts.booked < fitted.counts.k).any():
        return family
    sums, answered = given_outcome(fitted.counts)
    tally = Counts(answered.trials[columns], answered.successes[columns])
    return with_bookings(family, pick(sums, columns), tally, against_rest=against_rest)


def given_outcome(counts: Written) -> tuple[Contrast, Counts]:
    """Bookings among the touches that led to the outcome, with each feature and without it."""
    with_n, with_k, n, k = by_stratum(replace(counts, n=counts.k, k=counts.booked))
    tally = Counts(with_n.sum(axis=0).astype(np.int64), with_k.sum(axis=0).astype(np.int64))
    return contrast(feature_cells(with_n, with_k, n, k)), tally


def combined_family(
    fitted: Fitted, names: Sequence[str], key: str, weights: Floats, p_values: Floats, *, against_rest: bool
) -> Family:
    """A family of weighted means of features; weights: (values, features), each row sums to 1.

    The joint effect, all else held, and the marginal one, the Mantel-Haenszel ratio within strata, have to agree in sign;
    where they do not, one of them speaks for another feature, and nothing is supported or suggested. Each finding says so.
    """
    used, sums = (weights != 0).astype(np.int64), fitted.sums
    share = np.zeros(len(used)) if against_rest else np.minimum(used @ sums.share, 1.0)
    up, down = used @ sums.up, used @ sums.down
    disagree = (up - down) * (weights @ fitted.effects.mean[: weights.shape[1]]) <= 0
    return Family(
        keys=tuple({key: name} for name in names),
        counts=Counts(used @ fitted.tally.trials, used @ fitted.tally.successes),
        lifts=model_lifts(fitted.effects, weights, weights @ fitted.rest, share),
        expected=used @ sums.expected,
        p_values=np.where(disagree & ~np.isnan(p_values), 1.0, p_values),
        stratified_by=STRATIFIED_BY,
        method=METHOD,
        evidence=tuple(map(marginal, up, down, share, ~disagree)),
        contradicted=disagree,
    )


def marginal(up: float, down: float, share: float, agrees: bool) -> dict[str, Any]:
    """The unshrunken lift of the feature alone within strata, and whether it points the way that the joint effect does.

    None where one side never booked: the direction is still known.
    """
    ratio = up / down if up > 0 and down > 0 else None
    return {"marginal_lift": ratio and ratio / (1 - share + share * ratio), "marginal_agrees": bool(agrees)}


def model_lifts(effects: Effects, weights: Floats, rest: Floats, share: Floats) -> Lifts:
    """Posterior lifts of weighted means of the features' log-odds, as ratios of rates."""
    features = weights.shape[1]
    centre = weights @ effects.mean[:features]
    variance = ((weights @ effects.covariance[:features, :features]) * weights).sum(axis=1)
    spread = np.sqrt(np.maximum(variance, 0))
    low, middle, high = (
        against_all(rate_ratio(np.exp(centre + side * Z95 * spread), rest), share) for side in (-1, 0, 1)
    )
    p_better = stdtr(effects.freedom, centre / np.where(spread > 0, spread, np.inf))
    return Lifts(middle, low, high, p_better, centre, spread, share)


def rate_ratio(odds_ratio: Floats, rest: Floats) -> Floats:
    """The ratio of rates that an odds ratio stands for where the rate without the feature is `rest`."""
    return odds_ratio / (1 - rest + rest * odds_ratio)


def padded(weights: Floats, effects: Effects) -> Floats:
    """Weights of features as weights of all columns of the model, the lengths' zero."""
    return np.pad(weights, ((0, 0), (0, effects.means.shape[1] - weights.shape[1])))
