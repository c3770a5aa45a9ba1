"""What the writer says himself is told from the history and the signature."""

import pytest

from engines.inbound.quoted import split

OURS = "Hi Tom,\nworth 15 minutes?\nUnsubscribe: https://outreach.example/u/1"


def quoted(text):
    return "\n".join(f"> {line}" for line in text.split("\n"))


@pytest.mark.parametrize(
    "announcement",
    [
        "On Mon, Mar 2, 2026 at 9:01 AM Ann Lee <ann@acme.example> wrote:",
        "On Mon, Mar 2, 2026 at 9:01 AM Ann Lee\n<ann@acme.example> wrote:",
        "Am 02.03.2026 um 09:01 schrieb Ann Lee <ann@acme.example>:",
        "Am Mo., 2. März 2026 um 09:01 Uhr schrieb Ann Lee <\nann@acme.example>:",
        "Le lun. 2 mars 2026 à 09:01, Ann Lee <ann@acme.example> a écrit :",
        "El lun, 2 mar 2026 a las 9:01, Ann Lee (<ann@acme.example>) escribió:",
        "Il giorno lun 2 mar 2026 alle ore 09:01 Ann Lee <ann@acme.example> ha scritto:",
        "2026-03-02 9:01 GMT+01:00 Ann Lee <ann@acme.example>:",
        "Ann Lee <ann@acme.example> wrote:",
        "-----Original Message-----",
        "-----Ursprüngliche Nachricht-----",
        "________________________________",
        "Begin forwarded message:",
        "From: Ann Lee <ann@acme.example>\nSent: Monday, 2 March 2026 9:01\nTo: Tom",
        "*From:* Ann Lee\n*Date:* Monday",
        "Von: Ann Lee\nGesendet: Montag, 2. März 2026 09:01\nAn: Tom",
        "De : Ann Lee\nEnvoyé : lundi 2 mars 2026\nÀ : Tom",
        "De: Ann Lee\nEnviado el: lunes, 2 de marzo de 2026\nPara: Tom",
    ],
)
@pytest.mark.parametrize("marked", [True, False], ids=["marked", "bare"])
def test_the_history_is_cut(announcement, marked):
    history = quoted(OURS) if marked else OURS
    assert split(f"Not for us.\n\n{announcement}\n\n{history}") == ("Not for us.", "")


def test_answers_between_and_below_the_lines_of_a_quotation_are_read():
    text = f"On Mon, 2 Mar 2026, Ann Lee wrote:\n{quoted('Hi Tom,')}\nHello Ann.\n{quoted('worth 15 minutes?')}\nNo."
    assert split(text) == ("Hello Ann.\nNo.", "")


def test_a_sentence_that_begins_like_an_announcement_stays():
    text = "On Monday I wrote to your colleague.\nFrom: what I see it is not for us."
    assert split(text)[0] == text


@pytest.mark.parametrize(
    ("text", "said", "signature"),
    [
        ("Yes.\n-- \nTom Hill\nCall me: 0400", "Yes.", "-- \nTom Hill\nCall me: 0400"),
        ("Yes.\n\nBest regards,\nTom Hill\nCEO", "Yes.", "Best regards,\nTom Hill\nCEO"),
        ("Ja.\n\nMit freundlichen Grüßen\nKlaus Weber", "Ja.", "Mit freundlichen Grüßen\nKlaus Weber"),
        ("Yes.\nSent from my iPhone", "Yes.", ""),
        ("Oui.\nEnvoyé de mon iPhone", "Oui.", ""),
        ("Thanks,\nplease take me off your list.", "Thanks,\nplease take me off your list.", ""),
        ("Thanks.\nwhat does it cost?", "Thanks.\nwhat does it cost?", ""),
        ("No.\nRegards\nTom\nP.S. never again", "No.\n\nP.S. never again", "Regards\nTom"),
        ("Yes.\nCONFIDENTIALITY NOTICE: this e-mail", "Yes.", ""),
        ("", "", ""),
    ],
)
def test_signatures(text, said, signature):
    assert split(text) == (said, signature)
