"""How fast do the pages answer where there are a million touches? By one worker of gunicorn, over a kept connection.

    DATABASE_URL=postgresql:///agency python -m benchmarks.pages --clients 50 --activities 20000 --calls 40

Needs PostgreSQL: fills a test database beside the one that DATABASE_URL names, taken away at the end, with clients that have
one history under names of their own, and learns for the first. Budgets, for the 95th percentile of the calls: the first page
and a client's in 300 ms, every list in 200 ms. Exits with 1 above them.
"""

import argparse
import http.client
import os
import sys
import time
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from benchmarks.api import server
from benchmarks.flows import filled
from benchmarks.measures import Measure, note
from benchmarks.scoring import database

PAGES, LISTS = 300.0, 200.0  # milliseconds
WARM = 3
CENTILE = 95
NAMES = ("lead", "activity", "event", "sequence", "inboundmessage", "suppression", "auditentry", "importbatch")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--activities", type=int, default=20_000, help="of each client")
    parser.add_argument("--calls", type=int, default=40, help="of each page")
    options = parser.parse_args()
    os.environ |= {"REQUIRE_TOTP": "nobody", "SECRET_KEY": "benchmark", "ALLOWED_HOSTS": "localhost"}
    with database() as vendor:
        if vendor != "PostgreSQL":
            raise SystemExit("this benchmark needs PostgreSQL: set DATABASE_URL")
        touches = options.clients * filled(options.clients, options.activities)
        cookie, addresses = prepared()
        with server() as url:
            times = {path: milliseconds(url, path, cookie, options.calls) for path in addresses}
    print(f"{vendor}, {touches:,} touches of {options.clients} clients, {options.calls} calls each")
    kept = True
    for path, found in times.items():
        limit, late = addresses[path], float(np.percentile(found, CENTILE))
        kept &= late <= limit
        print(f"  {path:<58}{np.median(found):>8.0f} ms, {CENTILE} % in {late:.0f} ms   (at most {limit:g})")
    worst = max(np.percentile(found, CENTILE) / addresses[path] for path, found in times.items())
    size, asked = f"{touches:,} touches, {len(times)} pages", f"{PAGES:g} ms, lists {LISTS:g} ms"
    note(
        Measure(
            "pages, the slowest beside its budget",
            size,
            ratio=float(worst),
            runs=options.calls,
            budget=asked,
            passed=kept,
        )
    )
    return int(not kept)


def prepared() -> tuple[str, dict[str, float]]:
    """The cookie of a superuser who signed in, and the addresses with their budgets."""
    from django.conf import settings  # noqa: PLC0415 (settings come first)
    from django.contrib.auth import get_user_model  # noqa: PLC0415 (likewise)
    from django.db import connection  # noqa: PLC0415 (likewise)
    from django.test import Client as Browser  # noqa: PLC0415 (likewise)
    from django.utils.timezone import now  # noqa: PLC0415 (likewise)

    from conversion.models import Client  # noqa: PLC0415 (likewise)
    from patterns.learning import learn  # noqa: PLC0415 (likewise)

    with connection.cursor() as cursor:
        cursor.execute("VACUUM")  # as autovacuum does after a load: else no index alone answers
    client = Client.objects.order_by("pk").first()
    learn(client, now())
    browser = Browser()
    browser.force_login(get_user_model().objects.create_superuser("benchmark"))
    lead = client.leads.order_by("pk").first()
    first = f"/clients/{client.slug}"
    addresses = {"/": PAGES, first: PAGES, f"{first}/patterns/who": PAGES, f"/leads/{lead.pk}": PAGES}
    lists = [f"{first}/leads", f"{first}/leads?q={lead.last_name[:3]}", "/alerts", "/unknown", "/replies", "/runs"]
    lists += [f"/admin/conversion/{name}/" for name in NAMES]
    lists += [f"/admin/conversion/lead/?q={lead.email}", f"/admin/conversion/lead/?q={lead.last_name}"]
    cookie = f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}"
    return cookie, addresses | dict.fromkeys(lists, LISTS)


def milliseconds(url: str, path: str, cookie: str, calls: int) -> list[float]:
    """Of each call, after a few to warm up. Redirects to the same page with its first filter are followed."""
    wire, taken = http.client.HTTPConnection(urlsplit(url).netloc), []
    for number in range(WARM + calls):
        start = time.perf_counter()
        answer: Any = None
        at = path
        while answer is None or answer.status in {301, 302}:
            at = answer.headers["Location"] if answer else at
            wire.request("GET", at, headers={"Cookie": cookie, "Host": "localhost"})
            answer = wire.getresponse()
            answer.read()
        if answer.status != 200:
            raise SystemExit(f"{path} was answered with {answer.status}")
        if number >= WARM:
            taken.append(1000 * (time.perf_counter() - start))
    wire.close()
    return taken


if __name__ == "__main__":
    sys.exit(main())
