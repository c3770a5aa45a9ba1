from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.utils.timezone import now

from conversion.models import Activity
from engines.texts.posting import NotWaitingError, post_content
from tests.engines.guarded import client_of, mailbox, planned, reachable

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme(make_client):
    return client_of(make_client)


@pytest.fixture
def make_touch(acme):
    jo, box = reachable(acme), mailbox(acme)

    def make(**fields):
        values = {
            "subject": "",
            "body": "",
            "due_at": None,
            "scheduled_at": now() - timedelta(hours=1),
            "plan": "email",
        }
        return planned(jo, box, **{**values, **fields})

    return make


@pytest.mark.parametrize("code", ["needs_content", "message"])
def test_a_touch_that_is_held_for_its_text_moves_on(make_touch, code):
    touch = make_touch(state="held", reason_code=code, reason="needs content", metadata={"variant": "a", "note": "n"})
    written = post_content(touch, " A question ", "Worth a chat?\n")
    assert (written.state, written.reason, written.subject, written.body) == (
        "queued",
        "",
        "A question",
        "Worth a chat?",
    )
    assert written.due_at == touch.scheduled_at
    assert (written.template_id, written.metadata) == ("", {"note": "n"})


@pytest.mark.parametrize("state", ["planned", "queued"])
def test_a_touch_that_waits_stays_where_it_is(make_touch, state):
    touch = make_touch(state=state, body="Old", template_id="email-1a")
    written = post_content(touch, "A question", "New")
    assert (written.state, written.body, written.template_id, written.due_at) == (state, "New", "", None)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"state": "claimed"}, "it is claimed"),
        ({"state": "sent", "sent_at": now()}, "it is sent"),
        ({"state": "cancelled", "reason_code": "replied"}, "it is cancelled (replied)"),
        ({"state": "held", "reason_code": "quiet_hours"}, "it is held (quiet_hours)"),
        ({"state": "queued", "dispatched_at": now()}, "it is queued"),
    ],
)
def test_one_that_takes_no_text_is_left_alone(make_touch, fields, reason):
    touch = make_touch(**fields)
    with pytest.raises(NotWaitingError) as error:
        post_content(touch, "A question", "New")
    assert str(error.value) == f"The touch takes no text: {reason}."
    touch.refresh_from_db()
    assert touch.body == ""


@pytest.mark.parametrize(
    ("fields", "subject", "body", "errors"),
    [
        ({}, "Hi", "", {"body": ["is empty"]}),
        ({}, "", "Text", {"subject": ["is empty"]}),
        ({}, "Hi\nthere", "Text", {"subject": ["holds a line break"]}),
        ({}, "Hi", "Hi {{ first_name }}", {"body": ["still holds a placeholder: '{{ first_name }}'"]}),
        ({"channel": "sms"}, "Hi", "Text", {"subject": ["has no place in a message by sms"]}),
    ],
)
def test_a_text_that_cannot_go_out_is_refused_by_field(make_touch, fields, subject, body, errors):
    touch = make_touch(state="planned", **fields)
    with pytest.raises(ValidationError) as error:
        post_content(touch, subject, body)
    assert error.value.message_dict == errors
    touch.refresh_from_db()
    assert touch.body == ""


def test_a_follow_up_needs_no_subject(make_touch):
    assert post_content(make_touch(state="planned", touch_number=2), "", "Text").body == "Text"


def test_the_command(make_touch, acme, make_client, tmp_path, capsys):
    touch, text = make_touch(state="held", reason_code="needs_content"), tmp_path / "text.txt"
    text.write_text("\ufeffWorth a chat?", encoding="utf-8")
    given = ["--subject", "Hi", "--body-file", str(text)]
    other = make_client("Other")
    for client, activity, reason in (
        (other.slug, touch.pk, "The client has no touch"),
        (acme.slug, uuid4(), "The client has no touch"),
        ("nobody", touch.pk, "there is no client"),
    ):
        with pytest.raises(CommandError, match=reason) as error:
            call_command("post_content", client, str(activity), *given)
        assert error.value.returncode == 2
    call_command("post_content", acme.slug, str(touch.pk), *given)
    assert capsys.readouterr().out == "The touch has its text and is queued.\n"
    assert Activity.objects.for_client(acme).get().body == "Worth a chat?"


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "body: is empty"), (b"\xff\xfe", "body: the text is not UTF-8"), (b"a\0", "body: holds")],
)
def test_a_file_that_cannot_be_used(make_touch, acme, tmp_path, content, reason):
    touch, text = make_touch(state="planned"), tmp_path / "text.txt"
    text.write_bytes(content)
    with pytest.raises(CommandError, match=reason) as error:
        call_command("post_content", acme.slug, str(touch.pk), "--subject", "Hi", "--body-file", str(text))
    assert error.value.returncode == 2
