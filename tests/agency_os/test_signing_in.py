"""Signing in: passwords and codes, limits, what ends a session, and who has to set up a second factor."""

import base64
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.test import Client as Browser
from django.urls import reverse

from conversion.account import second_factor
from conversion.models import AuditEntry
from tests.callers import caller

PASSWORD = "quiet-harbour-41"  # noqa: S105 (made up)
SIGN_IN, HOME = "/sign-in/", "/"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_attempts_yet(settings):
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.MD5PasswordHasher"
    ]  # quick; what it protects is not tested
    cache.clear()


@pytest.fixture
def ada():
    return get_user_model().objects.create_user("ada", password=PASSWORD)


@pytest.fixture
def root():
    return get_user_model().objects.create_superuser("root", password=PASSWORD)


def sign_in(browser, name="ada", password=PASSWORD):
    return browser.post(SIGN_IN, {"login": name, "password": password})


def code(secret, steps=0):
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


def set_up(browser):
    """Two-factor authentication, as the page asks for it; the secret."""
    browser.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    page = browser.get(reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    answer = browser.post(reverse("mfa_activate_totp"), {"code": code(secret)})
    assert answer.url == reverse("mfa_view_recovery_codes")
    return secret


def who(browser):
    return browser.session.get("_auth_user_id")


def test_a_password_signs_in_and_leads_to_the_page_that_was_asked_for(ada, client):
    asked = client.get("/runs")
    assert asked.url == "/sign-in/?next=/runs"
    assert client.post(asked.url, {"login": "ada", "password": PASSWORD, "next": "/runs"}).url == "/runs"
    assert who(client) == str(ada.pk)
    assert client.session.get_expiry_age() == pytest.approx(12 * 3600, abs=5)


def test_the_way_back_leads_to_no_other_site(ada, client):
    answer = client.post(SIGN_IN, {"login": "ada", "password": PASSWORD, "next": "https://evil.example/"})
    assert answer.url == HOME


def test_the_admin_has_no_door_of_its_own(ada, root, client):
    assert client.get("/admin/login/?next=/admin/auth/user/").url == "/sign-in/?next=/admin/auth/user/"
    assert client.post("/admin/login/", {"username": "root", "password": PASSWORD}).url.startswith(SIGN_IN)
    client.force_login(ada)
    assert client.get("/admin/", follow=True).status_code == 403
    client.force_login(root)
    assert client.get("/admin/password_change/").url == reverse("account_change_password")


def test_nobody_signs_up_or_resets_a_password(client):
    for path in ("signup/", "sign-in/signup/", "sign-in/password/reset/", "sign-in/email/"):
        assert client.get(f"/{path}").status_code == 404


def test_a_code_is_asked_for_and_holds_once(ada, client):
    sign_in(client)
    secret = set_up(client)
    stored = Authenticator.objects.get(user=ada, type="totp").data["secret"]
    assert secret not in stored
    assert base64.b32decode(secret)
    other, third = Browser(), Browser()
    assert sign_in(other).url == reverse("mfa_authenticate")
    assert who(other) is None
    assert other.get(HOME).url.startswith(SIGN_IN)
    wrong = other.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert "Incorrect code." in wrong.content.decode()
    once = code(secret, 1)
    assert other.post(reverse("mfa_authenticate"), {"code": once}).url == HOME
    assert who(other) == str(ada.pk)
    sign_in(third)
    assert "Incorrect code." in third.post(reverse("mfa_authenticate"), {"code": once}).content.decode()


def test_a_recovery_code_signs_in_once(ada, client):
    sign_in(client)
    set_up(client)
    kept = client.get(reverse("mfa_view_recovery_codes")).context["unused_codes"]
    assert len(set(kept)) == 10
    other, third = Browser(), Browser()
    sign_in(other)
    assert other.post(reverse("mfa_authenticate"), {"code": kept[3]}).url == HOME
    sign_in(third)
    assert third.post(reverse("mfa_authenticate"), {"code": kept[3]}).status_code == 200
    assert who(third) is None
    left = client.get(reverse("mfa_view_recovery_codes")).context["unused_codes"]
    assert sorted({*left, kept[3]}) == sorted(kept)


def test_five_wrong_passwords_shut_the_door_for_the_name_alone(ada, root, client):
    for _ in range(5):
        assert "not correct" in sign_in(client, password="wrong").content.decode()  # noqa: S106 (made up)
    assert "Too many failed login attempts" in sign_in(client).content.decode()
    assert "Too many failed login attempts" in sign_in(Browser(REMOTE_ADDR="10.9.8.7")).content.decode()
    assert who(client) is None
    assert sign_in(client, "root").url == HOME


def test_five_wrong_codes_shut_the_door(ada, client):
    sign_in(client)
    secret = set_up(client)
    other = Browser()
    sign_in(other)
    for _ in range(5):
        other.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert "Too many" in other.post(reverse("mfa_authenticate"), {"code": code(secret, 1)}).content.decode()
    assert who(other) is None


def test_an_address_that_tries_and_tries_is_told_to_wait(client):
    for number in range(30):
        sign_in(client, f"name-{number}", "wrong")
    answer = sign_in(client, "another", "wrong")
    assert answer.status_code == 429
    assert "Too many attempts" in answer.content.decode()


def test_a_change_of_the_password_ends_every_other_session(ada, client):
    other = Browser()
    sign_in(client)
    sign_in(other)
    new = "other-harbour-42"
    fields = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert client.post(reverse("account_change_password"), fields).url == reverse("mfa_index")
    assert client.get(reverse("mfa_index")).status_code == 200
    assert other.get(HOME).url == "/sign-in/?next=/"
    assert sign_in(Browser(), password=PASSWORD).status_code == 200
    assert AuditEntry.objects.filter(user=ada, action="change password", object_id=str(ada.pk)).count() == 1


def test_a_disabled_person_is_out_at_once(ada, client):
    sign_in(client)
    get_user_model().objects.filter(pk=ada.pk).update(is_active=False)
    assert client.get(HOME).url == "/sign-in/?next=/"


def test_a_second_factor_is_taken_away_by_its_owner_only_after_the_password(ada, client):
    client.force_login(ada)
    assert client.get(reverse("mfa_activate_totp")).url.startswith(reverse("account_reauthenticate"))
    client.post(f"{reverse('account_reauthenticate')}?next=/", {"password": PASSWORD})
    set_up(client)
    client.post(reverse("mfa_deactivate_totp"))
    assert not Authenticator.objects.filter(user=ada).exists()


def test_what_people_change_of_their_account_is_in_the_log(ada, client, django_capture_on_commit_callbacks):
    sign_in(client)
    with django_capture_on_commit_callbacks(execute=True):
        set_up(client)
    client.post(reverse("mfa_deactivate_totp"))
    assert list(AuditEntry.objects.order_by("id").values_list("action", "actor", "client")) == [
        ("set up two-factor", "ada", None),
        ("new recovery codes", "ada", None),
        ("remove two-factor", "ada", None),
    ]


def test_staff_without_a_second_factor_is_sent_to_set_it_up(settings, root, ada, client, customer):
    settings.REQUIRE_TOTP = "staff"
    sign_in(client, "root")
    for path in (HOME, "/runs", "/admin/", "/admin/auth/user/", f"/clients/{customer.slug}"):
        assert client.get(path).url == reverse("mfa_activate_totp")
    assert client.get("/api/v1/clients").status_code == 401
    assert client.get("/healthz").status_code == 200
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    page = client.get(reverse("mfa_activate_totp"))
    assert "needs a second factor" in page.content.decode()
    set_up(client)
    assert client.get("/runs").status_code == 200
    assert client.get("/api/v1/clients").status_code == 200
    viewer = Browser()
    sign_in(viewer)
    assert viewer.get("/runs").status_code == 200
    settings.REQUIRE_TOTP = "everybody"
    assert viewer.get("/runs").url == reverse("mfa_activate_totp")


def test_a_token_needs_no_second_factor(settings, customer):
    settings.REQUIRE_TOTP = "everybody"
    assert caller(customer).get("clients").status_code == 200


def test_keys_can_be_changed_under_second_factors(settings, ada, client):
    sign_in(client)
    secret = set_up(client)
    old, new = settings.CREDENTIAL_KEY, base64.urlsafe_b64encode(b"n" * 32).decode()
    settings.CREDENTIAL_KEY = [new, *old]
    assert second_factor.encrypt_all() == 2
    settings.CREDENTIAL_KEY = [new]
    other = Browser()
    sign_in(other)
    assert other.post(reverse("mfa_authenticate"), {"code": code(secret, 1)}).url == HOME
