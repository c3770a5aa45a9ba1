import pytest

from patterns.simulator.world import simulate
from tests.patterns.detectors.contract import AS_OF


@pytest.fixture(scope="session")
def history():
    """1,200 leads of a world in which everything matters a little."""
    return simulate("all", 1200, seed=7, as_of=AS_OF).frame()
