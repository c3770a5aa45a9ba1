from types import SimpleNamespace

import pytest

from engines.reach import address_of, refusal, unreachable

WHOLE = {
    "email": "jo@example.com",
    "email_key": "jo@example.com",
    "phone": "+61255501234",
    "linkedin_url": "https://linkedin.com/in/jo",
    "extra": {"postal_address": "1 High St"},
}
FREE = {
    "status": "new",
    "deleted_at": None,
    "erased_at": None,
    "is_unsubscribed": None,
    "has_bounced": None,
    "do_not_contact": None,
    "is_competitor": None,
}


def lead(**fields):
    return SimpleNamespace(**(WHOLE | FREE | fields))


@pytest.mark.parametrize(
    ("fields", "missing"),
    [
        ({}, {}),
        ({"email": "", "email_key": ""}, {"email": "no e-mail address"}),
        ({"email": "jo@localhost", "email_key": ""}, {"email": "no usable e-mail address"}),
        ({"email": "Jo@Example.com", "email_key": ""}, {}),
        ({"phone": " "}, {"sms": "no phone number", "voice": "no phone number"}),
        ({"linkedin_url": ""}, {"linkedin": "no LinkedIn profile"}),
        ({"extra": {}}, {"mail": "no postal address"}),
        ({"extra": {"address": "  "}}, {"mail": "no postal address"}),
        ({"extra": None}, {"mail": "no postal address"}),
        ({"extra": {"street": "1 High St"}}, {}),
    ],
)
def test_unreachable(fields, missing):
    assert unreachable(lead(**fields)) == missing


def test_suppressed_addresses_are_not_used():
    assert unreachable(lead(), {"email"}) == {"email": "its e-mail address is suppressed"}
    assert unreachable(lead(), {"phone"}) == dict.fromkeys(("sms", "voice"), "its phone number is suppressed")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, ""),
        ({"status": "contacted"}, ""),
        ({"is_competitor": True}, ""),
        ({"is_unsubscribed": False, "has_bounced": False, "do_not_contact": False}, ""),
        ({"is_unsubscribed": True}, "it unsubscribed"),
        ({"has_bounced": True}, "its e-mail address bounced"),
        ({"do_not_contact": True}, "it is marked as not to be contacted"),
        ({"status": "converted"}, "it has booked already"),
        ({"status": "not_interested"}, "it said that it is not interested"),
        ({"status": "unsubscribed"}, "it unsubscribed"),
        ({"status": "bounced"}, "its e-mail address bounced"),
        ({"status": "dead"}, "it was given up"),
        ({"deleted_at": object()}, "it was deleted"),
    ],
)
def test_refusal(fields, reason):
    assert refusal(lead(**fields)) == reason


def test_address_of():
    assert address_of(lead(email="Jo@Example.com", email_key="")) == "jo@example.com"
    assert address_of(lead(email="nobody", email_key="")) == ""
    assert address_of(lead(email="", email_key="")) == ""
