"""Unsubscribing by a link: one POST is enough, a GET never is, and nothing is told about anybody."""

import re
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.signing import Signer
from django.db import connections
from django.test import Client as Browser

from conversion.models import Activity, Event, Lead, Suppression
from conversion.tenancy import across_clients
from engines import unsubscribe
from engines.unsubscribe import Link
from tests.factories import lead as make_lead
from tests.factories import touch as make_touch


@pytest.fixture
def touch(customer):
    return make_touch(make_lead(customer, email="Bob@Recipient.example", touch_count=1), subject="Hi", body="Hi")


@pytest.fixture
def twin(make_client):
    """The same person at another client."""
    return make_touch(make_lead(make_client("Beta"), email="Bob@Recipient.example"), subject="Hi", body="Hi")


@pytest.fixture
def url(touch):
    return f"/u/{unsubscribe.token_of(touch)}"


def flags(of):
    lead = Lead.objects.filter(client=of.client).get(pk=of.lead_id)
    return (lead.is_unsubscribed, lead.status)


def facts():
    with across_clients("operations"):
        return Event.objects.count(), Suppression.objects.count()


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_at_the_page_changes_nothing(url, touch, method):
    assert getattr(Browser(), method)(url).status_code == 200
    assert flags(touch) == (None, "new")
    assert facts() == (0, 0)


def test_the_page_asks_and_names_the_client_alone(url, touch):
    page = Browser().get(url).content.decode()
    assert "Stop e-mails from Acme?" in page
    assert '<form method="post">' in page
    assert "bob@" not in page.lower()


def test_one_post_is_enough(url, touch, twin):
    answer = Browser(enforce_csrf_checks=True).post(
        url, "List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"
    )
    assert answer.status_code == 200
    assert "You are unsubscribed" in answer.content.decode()
    assert answer.cookies == {}
    assert flags(touch) == (True, "unsubscribed")
    event = Event.objects.get(lead=touch.lead)
    assert (event.kind, event.activity_id, event.client_id) == ("unsubscribed", touch.pk, touch.client_id)
    assert Suppression.objects.values_list("kind", "value", "client", "agency").get() == (
        "email",
        "bob@recipient.example",
        touch.client_id,
        None,
    )
    assert flags(twin) == (None, "new")


def test_asking_again_changes_nothing_more(url, touch):
    for _ in range(3):
        assert Browser().post(url).status_code == 200
    second = make_touch(touch.lead, days=1, touch_number=2)
    assert Browser().post(f"/u/{unsubscribe.token_of(second)}").status_code == 200
    assert facts() == (1, 1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgresql
def test_many_at_once_are_one(url, touch):
    def ask(_):
        try:
            return Browser().post(url).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(40))) == {200}
    assert facts() == (1, 1)


def test_whoever_was_unsubscribed_otherwise_stays_so(url, touch):
    Lead.objects.filter(client=touch.client, pk=touch.lead_id).update(is_unsubscribed=True, status="unsubscribed")
    Suppression.objects.create(client=touch.client, kind="email", value="bob@recipient.example", reason="by phone")
    assert Browser().post(url).status_code == 200
    assert flags(touch) == (True, "unsubscribed")
    assert Suppression.objects.get().reason == "by phone"


def test_a_lead_that_booked_keeps_its_booking(url, touch):
    Lead.objects.filter(client=touch.client, pk=touch.lead_id).update(status="converted")
    before = Lead.objects.filter(client=touch.client).get(pk=touch.lead_id).converted_at
    Browser().post(url)
    after = Lead.objects.filter(client=touch.client).get(pk=touch.lead_id)
    assert (after.is_unsubscribed, after.status, after.converted_at) == (True, "unsubscribed", before)
    assert Activity.objects.filter(lead=touch.lead_id).get(pk=touch.pk).led_to_booking


@pytest.mark.parametrize("method", ["get", "post"])
def test_what_was_deleted_is_said_to_be_gone(url, touch, method):
    Activity.objects.filter(client=touch.client).delete()
    answer = getattr(Browser(), method)(url)
    assert answer.status_code == 200
    assert "Nothing is on record here" in answer.content.decode()
    assert facts() == (0, 0)


def bad_tokens():
    good = Signer(salt=unsubscribe.SALT, sep=".").sign("A" * 43)
    return [
        "x",
        "A" * 43,
        good[:-1],
        good[:-1] + ("A" if good[-1] != "A" else "B"),
        "B" + good[1:],
        Signer(salt="another", sep=".").sign("A" * 43),
        Signer(salt=unsubscribe.SALT, sep=".").sign("A" * 10),
        Signer(salt=unsubscribe.SALT, sep=".").sign("é!"),
        "A" * 5000,
        "%00",
        "..%2F..%2Fadmin",
        str(uuid.UUID(int=1)),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("token", bad_tokens())
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_token_that_is_none_of_ours(token, method):
    answer = getattr(Browser(), method)(f"/u/{token}")
    assert answer.status_code == 404
    if "%2F" not in token:
        assert "This link is not known here" in answer.content.decode()


def test_other_methods_are_not_known(url):
    for method in ("put", "patch", "delete"):
        assert getattr(Browser(), method)(url).status_code == 405


def test_a_token_names_client_and_touch_and_nothing_else(touch):
    token = unsubscribe.token_of(touch)
    assert unsubscribe.link_of(token) == Link(touch.client_id, touch.pk)
    assert token == unsubscribe.token_of(touch)
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}\.[A-Za-z0-9_-]{43}", token)


def test_a_token_outlives_the_secret_key(touch, settings):
    token = unsubscribe.token_of(touch)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "new"
    assert unsubscribe.link_of(token) == Link(touch.client_id, touch.pk)
    settings.SECRET_KEY_FALLBACKS = []
    assert unsubscribe.link_of(token) is None


@pytest.mark.parametrize(
    ("base", "address"),
    [
        ("https://a.example", "https://a.example/u/"),
        ("https://a.example/", "https://a.example/u/"),
        ("https://a.example/outreach", "https://a.example/outreach/u/"),
        ("", ""),
    ],
)
def test_where_the_link_leads(touch, settings, base, address):
    settings.PUBLIC_URL = base
    assert unsubscribe.url_of(touch) == (address and address + unsubscribe.token_of(touch))


def test_the_pages_are_private_and_without_inline_code(url, client):
    for path in (url, "/u/x"):
        answer = client.get(path)
        page = answer.content.decode()
        assert answer["Referrer-Policy"] == "no-referrer"
        assert answer["X-Robots-Tag"] == "noindex, nofollow"
        assert "no-store" in answer["Cache-Control"]
        assert answer.cookies == {}
        assert "<script" not in page
        assert "<style" not in page
        assert "style=" not in page
        assert 'href="/static/unsubscribe/page.css"' in page


def test_the_style_sheet_is_served_without_collecting(client, db):
    answer = client.get("/static/unsubscribe/page.css")
    assert answer.status_code == 200
    assert b"prefers-color-scheme" in b"".join(answer.streaming_content)
