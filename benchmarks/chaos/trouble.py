"""Faults of providers, and what comes back: on every channel that sends."""

import time
from collections.abc import Callable
from dataclasses import replace

from benchmarks.chaos.confirmations import DELAY, TROUBLE, WAIT, tell_all, watch
from benchmarks.chaos.fault import Fault, begun
from benchmarks.chaos.optouts import opt_outs_during
from benchmarks.chaos.stage import CAPACITY, Stage
from benchmarks.chaos.web import Web
from engines.outbox.limits import PROBE_AFTER

BEFORE = {"429", "400"}  # nothing is accepted
LARGE, TOLD = 200, 100  # messages; so many make a few thousand requests


def troubled(mode: str, *, limit: int = 10**6, seconds: float = 3.0) -> Callable[[Stage], int]:
    """The provider behaves so for `limit` messages, or until the time is over."""

    def harm(stage: Stage) -> int:
        begun(stage)
        stage.fake.switch(mode, limit=limit)
        time.sleep(seconds)
        stage.expect(stage.fake.switch("ok")["troubled"] > 0, "the provider was not asked while it was troubled")
        if mode in BEFORE:
            return 0
        return CAPACITY + int(seconds / PROBE_AFTER) + 1

    return harm


def lying(stage: Stage) -> int:
    """Accepts and never answers, 20 messages at most."""
    return troubled("hang", limit=20, seconds=15 if stage.messages >= LARGE else 7)(stage)


def told(stage: Stage) -> int:
    """The provider's word overtakes its answer, which takes its time, or never comes."""
    watch()
    stage.fake.switch("500", delay=DELAY, limit=TROUBLE)
    tell_all(stage, stage.campaign(min(stage.messages, TOLD)))
    stage.expect(stage.fake.switch("ok")["troubled"] == TROUBLE, f"fewer than {TROUBLE} messages were not admitted to")
    return CAPACITY + TROUBLE


def opting_out(stage: Stage) -> int:
    web = Web(stage)
    web.start()
    stage.both()
    touches = stage.campaign(stage.messages)
    stage.until_sent(0.02)
    opt_outs_during(stage, web, touches)
    return 0


OF_PROVIDERS = (
    Fault("12", "the provider accepts and never answers", lying, settled=90, by_account=True),
    Fault("13a", "connection reset after accept", troubled("reset"), settled=90, by_account=True),
    Fault("13b", "500 after accept", troubled("500"), settled=90, by_account=True),
    Fault("13c", "HTML in place of an answer, after accept", troubled("html"), settled=90, by_account=True),
    Fault("13d", "429 with Retry-After", troubled("429")),
    Fault("13e", "400", troubled("400", limit=20, seconds=1.0)),
    Fault("18", "told before, at once, reordered, days late", told, WAIT),
    Fault("19", "opt-outs and erasures between claim and dispatch", opting_out),
)
EVERYWHERE = (
    *OF_PROVIDERS,
    *(
        replace(fault, number=f"{fault.number}-{channel}", channel=channel)
        for channel in ("sms", "linkedin", "voice")
        for fault in OF_PROVIDERS
    ),
)
