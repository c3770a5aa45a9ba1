"""Solutions against numpy's, and what is no positive definite matrix."""

import numpy as np
import pytest

from patterns.stats.cholesky import solved


@pytest.mark.parametrize("shape", [(5,), (5, 3)])
def test_the_solution_and_the_determinant_are_those_of_numpy(shape):
    rng = np.random.default_rng(1)
    root = rng.normal(size=(5, 5))
    matrix, right = root @ root.T + np.eye(5), rng.normal(size=shape)
    found, log_determinant = solved(matrix, right)
    assert found == pytest.approx(np.linalg.solve(matrix, right))
    assert log_determinant == pytest.approx(np.linalg.slogdet(matrix)[1])


def test_only_the_lower_half_is_read():
    matrix = np.array([[2.0, 7.0], [1.0, 3.0]])
    found, _ = solved(matrix, np.array([3.0, 4.0]))
    assert found == pytest.approx([1.0, 1.0])


@pytest.mark.parametrize("matrix", [[[1.0, 2.0], [2.0, 1.0]], [[np.nan, 0.0], [0.0, 1.0]]])
def test_a_matrix_that_is_not_positive_definite_is_refused(matrix):
    with pytest.raises(np.linalg.LinAlgError, match="not positive definite"):
        solved(np.array(matrix), np.ones(2))
