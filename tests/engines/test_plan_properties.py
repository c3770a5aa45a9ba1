"""Whatever was learned, whoever the lead is and whenever it is: what a plan never does."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conversion.vocabulary import CHANNELS, TIERS
from engines.calendar import closed, quiet
from engines.channels import PlanRefused
from engines.plan import PlannedLead, plan
from engines.seats import Seat, Seats
from engines.whereabouts import whereabouts
from patterns.guidance import Guidance
from tests.engines.guided import guidance, winning

PLACES = (
    ("Australia/Sydney", "Australia"),
    ("Australia/Lord_Howe", "Australia"),  # half an hour of summer time
    ("Europe/Berlin", "Germany"),
    ("America/New_York", "United States"),
    ("America/Sao_Paulo", "Brazil"),
    ("Asia/Kolkata", "India"),
    ("Asia/Riyadh", "Saudi Arabia"),  # its week begins on Sunday
    ("Pacific/Apia", "Samoa"),
    ("Pacific/Kiritimati", "Kiribati"),
    ("Africa/Cairo", ""),
    ("", "Nepal"),
    ("", ""),
)
# Weeks in which the clocks of some of these places change, and any time.
CHANGES = tuple(
    datetime(*day, tzinfo=UTC)
    for day in (
        (2026, 3, 7),
        (2026, 3, 27),
        (2026, 4, 3),
        (2026, 4, 22),
        (2026, 10, 2),
        (2026, 10, 23),
        (2026, 10, 30),
        (2011, 12, 28),
    )
)
moments = st.one_of(
    st.builds(
        lambda day, seconds: day + timedelta(seconds=seconds), st.sampled_from(CHANGES), st.integers(0, 4 * 86400)
    ),
    st.datetimes(datetime(1970, 1, 2), datetime(2099, 12, 30), timezones=st.just(UTC)),  # noqa: DTZ001 (hypothesis adds the zone)
)
channels = st.sampled_from([channel.value for channel in CHANNELS])
weekdays = st.lists(st.integers(0, 6), unique=True, max_size=7).map(tuple)
hours = st.lists(st.integers(0, 23), unique=True, max_size=4).map(tuple)
sequences = st.lists(channels, min_size=1, max_size=8)
lifts = st.floats(0.1, 5.0, allow_nan=False)
guidances = st.one_of(
    st.just(Guidance.defaults()),
    st.builds(
        guidance,
        winning_sequences=st.lists(sequences.map(" ".join).map(winning), max_size=2).map(tuple),
        best_first_channel=st.none() | channels,
        channel_lifts_by_tier=st.dictionaries(
            st.sampled_from([tier.value for tier in TIERS]), st.dictionaries(channels, lifts, max_size=3), max_size=2
        ),
        gaps=st.lists(st.none() | st.integers(-5, 40), max_size=5).map(tuple),
        best_days=weekdays,
        avoid_days=weekdays,
        best_hours=hours,
        avoid_hours=hours,
    ),
)
places = st.sampled_from(PLACES).map(lambda place: whereabouts(*place, "Europe/London"))
leads = st.builds(
    PlannedLead,
    id=st.uuids(),
    tier=st.sampled_from([tier.value for tier in TIERS]),
    where=places,
    unreachable=st.dictionaries(channels, st.just("not there"), max_size=4),
)


@st.composite
def seatings(draw, as_of):
    """Senders of some channels, with caps and with days that are booked, full or overfull."""
    zone = ZoneInfo(draw(st.sampled_from(["UTC", "Australia/Sydney", "America/New_York"])))
    today = as_of.astimezone(zone).date()
    of = {}
    for channel in draw(st.lists(channels, unique=True, max_size=3)):
        of[channel] = []
        for number in range(draw(st.integers(0, 2))):
            days = draw(st.dictionaries(st.integers(-1, 40), st.integers(0, 4), max_size=12))
            booked = {today + timedelta(days=day): count for day, count in days.items()}
            seat = UUID(int=CHANNELS.index(channel) * 10 + number)
            of[channel].append(Seat(seat, f"{number}@{channel}", draw(st.integers(1, 3)), booked))
    return Seats(of, zone)


def check(made, lead, as_of, seats):
    moments_of = [touch.at.astimezone(UTC) for touch in made.touches]
    assert all(earlier < later for earlier, later in zip([as_of, *moments_of], moments_of, strict=False))
    closed_channels = seats.closed()
    counts = {}
    for number, touch in enumerate(made.touches, start=1):
        wall = touch.at.replace(tzinfo=None)
        assert touch.number == number
        assert touch.channel not in lead.unreachable
        assert touch.channel not in closed_channels
        assert touch.at.tzinfo is lead.where.zone
        assert touch.at.astimezone(UTC).astimezone(lead.where.zone).replace(tzinfo=None) == wall  # the hour exists
        assert (touch.at.minute, touch.at.second) == (0, 0)
        assert closed(lead.where.country, touch.at.date()) == ""
        assert not quiet(touch.channel, touch.at.hour)
        assert touch.reason.strip()
        assert (touch.sender is None) == (touch.channel not in seats.of)
        if touch.sender is not None:
            place = (touch.sender, touch.at.astimezone(seats.zone).date())
            counts[place] = counts.get(place, 0) + 1
    booked = {seat.id: seat for those in seats.of.values() for seat in those}
    for (sender, day), count in counts.items():
        assert booked[sender].booked.get(day, 0) + count <= booked[sender].cap


def outcome(*arguments, **options):
    """The plan, or why there is none."""
    try:
        return plan(*arguments, **options)
    except (PlanRefused, ValueError) as answer:
        return f"{type(answer).__name__}: {answer}"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(known=guidances, lead=leads, as_of=moments, touch_count=st.none() | st.integers(1, 20), data=st.data())
def test_a_plan_keeps_every_rule(known, lead, as_of, touch_count, data):
    seats = data.draw(seatings(as_of))
    made = outcome(lead, known, as_of, seats=seats, touch_count=touch_count, holdout_share=0.2)
    if isinstance(made, str):
        assert set(lead.unreachable) | set(seats.closed()) == set(CHANNELS)
        assert made.startswith("PlanRefused: it cannot be reached: ")
        return
    assert len(made.touches) == (touch_count or 6)
    check(made, lead, as_of, seats)
    again = plan(lead, known, as_of, seats=seats, touch_count=touch_count, holdout_share=0.2)
    assert json.dumps(again.payload()) == json.dumps(made.payload())


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(known=guidances, lead=leads, as_of=moments, sequence=sequences, data=st.data())
def test_a_sequence_by_hand_keeps_its_channels_and_every_rule(known, lead, as_of, sequence, data):
    seats = data.draw(seatings(as_of))
    made = outcome(lead, known, as_of, seats=seats, sequence=sequence, holdout_share=0.2)
    if isinstance(made, str):
        assert (set(lead.unreachable) | set(seats.closed())) & set(sequence)
        assert made.startswith("PlanRefused: touch ")
        return
    assert [touch.channel for touch in made.touches] == sequence
    assert made.arm == "manual"
    check(made, lead, as_of, seats)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(
    lead=leads,
    moment=st.datetimes(timezones=st.sampled_from([UTC, ZoneInfo("Pacific/Apia"), ZoneInfo("America/New_York")])),
)
def test_any_moment_at_all_gives_a_plan_or_a_reason(lead, moment):
    made = outcome(lead, Guidance.defaults(), moment, touch_count=2)
    if isinstance(made, str):
        assert made.startswith(("ValueError: as_of: ", "PlanRefused: it cannot be reached: "))
    else:
        check(made, lead, moment, Seats())
