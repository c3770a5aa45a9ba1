"""What browsers are told: what a page may load, cookies, errors as pages; and a production set-up without faults."""

import os
import re
import subprocess
import sys

import pytest
from cryptography.fernet import Fernet
from django.conf import settings as configured
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.test import Client as Browser
from django.urls import reverse

from tests.callers import person

POLICY = {
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "font-src 'self'",
    "connect-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
}  # fmt: skip

pytestmark = pytest.mark.django_db


@pytest.fixture
def root(client):
    client.force_login(get_user_model().objects.create_superuser("root"))
    return client


def policy_of(answer):
    return {part.strip() for part in answer["Content-Security-Policy"].split(";")}


def inline(answer):
    """What of a page the policy would stop."""
    text = answer.content.decode()
    return [word for word in (" style=", "<style", " onclick=", " onload=", "javascript:") if word in text]


@pytest.mark.parametrize(
    "path", ["/sign-in/", "/nothing", "/runs", "/alerts", "/admin/", "/api/v1/clients", "/u/nothing"]
)
def test_every_page_has_the_policy(root, path):
    for browser in (root, Browser()):
        answer = browser.get(path)
        assert policy_of(answer) == POLICY
        assert inline(answer) == []


def test_every_table_has_the_policy_and_nothing_inline(root):
    for model in admin.site._registry:
        for page in ("changelist", "add"):
            answer = root.get(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}"))
            assert answer.status_code in {200, 302, 403}, (model, page)
            assert policy_of(answer) == POLICY
            assert answer.status_code == 302 or inline(answer) == [], (model, page)


def test_the_description_of_the_api_keeps_its_own_policy(client):
    assert "style-src 'self' 'unsafe-inline'" in policy_of(client.get("/api/docs"))


def test_errors_are_pages_for_people_and_problems_for_programs(customer, client):
    client.force_login(person(role="viewer"))
    there, nowhere = client.get(f"/clients/{customer.slug}"), client.get("/clients/nobody")
    assert there.status_code == nowhere.status_code == 404
    texts = [re.sub(r'value="\w{64}"', "", answer.content.decode()) for answer in (there, nowhere)]
    assert texts[0] == texts[1]
    assert "There is nothing here" in there.content.decode()
    assert client.get("/api/v1/nothing")["Content-Type"] == "application/problem+json"
    odd = client.get("/", HTTP_HOST="evil.example")
    assert (odd.status_code, "Not understood" in odd.content.decode()) == (400, True)
    assert client.get("/api/v1/clients", HTTP_HOST="evil.example")["Content-Type"] == "application/problem+json"


def test_a_role_that_is_too_low_is_told_so_on_a_page(customer, client):
    client.force_login(person(customer, role="viewer"))
    answer = client.get(f"/clients/{customer.slug}/learn")
    assert answer.status_code == 403
    assert "This needs the role admin at the client acme." in answer.content.decode()


def test_a_form_without_its_token_is_refused_with_a_page():
    answer = Browser(enforce_csrf_checks=True).post("/sign-in/", {"login": "x", "password": "y"})
    assert (answer.status_code, "The form has expired" in answer.content.decode()) == (403, True)


def test_a_fault_is_a_page_that_asks_nothing_of_the_database(monkeypatch):
    def broken(_request):
        raise RuntimeError

    monkeypatch.setattr("allauth.account.views.LoginView.get", lambda view, *_: broken(view.request))
    answer = Browser(raise_request_exception=False).get("/sign-in/")
    assert answer.status_code == 500
    assert "A fault of this server" in answer.content.decode()
    assert inline(answer) == []


def test_a_viewer_sees_how_to_sign_out_and_no_tables(customer, client):
    client.force_login(person(customer, role="viewer"))
    text = client.get("/runs").content.decode()
    assert "Sign out" in text
    assert "All tables" not in text


def test_cookies_are_read_by_no_script(client):
    user = get_user_model().objects.create_user("ada", password="quiet-harbour-41")  # noqa: S106 (made up)
    client.get("/sign-in/")
    client.post("/sign-in/", {"login": user.username, "password": "quiet-harbour-41"})
    for name in (configured.SESSION_COOKIE_NAME, configured.CSRF_COOKIE_NAME):
        assert client.cookies[name]["httponly"] is True
        assert client.cookies[name]["samesite"] == "Lax"


def production(**changed):
    """The environment of docs/operations.md, and nothing of this one."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return (
        kept
        | {
            "DATABASE_URL": "postgresql://agency@127.0.0.1:1/agency",
            "WEB_DATABASE_URL": "postgresql://agency_web@127.0.0.1:1/agency",
            "REDIS_URL": "redis://127.0.0.1:1/0",
            "SECRET_KEY": "k3J-".join("abcdefghijklmnopqrst"),
            "CREDENTIAL_KEY": Fernet.generate_key().decode(),
            "SUPPRESSION_KEY": "suppressed",
            "ALLOWED_HOSTS": "outreach.example.com",
            "PUBLIC_URL": "https://outreach.example.com",
            "METRICS_TOKEN": "figures",
            "LOG_FORMAT": "json",
            "EMAIL_HOST": "mail.example.com",
            "ALERTS_FROM": "alerts@example.com",
        }
        | changed
    )


def run(code, **changed):
    command = [sys.executable, *code]
    return subprocess.run(command, env=production(**changed), capture_output=True, text=True, check=False)  # noqa: S603 (ours)


def test_the_documented_production_set_up_has_no_warning():
    outcome = run(["manage.py", "check", "--deploy", "--fail-level", "WARNING"])
    assert (outcome.returncode, outcome.stderr) == (0, "")
    assert "no issues" in outcome.stdout


def test_a_second_factor_for_nobody_is_warned_of():
    outcome = run(["manage.py", "check", "--deploy", "--fail-level", "WARNING"], REQUIRE_TOTP="nobody")
    assert outcome.returncode == 1
    assert "agency.W015" in outcome.stderr


ASKED = """
import json
from django.conf import settings
names = ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS", "REQUIRE_TOTP",
    "CSRF_TRUSTED_ORIGINS", "ALLAUTH_TRUSTED_PROXY_COUNT")
print(json.dumps([getattr(settings, name) for name in names]))
"""


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, '[true, true, true, 2592000, "staff", ["https://outreach.example.com"], 1]'),
        ({"HSTS_SECONDS": "0", "PROXIES": "2"}, '[true, true, true, 0, "staff", ["https://outreach.example.com"], 2]'),
        ({"PUBLIC_URL": "http://10.0.0.5:8000"}, '[false, false, false, 0, "staff", [], 0]'),
        ({"PUBLIC_URL": ""}, '[true, true, false, 0, "staff", [], 0]'),
        ({"DATABASE_URL": "sqlite:///:memory:", "PUBLIC_URL": ""}, '[false, false, false, 0, "nobody", [], 0]'),
    ],
)
def test_cookies_and_redirects_follow_the_address(changed, expected):
    code = f"import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'agency_os.settings'\n{ASKED}"
    assert run(["-c", code], **changed).stdout.strip() == expected
