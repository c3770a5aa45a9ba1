"""An operator's first day, in a real browser: sign in with a second factor, bring a history in, learn, look, and settle."""

import base64
import csv
import hashlib
import hmac
import struct
import time
from datetime import UTC, datetime

import pytest

from patterns.simulator.world import simulate
from tests.browser.site import CHROMIUM

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
PASSWORD = "correct-Horse-7"  # noqa: S105 (made up)
PATIENCE = 60_000  # milliseconds that background work may take
HEADERS = {"email": "E-Mail-Adresse", "title": "Position", "first_name": "Vorname", "external_id": "Nr"}
PREPARE = f"""
from django.contrib.auth import get_user_model
from django.utils.timezone import now
from conversion.models import Activity, Agency, Client, Lead, Membership, Sender
from patterns.models import HealthAlert
agency = Agency.objects.create(name="Northwind", slug="northwind", postal_address="1 High St")
client = Client.objects.create(agency=agency, name="Acme", slug="acme")
user = get_user_model().objects.create_user("ann", "ann@northwind.example", {PASSWORD!r}, is_staff=True)
Membership.objects.create(user=user, client=client, role="admin", accepted_at=now())
lead = Lead.objects.create(client=client, email="jo@x.example", email_key="jo@x.example", first_name="Jo")
sender = Sender.objects.create(client=client, channel="email", address="ann@acme.example")
touch = Activity.objects.create(
    client=client, lead=lead, sender=sender, channel="email", action="email_sent", state="unknown", subject="Hi",
    body="Worth 15 minutes?", dispatched_at=now(), due_at=now(), idempotency_key="k1",
)
HealthAlert.objects.create(client=client, code="unknown_send", subject=str(touch.pk), severity="high", message="One unknown.")
HealthAlert.objects.create(client=client, code="low_sample", pattern_type="who", severity="medium", message="Few leads.")
"""


def code_of(secret, at=None):
    """The six digits of an authenticator (RFC 6238)."""
    digest = hmac.digest(base64.b32decode(secret), struct.pack(">Q", int((at or time.time()) // 30)), hashlib.sha1)
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 10**6:06}"


def history(folder):
    """Files of a simulated client's history, the leads under foreign names."""
    simulate("all", leads=900, seed=11, as_of=datetime.now(UTC)).write(folder)
    with (folder / "leads.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    with (folder / "leads.csv").open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, delimiter=";")
        out.writerow([HEADERS.get(name, name) for name in rows[0]])
        out.writerows(row.values() for row in rows)
    return {kind: folder / f"{kind}.csv" for kind in ("leads", "activities", "events")}


def sign_in(page, name="ann"):
    page.goto("/")
    page.fill("input[name=login]", name)
    page.fill("input[name=password]", PASSWORD)
    page.click("main button[type=submit]")


def test_the_first_day(site, open_page, tmp_path):
    site.run(code=PREPARE)
    page = open_page().page
    page.set_default_timeout(PATIENCE)
    second_factor(page)
    brought_in(page, tmp_path)
    learned(page)
    looked_at(page)
    settled(page)


def second_factor(page):
    """Nobody of the staff goes on without one: it is set up, and asked for at the next sign-in."""
    sign_in(page)
    page.goto("/sign-in/two-factor/set-up")
    if page.locator("input[name=password]").count():
        page.fill("input[name=password]", PASSWORD)
        page.click("main button[type=submit]")
    secret = page.inner_text("code.desk-secret").strip()
    page.fill("input[name=code]", code_of(secret))
    page.click("main button[type=submit]")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_load_state()
    if page.locator("main button[type=submit]").count():
        page.click("main button[type=submit]")
    sign_in(page)
    page.fill("input[name=code]", code_of(secret, time.time() + 30))  # each counts once
    page.click("main button[type=submit]")
    page.wait_for_url("**/")
    assert page.inner_text("h1") == "Clients"


def brought_in(page, folder):
    """The columns are guessed from foreign names; the rows are tried, then stored in the background."""
    page.get_by_role("link", name="Acme", exact=True).click()
    page.get_by_role("link", name="Import history").click()
    if page.locator("input[type=file]").count() == 0:
        page.get_by_role("link", name="Upload").first.click()
    for kind, path in history(folder).items():
        page.set_input_files(f"#file-{kind}", path)
    page.get_by_role("button", name="Upload").click()
    page.wait_for_url("**/map")
    leads = page.locator("table", has_text="E-Mail-Adresse").first
    for theirs, ours in (("E-Mail-Adresse", "email"), ("Position", "title")):
        assert leads.locator("tr", has_text=theirs).locator("select").input_value() == ours
    page.get_by_role("button", name="Try it with all rows").click()
    page.get_by_role("button", name="Store these rows").click()
    if page.url.endswith("/start"):
        page.get_by_role("button", name="Store these rows").click()
    page.get_by_role("link", name="Learn from it now").wait_for()
    assert "900" in page.locator("tr", has_text="leads.csv").inner_text()


def learned(page):
    page.get_by_role("link", name="Learn from it now").click()
    page.get_by_role("button", name="Learn now for Acme").click()
    page.wait_for_url("**/runs/*")
    page.get_by_text("done", exact=False).first.wait_for()


def looked_at(page):
    """What to change, the four questions with their pictures, and the evidence of one."""
    page.goto("/clients/acme")
    assert "What to change" in page.inner_text("main")
    for question in ("WHO converts", "WHAT works", "WHEN to write", "HOW, by which channels"):
        assert page.get_by_role("heading", level=2, name=question).count() == 1
    assert page.locator("figure svg").count() >= 4
    page.get_by_role("link", name="Evidence").first.click()
    page.wait_for_url("**/patterns/**")
    assert page.locator("table tbody tr").count() > 3


def settled(page):
    """A send that nobody knows of, and the alert that goes with it; and an alert that a person closes."""
    page.goto("/unknown")
    page.locator("main a[href$='/settle'], #content a[href$='/settle']").first.click()
    page.check("#fate-sent")
    page.get_by_role("button", name="Settle").click()
    page.wait_for_url("**/unknown**")
    page.goto("/alerts")
    assert "One unknown." not in page.inner_text("main").partition("esolved")[0]
    page.locator("summary", has_text="Close it by hand").first.click()
    page.locator("select[name=why]").first.select_option(index=1)
    page.get_by_role("button", name="Close").first.click()
    page.wait_for_load_state()
    assert page.locator("select[name=why]").count() == 0
