"""Kinds, limits and profiles of LinkedIn messages."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from engines.linkedin_text import Missive, compose, identifier_of, kind_of, note_of, utf16_length
from engines.message import MessageError


def missive(**fields):
    whole = {"key": "k", "kind": "message", "sender": "seat", "sender_name": "Ann", "profile": "linkedin.com/in/jo-doe"}
    return Missive(**{**whole, "text": "Hi", **fields})


@pytest.mark.parametrize(
    ("given_kind", "state", "kind"),
    [
        ("", None, "connection_request"),
        ("", "unconnected", "connection_request"),
        ("", "invited", "message"),
        ("", "accepted", "message"),
        ("", "withdrawn", "message"),
        ("connection_request", "accepted", "connection_request"),
        ("message", None, "message"),
        ("inmail", "invited", "inmail"),
    ],
)
def test_a_touch_without_a_kind_is_an_invitation_to_a_stranger(given_kind, state, kind):
    assert kind_of(given_kind, state) == kind


@pytest.mark.parametrize(
    ("profile", "name"),
    [
        ("https://www.linkedin.com/in/jo-doe/", "jo-doe"),
        ("linkedin.com/in/Jo-Doe?trk=x#about", "Jo-Doe"),
        ("http://de.linkedin.com/IN/ACoAAbC/de", "ACoAAbC"),
        ("https://www.linkedin.com/in/j%C3%BCrgen/", "jürgen"),
    ],
)
def test_a_profile_names_a_person(profile, name):
    assert identifier_of(profile) == name


@pytest.mark.parametrize(
    "profile",
    [
        "",
        "jo-doe",
        "https://www.linkedin.com/company/acme",
        "linkedin.com/in/",
        "linkedin.com/in/a%2Fb",
        "http://[x/in/jo",
    ],
)
def test_what_is_no_profile_of_a_person_is_refused(profile):
    with pytest.raises(MessageError) as error:
        identifier_of(profile)
    assert error.value.field == "linkedin_url"


@given(some.text(max_size=400), some.sampled_from(["message", "connection_request", "inmail"]), some.text(max_size=250))
def test_what_is_composed_goes_out_as_it_is_and_never_too_long(text, kind, subject):
    try:
        outgoing = compose(missive(text=text, kind=kind, subject=subject))
    except MessageError as error:
        assert error.field in {"message", "connection_note", "subject"}  # noqa: PT017 (either is fine)
        return
    assert outgoing.text == text.replace("\r\n", "\n").replace("\r", "\n").strip()
    assert utf16_length(outgoing.text) <= {"message": 8000, "connection_request": 300, "inmail": 1900}[kind]
    assert (outgoing.subject, "{{" in outgoing.text) == (subject.strip() if kind == "inmail" else "", False)
    assert outgoing.metadata == {"key": "k", "message_type": kind}


def test_the_note_is_what_was_given_beside_the_text():
    assert note_of("text", {}) == "text"
    assert note_of("text", {"connection_note": "note"}) == "note"
    assert note_of("text", {"connection_note": 5}) == "text"
