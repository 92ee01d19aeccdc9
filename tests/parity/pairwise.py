"""Small sets of combinations in which everything meets everything else at least once."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

Choice = tuple[str, int]  # an axis and the position of one of its values
Pair = frozenset[Choice]


def covering_combinations(axes: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Combinations of one value an axis, such that every two values of different axes occur together in one.

    The whole product would also try every three together; few mistakes need three causes at once. Greedy: every
    combination starts from a pair that is still missing and takes the other values that bring most missing ones.
    """
    missing = _pairs_of(axes)
    rows = []
    while missing:
        row = _completed(dict(min(missing, key=sorted)), axes, missing)
        missing -= {frozenset(pair) for pair in combinations(row.items(), 2)}
        rows.append({axis: axes[axis][row[axis]] for axis in axes})
    return rows


def _completed(row: dict[str, int], axes: Mapping[str, Sequence[Any]], missing: set[Pair]) -> dict[str, int]:
    for axis, values in axes.items():
        if axis not in row:
            gains = [sum(frozenset({(axis, i), other}) in missing for other in row.items()) for i in range(len(values))]
            row[axis] = gains.index(max(gains))
    return row


def _pairs_of(axes: Mapping[str, Sequence[Any]]) -> set[Pair]:
    return {
        frozenset({(first, i), (second, j)})
        for first, second in combinations(axes, 2)
        for i in range(len(axes[first]))
        for j in range(len(axes[second]))
    }
