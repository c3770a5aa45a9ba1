"""Every page, the tables wide and light and the pages narrow and dark, or with BROWSER_LOOKS=all each in both: nothing is wider
than the window, nothing serious is found by axe-core, and the browser complains of nothing.
"""

import os

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.site import CHROMIUM, chromium, served

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
    pytest.mark.skipif(os.environ.get("DATABASE_URL", "").startswith("postgres"), reason="pages look alike on both"),
]
PASSWORD = "correct-Horse-7"  # noqa: S105 (made up)
LOOKS = ((1440, "light"), (390, "dark"))
SERIOUS = {"serious", "critical"}
OPTIONS = {"preload": False}  # axe would put style sheets into the page, which the policy forbids
PREPARE = f"""
import io
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils.timezone import now
from conversion.clients import find_client
from conversion.models import Agency, Client, InboundMessage, Lead, ProviderAccount, Sender
from conversion.tenancy import across_clients
from patterns.learning import learn
from patterns.models import HealthAlert, LearningRun
from patterns.simulator.load import load
from patterns.simulator.world import simulate
load(simulate("all", leads=1500, seed=11, as_of=now()), "Acme", stdout=io.StringIO())
client = find_client("Acme")
LearningRun.objects.create(client=client, as_of=now(), state="done", started_at=now(), finished_at=now(), results=dict(who=1))
learn(client, now())
Client.objects.create(agency=client.agency, name="Empty", slug="empty")
get_user_model().objects.create_superuser("root", "root@x.example", {PASSWORD!r})
lead = Lead.objects.for_client(client).filter(converted_at=None).first()
sender = Sender.objects.create(client=client, channel="email", address="ann@acme.example")
touch = lead.activities.first()
touch.pk = None
touch.external_id, touch.idempotency_key, touch.state, touch.dispatched_at, touch.sender = None, "k", "unknown", now(), sender
touch._state.adding = True
touch.save()
account = ProviderAccount.objects.create(client=client, agency=client.agency, channel="email", kind="console", name="one")
HealthAlert.objects.create(client=client, code="unknown_send", subject=str(touch.pk), severity="high", message="One unknown.")
reply = InboundMessage.objects.create(
    client=client, account=account, kind="replied", state="unmatched", person="Jo <jo@x.example>", text="Yes, please.",
    received_at=now(),
)
with across_clients("operations"):
    run = LearningRun.objects.first()
paths = ["/", "/clients/acme", "/clients/empty", "/clients/acme/leads", "/clients/acme/learn", "/clients/acme/backfill",
    "/clients/acme/imports", "/clients/acme/imports/new", f"/leads/{{lead.pk}}", "/alerts", "/unknown",
    f"/unknown/{{touch.pk}}/settle", "/replies", f"/replies/{{reply.pk}}", "/runs", f"/runs/{{run.pk}}",
    f"/senders/{{sender.pk}}/test", "/sign-in/two-factor", "/sign-in/password", "/nothing-is-here", "/admin/",
    reverse("admin:conversion_client_change", args=[client.pk])]
paths += [f"/clients/acme/patterns/{{kind}}{{more}}" for kind in ("who", "what", "when", "how") for more in ("", "/history")]
paths += [reverse(f"admin:{{model._meta.app_label}}_{{model._meta.model_name}}_changelist") for model in admin.site._registry]
print("PATHS", *paths)
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with served(tmp_path_factory.mktemp("pages"), REQUIRE_TOTP="nobody") as found:
        found.paths = found.run(code=PREPARE).rpartition("PATHS ")[2].split()
        yield found


@pytest.fixture(scope="module")
def signed_in(site):
    with chromium() as browser:
        page = browser.new_page(base_url=site.url)
        page.goto("/")
        page.fill("input[name=login]", "root")
        page.fill("input[name=password]", PASSWORD)
        page.click("main button[type=submit]")
        page.wait_for_url(f"{site.url}/")
        yield browser, page.context.storage_state()


def looked_at(paths, width):
    """All of them in both looks take three minutes."""
    if os.environ.get("BROWSER_LOOKS") == "all":
        return paths
    return [path for path in paths if path.startswith("/admin/") == (width == LOOKS[0][0])]


@pytest.fixture
def browser(signed_in):
    return signed_in[0]


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_every_page(site, signed_in, open_page, width, scheme):
    watched, found = open_page(width, scheme, storage_state=signed_in[1]), {}
    for path in looked_at(site.paths, width):
        answer = watched.page.goto(path, wait_until="load")
        wrong = [] if answer.status == (404 if path == "/nothing-is-here" else 200) else [answer.status]
        wrong += watched.overflows()
        watched.settle()
        seen = Axe().run(watched.page, options=OPTIONS).response["violations"]
        wrong += [(one["id"], one["nodes"][0]["html"][:160]) for one in seen if one["impact"] in SERIOUS]
        if wrong:
            found[path] = wrong
    watched.complaints[:] = [one for one in watched.complaints if "404" not in one]  # the page that is not there
    assert "\n".join(f"{path}: {wrong}" for path, wrong in found.items()) == ""
