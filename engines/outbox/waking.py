"""Waking whoever sends."""

from conversion import waking

TASK = "send_due"


def wake() -> bool:
    return waking.wake(TASK)
