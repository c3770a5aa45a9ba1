import pytest
from django.test import Client as Browser
from django.utils.timezone import now
from rest_framework.test import APIClient

from conversion.models import ApiToken, Lead
from tests.callers import person

LEADS = "/api/v1/leads"


def text_of(caller):
    return caller._credentials["HTTP_AUTHORIZATION"].removeprefix("Bearer ")


def status(caller):
    return caller.get(LEADS).status_code


def test_a_token_lets_its_person_in(api):
    assert status(api) == 200


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer nonsense",
        "Bearer a b",
        "Bearer \xe9\xff",
        "Bearer aos_" + "0" * 64,
        "Bearer " + "x" * 5000,
        "Token {token}",
        "Basic YW5uOmNvcnJlY3QgaG9yc2U=",
        "Bearer {token}0",
        "Bearer {upper}",
    ],
)
def test_nothing_else_does(api, header):
    token = text_of(api)
    answer = APIClient().get(LEADS, HTTP_AUTHORIZATION=header.format(token=token, upper=token.upper()))
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Bearer"
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == 401


@pytest.mark.parametrize("change", [{"revoked_at": now()}, {"expiry": now()}])
def test_a_token_that_is_over_lets_nobody_in_and_stays_on_record(api, change):
    ApiToken.objects.update(**change)
    assert status(api) == 401
    assert ApiToken.objects.count() == 1


def test_a_disabled_person_is_not_let_in(api):
    ApiToken.objects.get().user.__class__.objects.update(is_active=False)
    assert status(api) == 401


def test_only_a_hash_of_the_token_is_kept(api):
    row = ApiToken.objects.values().get()
    token = text_of(api)
    assert token.startswith("aos_")
    assert token[15:] not in str(row)


@pytest.fixture
def session(customer):
    user = person(customer)
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(user)
    return browser, user


def test_a_session_of_the_admin_lets_its_person_in(session):
    assert session[0].get(LEADS).status_code == 200


def test_an_old_session_is_over_when_the_password_changes(session):
    browser, user = session
    user.set_unusable_password()
    user.save()
    assert browser.get(LEADS).status_code == 401


def test_the_session_of_a_disabled_person_is_over(session):
    browser, user = session
    user.is_active = False
    user.save()
    assert browser.get(LEADS).status_code == 401


def test_another_site_cannot_write_with_a_persons_session(session, customer):
    body = {"client": customer.slug, "email": "eve@example.com"}
    answer = session[0].post(LEADS, body, content_type="application/json")
    assert answer.status_code == 403
    assert not Lead.objects.for_client(customer).exists()
