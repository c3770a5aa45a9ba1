"""A minute without Redis: the web answers and takes what people do, rows are queued, and sends go on by themselves
afterwards. And workers that are told to end while a slow provider has their messages.
"""

import signal
import time
from datetime import timedelta

from benchmarks.chaos.servers import PATIENCE
from benchmarks.chaos.stage import Stage
from benchmarks.chaos.web import Web
from conversion.models import Activity, Lead
from conversion.tenancy import across_clients
from engines import unsubscribe

ENDED_WITHIN = 25.0
LATER = timedelta(days=3)


def redis_away(stage: Stage) -> int:
    """Celery alone, so that everything hangs on the broker. People unsubscribe and messages are queued all the while."""
    web = Web(stage)
    web.start()
    stage.celery()
    stage.campaign(stage.messages // 2)
    stage.until_sent(0.2)
    stage.redis.kill()
    gone = said_no(stage, web, 60 if stage.messages >= 200 else 6)
    stage.redis.start()
    web.judge()
    with across_clients("operations"):
        heard = Lead.objects.filter(is_unsubscribed=True).count()
    if heard != gone or not gone:
        stage.wrong.append(f"{gone} unsubscribed while Redis was away, and {heard} are")
    return 0


def said_no(stage: Stage, web: Web, seconds: float) -> int:
    """For so long, let leads of messages that are not due for days unsubscribe, and queue others; how many unsubscribed."""
    later = stage.campaign(60, due=LATER)
    del stage.planned[-60:]
    end, count = time.monotonic() + seconds, 0
    share = max(stage.messages // 2 // len(later), 1)
    for touch in later:
        web.ask("POST", f"/{unsubscribe.PATH}{unsubscribe.token_of(touch)}")
        web.ask("GET", "/healthz")
        web.ask("GET", "/readyz?without=broker")
        count += 1
        stage.forbidden.add(str(touch.pk))
        stage.campaign(share)
        time.sleep(max(min(seconds / len(later), end - time.monotonic()), 0.0))
        if time.monotonic() > end:
            break
    return count


def told_to_end_while_waiting(stage: Stage) -> int:
    """TERM to a sender and to Celery while the provider takes a second and a half over each message: both end in time, and
    the fate of every message is known.
    """
    workers = stage.both()
    stage.campaign(stage.messages)
    stage.until_sent(0.1)
    start = time.monotonic()
    for worker in workers:
        worker.signal(signal.SIGTERM)
    slow = [worker.command[1:3] for worker in workers if not worker.ended(PATIENCE)]
    seconds = time.monotonic() - start
    if slow or seconds > ENDED_WITHIN:
        stage.wrong.append(f"not ended after {seconds:.0f} s: {slow}")
    with across_clients("operations"):
        on_their_way = Activity.objects.filter(state__in=["claimed", "dispatching"]).count()
    if on_their_way:
        stage.wrong.append(f"{on_their_way} were left claimed or on their way")
    stage.fake.switch("ok")
    stage.both()
    return 0
