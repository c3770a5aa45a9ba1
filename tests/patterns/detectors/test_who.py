from dataclasses import replace

import numpy as np
import pytest

from conversion.als import DEFAULT_WEIGHTS
from patterns.detectors.findings import Abstention
from patterns.detectors.who import WhoDetector, label, lead_units, size_codes
from patterns.simulator.world import simulate
from tests.patterns.detectors import contract
from tests.patterns.detectors.bank import AS_OF as BANK_AS_OF
from tests.patterns.detectors.bank import bank_frame, needs_bank
from tests.patterns.detectors.contract import AS_OF, analyze, history, taken  # noqa: F401 - history is a fixture

LEAD_LEVEL = ("title_rankings", "industry_rankings", "size_analysis", "timing_signals")


class TestContract(contract.DetectorContract):
    detector = WhoDetector()
    parts = frozenset({*LEAD_LEVEL, "recommended_weights", "recommended_tiers", "weights_evidence"})
