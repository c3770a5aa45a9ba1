"""Entries in clear and hashed, and who is found by them."""

import hashlib
import hmac
from types import SimpleNamespace

import pytest
from django.core.exceptions import ImproperlyConfigured

from conversion.addresses import linkedin_key
from conversion.models import Suppression
from conversion.suppressions import both_forms, forget, hashed, in_force, names_of, naming, shut

JO = {"email": "Jo@Example.com", "email_key": "", "phone": " +61255501234 ", "linkedin_url": "", "external_id": None}


def test_the_hash_is_keyed_and_of_kind_and_value(settings):
    settings.SUPPRESSION_KEY = "one"
    digest = hmac.new(b"one", b"email:jo@example.com", hashlib.sha256).hexdigest()
    assert hashed("email", "jo@example.com") == f"hmac:{digest}"
    assert hashed("phone", "jo@example.com") != f"hmac:{digest}"
    settings.SUPPRESSION_KEY = "two"
    assert hashed("email", "jo@example.com") != f"hmac:{digest}"


def test_with_sqlite_the_key_follows_from_the_secret_key(settings):
    settings.SUPPRESSION_KEY, settings.EMBEDDED, settings.SECRET_KEY = "", True, "a"
    first = hashed("email", "jo@example.com")
    assert first == hashed("email", "jo@example.com")
    settings.SECRET_KEY = "b" * 9
    assert hashed("email", "jo@example.com") != first


def test_otherwise_it_is_required(settings):
    settings.SUPPRESSION_KEY, settings.EMBEDDED, settings.SECRET_KEY = "", False, "required"
    with pytest.raises(ImproperlyConfigured, match="SUPPRESSION_KEY is not set"):
        hashed("email", "jo@example.com")


def test_names_of_a_lead():
    assert names_of(SimpleNamespace(**JO)) == [
        ("email", "jo@example.com"),
        ("domain", "example.com"),
        ("phone", "+61255501234"),
    ]
    nobody = dict.fromkeys(JO, "")
    assert names_of(SimpleNamespace(**nobody)) == []
    profile = nobody | {"linkedin_url": "linkedin.com/in/jo/", "external_id": "7", "email": "jo@localhost"}
    assert names_of(SimpleNamespace(**profile)) == [("linkedin", "in/jo"), ("source", "7")]


@pytest.mark.parametrize(
    "url",
    [
        "https://www.linkedin.com/in/jo-doe",
        "http://linkedin.com/in/Jo-Doe/?utm=1#top",
        "linkedin.com/in/jo-doe",
        "//au.linkedin.com/in/jo-doe/",
    ],
)
def test_spellings_of_a_profile(url):
    assert linkedin_key(url) == "in/jo-doe"


def test_what_entries_shut():
    assert shut([]) == frozenset()
    assert shut([("email", "a@b.example"), ("phone", "+1")]) == {"email", "phone"}
    assert shut([("domain", "b.example")]) == {"email"}
    assert shut([("email", "hmac:00")]) == {"person"}
    assert shut([("phone", "hmac:00")]) == {"phone"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("value", "kept"),
    [("+61 (2) 5550-1234", "+61255501234"), (" +61255501234 ", "+61255501234"), ("02 5550 1234", "02 5550 1234")],
)
def test_a_number_is_kept_as_leads_have_it(customer, value, kept):
    assert Suppression.objects.create(client=customer, kind="phone", value=value).value == kept


@pytest.mark.django_db
def test_forgetting_leaves_hashes_and_takes_the_clear_entries_away(customer, make_client):
    twin = make_client("Twin")
    for owner in ({"client": customer}, {"client": twin}, {"agency": customer.agency}, {}):
        Suppression.objects.create(kind="email", value="jo@example.com", **owner)
    Suppression.objects.create(client=customer, kind="domain", value="example.com")
    names = [("email", "jo@example.com"), ("phone", "+61255501234")]
    assert forget(names, customer) == 2
    assert forget(names, customer) == 0
    mine = set(Suppression.objects.filter(client=customer).values_list("kind", "value", "reason"))
    assert mine == {
        ("domain", "example.com", ""),
        ("email", hashed("email", "jo@example.com"), "asked to be forgotten"),
        ("phone", hashed("phone", "+61255501234"), "asked to be forgotten"),
    }
    assert Suppression.objects.filter(value="jo@example.com").count() == 3
    assert forget(names, None) == 2
    assert Suppression.objects.filter(value="jo@example.com").count() == 0
    assert in_force(twin).filter(naming(both_forms(names))).count() == 2


def test_an_entry_for_a_domain_stands_for_what_is_below_it():
    jo = SimpleNamespace(**{**JO, "email": "jo@mail.eu.acme.example"})
    assert [value for kind, value in names_of(jo) if kind == "domain"] == [
        "mail.eu.acme.example",
        "eu.acme.example",
        "acme.example",
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "given", "stored"),
    [
        ("email", " Jo@M\u00fcller.Example ", "jo@xn--mller-kva.example"),
        ("email", "Jo at home", "jo at home"),
        ("domain", "@ACME.Example.", "acme.example"),
        ("domain", "m\u00fcller.example", "xn--mller-kva.example"),
        ("linkedin", "https://www.LinkedIn.com/in/Jo-Doe/?x=1", "in/jo-doe"),
        ("linkedin", "In/Jo-Doe", "in/jo-doe"),
        ("phone", " +61255501234 ", "+61255501234"),
        ("source", "CRM-1", "CRM-1"),
        ("email", "hmac:" + "0" * 64, "hmac:" + "0" * 64),
    ],
)
def test_an_entry_is_stored_in_normalised_form(kind, given, stored):
    assert Suppression.objects.create(kind=kind, value=given).value == stored
