"""A client's senders and what they have booked, read for planning; and the addresses that may not be planned for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, Exists, F, Q, QuerySet, When
from django.db.models.functions import Coalesce

from conversion.models import Activity, Client, Lead, Sender, Suppression
from conversion.moments import zone_of
from conversion.vocabulary import ActivityState, Channel
from engines.seats import Seat, Seats

# A touch in one of these states will be sent, or may have been.
OPEN = (
    ActivityState.PLANNED,
    ActivityState.QUEUED,
    ActivityState.CLAIMED,
    ActivityState.DISPATCHING,
    ActivityState.UNKNOWN,
    ActivityState.HELD,
)
