"""WHO on a real history: a bank's telephone campaigns, beside logistic regressions on the same fields.

Moro, Cortez and Rita, Decision Support Systems 62 (2014). The data is no part of the repository: it is looked for in
`$HISTORY_DATA`, else beside the repository in `shared/data`, and the claims are left out where it is not there.
"""

import csv
import gzip
import os
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks.validation.claims import Claim, Question, Scale
from benchmarks.validation.who import DEFAULTS, in_force, mean
from conversion.als import DEFAULT_WEIGHTS, MAXIMA, components_of
from conversion.vocabulary import COMPONENTS
from patterns.detectors.frame import Category, Leads
from patterns.detectors.learned import subject_of
from patterns.detectors.weighing import weigh
from patterns.stats.rates import Floats
from patterns.stats.weights import auc

DATA = (
    Path(os.environ.get("HISTORY_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data") / "bank-marketing"
)
BANK_FIELDS = ("education", "marital", "previous_outcome")


@lru_cache(maxsize=1)
def bank() -> tuple[Leads, Any, Any, Any]:
    """The customers of the bank, who subscribed, and the month and the month with the number of calls of each."""
    with gzip.open(DATA / "leads.csv.gz", "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with gzip.open(DATA / "activities.csv.gz", "rt", encoding="utf-8", newline="") as file:
        calls = {row["lead_external_id"]: int(row["touch_number"]) for row in csv.DictReader(file)}
    unknown = np.full(len(rows), -1, dtype=np.int8)
    people = [SimpleNamespace(title=row["title"], country=row["country"]) for row in rows]
    rules = np.array([[getattr(components_of(one), name) / MAXIMA[name] for name in COMPONENTS] for one in people])
    leads = Leads(
        title=category([row["title"] for row in rows]),
        industry=category([""] * len(rows)),
        employees=unknown.astype(np.int32),
        new_role=unknown,
        hiring=unknown,
        funded=unknown,
        components=rules,
        risk=np.zeros(len(rows)),
        converted_at=np.full(len(rows), np.nan),
        left_at=np.full(len(rows), np.nan),
        exit=unknown,
        extra={name: category([row[name] for row in rows]) for name in BANK_FIELDS},
    )
    month = np.unique([row["created_at"][:7] for row in rows], return_inverse=True)[1]
    touches = np.array([calls[row["external_id"]] for row in rows])
    stratum = np.unique(month * 100 + np.minimum(touches, 99), return_inverse=True)[1]
    return leads, np.array([row["status"] == "converted" for row in rows]), month, stratum


def category(names: Sequence[str]) -> Category:
    labels = sorted(set(names) - {""})
    place = {label: code for code, label in enumerate(labels)} | {"": -1}
    return Category(np.array([place[name] for name in names], dtype=np.int32), tuple(labels))


def run_bank(seed: int) -> dict[str, float]:
    """AUC on a held-out fifth, pooled and within months: learned, and logistic regressions on the same fields."""
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - an oracle, and slow to load

    leads, y, month, stratum = bank()
    rng = np.random.default_rng(seed)
    test = rng.random(len(y)) < 0.2
    train = np.flatnonzero(~test)
    subject = subject_of(leads, train, y[train], stratum[train], month[train].astype(np.float64))
    found = weigh(subject, defaults=DEFAULT_WEIGHTS, champion=DEFAULT_WEIGHTS, rng=rng)
    payload = {"learned_components": found.components, "recommended_weights": found.weights}
    fields = np.concatenate(
        [np.eye(len(one.labels) + 1)[one.codes] for one in (leads.title, *leads.extra.values())], axis=1
    )
    plain = LogisticRegression(max_iter=1000).fit(fields[train], y[train])
    dated = np.concatenate([fields, np.eye(month.max() + 1)[month]], axis=1)
    fair = LogisticRegression(max_iter=1000).fit(dated[train], y[train])
    scores = {
        "learned": in_force(payload, leads, np.arange(len(y))),
        "rules": leads.components @ DEFAULTS,
        "plain": fields @ plain.coef_[0],
        "fair": fields @ fair.coef_[0][: fields.shape[1]],
    }
    result = {"promoted": float(found.promoted)}
    for name, x in scores.items():
        result |= {name: auc(x[test], np.ones(test.sum()), y[test].astype(float))}
        result |= {f"{name}_within": within(x[test], y[test], month[test])}
    return result


def within(x: Floats, y: Any, month: Any) -> float:
    """AUC of pairs of one month."""
    pairs = total = 0.0
    for one in np.unique(month):
        here = month == one
        count = float(y[here].sum() * (~y[here]).sum())
        pairs, total = pairs + count, total + count * auc(x[here], np.ones(here.sum()), y[here].astype(float))
    return total / pairs


def as_logistic(results: Sequence[Mapping[str, float]]) -> Iterator[Claim]:
    for suffix, where in (("_within", "within a month"), ("", "all months together")):
        ours, fair, plain = (mean(results, name + suffix) for name in ("learned", "fair", "plain"))
        yield Claim(
            f"bank: AUC {where}",
            "within 0.01 of a logistic regression on the same fields, the calendar held fixed",
            f"{ours:.4f}; rules {mean(results, 'rules' + suffix):.4f}; promoted in {mean(results, 'promoted'):.0%}",
            ours >= fair - 0.01,
            naive=f"regression that credits the customers with their months: {plain:.4f}",
            oracle=f"scikit-learn, months fitted and left out: {fair:.4f}",
        )


def questions(scale: Scale) -> Iterator[Question]:
    if DATA.is_dir():
        yield Question("who: bank", list(scale.some(4)), run_bank, as_logistic)
