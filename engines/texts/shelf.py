"""The texts of many touches at a time: their clients' templates, and which variant each lead gets."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from conversion.models import Activity, MessageTemplate
from conversion.vocabulary import Channel, MessageType
from engines.message import MessageError, check_text
from engines.texts.rendering import OF_LEAD, render
from engines.texts.templates import name_of
from engines.texts.variants import Choice, choose
from patterns import guidance
from patterns.guidance import Variants

Place = tuple[Any, str, int]  # client id, channel, touch number


@dataclass(frozen=True)
class Written:
    """Columns of a touch."""

    subject: str
    body: str
    template_id: str
    metadata: dict[str, Any]


@dataclass(frozen=True)
class Shelf:
    """The active templates of some touches, by place and in the order of their variants, and what is learned of them."""

    templates: dict[Place, list[MessageTemplate]]
    learned: dict[Any, Variants]

    @classmethod
    def of(cls, touches: Collection[Activity], at: datetime) -> "Shelf":
        """touches: with their clients. Two queries, the second only where there is a choice."""
        clients = {touch.client_id: touch.client for touch in touches}
        numbers = {touch.touch_number for touch in touches}
        found: dict[Place, list[MessageTemplate]] = defaultdict(list)
        active = MessageTemplate.objects.filter(client__in=clients, touch_number__in=numbers, is_active=True)
        for template in active.order_by("variant"):
            found[template.client_id, template.channel, template.touch_number].append(template)
        choosing = {place[0] for place, variants in found.items() if len(variants) > 1}
        learned = guidance.texts_of([clients[pk] for pk in choosing], at) if choosing else {}
        return cls(dict(found), learned)

    def write(self, touch: Activity) -> Written | None:
        """The touch's text; None where it needs none. touch: with its lead, client and sender. Raises MessageError."""
        variants = self.templates.get((touch.client_id, touch.channel, touch.touch_number), [])
        if not variants:
            if may_do_without(touch):
                return None
            raise MessageError("body", f"no template is active for touch {touch.touch_number} by {touch.channel}")
        names = [name_of(template) for template in variants]
        learned = self.learned.get(touch.client_id, {}).get((touch.channel, touch.touch_number), {})
        choice = choose(names, touch.lead_id, touch.touch_number, learned)
        subject, body = text_of(variants[choice.place], touch)
        return Written(subject, body, names[choice.place], touch.metadata | told(variants[choice.place], choice))


def may_do_without(touch: Activity) -> bool:
    """A call is made by a person, who may speak freely; an invitation may go without a note."""
    return touch.channel == Channel.VOICE or touch.message_type == MessageType.CONNECTION_REQUEST


def told(template: MessageTemplate, choice: Choice) -> dict[str, Any]:
    return {"variant": template.variant, "variant_reason": choice.reason, "variant_propensity": choice.propensity}


def text_of(template: MessageTemplate, touch: Activity) -> tuple[str, str]:
    """Subject and body with the lead's values. Raises MessageError."""
    lead, sender = touch.lead, touch.sender
    values: dict[str, Any] = {name: getattr(lead, name) for name in OF_LEAD}
    values |= {
        "extra": lead.extra,
        "sender_name": sender.display_name if sender else "",
        "client_name": touch.client.name,
    }
    subject = render("subject", template.subject, values).strip()
    body = render("body", template.body, values).strip()
    check_text(subject, body, is_follow_up=True)  # whether it is one, the guard sees when its turn has come
    return subject, body
