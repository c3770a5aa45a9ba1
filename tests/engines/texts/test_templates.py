import pytest
from django.core.exceptions import ValidationError

from conversion.models import MessageTemplate
from engines.texts.templates import check_template, name_of, set_template

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("subject", "body", "channel", "errors"),
    [
        ("Hi {{ first_name }}", "Text", "email", {}),
        ("", "Text\r\nmore\ttext", "email", {}),
        ("a\nb", "Text", "email", {"subject": ["holds a line break"]}),
        ("Hi", "", "email", {"body": ["is empty"]}),
        ("Hi", "a\0b", "email", {"body": ["holds control characters"]}),
        ("Hi", "Text", "sms", {"subject": ["has no place in a message by sms"]}),
        ("{{ x", "{% y", "email", {"subject", "body"}),
        ("x" * 501, "Text", "email", {"subject": ["is longer than 500 characters"]}),
    ],
)
def test_what_is_wrong_is_said_by_field(subject, body, channel, errors):
    found = check_template(subject, body, channel)
    assert (set(found) if isinstance(errors, set) else found) == errors


def test_a_template_is_made_and_changed(customer, make_client):
    other = make_client("Other")
    theirs, _ = set_template(other, "email", 1, "a", subject="S", body="theirs")
    made, is_new = set_template(customer, "email", 1, "a", subject="S", body="one")
    changed, is_new_again = set_template(customer, "email", 1, "a", subject="S", body="two", is_active=False)
    assert (is_new, is_new_again, made.pk, changed.is_active) == (True, False, changed.pk, False)
    assert [row.body for row in MessageTemplate.objects.for_client(customer)] == ["two"]
    theirs.refresh_from_db()
    assert theirs.body == "theirs"


@pytest.mark.parametrize(
    ("channel", "touch", "variant", "field"),
    [("fax", 1, "a", "channel"), ("email", 0, "a", "touch_number"), ("email", 21, "a", "touch_number"),
     ("email", 1, "", "variant"), ("email", 1, "a\n", "variant"), ("email", 1, "x" * 41, "variant")],
)  # fmt: skip
def test_a_place_that_there_is_not_is_refused(customer, channel, touch, variant, field):
    with pytest.raises(ValidationError) as error:
        set_template(customer, channel, touch, variant, body="Text")
    assert list(error.value.message_dict) == [field]
    assert not MessageTemplate.objects.for_client(customer).exists()


def test_the_name_changes_with_the_text():
    one = MessageTemplate(channel="email", touch_number=2, variant="b", subject="S", body="B")
    other = MessageTemplate(channel="email", touch_number=2, variant="b", subject="S", body="C")
    assert name_of(one).startswith("email-2b-")
    assert name_of(one) == name_of(MessageTemplate(channel="email", touch_number=2, variant="b", subject="S", body="B"))
    assert name_of(one) != name_of(other)
