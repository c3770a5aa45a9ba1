"""Rows of integer columns as distinct patterns with their counts: what large tables are aggregated to before any sum.

The cost of what follows then depends on the number of distinct patterns and not of rows, and since patterns are sorted
and their counts whole numbers, the order of the rows changes no bit of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.integer[Any]]
Bools = npt.NDArray[np.bool_]

KEY_LIMIT = 2**61  # packed keys stay within int64 with one bit for the outcome
DENSE = 8192  # levels of a column that are numbered by their distance from the lowest, without a sort
WIDE = 65_536  # range of values that a table is made for however few rows there are


class CountingError(ValueError):
    """Columns that cannot be packed into one key."""


@dataclass(frozen=True)
class Patterns:
    """Distinct rows with their counts, sorted by stratum and then by the columns from first to last.

    levels: int32 (patterns, columns), -1 where a row has no level. stratum: int32 codes 0.., all 0 without strata.
    trials, events: int64, rows of the pattern and those of them with the outcome.
    """

    levels: Ints
    stratum: Ints
    trials: Ints
    events: Ints

    def __len__(self) -> int:
        return len(self.trials)


def count_patterns(columns: Sequence[Ints], y: Bools, stratum: Ints | None = None) -> Patterns:
    """Patterns of rows with these integer columns (levels >= -1), outcome y and, where given, stratum codes >= 0.

    A million rows take about 0.05 s where few patterns are distinct. Raises CountingError on a level under -1.
    """
    parts = [*([] if stratum is None else [stratum]), *columns]
    if not len(y):
        return Patterns(np.zeros((0, len(columns)), np.int32), np.zeros(0, np.int32), *np.zeros((2, 0), np.int64))
    key, radix = packed(parts)
    ordered = np.sort(key * 2 + y)  # the outcome rides in the lowest bit: one plain sort, no argsort
    first = np.flatnonzero(np.concatenate([[True], ordered[1:] >> 1 != ordered[:-1] >> 1]))
    trials = np.diff(np.append(first, len(ordered)))
    events = np.add.reduceat(ordered & 1, first)
    found = unpacked(ordered[first] >> 1, radix)
    strata = np.zeros(len(first), np.int32) if stratum is None else np.unique(found[:, 0], return_inverse=True)[1]
    levels = found[:, len(parts) - len(columns) :]
    return Patterns(levels.astype(np.int32), strata.astype(np.int32), trials, events)


def packed(columns: Sequence[Ints]) -> tuple[Ints, tuple[Ints, ...]]:
    """One integer key a row, ordered as the columns are, and what turns keys back: the sorted values of each column."""
    values, key, size = [], np.zeros(len(columns[0]) if columns else 0, dtype=np.int64), 1
    for column in columns:
        low, high = int(column.min()), int(column.max())
        if low < -1:
            raise CountingError(f"a level is {low}; levels start at -1")
        if high - low < DENSE:
            used, code = np.arange(low, high + 1), column.astype(np.int64) - low
        else:
            used, code = np.unique(column, return_inverse=True)
        size *= len(used)
        if size >= KEY_LIMIT:
            raise CountingError(f"{len(columns)} columns have too many levels for one key")
        key = key * len(used) + code
        values.append(used)
    return key, tuple(values)


def unpacked(key: Ints, values: tuple[Ints, ...]) -> Ints:
    """The columns (rows, columns) behind keys of `packed`."""
    columns = np.zeros((len(key), len(values)), dtype=np.int64)
    for place in range(len(values) - 1, -1, -1):
        columns[:, place] = values[place][key % len(values[place])]
        key = key // len(values[place])
    return columns


def dense_codes(*columns: Ints) -> Ints:
    """One int32 code 0.. a distinct combination of the columns, in their sorted order.

    Columns of a narrow range are coded by a table look-up, which takes a twentieth of the time of a sort.
    """
    if not len(columns[0]):
        return np.zeros(0, dtype=np.int32)
    code: Ints = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        levels, size = squeezed(column)
        code, _ = squeezed(code * size + levels)
    return code.astype(np.int32)


def squeezed(column: Ints) -> tuple[Ints, int]:
    """The place of each value among the sorted distinct ones, and their number."""
    low, high = int(column.min()), int(column.max())
    if high - low >= max(WIDE, 4 * len(column)):
        values, place = np.unique(column, return_inverse=True)
        return place, len(values)
    offset = column.astype(np.int64) - low
    present = np.zeros(high - low + 1, dtype=bool)
    present[offset] = True
    return (np.cumsum(present) - 1)[offset], int(present.sum())


def distinct(values: Ints) -> Ints:
    """The distinct values, sorted: `numpy.unique`, which hashes, takes five to ten times as long on many of few."""
    ordered = np.sort(values)
    return ordered[np.flatnonzero(np.diff(ordered, prepend=ordered[:1] - 1))]
