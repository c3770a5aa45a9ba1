"""Settings of the whole process are as they were once nobody needs another."""

import gc
import sys
from threading import Barrier, Thread

import pytest

from conversion.interpreter import COLLECT_AT, TURN, few_collections, short_turns

SETTINGS = [(few_collections, lambda: gc.get_threshold()[0], COLLECT_AT), (short_turns, sys.getswitchinterval, TURN)]


@pytest.mark.parametrize(("meanwhile", "setting", "changed"), SETTINGS)
def test_a_setting_is_changed_for_a_while(meanwhile, setting, changed):
    usual = setting()

    def broken():
        with meanwhile:
            with meanwhile:
                assert setting() == pytest.approx(changed)
            assert setting() == pytest.approx(changed)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken()
    assert setting() == usual != changed


@pytest.mark.parametrize(("meanwhile", "setting", "changed"), SETTINGS)
def test_whoever_leaves_first_leaves_it_changed(meanwhile, setting, changed):
    """Two threads, of which the first to come goes before the second."""
    usual, seen = setting(), []
    both, gone = Barrier(2, timeout=10), Barrier(2, timeout=10)

    def first():
        with meanwhile:
            both.wait()
        gone.wait()

    def second():
        with meanwhile:
            both.wait()
            gone.wait()
            seen.append(setting())

    threads = [Thread(target=first), Thread(target=second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == pytest.approx([changed])
    assert setting() == usual
