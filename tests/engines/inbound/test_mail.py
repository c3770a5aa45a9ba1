"""A mail is taken apart whatever its bytes are."""

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.inbound.classify import Kind, classify
from engines.inbound.mail import Mail, Report, parse, reported_in_words
from engines.inbound.markup import plain
from tests.engines.inbound.mails import bounce, complaint, mail


@pytest.mark.parametrize("declared", ["", "us-ascii", "utf-8", "iso-8859-1", "windows-1252", "x-unknown"])
@pytest.mark.parametrize("written", ["utf-8", "cp1252"])
def test_a_wish_in_bytes_that_are_not_what_they_are_declared_to_be(declared, written):
    kind = "text/plain" + (f"; charset={declared}" if declared else "")
    raw = f"From: tom@corp.example\nContent-Type: {kind}\n\n".encode() + "Bitte löschen Sie mich – danke".encode(
        written
    )
    found = parse(raw)
    assert found.text == "Bitte löschen Sie mich – danke"
    assert classify(found.text).kind is Kind.UNSUBSCRIBE


def test_other_alphabets_are_as_declared_and_a_cut_off_end_spoils_nothing():
    head = b"From: tom@corp.example\nContent-Type: text/plain; charset="
    assert parse(head + b"koi8-r\n\n" + "стоп".encode("koi8-r")).text == "стоп"
    assert parse(head + b"iso-2022-jp\n\n" + "停止".encode("iso-2022-jp")).text == "停止"
    assert parse(head + b"utf-8\n\n" + "Grüße ü".encode()[:-1]).text == "Grüße"


def test_a_reply():
    raw = mail(
        "Grüße, ja.",
        subject="=?utf-8?b?UmU6IEdyw7zDn2U=?=",
        In_Reply_To="<k2@acme.example>",
        References="<k1@acme.example>\r\n <k2@acme.example>",
        Cc="Jo <jo@corp.example>, ann@acme.example",
        Auto_Submitted="no",
        Content_Type="text/plain; charset=utf-8",
    )
    assert parse(raw) == Mail(
        sender="tom@corp.example",
        recipients=("ann@acme.example", "jo@corp.example"),
        subject="Re: Grüße",
        text="Grüße, ja.",
        message_id="m1@corp.example",
        references=("k1@acme.example", "k2@acme.example"),
        date=datetime(2026, 3, 2, 10, tzinfo=UTC),
        headers={
            "auto-submitted": "no",
            "content-type": "text/plain; charset=utf-8",
            "from": "Tom <tom@corp.example>",
        },
    )


def parts(*contents, kind="alternative"):
    body = "".join(f"--XX\r\n{content}\r\n" for content in contents)
    return mail(f"{body}--XX--\r\n", MIME_Version="1.0", Content_Type=f'multipart/{kind}; boundary="XX"')


def test_the_plain_part_is_read_before_the_html_and_never_an_attachment():
    html = "Content-Type: text/html\r\n\r\n<p>from HTML</p>"
    said = "Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nfr=FCh"
    attached = "Content-Type: text/plain\r\nContent-Disposition: attachment\r\n\r\nunsubscribe"
    blank = "Content-Type: text/plain\r\n\r\n  "
    assert parse(parts(html, said)).text == "früh"
    assert parse(parts(attached, html, kind="mixed")).text == "from HTML"
    assert parse(parts(blank, html)).text == "from HTML"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Yes,<br>please.</p><p>Tom</p>", "Yes,\nplease.\n\nTom"),
        ("<style>p {}</style><script>x()</script>Yes &amp; no", "Yes & no"),
        (
            "<div>Yes.</div><div class='gmail_quote'>On Monday Ann wrote:<blockquote>unsubscribe</blockquote></div>",
            "Yes.\n\n>",
        ),
        ("Yes.<blockquote>stop<blockquote>x</blockquote></blockquote>Below.", "Yes.\n>\nBelow."),
        ("Yes.<div id='divRplyFwdMsg'>From: Ann</div><div>unsubscribe</div>", "Yes."),
        ("Yes.<div class='gmail_signature'>Tom</div>", "Yes.\n\n--\nTom"),
        ("Yes.<blockquote>never closed", "Yes.\n>"),
        ("", ""),
    ],
)
def test_html_as_text(html, text):
    assert plain(html) == text


def test_what_is_said_in_html_is_read_without_the_history():
    html = "<p>Sure, let's talk.</p><p>On Mon, 2 Mar 2026, Ann Lee wrote:</p><blockquote>please unsubscribe me</blockquote>"
    found = parse(mail(html, Content_Type="text/html"))
    assert classify(found.text, found.subject, found.headers).kind is Kind.POSITIVE


def test_a_delivery_report():
    found = parse(bounce("k1@acme.example"))
    assert found.report == Report(
        "tom@corp.example", "failed", "5.1.1", "k1@acme.example", "smtp; 550 5.1.1 <tom@corp.example>: user unknown"
    )
    assert found.report.is_permanent
    assert not parse(bounce("k1@acme.example", status="4.2.2")).report.is_permanent
    assert parse(bounce("k1@acme.example", action="delayed", status="4.4.1")).report.action == "delayed"
    assert classify(found.text, found.subject, found.headers).kind is Kind.BOUNCE


def test_a_complaint():
    assert parse(complaint("k1@acme.example")).report == Report("tom@corp.example", "complained", "", "k1@acme.example")


def test_a_bounce_that_is_no_report():
    text = (
        "Your message could not be delivered to tom@corp.example.\r\n550 5.7.1 rejected\r\n"
        "  From: ann@acme.example\r\n  Message-ID: <k1@acme.example>\r\n"
    )
    found = parse(mail(text, sender="mailer-daemon@mx.example", subject="failure notice"))
    assert found.report is None
    assert reported_in_words(found) == Report("tom@corp.example", "failed", "5.7.1", "k1@acme.example")
    assert reported_in_words(parse(mail("no words", subject="failure notice"))) == Report("", "failed", "", "")


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("", ""),
        ("550-the mailbox is gone", "550"),
        ("said: (550 no such user)", "550"),
        ("smtp;451 try later", "451"),
    ],
)
def test_the_digits_of_a_message_id_are_no_status(words, status):
    text = f"Your message came back.\n{words}\nMessage-ID: <01a204c0-17a8-7391-a511-4550abcd4551-511@acme.example>\n"
    found = reported_in_words(parse(mail(text, subject="failure notice")))
    assert found.status == status


@given(st.binary(max_size=2000))
@settings(max_examples=200, deadline=None)
def test_no_bytes_are_refused(raw):
    assert isinstance(parse(raw), Mail)


PIECES = (
    b"From: ", b"Subject: ", b"Content-Type: ", b"multipart/report; boundary=", b"multipart/mixed; boundary=X", b"--X\r\n",
    b"message/delivery-status", b"message/rfc822", b"text/html; charset=", b"\r\n", b"\r\n\r\n", b"=?utf-8?b?", b"=?x?q?=ZZ?=",
    b"\xff\xfe", b"<a@b>", b"Final-Recipient: rfc822;", b"Action: failed\r\n", b"Content-Transfer-Encoding: base64\r\n", b"\0",
    b"Date: ", b"Mon, 99 Foo 2026 99:99", b"Message-ID: ", b"References: ", b"(((", b'"', b"idna", b"\xc3\xa9", b"utf-7",
    b"undefined", b"filename*=x'y'%", b";", b"text/rfc822-headers", b"message/feedback-report", b"Feedback-Type: abuse\r\n",
)  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=60))
@settings(max_examples=400, deadline=None)
def test_no_broken_mail_is_refused(pieces):
    found = parse(b"".join(pieces))
    for text in (found.sender, found.subject, found.text, found.message_id, *found.recipients, *found.references):
        assert "\0" not in text
        text.encode()  # halves of surrogate pairs are in no database


def nested(depth):
    opened = "".join(
        f"Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n" for level in range(depth)
    )
    return ("From: tom@corp.example\r\n" + opened + "\r\ntext").encode()


@pytest.mark.parametrize(
    "raw",
    [
        nested(40),
        nested(5000),
        b"From: tom@corp.example\r\n" + b"Content-Type: message/rfc822\r\n\r\n" * 5000,
        b"From: tom@corp.example\r\nSubject: " + b"=?utf-8?b?eA==?= " * 60_000,
        b"From: " + b"tom@corp.example, " * 50_000 + b"\r\n\r\nyes",
        b"From: tom@corp.example" + b"(" * 300_000 + b"\r\n\r\nyes",
        b"From: tom@corp.example\r\nTo: " + b'"' * 300_000 + b"\r\n\r\nyes",
        b"From: tom@corp.example\r\nReferences: " + b"<a@b> " * 100_000 + b"\r\n\r\nyes",
        b"From: tom@corp.example\r\nContent-Type: text/html\r\n\r\n" + b"<a" * 400_000,
        b"From: tom@corp.example\r\nContent-Type: text/html\r\n\r\n" + b"<![" * 300_000,
        b"From: tom@corp.example\r\nContent-Type: text/html\r\n\r\n" + b"<!--" * 300_000,
        b"From: tom@corp.example\r\nContent-Type: text/html\r\n\r\n" + b"&#x" * 300_000,
        b"From: tom@corp.example\r\nContent-Type: text/html\r\n\r\n" + b"<blockquote>" * 80_000,
        b"From: tom@corp.example\r\nContent-Type: multipart/mixed; boundary=X\r\n\r\n" + b"--X\r\n\r\nyes\r\n" * 70_000,
        b"From: tom@corp.example\r\n\r\n" + b"a\r\n" * 700_000,
        b"X: y\r\n" * 170_000 + b"\r\nyes",
    ],
    ids=range(16),
)
def test_no_mail_keeps_the_reader_busy(raw):
    started = time.process_time()
    found = parse(raw)
    assert time.process_time() - started < 2.0
    assert found.sender in {"tom@corp.example", ""}
    assert len(found.text) <= 100_000
