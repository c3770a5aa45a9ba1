"""What followed simulated touches, as rows of events.csv."""

from collections.abc import Iterator

import numpy as np

from conversion.vocabulary import CHANNELS, EXITS, Channel, EventKind, LeadStatus
from patterns.detectors.frame import DAY, Bools, Floats
from patterns.simulator.history import History
from patterns.simulator.rows import Row, iso
from patterns.simulator.touch_rows import activity_id

DELIVERY = 30.0  # seconds
OPENED, CLICKED = 0.35, 0.08  # shares of the delivered e-mails that are opened, and of these that are clicked in
MEAN_OPENING = 0.3 * DAY
NO = "Thanks, but not for us at present."
YES = "That sounds good, please send me the details."


def event_rows(history: History) -> Iterator[Row]:
    """Deliveries, opens and clicks of e-mails, replies, bookings, and the ways of leaving, kind by kind."""
    columns = np.arange(history.sent.shape[1])
    ended = columns == history.outcome.ended[:, None]
    left = ended & ~np.isnan(history.left_at)[:, None]
    bounced = left & (history.outcome.exit == EXITS.index(LeadStatus.BOUNCED))[:, None]
    left_at = np.broadcast_to(history.left_at[:, None], left.shape)
    converted_at = np.broadcast_to(history.converted_at[:, None], left.shape)
    yield from mail_rows(history, bounced)
    yield from rows_of(history, EventKind.REPLIED, history.replied & ~history.positive, history.reply_at, NO)
    yield from rows_of(history, EventKind.REPLIED, history.positive, history.reply_at, YES)
    yield from rows_of(history, EventKind.POSITIVE_REPLY, history.positive, history.reply_at, YES)
    yield from rows_of(history, EventKind.MEETING_BOOKED, history.booked, converted_at)
    yield from rows_of(history, EventKind.BOUNCED, bounced, left_at)
    yield from rows_of(history, EventKind.UNSUBSCRIBED, left & ~bounced, left_at)


def mail_rows(history: History, bounced: Bools) -> Iterator[Row]:
    """What mail servers and tracking report, which has no bearing on who books."""
    rng = np.random.default_rng((history.detail, 2))
    sent_at = history.sends.sent_at
    delivered = history.sent & (history.sends.channel == CHANNELS.index(Channel.EMAIL)) & ~bounced
    opened = delivered & (rng.random(delivered.shape) < OPENED)
    clicked = opened & (rng.random(opened.shape) < CLICKED)
    opened_at = sent_at + DELIVERY + rng.exponential(MEAN_OPENING, sent_at.shape)
    yield from rows_of(history, EventKind.DELIVERED, delivered, sent_at + DELIVERY)
    yield from rows_of(history, EventKind.OPENED, opened, opened_at)
    yield from rows_of(history, EventKind.CLICKED, clicked, opened_at + DELIVERY)


def rows_of(history: History, kind: EventKind, happened: Bools, at: Floats, body: str = "") -> Iterator[Row]:
    """One row a touch that `happened`, (leads, touches), by `as_of`; at: seconds."""
    lead, column = np.nonzero(happened & (at <= history.as_of))
    moments = at[lead, column]
    for person, touch, zone, moment in zip(
        lead.tolist(), column.tolist(), history.people.zone[lead].tolist(), moments.tolist(), strict=True
    ):
        yield {
            "external_id": f"{kind}-{person + 1}-{touch + 1}",
            "lead_external_id": f"lead-{person + 1}",
            "activity_external_id": activity_id(person, touch),
            "kind": str(kind),
            "occurred_at": iso(moment, zone),
            "body": body,
        }
