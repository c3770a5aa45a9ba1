"""Whom a plan may be made for, and over which channels a lead can be reached."""

from collections.abc import Collection, Mapping
from typing import Any

from conversion.addresses import E164, usable_key
from conversion.vocabulary import Channel, LeadStatus

# A channel that cannot be used gives way to the first of these that can.
REPLACEMENTS = EMAIL, LINKEDIN, SMS, VOICE, MAIL = (
    Channel.EMAIL,
    Channel.LINKEDIN,
    Channel.SMS,
    Channel.VOICE,
    Channel.MAIL,
)

# A lead has no column for a postal address; sources that have one leave it among the extra attributes.
POSTAL = ("postal_address", "mailing_address", "street_address", "address", "street")

ENDED = {
    LeadStatus.CONVERTED: "it has booked already",
    LeadStatus.NOT_INTERESTED: "it said that it is not interested",
    LeadStatus.UNSUBSCRIBED: "it unsubscribed",
    LeadStatus.BOUNCED: "its e-mail address bounced",
    LeadStatus.DEAD: "it was given up",
}
FLAGS = {
    "is_unsubscribed": "it unsubscribed",
    "has_bounced": "its e-mail address bounced",
    "do_not_contact": "it is marked as not to be contacted",
}


def refusal(lead: Any, suppressed: Collection[str] = ()) -> str:
    """Why no plan may be made for the lead; empty where one may.

    lead: attributes `status`, `deleted_at`, `erased_at` and the flags. suppressed: holds `person` where it is on a list as
    a person. A competitor is not refused: its score takes points off, and who is scored too low is the operator's to say.
    """
    if lead.deleted_at is not None:
        return "it was deleted"
    if lead.erased_at is not None or "person" in suppressed:
        return "the person asked to be forgotten"
    for flag, reason in FLAGS.items():
        if getattr(lead, flag):
            return reason
    return ENDED.get(lead.status, "")


def unreachable(lead: Any, suppressed: Collection[str] = ()) -> dict[str, str]:
    """The channels that the lead cannot be reached on, each with the reason in words.

    lead: attributes `email`, `email_key`, `phone`, `linkedin_url`, `extra`. suppressed: `email`, `phone`, `linkedin`,
    where it may not be used. Any number in E.164, the form in which suppressions are compared, is taken to receive both
    calls and messages: whether it is a mobile one is not known. Mail needs a postal address among the extra attributes.
    """
    missing: dict[str, str] = {}
    if "email" in suppressed:
        missing[EMAIL] = "its e-mail address is suppressed"
    elif not address_of(lead):
        missing[EMAIL] = "no usable e-mail address" if lead.email.strip() else "no e-mail address"
    if "phone" in suppressed:
        missing[SMS] = missing[VOICE] = "its phone number is suppressed"
    elif not E164.fullmatch(lead.phone.strip()):
        without = "no phone number in its international form" if lead.phone.strip() else "no phone number"
        missing[SMS] = missing[VOICE] = without
    if "linkedin" in suppressed:
        missing[LINKEDIN] = "its LinkedIn profile is suppressed"
    elif not lead.linkedin_url.strip():
        missing[LINKEDIN] = "no LinkedIn profile"
    if not has_postal_address(lead.extra):
        missing[MAIL] = "no postal address"
    return missing


def address_of(lead: Any) -> str:
    """The key of the lead's e-mail address, empty where it has no usable one."""
    return usable_key(lead.email, lead.email_key)


def has_postal_address(extra: object) -> bool:
    return isinstance(extra, Mapping) and any(str(extra.get(name) or "").strip() for name in POSTAL)
