"""An e-mail from its parts: nothing that was given becomes a header, markup or an instruction."""

from dataclasses import replace
from email import message_from_bytes, policy
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.message import Letter, MessageError, check_text, compose, html_of, message_id, mime, wire_address

LETTER = Letter(
    key="key-1",
    sender="Ann@Acme.Example",
    sender_name="Ann",
    recipient="bob@recipient.example",
    subject="A word about Recipient",
    body="Hi Bob,\n\nthoughts?",
    signature="Acme\n1 Street",
    unsubscribe_url="https://a.example/u/token",
    unsubscribe_subject="unsubscribe token",
)


def letter(**fields):
    return replace(LETTER, **fields)


def read(outgoing):
    return message_from_bytes(mime(outgoing), policy=policy.default)


def test_the_headers():
    assert compose(letter(thread=["one@a.example", "two@a.example"])).headers == {
        "Message-ID": "<key-1@acme.example>",
        "List-Unsubscribe": "<https://a.example/u/token>, <mailto:Ann@acme.example?subject=unsubscribe%20token>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "In-Reply-To": "<two@a.example>",
        "References": "<one@a.example> <two@a.example>",
    }


def test_the_same_letter_is_the_same_bytes():
    assert mime(compose(letter())) == mime(compose(letter()))


def test_long_links_and_threads_stay_whole_on_the_wire():
    thread = [f"{number}-{'x' * 60}@a.example" for number in range(20)]
    url = f"https://a.example/u/{'t' * 200}"
    mail = read(compose(letter(thread=thread, unsubscribe_url=url, unsubscribe_subject="unsubscribe " + "t" * 200)))
    assert mail["References"].split() == [f"<{one}>" for one in thread]
    assert mail["List-Unsubscribe"].split(",")[0] == f"<{url}>"


def test_the_id_of_a_message_can_be_made_again():
    assert compose(letter()).headers["Message-ID"] == f"<{message_id('key-1', 'ann@ACME.example')}>"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"subject": "Hi\nBcc: x@example.com"}, "subject: holds a line break"),
        ({"subject": "Hi\r"}, "subject: holds a line break"),
        ({"subject": "Hi\u2028there"}, "subject: holds control characters"),
        ({"subject": "a\ud800b"}, "subject: holds control characters"),
        ({"subject": "=?utf-8?q?a=0D=0ABcc:_x=40y.com?="}, "subject: holds an encoded word"),
        ({"sender_name": "=?utf-8?b?QQ0KQmNjOiB4QHkuY29t?= Lee"}, "sender_name: holds an encoded word"),
        ({"recipient": "=?utf-8?q?a=0D=0ABcc=3Ax=40y.com?=@b.example"}, "recipient: holds an encoded word"),
        ({"subject": "x" * 501}, "subject: is longer than 500 characters"),
        ({"subject": "  "}, "subject: is empty"),
        ({"subject": "Hi {{ name }}"}, "subject: still holds a placeholder: '{{ name }}'"),
        ({"body": "Dear {% if x %}"}, "body: still holds a placeholder: '{% if x %}'"),
        ({"body": "Hi\x1b[2J"}, "body: holds control characters"),
        ({"body": ""}, "body: is empty"),
        ({"body": "x" * 1_000_000}, "body: is too long: at most 100,000 bytes as HTML are shown to a reader whole"),
        ({"sender": "ann@acme.example\r\nBcc: x@example.com"}, "sender: holds a line break"),
        ({"sender_name": "Ann\n"}, "sender_name: holds a line break"),
        ({"recipient": "bob@localhost"}, "recipient: 'bob@localhost' has no domain of the internet"),
        ({"recipient": "a@b.example, c@d.example"}, "recipient: 'a@b.example, c@d.example' is no e-mail address"),
        ({"recipient": "Bob <bob@b.example>"}, "recipient: 'Bob <bob@b.example>' is no e-mail address"),
        ({"recipient": "bob@-ä.example"}, "recipient: "),
        (
            {"signature": " \n"},
            "postal_address: is missing, and each e-mail has to carry the sender's postal address",
        ),
        ({"unsubscribe_url": ""}, "unsubscribe_url: is missing, and no e-mail goes out without a way to unsubscribe"),
    ],
)
def test_what_is_refused(fields, reason):
    with pytest.raises(MessageError) as error:
        compose(letter(**fields))
    assert str(error.value).startswith(reason)
    assert error.value.field == reason.partition(":")[0]


def test_a_follow_up_may_come_without_a_subject():
    check_text("", "Hi", is_follow_up=True)
    with pytest.raises(MessageError):
        check_text("", "Hi")


@pytest.mark.parametrize(
    ("address", "wire"),
    [
        ("Bob.Smith@Example.COM", "Bob.Smith@example.com"),
        (" bob@example.com ", "bob@example.com"),
        ("bob@straße.example", "bob@xn--strae-oqa.example"),
        ("bob@例え.example", "bob@xn--r8jz45g.example"),
        ("jürgen@müller.example", "jürgen@xn--mller-kva.example"),
    ],
)
def test_addresses_on_the_wire(address, wire):
    assert wire_address("recipient", address) == wire


def test_html_is_the_text_and_nothing_else():
    text = 'Hi <script>alert(1)</script>\r\n& co\n\n\nSee http://a.example/x?y=1&z="2", or (https://b.example).'
    assert html_of(text) == (
        "<p>Hi &lt;script&gt;alert(1)&lt;/script&gt;<br>\n&amp; co</p>\n"
        '<p>See <a href="http://a.example/x?y=1&amp;z=">http://a.example/x?y=1&amp;z=</a>&quot;2&quot;, or '
        '(<a href="https://b.example">https://b.example</a>).</p>'
    )


def test_a_javascript_link_is_no_link():
    assert html_of("javascript:alert(1) data:text/html,x") == "<p>javascript:alert(1) data:text/html,x</p>"


class Tags(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.found, self.words = set(), []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.add(tag)
        assert all(name == "href" and value.startswith(("http://", "https://")) for name, value in attrs)

    def handle_data(self, data):
        self.words.append(data)


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(blacklist_categories=("Cs", "Cc")) | st.sampled_from("<>&\"'\n \t/:@."), max_size=200))
def test_any_text_stays_a_text(text):
    tags = Tags(html_of(text))
    assert tags.found <= {"p", "br", "a"}
    assert "".join("".join(tags.words).split()) == "".join(text.split())


@settings(max_examples=100, deadline=None)
@given(
    subject=st.text(max_size=120),
    body=st.text(max_size=300),
    name=st.text(max_size=60),
)
def test_any_message_is_refused_or_arrives_as_it_was(subject, body, name):
    try:
        outgoing = compose(letter(subject=subject, body=body, sender_name=name))
    except MessageError:
        return
    mail = read(outgoing)
    assert mail.defects == []
    assert set(mail.keys()) == {
        "From",
        "To",
        "Subject",
        "Message-ID",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        "MIME-Version",
        "Content-Type",
    }
    assert str(mail["To"]) == "bob@recipient.example"
    assert mail["From"].addresses[0].addr_spec == "Ann@acme.example"
    text, html = (part.get_content().replace("\r\n", "\n") for part in mail.iter_parts())
    assert text == outgoing.text
    assert html == outgoing.html
    assert " ".join(str(mail["Subject"]).split()) == " ".join(subject.split())
