"""Our own LinkedIn messages, as they come back: what they prove.

Whatever a seat writes is told as well, from here or by hand in the browser. Where it has the words of a touch, a send without
an answer came through; where they are those of an invitation's note, it was accepted: LinkedIn then begins a chat with the
note, hours before it tells of the connection.
"""

from collections.abc import Collection

from conversion.models import Activity, Connection, ProviderAccount
from conversion.tenancy import across_clients
from conversion.vocabulary import ActivityState as State
from conversion.vocabulary import ArrivalKind, Channel, ConnectionState, MessageType
from engines.inbound.arrival import Arrival
from engines.linkedin_text import lines_of, note_of

WENT = (State.SENT, State.UNKNOWN, State.DISPATCHING)


def echo_of(account: ProviderAccount, seat: str, message: str, people: Collection[str], text: str) -> Arrival | None:
    """What follows from a message of the seat's own; None where nothing does. message: the provider's id of it. people: the
    others in the chat, as it names them.
    """
    with across_clients("dispatch"):
        known = Connection.objects.filter(sender__account=account, sender__address=seat, person_id__in=list(people))
        for one in known.exclude(person_id=""):
            found = touch_of(one, text)
            if found is not None:
                return arrival(account, seat, message, one, found)
    return None


def touch_of(known: Connection, text: str) -> Activity | None:
    """The touch that has these words, and whose fate or whose answer is open."""
    words = " ".join(text.split())
    touches = Activity.objects.filter(
        lead=known.lead_id, sender=known.sender_id, channel=Channel.LINKEDIN, state__in=WENT
    )
    for touch in touches.order_by("-dispatched_at")[:20]:
        is_invitation = touch.message_type == MessageType.CONNECTION_REQUEST
        is_open = known.state != ConnectionState.ACCEPTED if is_invitation else touch.state != State.SENT
        said = note_of(touch.body, touch.metadata) if is_invitation else touch.body
        if is_open and words and " ".join(lines_of(said).split()) == words:
            return touch
    return None


def arrival(account: ProviderAccount, seat: str, message: str, known: Connection, touch: Activity) -> Arrival:
    is_invitation = touch.message_type == MessageType.CONNECTION_REQUEST
    return Arrival(
        source=account.kind,
        key=f"echo {message}",
        kind=(ArrivalKind.INVITATION_ACCEPTED if is_invitation else ArrivalKind.ACCEPTED).value,
        occurred_at=None,
        account=account,
        idempotency_key=touch.idempotency_key or "",
        message_id="" if is_invitation else message,
        ours=seat,
        channel=Channel.LINKEDIN.value,
        details={"person_id": known.person_id},
    )
