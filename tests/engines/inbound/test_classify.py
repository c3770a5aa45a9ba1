"""Replies are read as a careful person would read them: measured on the corpus, and one by one where it is subtle."""

import time
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.inbound.classify import Kind, classify
from tests.engines.inbound.replies import MONDAY, Tally, read, replies

LANGUAGES = ("bitte", "merci", "por favor", "please")


def test_the_corpus_is_large_and_in_four_languages():
    texts = replies()
    assert len(texts) >= 300
    assert {reply["kind"] for reply in texts} == {kind.value for kind in Kind}
    assert all(any(word in reply["text"].lower() for reply in texts) for word in LANGUAGES)


def test_the_corpus_is_read_well_enough():
    tally = Tally(replies())
    assert tally.recall("unsubscribe") >= 0.99, f"\n{tally}"
    assert tally.recall("out_of_office") >= 0.95, f"\n{tally}"
    assert tally.precision("positive") >= 0.9, f"\n{tally}"
    # Beyond what is promised: nobody is silenced, or taken for a machine, who says something else.
    assert tally.precision("unsubscribe") >= 0.98, f"\n{tally}"
    assert tally.recall("positive") >= 0.9, f"\n{tally}"
    assert tally.recall("bounce") >= 0.9, f"\n{tally}"


def test_the_day_of_return_is_found():
    said = [reply for reply in replies() if "until" in reply]
    wrong = [
        (reply["until"], read(reply).until, reply["text"]) for reply in said if read(reply).until != reply["until"]
    ]
    assert len(said) >= 50
    assert len(wrong) <= 0.05 * len(said), wrong


def test_no_day_of_return_is_made_up():
    silent = [reply for reply in replies() if reply["kind"] == "out_of_office" and "until" not in reply]
    assert silent
    assert [(reply["text"], read(reply).until) for reply in silent if read(reply).until] == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("I'm out of the office until Monday but happy to chat Tuesday", Kind.OUT_OF_OFFICE),
        ("I'm out next week but the week after works well for a call", Kind.POSITIVE),
        ("I'm out sick, back next week. Happy to chat then", Kind.OUT_OF_OFFICE),
        ("don't stop!", Kind.NEUTRAL),
        ("Stop by our office", Kind.NEUTRAL),
        ("Not interested, please remove me", Kind.UNSUBSCRIBE),
        ("I'm out of office until Monday, and please unsubscribe me", Kind.UNSUBSCRIBE),
        ("Not now, try next quarter", Kind.NEUTRAL),
        ("Not interested right now", Kind.NEGATIVE),
        ("Talk to Anna instead", Kind.NEUTRAL),
        ("Tom has left the company", Kind.NEGATIVE),
    ],
)
def test_what_goes_before_what(text, kind):
    assert classify(text, today=MONDAY).kind is kind


@pytest.mark.parametrize(
    "text", ["STOP", "Stop.", "stop", " STOP \n", "Stop!!!", "STOPALL", "UNSUBSCRIBE", "Stop please"]
)
@pytest.mark.parametrize("channel", ["sms", "email", "linkedin"])
def test_a_stop_word_alone_is_heeded_on_every_channel(text, channel):
    assert classify(text, channel=channel) == classify("stop", channel="sms")


@pytest.mark.parametrize("text", ["Quit", "END", "Cancel", "revoke", "OPT OUT", "opt-out"])
def test_the_words_of_text_messages(text):
    assert classify(text, channel="sms").kind is Kind.UNSUBSCRIBE


@pytest.mark.parametrize(
    "text",
    [
        "No, stop",
        "wrong number stop",
        "Yes stop",
        "Nein danke stop",
        "I said STOP",
        "pls stop txting me",
        "do not text",
    ],
)
def test_short_text_messages_that_end_in_a_wish(text):
    assert classify(text, channel="sms").kind is Kind.UNSUBSCRIBE


@pytest.mark.parametrize("text", ["the next stop", "don't stop", "non stop?", "Is it a long way from the bus stop"])
def test_text_messages_that_only_hold_the_word(text):
    assert classify(text, channel="sms").kind is not Kind.UNSUBSCRIBE


@pytest.mark.parametrize("text", ["СТОП", "توقف", "إيقاف.", "停止", "退订", "수신거부"])
@pytest.mark.parametrize("channel", ["sms", "email"])
def test_stop_words_in_other_alphabets(text, channel):
    assert classify(text, channel=channel).kind is Kind.UNSUBSCRIBE


def test_our_own_foot_in_the_history_is_not_the_writer():
    foot = "> Unsubscribe: https://outreach.example/u/1\n> Please remove me from your list: reply STOP"
    assert classify(f"Sure, let's talk.\n\nOn Mon, 2 Mar 2026, Ann wrote:\n{foot}").kind is Kind.POSITIVE
    assert classify(f"\n\nOn Mon, 2 Mar 2026, Ann wrote:\n{foot}").rule == "empty"


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({"Auto-Submitted": "auto-replied; owner-email=x"}, Kind.AUTOMATIC),
        ({"auto-submitted": "No"}, Kind.POSITIVE),
        ({"X-AUTOREPLY": ""}, Kind.AUTOMATIC),
        ({"Precedence": "auto_reply"}, Kind.AUTOMATIC),
        ({"Precedence": "bulk"}, Kind.POSITIVE),
        ({"Content-Type": 'multipart/report; report-type="delivery-status"'}, Kind.BOUNCE),
        ({"X-Failed-Recipients": "jo@corp.example"}, Kind.BOUNCE),
        ({}, Kind.POSITIVE),
    ],
)
def test_headers_tell_machines(headers, kind):
    assert classify("Sounds good, let's talk.", "Re: hello", headers).kind is kind


def test_without_a_day_to_count_from_only_full_dates_are_understood():
    assert classify("I'm out of the office until Monday").until is None
    assert classify("I'm out of the office until 9 March").until is None
    assert classify("I'm out of the office until 9 March 2026").until == date(2026, 3, 9)


@given(
    st.text(max_size=400), st.text(max_size=80), st.dictionaries(st.text(max_size=20), st.text(max_size=40), max_size=4)
)
@settings(max_examples=150, deadline=None)
def test_any_text_is_read(text, subject, headers):
    assert classify(text, subject, headers, today=MONDAY).kind in Kind


@pytest.mark.parametrize(
    "text",
    [
        "a" * 300_000,
        "stop " * 60_000,
        "please " * 40_000,
        "not " * 60_000 + "interested",
        "> " * 100_000,
        "On Mon " * 40_000 + "wrote:",
        ("On " + "x" * 290 + "\n") * 1000,
        "From: a\n" * 30_000,
        "until 3/4 " * 30_000,
        "je ne " * 50_000,
        "<a@b " * 50_000,
        "\u00e9" * 300_000,
        "if we " * 50_000,
    ],
    ids=range(13),
)
def test_no_text_keeps_the_reader_busy(text):
    started = time.process_time()
    classify(text, text, {"Subject": text}, today=MONDAY)
    assert time.process_time() - started < 1.0
