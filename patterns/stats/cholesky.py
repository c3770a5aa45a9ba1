"""Symmetric positive definite systems, solved by LAPACK itself: scipy's wrappers take longer than small systems do."""

import numpy as np
from scipy.linalg.lapack import dpotrf, dpotrs

from patterns.stats.rates import Floats


def solved(matrix: Floats, right: Floats) -> tuple[Floats, float]:
    """The solution of matrix x = right, of the shape of `right`, and the log of the matrix's determinant.

    Looks at the lower half of the matrix. Raises LinAlgError where it is not positive definite.
    """
    factor, failed = dpotrf(matrix, lower=1, clean=0)
    if failed or np.isnan(factor.trace()):  # LAPACK lets a NaN pass
        raise np.linalg.LinAlgError("the matrix is not positive definite")
    found, _ = dpotrs(factor, right, lower=1)
    return np.asarray(found), 2 * float(np.log(factor.diagonal()).sum())
