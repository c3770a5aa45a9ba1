"""The faults of workers, brokers, databases and clocks, and the list of all faults."""

import os
import random
import signal
import threading
import time
from contextlib import suppress
from datetime import timedelta

import psycopg
from django.db import connections

from benchmarks.chaos.disk import full_disk
from benchmarks.chaos.fault import Fault, begun
from benchmarks.chaos.flows import learners_killed, two_beats
from benchmarks.chaos.imports import import_twice
from benchmarks.chaos.outage import redis_away, told_to_end_while_waiting
from benchmarks.chaos.stage import CAPACITY, LEASE, THREADS, Stage
from benchmarks.chaos.trouble import EVERYWHERE


def kill_worker(stage: Stage) -> int:
    sender, celery = begun(stage)
    sender.kill()
    time.sleep(0.5)
    celery.kill()
    stage.both()
    return CAPACITY


def kill_children(stage: Stage) -> int:
    celery = stage.celery()
    stage.campaign(stage.messages)
    stage.until_sent(0.05)
    draw, killed = random.Random(2), 0  # noqa: S311 (a seed)
    end = time.monotonic() + 90
    while killed < 20 and time.monotonic() < end:
        time.sleep(draw.uniform(0.1, 0.6))
        children = celery.children()
        if len(children) > 1:
            with suppress(ProcessLookupError):
                os.kill(draw.choice(children), signal.SIGKILL)
                killed += 1
    return THREADS * killed


def redis_lost(stage: Stage) -> int:
    begun(stage)
    stage.redis.kill()
    time.sleep(2)
    stage.redis.start()
    return 0


def redis_rolled_back(stage: Stage) -> int:
    stage.redis.command("SAVE")
    begun(stage)
    stage.redis.kill()
    stage.redis.start()
    return 0


def redis_flushed(stage: Stage) -> int:
    begun(stage)
    for _ in range(3):
        stage.redis.command("FLUSHALL")
        time.sleep(0.5)
    return 0


def redis_restarted(stage: Stage) -> int:
    stage.celery()
    stage.campaign(stage.messages)
    stage.until_sent(0.1)
    for _ in range(5):
        stage.redis.kill()
        stage.redis.start()
        time.sleep(1)
    return 0


def postgres_stopped(stage: Stage) -> int:
    begun(stage)
    stage.postgres.stop("immediate")
    time.sleep(2)
    stage.postgres.start()
    return CAPACITY


def connections_cut(stage: Stage) -> int:
    begun(stage, 0.1)
    cut = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"""
    with psycopg.connect(stage.postgres.url, autocommit=True) as admin:
        for _ in range(25):
            admin.execute(cut)
            time.sleep(0.2)
    return CAPACITY


def stopped(stage: Stage) -> int:
    workers = begun(stage)
    for worker in workers:
        worker.signal(signal.SIGSTOP, group=True)
    stage.sender()  # somebody has to find what they left
    time.sleep(2 * LEASE)
    for worker in workers:
        worker.signal(signal.SIGCONT, group=True)
    return CAPACITY


def told_to_end(stage: Stage) -> int:
    """TERM and QUIT in turn at random moments, 50 workers, two at a time. QUIT ends a process at once."""
    stage.campaign(stage.messages)
    draw = random.Random(11)  # noqa: S311 (a seed)
    rounds = 50 if stage.messages >= 200 else 6
    for _ in range(rounds // 2):
        pair = stage.sender(), stage.sender()
        before = stage.sent()
        end = time.monotonic() + 4
        while stage.sent() == before and time.monotonic() < end:
            time.sleep(0.02)
        time.sleep(draw.uniform(0, 0.3))
        for one, kind in zip(pair, (signal.SIGTERM, signal.SIGQUIT), strict=True):
            one.signal(kind)
        for one in pair:
            one.ended()
        if stage.sent() >= 0.9 * len(stage.planned):
            stage.campaign(stage.messages // 10)
    stage.both()
    return THREADS * rounds // 2


def many_starts(stage: Stage) -> int:
    """Eight senders start at once, two planners queue the same messages at once, and the same files are imported twice."""
    touches = stage.campaign(stage.messages, wake=False)
    starters = [threading.Thread(target=queue_again, args=(stage, touches)) for _ in range(2)]
    for starter in starters:
        starter.start()
    for _ in range(8):
        stage.sender()
    for starter in starters:
        starter.join()
    import_twice(stage)
    return 0


def queue_again(stage: Stage, touches: list) -> None:
    from engines.outbox import queue  # noqa: PLC0415

    try:
        for client, _ in stage.clients:
            queue.enqueue(client, [touch.pk for touch in touches])
    finally:
        connections.close_all()


def never_published(stage: Stage) -> int:
    """The process that queues dies between its commit and the wake."""
    stage.both()
    time.sleep(2)
    stage.campaign(stage.messages, wake=False)
    return 0


def short_visibility(stage: Stage) -> int:
    """Redis delivers every wake again after five seconds, during a campaign of a minute."""
    stage.celery()
    stage.campaign(stage.messages)
    end = time.monotonic() + (60 if stage.messages >= 200 else 10)
    while time.monotonic() < end and stage.sent() < len(stage.planned):
        time.sleep(0.5)
    return 0


def clock_off(stage: Stage) -> int:
    """The workers' clocks are an hour ahead: what is due in half an hour stays, and leases hold."""
    early = stage.campaign(10, due=timedelta(minutes=30))
    stage.forbidden |= {str(touch.pk) for touch in early}
    stage.planned = []
    begun(stage)
    return 0


def disk_full(stage: Stage) -> int:
    begun(stage, 0.1)
    full_disk(stage)
    return CAPACITY


def nothing(stage: Stage) -> int:
    begun(stage)
    return 0


FAULTS = (
    Fault("0", "no fault", nothing),
    Fault("1", "kill -9 of the workers", kill_worker, delay=0.1),
    Fault("2", "kill -9 of a pool child, 20 times", kill_children, settled=90),
    Fault("3", "Redis killed without persistence", redis_lost),
    Fault("4", "Redis rolled back to an old save", redis_rolled_back),
    Fault("5", "flushall", redis_flushed),
    Fault("6", "Redis away for a minute, and the web at work", redis_away),
    Fault("7", "Redis restarted 5 times", redis_restarted),
    Fault("8", "PostgreSQL stopped with immediate", postgres_stopped),
    Fault("9", "pg_terminate_backend every 200 ms", connections_cut),
    Fault("10", "SIGSTOP for two leases, then SIGCONT", stopped),
    Fault("11", "TERM and QUIT at random moments, 50 times", told_to_end),
    Fault("14", "two beats, one killed, none, and one again", two_beats),
    Fault("15", "eight starts, queued twice, imported twice at once", many_starts),
    Fault("16", "death between commit and publish", never_published),
    Fault("17", "visibility_timeout=5 under a long campaign", short_visibility, {"CHAOS_VISIBILITY": "5"}, delay=0.9),
    Fault("20", "the database's disk full", disk_full),
    Fault("21", "the workers' clocks an hour ahead", clock_off, {"CHAOS_CLOCK_OFFSET": "3600"}),
    Fault("22", "learning killed in each phase; one of 50 poisoned", learners_killed),
    Fault("23", "TERM while a slow provider has messages", told_to_end_while_waiting, delay=1.5, settled=90),
    *EVERYWHERE,
)
