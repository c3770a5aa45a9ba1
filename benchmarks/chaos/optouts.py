"""Opt-outs in the middle of a campaign: STOP, one-click unsubscribe, erasure; each lead says no once."""

import random
import threading
from typing import Any

from django.db import connections

from benchmarks.chaos.stage import Stage
from conversion.erasure import erase
from conversion.models import Activity, Lead, Suppression
from conversion.tenancy import across_clients
from engines import unsubscribe

SHARE = 0.4  # of the leads
BEFORE = ("queued", "claimed", "held", "cancelled", "planned")


def opt_outs_during(stage: Stage, touches: list[Any]) -> None:
    """Let leads opt out from four threads. A message that was not dispatched when the opt-out had been committed must never
    stand in the ledger.
    """
    draw = random.Random(19)  # noqa: S311 (a seed)
    chosen = draw.sample(touches, int(len(touches) * SHARE))
    # The later ones first: those are still in the queue, and some of them are claimed just now.
    parts = [chosen[start::4] for start in range(4)]
    threads = [threading.Thread(target=opt_out_all, args=(stage, part)) for part in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def opt_out_all(stage: Stage, touches: list[Any]) -> None:
    try:
        with across_clients("operations"):
            for number, touch in enumerate(touches):
                WAYS[number % len(WAYS)](touch)
                state = Activity.objects.values_list("state", flat=True).get(pk=touch.pk)
                if state in BEFORE:
                    stage.forbidden.add(str(touch.pk))
    finally:
        connections.close_all()


def stop(touch: Any) -> None:
    Lead.objects.filter(pk=touch.lead_id).update(do_not_contact=True)


def suppress(touch: Any) -> None:
    Suppression.objects.create(client_id=touch.client_id, kind="email", value=touch.lead.email)


def one_click(touch: Any) -> None:
    unsubscribe.unsubscribe(unsubscribe.Link(touch.client_id, touch.pk))


def forget(touch: Any) -> None:
    erase(str(touch.lead_id), touch.client)


WAYS = (stop, suppress, one_click, forget)
