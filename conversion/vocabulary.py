"""The only list of the words that the whole system shares. No Django here: models and detectors both read it.

The order of each enumeration is part of the interface: columns of the learning frame store the position of a word in it
(`code` and `CHANNELS[code]`), so new words go to the end.
"""

from enum import StrEnum


class Channel(StrEnum):
    EMAIL = "email"
    SMS = "sms"
    LINKEDIN = "linkedin"
    VOICE = "voice"
    MAIL = "mail"


class Action(StrEnum):
    """What an activity did: one action a channel."""

    EMAIL_SENT = "email_sent"
    SMS_SENT = "sms_sent"
    LINKEDIN_SENT = "linkedin_sent"
    VOICE_COMPLETED = "voice_completed"
    MAIL_SENT = "mail_sent"


ACTION_OF = {
    Channel.EMAIL: Action.EMAIL_SENT,
    Channel.SMS: Action.SMS_SENT,
    Channel.LINKEDIN: Action.LINKEDIN_SENT,
    Channel.VOICE: Action.VOICE_COMPLETED,
    Channel.MAIL: Action.MAIL_SENT,
}


class ActivityState(StrEnum):
    """planned -> queued -> claimed -> dispatching -> sent | failed | unknown; also held and cancelled."""

    PLANNED = "planned"
    QUEUED = "queued"
    CLAIMED = "claimed"
    DISPATCHING = "dispatching"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    HELD = "held"
    CANCELLED = "cancelled"


class LeadStatus(StrEnum):
    NEW = "new"
    CONTACTED = "contacted"
    CONVERTED = "converted"
    NOT_INTERESTED = "not_interested"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    DEAD = "dead"


# Statuses in which a lead has left: no later touch is at risk of converting.
EXITS = (LeadStatus.NOT_INTERESTED, LeadStatus.UNSUBSCRIBED, LeadStatus.BOUNCED, LeadStatus.DEAD)


class EventKind(StrEnum):
    DELIVERED = "delivered"
    OPENED = "opened"
    CLICKED = "clicked"
    REPLIED = "replied"
    POSITIVE_REPLY = "positive_reply"
    BOUNCED = "bounced"
    UNSUBSCRIBED = "unsubscribed"
    COMPLAINED = "complained"
    MEETING_BOOKED = "meeting_booked"


class Outcome(StrEnum):
    """What a pattern speaks of: bookings, or what comes before them and is more common."""

    BOOKED = "booked"
    POSITIVE_REPLY = "positive_reply"
    REPLIED = "replied"

    @property
    def past(self) -> str:
        """What those did who had it: "booked", "replied positively"."""
        return "replied positively" if self is Outcome.POSITIVE_REPLY else self.value

    @property
    def verb(self) -> str:
        """What they do: "book", "reply positively"."""
        return {Outcome.BOOKED: "book", Outcome.POSITIVE_REPLY: "reply positively", Outcome.REPLIED: "reply"}[self]

    @property
    def third_person(self) -> str:
        """What one of them does: "books", "replies positively"."""
        return {Outcome.BOOKED: "books", Outcome.POSITIVE_REPLY: "replies positively", Outcome.REPLIED: "replies"}[self]


class Tier(StrEnum):
    HOT = "hot"
    WARM = "warm"
    COOL = "cool"


class Component(StrEnum):
    """The four weighted components of the lead score, in the order of every weight vector."""

    DATA_QUALITY = "data_quality"
    AUTHORITY = "authority"
    COMPANY_FIT = "company_fit"
    TIMING = "timing"


class PatternType(StrEnum):
    WHO = "who"
    WHAT = "what"
    WHEN = "when"
    HOW = "how"


class Status(StrEnum):
    """How far a finding may be believed; only `supported` is acted on."""

    SUPPORTED = "supported"
    SUGGESTIVE = "suggestive"
    NONE = "none"


class CallOutcome(StrEnum):
    CONNECTED = "connected"
    VOICEMAIL = "voicemail"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    WRONG_NUMBER = "wrong_number"
    MEETING_BOOKED = "meeting_booked"


class MessageType(StrEnum):
    CONNECTION_REQUEST = "connection_request"
    INMAIL = "inmail"
    MESSAGE = "message"


class SubscriptionStatus(StrEnum):
    ACTIVE = "active"
    TRIALING = "trialing"
    PAST_DUE = "past_due"
    CANCELLED = "cancelled"


class Role(StrEnum):
    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"


class RunState(StrEnum):
    STARTED = "started"
    DONE = "done"
    FAILED = "failed"
    ABANDONED = "abandoned"


class Severity(StrEnum):
    HIGH = "high"
    MEDIUM = "medium"


CHANNELS = tuple(Channel)
TIERS = tuple(Tier)
COMPONENTS = tuple(Component)
