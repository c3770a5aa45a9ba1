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


class ArrivalKind(StrEnum):
    """What a provider, a mailbox or a calendar tells us. Not all of it becomes an event of the lead."""

    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    OPENED = "opened"
    CLICKED = "clicked"
    FAILED = "failed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"
    REPLIED = "replied"
    MEETING_BOOKED = "meeting_booked"
    MEETING_CANCELLED = "meeting_cancelled"
    INVITATION_ACCEPTED = "invitation_accepted"
    CALL_COMPLETED = "call_completed"


class CallbackState(StrEnum):
    """waiting: it names a touch that we have not confirmed yet. failed: it broke three times."""

    WAITING = "waiting"
    DONE = "done"
    IGNORED = "ignored"
    FAILED = "failed"


class InboundState(StrEnum):
    """matched: to a lead, by itself. unmatched: a person has to say whose it is; then settled, or dismissed."""

    MATCHED = "matched"
    UNMATCHED = "unmatched"
    SETTLED = "settled"
    DISMISSED = "dismissed"


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


class ConnectionState(StrEnum):
    """How a LinkedIn seat stands to a person. withdrawn: its invitation was taken back or ignored, and LinkedIn lets nobody
    repeat it for weeks. unconnected: the provider said so, and no invitation is under way.
    """

    INVITED = "invited"
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"
    UNCONNECTED = "unconnected"


class SubscriptionStatus(StrEnum):
    ACTIVE = "active"
    TRIALING = "trialing"
    PAST_DUE = "past_due"
    CANCELLED = "cancelled"


class Role(StrEnum):
    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"


class Flow(StrEnum):
    """What runs by itself. The names of the tasks, and of the rows of their schedules."""

    LEARNING = "pattern_learning_flow"
    HEALTH = "pattern_health_flow"
    BACKFILL = "pattern_backfill_flow"


class ImportStep(StrEnum):
    """What is done with an upload. map: a person says how its columns are read; check: a dry run."""

    MAP = "map"
    CHECK = "check"
    STORE = "store"
    UNDO = "undo"


class RunState(StrEnum):
    """held: it failed too often, and waits for a person. skipped: there was a reason not to run it. abandoned: its process
    vanished, and nobody repeats it.
    """

    QUEUED = "queued"
    STARTED = "started"
    DONE = "done"
    FAILED = "failed"
    HELD = "held"
    SKIPPED = "skipped"
    ABANDONED = "abandoned"


class Severity(StrEnum):
    HIGH = "high"
    MEDIUM = "medium"


class NoticeKind(StrEnum):
    """What people and other programs are told of."""

    ALERT_OPENED = "alert_opened"
    PATTERN_PROMOTED = "pattern_promoted"
    LEAD_CONVERTED = "lead_converted"
    SEND_UNKNOWN = "send_unknown"


class DeliveryState(StrEnum):
    """What became of telling one recipient. dropped: nobody wants it any more; failed: given up after many attempts."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    DROPPED = "dropped"


CHANNELS = tuple(Channel)
TIERS = tuple(Tier)
COMPONENTS = tuple(Component)
