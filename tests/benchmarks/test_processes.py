"""A process is measured by itself, not by what whoever measures it holds."""

import os
import sys

import pytest

from benchmarks.processes import cost


def test_what_a_command_holds_and_prints():
    mine = bytearray(300 << 20)
    small = cost([sys.executable, "-c", "print('done')"], os.environ)
    large = cost([sys.executable, "-c", "held = bytearray(200 << 20); print(sum(range(10**6)))"], os.environ)
    assert mine
    assert small.printed == "done\n"
    assert small.megabytes < 100
    assert 200 < large.megabytes < 300
    assert large.seconds >= large.core * 0.5 > 0


def test_a_command_that_fails_is_told():
    with pytest.raises(SystemExit, match="ended with 3"):
        cost([sys.executable, "-c", "import sys; sys.exit(3)"], os.environ)
