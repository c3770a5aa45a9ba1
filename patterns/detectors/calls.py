"""Types of calls to action: what the calls of one type have in common."""

from dataclasses import dataclass

import numpy as np

from conversion.content import Vocabulary
from patterns.detectors.families import Family
from patterns.detectors.features import Fitted, combined_family, padded


@dataclass(frozen=True)
class TypeTests:
    """names: types in use, in the order of the vocabulary. family: those with several calls in use. alone: the others, with
    the place of their only call among the calls in use, whose finding is theirs too.
    """

    names: tuple[str, ...]
    family: Family
    alone: dict[str, int]


def type_tests(fitted: Fitted, vocabulary: Vocabulary) -> TypeTests:
    """The mean effect of the calls of each type, each call weighted by its sends."""
    columns = fitted.counts.columns("ctas")
    kinds = {cta.phrase: cta.type for cta in vocabulary.ctas}
    of_column = [kinds[fitted.counts.features[column].name] for column in columns]
    names = tuple(dict.fromkeys(cta.type for cta in vocabulary.ctas if cta.type in of_column))
    alone = {name: of_column.index(name) for name in names if of_column.count(name) == 1}
    shared = [name for name in names if name not in alone]
    weights = np.zeros((len(shared), fitted.counts.has.shape[1]))
    tested = np.zeros(len(shared), dtype=bool)
    for row, name in enumerate(shared):
        mine = [column for column, kind in zip(columns, of_column, strict=True) if kind == name]
        weights[row, mine] = fitted.tally.trials[mine] / fitted.tally.trials[mine].sum()
        tested[row] = not np.isnan(fitted.p_values[mine]).all()
    p_values = (
        np.where(tested, fitted.effects.p_values(padded(weights, fitted.effects)), np.nan) if shared else np.zeros(0)
    )
    family = combined_family(fitted, shared, "type", weights, p_values, against_rest=False)
    return TypeTests(names, family, alone)
