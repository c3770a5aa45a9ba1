"""Cells to values, and what is refused."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from conversion.importer.values import BadValue, Clock, email, flag, key, long_text, text, whole, word, zone
from conversion.vocabulary import Channel, LeadStatus

LATEST = datetime(2026, 3, 3, tzinfo=UTC)
EXACT = Clock(zone=None, formats=(), latest=LATEST)
SYDNEY = Clock(zone=ZoneInfo("Australia/Sydney"), formats=("%d/%m/%Y", "%d/%m/%Y %I:%M %p"), latest=LATEST)


@pytest.mark.parametrize(
    ("cell", "value"),
    [("true", True), ("YES", True), ("1", True), ("False", False), ("no", False), ("0", False)],
)
def test_flags(cell, value):
    assert flag(cell) is value


@pytest.mark.parametrize("cell", ["maybe", "2", "ja", "1.0"])
def test_other_words_are_no_flags(cell):
    with pytest.raises(BadValue, match="neither true nor false"):
        flag(cell)


@pytest.mark.parametrize(
    ("cell", "value"), [("1", 1), ("+7", 7), ("0035", 35), ("35.0", 35), ("2147483647", 2**31 - 1)]
)
def test_whole_numbers(cell, value):
    assert whole(1, 2**31 - 1)(cell) == value


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("0", "outside 1 to 2147483647"),
        ("-5", "outside"),
        ("2147483648", "outside"),
        ("9" * 5000, "outside"),
        ("0" * 5000, "outside"),
        ("35.5", "no whole number"),
        ("1,200", "no whole number"),
        ("1e3", "no whole number"),
        ("NaN", "no whole number"),
        ("٣", "no whole number"),
    ],
)
def test_other_numbers_are_refused(cell, reason):
    with pytest.raises(BadValue, match=reason):
        whole(1, 2**31 - 1)(cell)


def test_words_of_the_vocabulary_in_any_case():
    assert word(Channel)("EMAIL") == "email"
    assert word(LeadStatus)("Not interested") == "not_interested"
    with pytest.raises(BadValue, match="'fax' is none of email, sms, linkedin, voice, mail"):
        word(Channel)("fax")


def test_texts_are_on_one_line_and_in_one_encoding():
    assert text(255)("Cafe\u0301 \r\n Owner") == "Caf\u00e9 Owner"
    assert text(255)("=HYPERLINK(1)") == "=HYPERLINK(1)"
    assert long_text("a\r\nb\rc") == "a\nb\nc"
    with pytest.raises(BadValue, match="longer than 5"):
        text(5)("123456")


def test_keys_keep_their_case():
    assert key("00Qa") != key("00QA")
    assert key("Cafe\u0301") == "Caf\u00e9"
    for cell in ("a\nb", "a\x07b", "x" * 256):
        with pytest.raises(BadValue):
            key(cell)


def test_addresses_and_zones_are_checked():
    assert email("Ann@Example.com") == "Ann@Example.com"
    assert zone("australia/sydney") == "Australia/Sydney"
    with pytest.raises(BadValue, match="no domain of the internet"):
        email("a@localhost")
    for cell in ("x" * 300, "Asia", "../.."):
        with pytest.raises(BadValue, match="no IANA time zone"):
            zone(cell)


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("2026-03-02T10:00:00+11:00", datetime(2026, 3, 1, 23, tzinfo=UTC)),
        ("2026-03-02T10:00:00.123456Z", datetime(2026, 3, 2, 10, 0, 0, 123456, tzinfo=UTC)),
        ("2026-03-02 10:00+0000", datetime(2026, 3, 2, 10, tzinfo=UTC)),
        ("20260302T100000Z", datetime(2026, 3, 2, 10, tzinfo=UTC)),
        ("1970-01-01T00:00:00Z", datetime(1970, 1, 1, tzinfo=UTC)),
        ("2026-03-03T00:00:00Z", LATEST),
    ],
)
def test_moments_with_an_offset(cell, moment):
    assert EXACT.moment(cell) == moment


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("2026-03-02T10:00:00", "has no offset from UTC; give the time zone with --timezone"),
        ("2026-03-02", "has no offset"),
        ("yesterday", "is no time"),
        ("1709647200", "is no time"),
        ("2026-02-30T10:00:00Z", "is no time"),
        ("2026-03-02T10:00:00Z" + " " * 50 + "x", "is no time"),
        ("1969-12-31T23:59:59Z", "cannot have happened"),
        ("1899-12-30T00:00:00Z", "cannot have happened"),
        ("0001-01-01T00:00:00+14:00", "cannot have happened"),
        ("9999-12-31T23:59:59-14:00", "cannot have happened"),
        ("2026-03-03T00:00:01Z", "cannot have happened"),
    ],
)
def test_other_moments_are_refused(cell, reason):
    with pytest.raises(BadValue, match=reason):
        EXACT.moment(cell)


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("2026-01-15T10:00:00", datetime(2026, 1, 14, 23, tzinfo=UTC)),
        ("15/01/2026", datetime(2026, 1, 14, 13, tzinfo=UTC)),
        ("15/01/2026 02:30 PM", datetime(2026, 1, 15, 3, 30, tzinfo=UTC)),
        ("2025-10-05T02:30:00", datetime(2025, 10, 4, 16, 30, tzinfo=UTC)),  # in the gap: 03:30 by the new offset
        ("2025-04-06T02:30:00", datetime(2025, 4, 5, 15, 30, tzinfo=UTC)),  # twice that night: the first
        ("2026-01-15T10:00:00Z", datetime(2026, 1, 15, 10, tzinfo=UTC)),
    ],
)
def test_moments_without_an_offset_are_in_the_zone_of_the_file(cell, moment):
    assert SYDNEY.moment(cell) == moment


def test_a_status_reached_on_a_date_was_reached_by_its_end():
    assert SYDNEY.end("15/01/2026") == datetime(2026, 1, 15, 12, 59, 59, 999999, tzinfo=UTC)
    assert SYDNEY.end("2026-01-15") == datetime(2026, 1, 15, 12, 59, 59, 999999, tzinfo=UTC)
    assert SYDNEY.end("2026-01-15T10:00:00") == datetime(2026, 1, 14, 23, tzinfo=UTC)
    assert SYDNEY.end("15/01/2026 02:30 PM") == datetime(2026, 1, 15, 3, 30, tzinfo=UTC)
