"""Who may be written to over LinkedIn: an invitation goes to those who are not connected, a message to those who are.

Pure: facts in, a verdict out.
"""

from datetime import datetime, timedelta

from conversion.vocabulary import Channel, ConnectionState, MessageType
from engines.facts import Facts
from engines.linkedin_text import kind_of
from engines.verdicts import Cancel, Hold
from engines.windows import Window

# Days that a message waits for an invitation to be accepted. LinkedIn lets nobody repeat one before three weeks are over, and
# hardly anybody accepts later (a judgement).
ACCEPTED_WITHIN = 21
# An acceptance queues what waits for it. This is for the one that came between the guard's reading and the hold.
LOOK_AGAIN = timedelta(days=1)

INVITED_BEFORE = {
    ConnectionState.ACCEPTED: Cancel("already_connected", "they are connected already: there is nobody to invite"),
    ConnectionState.INVITED: Cancel("already_invited", "an invitation was sent before, and is not accepted yet"),
    ConnectionState.WITHDRAWN: Cancel("already_invited", "an invitation was sent before, and ignored or taken back"),
}


def refusal(facts: Facts, at: datetime, window: Window) -> Cancel | Hold | None:
    """Why a touch over LinkedIn may not go out; None where it may, or where nothing is known of the connection: the provider
    looks before it sends, what it finds is kept, and the guard is asked again. An InMail goes to anybody.
    """
    if facts.channel != Channel.LINKEDIN or facts.message_type == MessageType.INMAIL or facts.connection is None:
        return None
    state = ConnectionState(facts.connection)
    if kind_of(facts.message_type, state) is MessageType.CONNECTION_REQUEST:
        return INVITED_BEFORE.get(state)
    return None if state is ConnectionState.ACCEPTED else waiting(state, facts.connection_since or at, at, window)


def waiting(state: ConnectionState, since: datetime, at: datetime, window: Window) -> Cancel | Hold:
    """What becomes of a message to somebody who is not connected. since: the invitation, else when that was learnt."""
    if state is ConnectionState.WITHDRAWN:
        return Cancel("not_connected", "not connected, and the invitation was ignored or taken back")
    end = since + timedelta(days=ACCEPTED_WITHIN)
    is_invited = state is ConnectionState.INVITED
    if at >= end:
        what = "the invitation was not accepted" if is_invited else "nobody was invited"
        return Cancel("not_connected", f"not connected: {what} within {ACCEPTED_WITHIN} days")
    what = "the invitation is not accepted yet" if is_invited else "no invitation is under way"
    reason = f"not connected: {what}; it waits until {window.text(end)}"
    return Hold("not_connected", reason, min(end, at + LOOK_AGAIN))
