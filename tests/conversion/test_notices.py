"""Notices are written once, with what they tell, and endpoints hold nothing that leads astray."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.timezone import now

from conversion.models import Notice, WebhookEndpoint
from conversion.models.notice import check_kinds, check_url
from conversion.notices import LATE, listeners, tell, tell_conversions
from conversion.tenancy import UnscopedQueryError, across_clients
from conversion.vocabulary import NoticeKind
from tests.factories import lead

pytestmark = pytest.mark.django_db


def test_a_thing_is_told_once(customer, make_client):
    twin = make_client("Twin")
    for client in (customer, twin.pk, customer):
        tell(NoticeKind.LEAD_CONVERTED, client, "1", {"n": 1})
    tell(NoticeKind.ALERT_OPENED, customer, "1", {})
    assert Notice.objects.for_client(customer).count() == 2
    assert Notice.objects.for_client(twin).count() == 1


def test_what_did_not_happen_is_not_told(customer):
    def broken():
        with transaction.atomic():
            tell(NoticeKind.ALERT_OPENED, customer, "1", {})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        broken()
    assert Notice.objects.for_client(customer).count() == 0


def test_notices_are_a_clients_own(customer):
    with pytest.raises(UnscopedQueryError):
        Notice.objects.count()


@pytest.mark.parametrize("url", ["https://hooks.example/a?b=c", "http://localhost:9/x", "https://[::1]:8443/"])
def test_an_address(url):
    check_url(url)


@pytest.mark.parametrize(
    "url",
    [
        *("", "hooks.example", "ftp://hooks.example/", "https://", "https:///x", "https://a:b@hooks.example/"),
        *("https://hooks.example:99999/", "https://[::1/", "https://hooks.example/ x", "https://hooks.example/\nx"),
    ],
)
def test_what_is_no_address(url):
    with pytest.raises(ValidationError):
        check_url(url)


@pytest.mark.parametrize("kinds", [None, "alert_opened", {"alert_opened": 1}, ["weather"], [["alert_opened"]], [1]])
def test_what_are_no_kinds(kinds):
    with pytest.raises(ValidationError):
        check_kinds(kinds)


def test_an_endpoint_has_one_owner_and_shows_no_secret(customer, agency):
    endpoint = WebhookEndpoint(client=customer, url="https://hooks.example/T0/secret?key=1")
    assert str(endpoint) == "webhook to hooks.example"
    for owners in ({}, {"client": customer, "agency": agency}):
        with pytest.raises(IntegrityError), transaction.atomic():
            WebhookEndpoint.objects.create(url="https://hooks.example/", **owners)


def test_since_when_conversions_are_told(customer, make_client, agency):
    twin, at = make_client("Twin"), now()
    hour = timedelta(hours=1)

    def endpoint(age, **fields):
        WebhookEndpoint.objects.create(url="https://hooks.example/", created_at=at - age, **fields)

    assert listeners(at) == {}
    endpoint(hour, client=twin, is_active=False)
    endpoint(hour, client=twin, kinds=["alert_opened"])
    assert listeners(at) == {}
    endpoint(hour, agency=agency)
    endpoint(2 * hour, client=customer)
    assert listeners(at) == {customer.pk: at - 2 * hour, twin.pk: at - hour}
    endpoint(timedelta(days=90), client=twin)
    assert listeners(at)[twin.pk] == at - LATE


def test_a_conversion_is_told_once_however_late_it_became_known(customer):
    at = now()
    WebhookEndpoint.objects.create(url="https://hooks.example/", client=customer, created_at=at - timedelta(days=90))
    lead(customer, status="converted", status_at=at - timedelta(days=3))
    lead(customer, status="converted", status_at=at - timedelta(days=8))
    lead(customer, status="converted", status_at=at, deleted_at=at)
    with across_clients("notices"):
        assert [tell_conversions(at), tell_conversions(at)] == [1, 0]
