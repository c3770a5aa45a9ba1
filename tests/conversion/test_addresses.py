"""One mailbox, one key; one number, one spelling; and what is neither is refused with the reason."""

import unicodedata

import pytest

from conversion.addresses import AddressError, e164, email_key


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Ann.Lee@Example.COM", "ann.lee@example.com"),
        ("  ann@example.com ", "ann@example.com"),
        ("o'brien+news@mail.example.co.uk", "o'brien+news@mail.example.co.uk"),
        ("ａｎｎ@example.com", "ann@example.com"),
        ("ann@münchen.de", "ann@xn--mnchen-3ya.de"),
        ("ann@xn--mnchen-3ya.de", "ann@xn--mnchen-3ya.de"),
        ("иван@почта.рф", "иван@xn--80a1acny.xn--p1ai"),
        ("ivan@почта.рф", "ivan@xn--80a1acny.xn--p1ai"),
        ("straße@example.com", "strasse@example.com"),
    ],
)
def test_a_mailbox_has_one_key(text, key):
    assert email_key(text) == key


def test_both_encodings_of_an_accent_are_one_mailbox():
    assert email_key(unicodedata.normalize("NFD", "josé@example.com")) == email_key("josé@example.com")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a@localhost", "no domain of the internet"),
        ("a@[127.0.0.1]", "by its number"),
        ("a@127.0.0.1", "not well formed"),
        ("аdmin@example.com", "look-alikes of another script"),  # a Cyrillic first letter
        ("joe@ехаmple.com", "look-alikes of another script"),
        ("joe@аррӏе.com", "look-alikes of Latin letters"),  # Cyrillic throughout
        ("ann", "no e-mail address"),
        ("@example.com", "no e-mail address"),
        ("a@b@example.com", "no e-mail address"),
        ("a..b@example.com", "no e-mail address"),
        ("a b@example.com", "no e-mail address"),
        ("a@-example.com", "not well formed"),
        ("a@example..com", "not well formed"),
        ("a@" + "ü" * 80 + ".com", "not well formed"),
        ("a" * 65 + "@example.com", "no e-mail address"),
        ("a@" + "b." * 130 + "com", "no e-mail address"),
    ],
)
def test_what_reaches_nobody_is_refused(text, reason):
    with pytest.raises(AddressError, match=reason):
        email_key(text)


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        ("+61412345678", None, "+61412345678"),
        ("+61 412 345 678", None, "+61412345678"),
        ("0412 345 678", "AU", "+61412345678"),
        ("(02) 9999 1234 ext 5", "AU", "+61299991234"),
        ("0011 1 212 555 0123", "AU", "+12125550123"),
        ("212-555-0123", "US", "+12125550123"),
    ],
)
def test_a_number_becomes_e164(text, region, number):
    assert e164(text, region) == number


@pytest.mark.parametrize(
    ("text", "region", "reason"),
    [
        ("0412 345 678", None, "no country code"),
        ("call me", "AU", "no phone number"),
        ("12", "AU", "too short"),
        ("1" * 300, "AU", "no phone number"),
        ("6.14E+10", "AU", "no phone number"),
    ],
)
def test_what_is_no_number_is_refused(text, region, reason):
    with pytest.raises(AddressError, match=reason):
        e164(text, region)
