"""The rules of the guard: may this touch go out at this moment, and if not, why not, in words, and until when.

Pure: facts in, a verdict out. A reason never repeats what is the person's own (an address, a name), since it stays in the row.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from conversion.models.client import LEARNED_FOR
from conversion.suppressions import PERSON
from conversion.vocabulary import Channel, LeadStatus, MessageType
from engines import calling, fatigue, introductions, ramp
from engines.facts import Facts
from engines.reach import ENDED, FLAGS, unreachable
from engines.verdicts import Cancel, Go, Hold, Verdict
from engines.windows import Window

# What an operator ends with a switch is looked at again by itself.
LOOK_AGAIN = timedelta(hours=1)
NAMES = {
    Channel.EMAIL: "mailbox",
    Channel.SMS: "number",
    Channel.VOICE: "number",
    Channel.LINKEDIN: "seat",
    Channel.MAIL: "address",
}
# Channels whose touches need a text; a call is made by a person, who may do without.
WRITTEN = (Channel.EMAIL, Channel.SMS, Channel.LINKEDIN, Channel.MAIL)

CODE_OF_FLAG = {"is_unsubscribed": "unsubscribed", "has_bounced": "bounced", "do_not_contact": "do_not_contact"}

# Codes and reasons by the kind of event, as with what stops the rest of a plan (engines.inbound).
REPLIED = ("replied", "the lead replied")
ENDED_BY = {
    "complained": ("complained", "the lead complained"),
    "meeting_booked": ("booked", "the lead booked a meeting"),
    "positive_reply": REPLIED,
    "replied": REPLIED,
    "unsubscribed": ("unsubscribed", "the lead unsubscribed"),
}

Rule = Callable[["Case"], Cancel | Hold | None]


@dataclass(frozen=True, slots=True)
class Case:
    """A touch that is examined at a moment."""

    facts: Facts
    at: datetime

    @property
    def window(self) -> Window:
        return Window(self.facts.channel, self.facts.where, any_time=self.facts.any_time)

    def again(self, code: str, reason: str) -> Hold:
        """A hold that is looked at again by itself."""
        return Hold(code, reason, self.at + LOOK_AGAIN)


def decide(facts: Facts, at: datetime) -> Verdict:
    """The first rule that has something against it speaks: what is final first, then what a person must mend, then time."""
    case = Case(facts, at)
    for rule in RULES:
        if found := rule(case):
            return found
    return Go()


def same_client(case: Case) -> Cancel | None:
    facts = case.facts
    if facts.lead.client_id != facts.client.id:
        return Cancel("other_client", "its lead belongs to another client")
    if facts.sender and facts.sender.client_id != facts.client.id:
        return Cancel("other_client", "its sender belongs to another client")
    return None


def present(case: Case) -> Cancel | None:
    if case.facts.client.deleted_at is not None:
        return Cancel("client_deleted", "the client was deleted")
    if case.facts.lead.erased_at is not None:
        return Cancel("erased", "the person asked to be forgotten")
    if case.facts.lead.deleted_at is not None:
        return Cancel("lead_deleted", "the lead was deleted")
    return None


def wanted(case: Case) -> Cancel | None:
    """Unsubscribed, bounced and do not contact shut every channel; a lead that converted or left is not written to."""
    lead = case.facts.lead
    for flag, code in CODE_OF_FLAG.items():
        if getattr(lead, flag):
            return Cancel(code, FLAGS[flag])
    if reason := ENDED.get(LeadStatus(lead.status)):
        return Cancel(str(lead.status), reason)
    return None


def unanswered(case: Case) -> Cancel | None:
    """A plan ends with the lead's answer. What stops the rest of it may come while a touch is claimed."""
    answer = case.facts.answer
    return Cancel(*ENDED_BY[answer]) if answer else None


def unlisted(case: Case) -> Cancel | None:
    shut, channel = case.facts.shut, case.facts.channel
    if PERSON in shut:
        return Cancel("suppressed", "the person is on a suppression list, having asked to be forgotten")
    what = {Channel.SMS: "phone", Channel.VOICE: "phone"}.get(Channel(channel), channel)
    if what in shut:
        name = {"email": "e-mail address or its domain", "phone": "phone number", "linkedin": "LinkedIn profile"}[what]
        return Cancel("suppressed", f"its {name} is on a suppression list of the client, its agency or everybody")
    return None


def reachable(case: Case) -> Cancel | None:
    missing = unreachable(case.facts.lead).get(case.facts.channel)
    return Cancel("no_address", f"the lead cannot be reached by {case.facts.channel}: {missing}") if missing else None


def written(case: Case) -> Hold | None:
    """Nobody but a person mends it, so it is not looked at again by itself."""
    facts = case.facts
    is_bare_invitation = facts.message_type == MessageType.CONNECTION_REQUEST
    if facts.channel in WRITTEN and not facts.has_body and not is_bare_invitation:
        return Hold("needs_content", f"needs content: there is no text to send by {facts.channel}", None)
    if facts.channel == Channel.EMAIL and not facts.has_subject:
        return Hold("needs_content", "needs content: the e-mail has no subject", None)
    return None


def serving(case: Case) -> Hold | None:
    client = case.facts.client
    if client.is_paused:
        return case.again("client_paused", "the client is paused")
    if client.subscription_status not in LEARNED_FOR:
        status = str(client.subscription_status).replace("_", " ")
        return case.again("client_inactive", f"the client is not active: its subscription is {status}")
    return None


def lawful(case: Case) -> Hold | None:
    """What the law asks of each e-mail: a postal address, and a way out; of text messages: that a STOP is heard."""
    is_email = case.facts.channel == Channel.EMAIL
    if is_email and not case.facts.has_postal_address:
        return case.again(
            "no_postal_address", "an e-mail needs a postal address, and neither client nor agency has one"
        )
    if case.facts.has_public_url:
        return None
    if is_email:
        return case.again(
            "no_unsubscribe_link", "an e-mail needs an unsubscribe link, and PUBLIC_URL is not set to an https address"
        )
    what = "a call is reported on" if case.facts.channel == Channel.VOICE else "a STOP is heard"
    return case.again("no_callback_url", f"{what} by an https address alone, and PUBLIC_URL is not set to one")


def sendable(case: Case) -> Hold | None:
    sender, channel = case.facts.sender, case.facts.channel
    if sender is None:
        return case.again("no_sender", f"no sender of {channel} is known for it")
    name = f"{NAMES[Channel(channel)]} {sender.address}"
    if sender.channel != channel:
        return case.again("no_sender", f"its sender {sender.address} is one of {sender.channel}, not of {channel}")
    if not sender.is_active:
        return case.again("sender_inactive", f"{name} is switched off")
    if sender.paused_at is not None:
        since = f"since {case.window.text(sender.paused_at)}"
        return case.again("sender_paused", f"{name} is paused {since}: {sender.pause_reason or 'by hand'}")
    return None


def connected(case: Case) -> Hold | None:
    """The provider's account that the sender sends through."""
    sender = case.facts.sender
    if sender is not None and not case.facts.has_provider:
        where = f"there is no default for {case.facts.channel}"
        return case.again("no_account", f"{sender.address} has no account at a provider, and {where}")
    if sender is None or (sender.account_is_active and sender.account_is_own):
        return None
    through = f"the account that {sender.address} sends through"
    if not sender.account_is_active:
        return case.again("account_inactive", f"{through} is switched off")
    return case.again("account_not_own", f"{through} is not of this client or its agency")


def introduced(case: Case) -> Cancel | Hold | None:
    return introductions.refusal(case.facts, case.at, case.window)


def asked(case: Case) -> Cancel | Hold | None:
    """A call that is due waits for a person."""
    if case.facts.channel != Channel.VOICE or calling.is_asked_for(case.facts, case.at):
        return None
    return awake(case) or calling.due(case.facts, case.at, case.window)


def awake(case: Case) -> Hold | None:
    """Business days and quiet hours at the recipient."""
    found = case.window.refusal(case.at)
    if found is None:
        return None
    code, reason = found
    until = case.window.next_moment(case.at)
    return Hold(code, f"{reason}; next at {case.window.text(until)}", until)


def rested(case: Case) -> Hold | None:
    """The limit on touches per lead, over all channels."""
    zone = case.facts.where.zone
    today = case.at.astimezone(zone).date()
    days = [moment.astimezone(zone).date() for moment in case.facts.touched]
    if reason := fatigue.refusal(days, today):
        until = case.window.next_moment(case.window.opening(fatigue.free_day(days, today)))
        return Hold("fatigue", f"{reason}; next at {case.window.text(until)}", until)
    return None


def within_cap(case: Case) -> Hold | None:
    """The sender's cap of its own day, the ramp of a new one included."""
    sender, facts = case.facts.sender, case.facts
    if sender is None:
        return None
    today = case.at.astimezone(facts.sender_zone).date()
    cap = ramp.cap_on(today, sender.daily_cap, sender.ramp_started_on)
    if facts.sent_today < cap:
        return None
    until = case.window.next_moment(facts.midnights(case.at)[1])
    name = f"{NAMES[Channel(facts.channel)]} {sender.address}"
    text = "; ".join(
        [f"{name} {used(facts.sent_today, cap)}{ramp_note(case)}", f"next place {case.window.text(until)}"]
    )
    return Hold("daily_cap", text, until)


def used(sent: int, cap: int) -> str:
    return f"has sent its {cap} of today" if sent == cap else f"has sent {sent} today, of a cap of {cap}"


def ramp_note(case: Case) -> str:
    sender = case.facts.sender
    today = case.at.astimezone(case.facts.sender_zone).date()
    if sender is None or sender.ramp_started_on is None or not ramp.is_ramping(sender.ramp_started_on, today):
        return ""
    return f" (day {ramp.day_of(sender.ramp_started_on, today)} of its ramp to {sender.daily_cap})"


RULES: tuple[Rule, ...] = (
    *(same_client, present, wanted, unanswered, unlisted, reachable),
    *(written, serving, asked, lawful, sendable, connected, introduced),
    *(awake, rested, within_cap),
)
