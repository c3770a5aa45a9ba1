"""Why a touch was not sent, what would change that, and what the guard would say of it at this moment."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from conversion.models import Activity
from conversion.vocabulary import ActivityState as State
from engines import facts, rules
from engines.facts import Facts
from engines.verdicts import Cancel, Go, Verdict

OPEN = (State.PLANNED, State.QUEUED, State.CLAIMED, State.HELD)
NOT_SENT = (*OPEN, State.DISPATCHING, State.UNKNOWN, State.FAILED, State.CANCELLED)
TONES: Mapping[str, str] = {
    State.SENT: "good",
    State.PLANNED: "none",
    State.QUEUED: "none",
    State.CLAIMED: "none",
    State.DISPATCHING: "maybe",
    State.HELD: "maybe",
    State.UNKNOWN: "bad",
    State.FAILED: "bad",
    State.CANCELLED: "none",
}
BY_STATE: Mapping[str, str] = {
    State.PLANNED: "Its time has not come, or a touch before it in the plan is still open.",
    State.QUEUED: "It waits for a sender to take it.",
    State.CLAIMED: "A sender has taken it and is about to look whether it may go out.",
    State.DISPATCHING: "It is with the provider at this moment.",
    State.HELD: "It is held back.",
    State.UNKNOWN: "The provider's answer did not come, or proved nothing.",
    State.FAILED: "The provider did not take it.",
    State.CANCELLED: "It was taken off the plan.",
}
# What would change it, by code. A code that is not here changes by nobody's doing.
_FLAGGED = "Nothing: what protects a person is not taken back."
_GONE = "Nothing: it will not be sent."
_ANSWERED = "Nothing: the plan ends with the lead's answer. Somebody may write by hand, or make a new plan."
_TIME = "Time: it is looked at again by itself."
_SENDER = "Somebody switches the sender on, or resumes it; then it goes out by itself."
_ACCOUNT = "Somebody gives the sender an account that is switched on and belongs to this client or its agency."
_RETRIED = "Nothing needs to be done: it is tried again by itself."
CHANGES: Mapping[str, str] = {
    **dict.fromkeys(("unsubscribed", "bounced", "do_not_contact", "complained", "erased", "suppressed"), _FLAGGED),
    "suppressed": "Somebody takes the entry off the suppression list, if it stands there by mistake, and makes a new plan.",
    **dict.fromkeys(("other_client", "client_deleted", "lead_deleted", "gone", "call_missed"), _GONE),
    **dict.fromkeys(("already_connected", "already_invited", "stopped", "cancelled", "rehearsed"), _GONE),
    **dict.fromkeys(("replied", "booked", "converted"), _ANSWERED),
    **dict.fromkeys(("not_interested", "dead"), _ANSWERED),
    "no_address": "Somebody enters the address that is missing, and makes a new plan.",
    "needs_content": "Somebody writes a template for this channel and touch, or a text for this one touch.",
    "message": "Somebody writes a text that can go out.",
    "client_paused": "Somebody ends the client's pause.",
    "client_inactive": "The client's subscription becomes active again.",
    "no_postal_address": "Somebody enters a postal address of the client or its agency.",
    **dict.fromkeys(
        ("no_unsubscribe_link", "no_callback_url"), "Whoever runs the server sets PUBLIC_URL to its https address."
    ),
    "no_sender": "Somebody adds a sender of this channel to the client.",
    **dict.fromkeys(("sender_inactive", "sender_paused"), _SENDER),
    **dict.fromkeys(("no_account", "account_inactive", "account_not_own"), _ACCOUNT),
    "not_connected": "The lead accepts the invitation.",
    "call_due": "Somebody makes the call, or has it placed.",
    **dict.fromkeys(("closed_day", "quiet_hours", "fatigue", "daily_cap", "postponed"), _TIME),
    **dict.fromkeys(("deferred", "repeated", "absent", "lost"), _RETRIED),
    "fault": "Somebody looks into the server's log, and mends what is broken.",
    "refused": "Nothing: the provider refused it. Its reason may say what is wrong with the address or the account.",
    "undelivered": "Nothing: it went out and could not be delivered.",
    "settled": "Nothing: a person said that it was not sent, and it is not tried again.",
    **dict.fromkeys(("uncertain", "no_answer"), "Somebody looks at the provider and settles it."),
    "restored": "Somebody says what became of what was under way when the database was restored (release_restored).",
}


@dataclass(frozen=True)
class Unsent:
    """Touches of which the same is to be said. tone: of the state's badge. why, changes, now: in words; `now`, what the guard
    would say, may be empty.
    """

    touches: list[Activity]
    tone: str
    why: str
    changes: str
    now: str

    @property
    def first(self) -> Activity:
        return self.touches[0]


def unsent(touches: Collection[Activity], at: datetime) -> list[Unsent]:
    """What is to be said of these touches. Two statements for all, where one of them may still go out. Nothing is written."""
    verdicts = previewed([touch for touch in touches if touch.state in OPEN], at)
    return folded([told(touch, verdicts.get(touch.pk)) for touch in touches])


def folded(said: Collection[Unsent]) -> list[Unsent]:
    """Those alike become one, in the place of the first. Each unknown send stands alone: somebody settles it."""
    found: dict[Any, Unsent] = {}
    for one in said:
        alone = one.first.pk if one.first.state == State.UNKNOWN else None
        alike = found.setdefault((one.first.state, one.why, one.changes, one.now, alone), one)
        if alike is not one:
            alike.touches.extend(one.touches)
    return list(found.values())


def told(touch: Activity, verdict: Verdict | None) -> Unsent:
    why = touch.reason or BY_STATE[touch.state]
    at_this_moment = "" if verdict is None else said(verdict, touch)
    return Unsent([touch], TONES[touch.state], sentence(why), changes_of(touch), at_this_moment)


def changes_of(touch: Activity) -> str:
    if touch.state == State.UNKNOWN:
        return "Somebody looks at the provider and settles it."
    if touch.reason_code in CHANGES:
        return CHANGES[touch.reason_code]
    return _GONE if touch.state in (State.CANCELLED, State.FAILED) else _TIME


def previewed(touches: Collection[Activity], at: datetime) -> dict[UUID, Verdict]:
    """What the guard's rules say of each, were it to go out now. A text that is only written when a touch's time has come does
    not count as missing. Unlike the guard itself, this pauses no sender.
    """
    if not touches:
        return {}
    found = facts.read([touch.pk for touch in touches], at)
    planned = {touch.pk for touch in touches if touch.state == State.PLANNED}
    read = {pk: written(one) if pk in planned else one for pk, one in found.items()}
    return {pk: rules.decide(one, at) for pk, one in read.items()}


def written(one: Facts) -> Facts:
    return replace(one, has_body=True, has_subject=True)


def said(verdict: Verdict, touch: Activity) -> str:
    if isinstance(verdict, Go):
        return "Nothing speaks against it but its time." if touch.state == State.PLANNED else "It may go out."
    if isinstance(verdict, Cancel):
        return f"It would be cancelled: {verdict.reason}."
    until = f" It would be looked at again at {verdict.until:%Y-%m-%d %H:%M} UTC." if verdict.until else ""
    return f"It would be held: {verdict.reason}.{until}"


def sentence(text: Any) -> str:
    words = str(text).strip()
    whole = words[:1].upper() + words[1:]
    return whole if whole.endswith((".", "!", "?")) else f"{whole}."
