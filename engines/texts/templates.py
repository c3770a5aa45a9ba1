"""A client's templates: what may be stored as one, and by which name learning knows its text."""

from hashlib import blake2b

from django.core.exceptions import ValidationError
from django.db import transaction

from conversion.models import Client, MessageTemplate
from conversion.vocabulary import CHANNELS, Channel
from engines.message import CONTROL, SUBJECT_LENGTH, MessageError, check_line
from engines.texts.rendering import read

MOST_TOUCHES = 20  # as long as a plan can be
VARIANT_LENGTH = 40


def check_template(subject: str, body: str, channel: str = Channel.EMAIL) -> dict[str, list[str]]:
    """What is wrong with a template, by field; empty where it may be stored. The subject of an e-mail may be empty: then a
    follow-up answers the e-mail before it. No other channel has one.
    """
    errors: dict[str, list[str]] = {}
    for field, text in (("subject", subject), ("body", body)):
        try:
            checked_text(field, text)
        except MessageError as error:
            errors[field] = [error.reason]
    if channel != Channel.EMAIL and subject.strip():
        errors["subject"] = [f"has no place in a message by {channel}"]
    return errors


def checked_text(field: str, text: str) -> None:
    """Raises MessageError."""
    if field == "subject":
        check_line(field, text, SUBJECT_LENGTH)
    elif not text.strip():
        raise MessageError(field, "is empty")
    if CONTROL.search(text.replace("\r\n", "\n")):
        raise MessageError(field, "holds control characters")
    read(field, text)


def set_template(
    client: Client,
    channel: str,
    touch_number: int,
    variant: str,
    *,
    subject: str = "",
    body: str,
    is_active: bool = True,
) -> tuple[MessageTemplate, bool]:
    """Create a variant of a touch's template or change it; returns it, and whether it is new.

    Raises ValidationError, by field. What is queued already keeps its text; see `engines.running.queue_written` for
    the touches that are held for want of one.
    """
    errors = check_template(subject, body, channel)
    if channel not in CHANNELS:
        errors["channel"] = [f"{channel[:40]!r} is no channel"]
    if not 1 <= touch_number <= MOST_TOUCHES:
        errors["touch_number"] = [f"a plan has touches 1 to {MOST_TOUCHES}"]
    if not 0 < len(variant) <= VARIANT_LENGTH or not variant.isprintable() or variant != variant.strip():
        errors["variant"] = [f"a name of 1 to {VARIANT_LENGTH} characters, such as a"]
    if errors:
        raise ValidationError(errors)
    with transaction.atomic():
        return MessageTemplate.objects.update_or_create(
            client=client,
            channel=channel,
            touch_number=touch_number,
            variant=variant,
            defaults={"subject": subject, "body": body, "is_active": is_active},
        )


def name_of(template: MessageTemplate) -> str:
    """The `template_id` of touches that are written from it. It changes with the text, so that what was learned of a text
    never speaks for another.
    """
    text = f"{template.subject}\n{template.body}".encode("utf-8", "surrogatepass")
    return f"{template.channel}-{template.touch_number}{template.variant}-{blake2b(text, digest_size=4).hexdigest()}"
