"""What is to go out next, in words, for whoever starts the server and sees nothing happen: a plan made on a Sunday waits for
Monday.
"""

from datetime import datetime

from django.db.models import Min

from conversion.models import Activity
from conversion.tenancy import across_clients
from conversion.vocabulary import ActivityState as State
from conversion.vocabulary import Channel

MESSAGES = (Channel.EMAIL, Channel.SMS, Channel.LINKEDIN)  # calls and letters are made by people
MOST = 10_000  # counted up to here: it takes milliseconds, however many there are


def said(at: datetime) -> str:
    """How many messages of all clients are planned, and when the next is due. at: aware, the present moment."""
    with across_clients("operations"):
        open_ones = Activity.objects.filter(channel__in=MESSAGES)
        planned, queued = open_ones.filter(state=State.PLANNED), open_ones.filter(state=State.QUEUED)
        number = open_ones.filter(state__in=[State.PLANNED, State.QUEUED]).order_by()[: MOST + 1].count()
        moments = [
            planned.order_by().aggregate(first=Min("scheduled_at"))["first"],
            queued.order_by().aggregate(first=Min("due_at"))["first"],
        ]
    if not number:
        return "no messages planned"
    many = f"more than {MOST:,}" if number > MOST else f"{number:,}"
    first = min((moment for moment in moments if moment is not None), default=None)
    when = "" if first is None else f", the next due {'now' if first <= at else f'{first:%A %Y-%m-%d %H:%M} UTC'}"
    return f"{many} {'message' if number == 1 else 'messages'} planned{when}"
