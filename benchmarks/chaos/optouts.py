"""Opt-outs in the middle of a campaign: a flag, an entry, the channel's own way to say no, erasure; each lead says no once."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connections

from benchmarks.chaos import doors
from benchmarks.chaos.stage import Stage
from benchmarks.chaos.web import Web
from conversion.addresses import linkedin_key
from conversion.erasure import erase
from conversion.models import Activity, Lead, Suppression
from conversion.tenancy import across_clients

SHARE = 0.4  # of the leads
THREADS = 4
BEFORE = ("queued", "claimed", "held", "cancelled", "planned")


def opt_outs_during(stage: Stage, web: Web, touches: list[Any]) -> None:
    """Let leads opt out from four threads. A message that was not dispatched when the opt-out had been committed must never
    stand in the ledger.
    """
    draw = random.Random(19)  # noqa: S311 (a seed)
    chosen = draw.sample(touches, int(len(touches) * SHARE))
    ways: list[Callable[[Any], object]] = [stop, suppress, lambda touch: web.knock(doors.says_no(touch)), forget]
    with ThreadPoolExecutor(THREADS) as pool:
        parts = [pool.submit(opt_out_all, stage, ways, chosen[start::THREADS]) for start in range(THREADS)]
    for part in parts:
        part.result()
    web.judge()


def opt_out_all(stage: Stage, ways: list[Callable[[Any], object]], touches: list[Any]) -> None:
    try:
        with across_clients("operations"):
            for number, touch in enumerate(touches):
                ways[number % len(ways)](touch)
                state = Activity.objects.values_list("state", flat=True).get(pk=touch.pk)
                if state in BEFORE:
                    stage.forbidden.add(str(touch.pk))
    finally:
        connections.close_all()


def stop(touch: Any) -> None:
    Lead.objects.filter(pk=touch.lead_id).update(do_not_contact=True)


def suppress(touch: Any) -> None:
    lead = touch.lead
    kind, value = {
        "email": ("email", lead.email),
        "linkedin": ("linkedin", linkedin_key(lead.linkedin_url)),
    }.get(touch.channel, ("phone", lead.phone))
    Suppression.objects.create(client_id=touch.client_id, kind=kind, value=value)


def forget(touch: Any) -> None:
    erase(str(touch.lead_id), touch.client)
