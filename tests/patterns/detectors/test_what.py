from patterns.detectors.what import WhatDetector
from tests.patterns.detectors import contract
from tests.patterns.detectors.contract import history  # noqa: F401 - a fixture

PARTS = ("subject_patterns", "pain_points", "ctas", "angles", "optimal_length", "personalization_lift")


class TestContract(contract.DetectorContract):
    detector = WhatDetector()
    parts = frozenset(PARTS)
