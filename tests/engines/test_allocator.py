import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from conversion.models import Activity, Lead, Sender, Sequence, Suppression
from conversion.suppressions import forget
from engines.allocator import AllocatorEngine, Terms, draft
from engines.channels import PlanRefused
from patterns.guidance import Guidance
from patterns.models import ConversionPattern
from tests.factories import lead as make_lead
from tests.factories import touch

SYDNEY = ZoneInfo("Australia/Sydney")
MONDAY = datetime(2026, 3, 2, 8, tzinfo=SYDNEY)
CONTACTS = {"email": "jo@example.com", "phone": "+61255501234", "linkedin_url": "https://linkedin.com/in/jo"}
ENGINE = AllocatorEngine()
DEFAULTS = ["email", "linkedin", "email", "sms", "voice", "email"]


@pytest.fixture
def customer(make_client):
    return make_client(timezone="Australia/Sydney")


def reachable(client, **fields):
    return make_lead(client, **{**CONTACTS, "timezone": "Australia/Sydney", "country": "Australia"} | fields)


def sender(client, channel="email", **fields):
    return Sender.objects.create(client=client, **{"channel": channel, "address": f"{channel}@acme.example"} | fields)


def learned(client, **fields):
    """A HOW pattern that is valid at MONDAY and supports voice as the first channel."""
    finding = {
        "sample": 900, "converted": 90, "conversion_rate": 0.1, "rate": 0.1, "low": 0.08, "high": 0.12, "lift": 1.6,
        "lift_low": 1.2, "lift_high": 2.1, "q_value": 0.001, "p_better": 0.999, "status": "supported",
    }  # fmt: skip
    content = {"first_touch_effectiveness": {"voice_first": finding}, "best_first_channel": "voice"}
    return ConversionPattern.objects.create(
        client=client, pattern_type="how", version=3, patterns=content, sample_size=900, algorithm="how-1",
        **{"confidence": 0.9, "computed_at": MONDAY, "valid_until": MONDAY + timedelta(days=14)} | fields,
    )  # fmt: skip


def test_a_lead_is_put_on_the_plan_by_defaults(customer):
    lead = reachable(customer)
    result = ENGINE.allocate_lead(lead, customer, at=MONDAY)
    assert list(result) == ["lead_id", "sequence", "scheduled_touches", "patterns_used", "arm"]
    assert result["lead_id"] == str(lead.pk)
    assert [touch["channel"] for touch in result["sequence"]] == DEFAULTS
    assert result["scheduled_touches"][0]["scheduled_at"] == "2026-03-03T10:00:00+11:00"
    stored = Sequence.objects.get(lead=lead)
    assert stored.channels == DEFAULTS
    assert stored.reasons == [touch["reason"] for touch in result["scheduled_touches"]]
    assert (stored.arm, stored.patterns, stored.propensities) == ("default", {}, [1.0] * 6)
    rows = list(Activity.objects.filter(lead=lead).order_by("touch_number"))
    assert [row.channel for row in rows] == DEFAULTS
    assert [row.action for row in rows][:4] == ["email_sent", "linkedin_sent", "email_sent", "sms_sent"]
    assert {row.state for row in rows} == {"planned"}
    assert [row.touch_number for row in rows] == [1, 2, 3, 4, 5, 6]
    assert [row.scheduled_at.isoformat() for row in rows][:2] == [
        "2026-03-02T23:00:00+00:00",
        "2026-03-05T03:00:00+00:00",
    ]
    assert {(row.client_id, row.sequence_id, row.sender_id, row.propensity) for row in rows} == {
        (customer.pk, stored.pk, None, 1.0)
    }
    assert {row.plan for row in rows} == {"email linkedin email sms voice email"}
    assert {row.sent_at for row in rows} == {None}


def test_learned_patterns_are_acted_on_and_named(customer):
    learned(customer)
    lead = reachable(customer)
    result = ENGINE.allocate_lead(lead, customer, at=MONDAY)
    assert [touch["channel"] for touch in result["sequence"]] == ["voice", "email", "linkedin", "email", "sms", "email"]
    assert result["patterns_used"] == {"who": False, "what": False, "when": False, "how": True}
    assert result["arm"] == "learned"
    assert result["scheduled_touches"][0]["reason"].startswith("voice, the best first channel: ")
    assert Sequence.objects.get(lead=lead).patterns == {"how": 3}


@pytest.mark.parametrize(
    "fields", [{"valid_until": MONDAY, "computed_at": MONDAY - timedelta(days=14)}, {"confidence": 0.49}]
)
def test_expired_and_doubtful_patterns_are_not_acted_on(customer, fields):
    learned(customer, **fields)
    result = ENGINE.allocate_lead(reachable(customer), customer, at=MONDAY)
    assert [touch["channel"] for touch in result["sequence"]] == DEFAULTS
    assert result["arm"] == "default"


def test_patterns_of_another_client_are_not_acted_on(customer, make_client):
    learned(make_client("Other"))
    assert ENGINE.allocate_lead(reachable(customer), customer, at=MONDAY)["arm"] == "default"


def test_the_clients_holdout_is_kept_with_its_probability(customer):
    learned(customer)
    customer.holdout_share = 0.25
    customer.save()
    for number in range(12):
        reachable(customer, id=UUID(int=number))
    ENGINE.allocate_client(customer, at=MONDAY)
    arms = set(
        Sequence.objects.for_client(customer).values_list("arm", "activities__propensity", "activities__channel")
    )
    assert {(arm, share) for arm, share, _ in arms} == {("learned", 0.75), ("default", 0.25)}
    held = Sequence.objects.for_client(customer).filter(arm="default").first()
    assert held.channels == DEFAULTS
    assert held.reasons[0].startswith(
        "held out by the draw of 25% of the leads, so by the defaults: email, the default"
    )
    assert held.propensities == [0.25] * 6


def test_a_sequence_by_hand(customer):
    learned(customer)
    lead = reachable(customer)
    result = ENGINE.allocate_lead(lead, customer, ["sms", "sms"], at=MONDAY)
    assert [touch["channel"] for touch in result["sequence"]] == ["sms", "sms"]
    assert result["arm"] == "manual"
    stored = Sequence.objects.get(lead=lead)
    assert (stored.arm, stored.channels, stored.propensities) == ("manual", ["sms", "sms"], [None, None])
    assert set(Activity.objects.filter(lead=lead).values_list("propensity", flat=True)) == {None}


def test_a_sequence_by_hand_that_cannot_be_made_stores_nothing(customer):
    lead = reachable(customer, phone="")
    with pytest.raises(PlanRefused, match="touch 2 cannot be made by sms: no phone number"):
        ENGINE.allocate_lead(lead, customer, ["email", "sms"], at=MONDAY)
    with pytest.raises(ValueError, match="touch 1: 'fax' is no channel"):
        ENGINE.allocate_lead(lead, customer, ["fax"], at=MONDAY)
    assert not Sequence.objects.filter(lead=lead).exists()
    assert not Activity.objects.filter(lead=lead).exists()


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"is_unsubscribed": True}, "it unsubscribed"),
        ({"has_bounced": True}, "its e-mail address bounced"),
        ({"do_not_contact": True}, "it is marked as not to be contacted"),
        ({"status": "dead"}, "it was given up"),
        (
            {"email": "", "phone": "", "linkedin_url": ""},
            "it cannot be reached: no e-mail address, no phone number, no Linked",
        ),
    ],
)
def test_leads_that_may_not_or_cannot_be_contacted(customer, fields, reason):
    with pytest.raises(PlanRefused, match=reason):
        ENGINE.allocate_lead(reachable(customer, **fields), customer, at=MONDAY)
    assert Sequence.objects.for_client(customer).count() == 0


def test_a_lead_is_not_put_on_two_plans_at_once(customer):
    lead = reachable(customer)
    ENGINE.allocate_lead(lead, customer, at=MONDAY)
    with pytest.raises(PlanRefused, match="it is on a plan already"):
        ENGINE.allocate_lead(lead, customer, at=MONDAY)
    assert Activity.objects.filter(lead=lead).count() == 6
    Activity.objects.filter(lead=lead).update(state="cancelled")
    ENGINE.allocate_lead(lead, customer, at=MONDAY)
    assert Sequence.objects.filter(lead=lead).count() == 2


def test_a_lead_of_another_client_and_a_deleted_client(customer, make_client):
    other = make_client("Other")
    with pytest.raises(ValueError, match="is not of client"):
        ENGINE.allocate_lead(reachable(other), customer, at=MONDAY)
    lead = reachable(customer)
    customer.deleted_at = MONDAY
    customer.save()
    for call in (
        lambda: ENGINE.allocate_lead(lead, customer, at=MONDAY),
        lambda: ENGINE.allocate_client(customer, at=MONDAY),
    ):
        with pytest.raises(ValueError, match="nothing is planned for it"):
            call()


@pytest.mark.parametrize(
    "at",
    [
        datetime(2026, 3, 2),  # noqa: DTZ001 (the case)
        datetime(1, 1, 1, tzinfo=SYDNEY),
        datetime(9999, 1, 1, tzinfo=SYDNEY),
    ],
)
def test_absurd_moments_are_refused(customer, at):
    lead = reachable(customer)
    for call in (lambda: ENGINE.allocate_lead(lead, customer, at=at), lambda: ENGINE.allocate_client(customer, at=at)):
        with pytest.raises(ValueError, match="as_of: "):
            call()
    assert Sequence.objects.for_client(customer).count() == 0


class TestCaps:
    def test_planned_touches_take_the_senders_places(self, customer):
        mailbox = sender(customer, daily_cap=2)
        days = []
        for number in range(5):
            result = ENGINE.allocate_lead(
                reachable(customer, email=f"{number}@example.com"), customer, at=MONDAY, touch_count=1
            )
            days.append(result["scheduled_touches"][0]["scheduled_at"][:10])
        assert days == ["2026-03-03", "2026-03-03", "2026-03-04", "2026-03-04", "2026-03-05"]
        assert set(Activity.objects.for_client(customer).values_list("sender", flat=True)) == {mailbox.pk}

    @pytest.mark.parametrize(
        ("state", "day"),
        [
            *((state, "2026-03-04") for state in ("planned", "queued", "claimed", "dispatching", "unknown", "held")),
            *((state, "2026-03-03") for state in ("failed", "cancelled")),
        ],
    )
    def test_states_that_take_a_place(self, customer, state, day):
        mailbox = sender(customer, daily_cap=1)
        touch(reachable(customer), state=state, sender=mailbox, scheduled_at=datetime(2026, 3, 3, 20, tzinfo=SYDNEY))
        result = ENGINE.allocate_lead(reachable(customer), customer, at=MONDAY, touch_count=1)
        assert result["scheduled_touches"][0]["scheduled_at"][:10] == day

    @pytest.mark.parametrize(
        ("sent_at", "day"),
        [
            (datetime(2026, 3, 3, 0, 0, tzinfo=SYDNEY), "2026-03-04"),
            (datetime(2026, 3, 2, 23, 59, tzinfo=SYDNEY), "2026-03-03"),
        ],
    )
    def test_what_is_sent_today_takes_a_place(self, customer, sent_at, day):
        mailbox = sender(customer, daily_cap=1)
        touch(reachable(customer), sender=mailbox, sent_at=sent_at, scheduled_at=None)
        at = datetime(2026, 3, 3, 8, tzinfo=SYDNEY)
        result = ENGINE.allocate_lead(reachable(customer), customer, at=at, touch_count=1)
        assert result["scheduled_touches"][0]["scheduled_at"][:10] == day

    def test_another_clients_touches_take_no_place(self, customer, make_client):
        other = make_client("Other")
        full = sender(other, daily_cap=1)
        touch(reachable(other), state="planned", sender=full, scheduled_at=datetime(2026, 3, 3, 10, tzinfo=SYDNEY))
        sender(customer, daily_cap=1)
        result = ENGINE.allocate_lead(reachable(customer), customer, at=MONDAY, touch_count=1)
        assert result["scheduled_touches"][0]["scheduled_at"][:10] == "2026-03-03"

    def test_senders_that_may_not_send_are_not_planned_on(self, customer):
        sender(customer, "sms", is_active=False)
        sender(customer, "voice", daily_cap=0)
        result = ENGINE.allocate_lead(reachable(customer), customer, at=MONDAY)
        assert [touch["channel"] for touch in result["sequence"]] == [
            "email",
            "linkedin",
            "email",
            "email",
            "email",
            "email",
        ]
        assert "email in place of voice (no active sender)" in result["scheduled_touches"][4]["reason"]

    def test_the_clients_own_address_comes_first_and_a_paused_one_last(self, customer):
        for address, fields in (("a@x.example", {"paused_at": MONDAY}), ("b@x.example", {}), ("c@x.example", {})):
            sender(customer, address=address, daily_cap=1, **fields)
        customer.sending_email = "c@x.example"
        customer.save()
        for number in range(3):
            ENGINE.allocate_lead(reachable(customer, email=f"{number}@example.com"), customer, at=MONDAY, touch_count=1)
        order = Activity.objects.for_client(customer).order_by("lead__email").values_list("sender__address", flat=True)
        assert list(order) == ["c@x.example", "b@x.example", "a@x.example"]


class TestSuppressions:
    @pytest.mark.parametrize(
        ("kind", "value", "channels"),
        [
            ("email", "jo@example.com", ["linkedin", "linkedin", "linkedin", "sms", "voice", "linkedin"]),
            ("domain", "example.com", ["linkedin", "linkedin", "linkedin", "sms", "voice", "linkedin"]),
            ("phone", "+61255501234", ["email", "linkedin", "email", "email", "email", "email"]),
            ("email", "jim@example.com", DEFAULTS),
            ("domain", "jo@example.com", DEFAULTS),
        ],
    )
    def test_suppressed_addresses_are_not_planned_for(self, customer, kind, value, channels):
        Suppression.objects.create(client=customer, kind=kind, value=value)
        alone, among = reachable(customer), reachable(customer)
        result = ENGINE.allocate_lead(alone, customer, at=MONDAY)
        assert [touch["channel"] for touch in result["sequence"]] == channels
        ENGINE.allocate_client(customer, at=MONDAY)
        assert Sequence.objects.get(lead=among).channels == channels

    @pytest.mark.parametrize(("scope", "binds"), [("agency", True), ("everybody", True), ("other", False)])
    def test_whose_suppressions_bind(self, customer, make_client, scope, binds):
        fields = {"agency": {"agency": customer.agency}, "everybody": {}, "other": {"client": make_client("Other")}}[
            scope
        ]
        Suppression.objects.create(kind="email", value="jo@example.com", **fields)
        result = ENGINE.allocate_lead(reachable(customer), customer, at=MONDAY, touch_count=1)
        assert (result["sequence"][0]["channel"] == "linkedin") is binds

    @pytest.mark.parametrize("everybody", [False, True])
    def test_who_asked_to_be_forgotten_is_not_planned_for_when_imported_again(self, customer, everybody):
        forget([("email", "jo@example.com")], None if everybody else customer)
        with pytest.raises(PlanRefused, match="the person asked to be forgotten"):
            ENGINE.allocate_lead(reachable(customer), customer, at=MONDAY)
        done = ENGINE.allocate_client(customer, at=MONDAY)
        assert (done.planned, dict(done.refused)) == (0, {"the person asked to be forgotten": 1})


def test_a_new_sender_is_planned_on_within_its_ramp(customer):
    Sender.objects.create(client=customer, channel="email", address="new@x.example", ramp_started_on=MONDAY.date())
    for number in range(14):
        lead = reachable(customer, email=f"{number}@example.com", email_key=f"{number}@example.com")
        ENGINE.allocate_lead(lead, customer, at=MONDAY, touch_count=1)
    days = [one.scheduled_at.date().day for one in Activity.objects.for_client(customer)]
    assert {day: days.count(day) for day in sorted(days)} == {2: 5, 3: 5, 4: 4}  # in UTC, the client's zone


class TestWholeClient:
    def test_each_new_lead_is_planned_once(self, customer):
        leads = [reachable(customer, email=f"{number}@example.com") for number in range(5)]
        first = ENGINE.allocate_client(customer, at=MONDAY, batch=2)
        assert (first.planned, first.refused) == (5, {})
        before = list(Activity.objects.for_client(customer).order_by("id").values())
        assert len(before) == 30
        second = ENGINE.allocate_client(customer, at=MONDAY + timedelta(days=1), batch=2)
        assert (second.planned, second.refused) == (0, {})
        assert list(Activity.objects.for_client(customer).order_by("id").values()) == before
        assert {one.lead_id for one in Sequence.objects.for_client(customer)} == {lead.pk for lead in leads}

    def test_it_stores_what_planning_each_lead_alone_stores(self, make_client):
        skipped = {"id", "client_id", "lead_id", "sequence_id", "created_at", "sender_id"}
        rows = {}
        for name in ("alone", "together"):
            client = make_client(name, timezone="Australia/Sydney")
            learned(client)
            sender(client, daily_cap=1)
            leads = [reachable(client, external_id=str(number), als_score=90 - number) for number in range(4)]
            if name == "together":
                ENGINE.allocate_client(client, at=MONDAY, batch=3)
            else:
                for lead in leads:
                    ENGINE.allocate_lead(lead, client, at=MONDAY)
            found = Activity.objects.for_client(client).order_by("lead__external_id", "touch_number").values()
            sequences = Sequence.objects.for_client(client).order_by("lead__external_id").values()
            rows[name] = [
                {key: value for key, value in row.items() if key not in skipped} for row in (*found, *sequences)
            ]
        assert rows["together"] == rows["alone"]
        assert len(rows["alone"]) == 28

    def test_leads_that_are_not_new_are_left_alone(self, customer):
        reachable(customer, status="contacted")
        reachable(customer, deleted_at=MONDAY)
        touch(reachable(customer))
        outcome = ENGINE.allocate_client(customer, at=MONDAY)
        assert (outcome.planned, outcome.refused) == (0, {})

    def test_refusals_are_counted_by_reason(self, customer):
        reachable(customer)
        for _ in range(2):
            reachable(customer, is_unsubscribed=True)
        reachable(customer, email="", phone="", linkedin_url="")
        seen = []
        outcome = ENGINE.allocate_client(customer, at=MONDAY, batch=3, progress=seen.append)
        assert outcome.planned == 1
        assert outcome.refused == {
            "it unsubscribed": 2,
            "it cannot be reached: no e-mail address, no phone number, no LinkedIn profile, no postal address": 1,
        }
        assert seen == [3, 4]

    def test_the_best_leads_get_the_first_places(self, customer):
        sender(customer, daily_cap=1)
        for name, score in (("cool", 20), ("unscored", None), ("hot", 81), ("warm", 51)):
            reachable(customer, external_id=name, als_score=score)
        ENGINE.allocate_client(customer, at=MONDAY, touch_count=1, batch=2)
        order = (
            Activity.objects.for_client(customer).order_by("scheduled_at").values_list("lead__external_id", flat=True)
        )
        assert list(order) == ["hot", "warm", "unscored", "cool"]

    def test_another_clients_leads_stay_as_they_are(self, customer, make_client):
        other = reachable(make_client("Other"))
        ENGINE.allocate_client(customer, at=MONDAY)
        assert not Sequence.objects.filter(lead=other).exists()


class TestCosts:
    @staticmethod
    def statements(queries):
        return [
            query["sql"]
            for query in queries
            if not query["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT"))
        ]

    @pytest.mark.parametrize("senders", [0, 3])
    def test_one_lead_takes_five_queries(self, customer, senders):
        for number in range(senders):
            sender(customer, address=f"{number}@acme.example")
        ENGINE.allocate_lead(reachable(customer), customer, at=MONDAY)
        lead = reachable(customer)
        with CaptureQueriesContext(connection) as queries:
            ENGINE.allocate_lead(lead, customer, at=MONDAY)
        assert len(self.statements(queries.captured_queries)) == 5

    def test_what_is_booked_is_read_in_full_only_where_the_first_choice_is_taken(self, customer):
        sender(customer, daily_cap=1)
        ENGINE.allocate_lead(reachable(customer), customer, at=MONDAY)
        lead = reachable(customer)
        with CaptureQueriesContext(connection) as queries:
            ENGINE.allocate_lead(lead, customer, at=MONDAY)
        assert len(self.statements(queries.captured_queries)) == 6

    def test_a_draft_reads_and_stores_nothing(self, customer, django_assert_num_queries):
        lead = reachable(customer)
        with django_assert_num_queries(2):
            made = draft(lead, customer, Terms(Guidance.defaults(), MONDAY))
        assert len(made.touches) == 6
        assert Sequence.objects.for_client(customer).count() == 0
        assert json.dumps(made.payload()) == json.dumps(ENGINE.allocate_lead(lead, customer, at=MONDAY))


@pytest.mark.postgresql  # SQLite has one writer at a time
@pytest.mark.django_db(transaction=True)
def test_several_planners_at_once_plan_each_lead_once(make_client):
    client = make_client(timezone="Australia/Sydney")
    sender(client, daily_cap=3)
    leads = [reachable(client, email=f"{number}@example.com") for number in range(20)]

    def bulk(_):
        try:
            return ENGINE.allocate_client(client, at=MONDAY, batch=3).planned
        finally:
            connections.close_all()

    def single(lead):
        try:
            ENGINE.allocate_lead(lead, client, at=MONDAY)
        except PlanRefused:
            return 0
        else:
            return 1
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        planned = [*pool.map(bulk, range(3)), *pool.map(single, leads)]
    assert sum(planned) == 20
    assert Sequence.objects.for_client(client).count() == 20
    assert Lead.objects.for_client(client).count() == 20
    rows = Activity.objects.for_client(client).filter(sender__isnull=False).values_list("scheduled_at", flat=True)
    days = [moment.astimezone(SYDNEY).date() for moment in rows]
    assert max(days.count(day) for day in days) == 3
