"""The scorer: one lead with its reasons, and all leads of a client in bulk, to the same result."""

import io
import json
from datetime import datetime, timedelta
from types import SimpleNamespace

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from conversion import als
from conversion.models import Lead
from conversion.vocabulary import TIERS
from engines.profile import ideal_profile
from engines.reasons import reasons
from engines.scorer import ScorerEngine, score_client
from engines.scoring import COLUMNS, PARTS, score_leads
from tests.factories import lead
from tests.patterns.stored import AT, keep, who
from tests.patterns.test_components import payload as learned_payload

ICP = {"industries": ["Software"], "employee_min": 5, "employee_max": 50, "countries": ["Australia"]}
WEIGHTS = {"data_quality": 0.2, "authority": 0.25, "company_fit": 0.25, "timing": 0.15}
LEARNED = {"data_quality": 0.1, "authority": 0.4, "company_fit": 0.25, "timing": 0.1}
BEST = {
    "email": "ada@example.com",
    "email_verified": True,
    "phone": "+61200000000",
    "phone_verified": True,
    "linkedin_url": "https://linkedin.com/in/ada",
    "is_personal_email": True,
    "title": "Founder",
    "industry": "software",
    "employee_count": 12,
    "country": "Australia",
    "is_new_role": True,
    "is_hiring": True,
    "recently_funded": True,
}
SCORED = (
    "als_score",
    "als_tier",
    "als_components",
    "als_weights_used",
    "scored_at",
    *(f"als_{part}" for part in PARTS),
)

engine = ScorerEngine()


@pytest.fixture
def customer(make_client):
    return make_client(icp=ICP)


def points(**fields):
    """(score, reasons) of a lead with these attributes by the default weights."""
    found = SimpleNamespace(**fields)
    score = als.score(als.components_of(found, ICP), WEIGHTS)
    return score, reasons(als.points_of(found, ICP), WEIGHTS, score)


class TestReasons:
    def test_of_the_best_lead(self):
        assert points(**BEST) == (
            85,
            (
                "+25: founder",
                "+10: industry software",
                "+8: e-mail verified",
                "+8: 12 employees",
                "+7: country Australia",
                "+6: phone verified",
                "+6: new role",
                "+5: hiring",
                "+4: LinkedIn profile",
                "+4: recent funding",
                "+2: personal e-mail",
                "= 85: 85 points found; 85 is the highest",
            ),
        )

    def test_of_nobody(self):
        assert points() == (
            5,
            (
                "+5 of 25: no title",
                "-10: no industry",
                "-8: no e-mail",
                "-8: no company size",
                "-7: no country",
                "-6: no phone",
                "-6: no new role",
                "-5: no hiring",
                "-4: no LinkedIn profile",
                "-4: no recent funding",
                "-2: no personal e-mail",
                "= 5: 5 points found; 85 is the highest",
            ),
        )

    def test_what_is_half_there_says_so(self):
        _, lines = points(email="ada@example.com", title="Marketing Director", employee_count=4)
        assert lines[:3] == (
            "+15 of 25: director",
            "+4 of 8: e-mail not verified",
            "+4 of 8: 4 employees, outside the ideal size",
        )

    @pytest.mark.parametrize(
        ("flags", "lines", "score", "last"),
        [
            (["has_bounced"], ["-15: bounce"], 70, "= 70: 85 points found, less 15 of risk; 85 is the highest"),
            (["is_competitor"], ["-10: competitor"], 75, "= 75: 85 points found, less 10 of risk; 85 is the highest"),
            (
                ["has_bounced", "do_not_contact"],
                ["-15: bounce", "-50: do-not-contact mark"],
                70,
                "= 70: 85 points found, less 15 of risk, which counts 15 at most; 85 is the highest",
            ),
        ],
    )
    def test_risk_is_taken_off(self, flags, lines, score, last):
        found, said = points(**BEST, **dict.fromkeys(flags, True))
        assert found == score
        assert [line for line in said if line.startswith("-")] == lines
        assert said[-1] == last

    def test_no_score_is_below_nothing(self):
        score, lines = points(has_bounced=True)
        assert (score, lines[-1]) == (
            0,
            "= 0: 5 points found, less 15 of risk, and no score is below 0; 85 is the highest",
        )

    def test_add_up_to_a_score_that_is_cut(self):
        found = SimpleNamespace(title="VP Sales", email="a@example.com")
        weights = {"data_quality": 0.173, "authority": 0.377, "company_fit": 0.15, "timing": 0.15}
        score = als.score(als.components_of(found, ICP), weights)
        lines = reasons(als.points_of(found, ICP), weights, score)
        assert score == 30  # 18 / 25 * 37.7 + 4 / 20 * 17.3 = 27.144 + 3.46 = 30.604
        assert lines[:2] == ("+27 of 38: vp", "+3 of 7: e-mail not verified")
        assert lines[-1] == "= 30: 30.6 points found, cut to a whole number; 85 is the highest"

    def test_small_worths_are_not_said_to_be_nothing(self):
        weights = {"data_quality": 0.0499999999999, "authority": 0.5, "company_fit": 0.2, "timing": 0.1}
        found = SimpleNamespace(is_personal_email=True)
        lines = reasons(als.points_of(found, ICP), {**weights, "data_quality": 0.04}, 10)
        assert "+0.4: personal e-mail" in lines
        assert "+1: personal e-mail" in reasons(als.points_of(found, ICP), weights, 10)


@pytest.mark.django_db
class TestOneLead:
    def test_keeps_the_score_with_all_that_made_it(self, customer):
        found = engine.score_lead(lead(customer, **BEST, is_competitor=True), customer, at=AT)
        assert (found.score, found.tier, found.scored_at) == (75, "warm", AT)
        kept = Lead.objects.for_client(customer).values(*SCORED).get()
        assert kept == {
            "als_score": 75,
            "als_tier": "warm",
            "als_components": {
                "data_quality": 20,
                "authority": 25,
                "company_fit": 25,
                "timing": 15,
                "risk": 10,
                "scored_at": "2026-03-02T10:00:00+00:00",
            },
            "als_weights_used": WEIGHTS,
            "scored_at": AT,
            "als_data_quality": 20,
            "als_authority": 25,
            "als_company_fit": 25,
            "als_timing": 15,
            "als_risk": 10,
        }

    def test_the_lead_in_hand_has_the_score_as_well(self, customer):
        one = lead(customer, **BEST)
        engine.score_lead(one, at=AT)
        stored = Lead.objects.for_client(customer).get()
        assert {name: getattr(one, name) for name in SCORED} == {name: getattr(stored, name) for name in SCORED}

    def test_the_answer_as_json(self, customer):
        one = lead(customer, title="Founder")
        answer = json.loads(json.dumps(engine.score_lead(one, at=AT).payload()))
        assert answer["lead_id"] == str(one.pk)
        assert (answer["score"], answer["tier"], answer["weights"]) == (25, "cool", WEIGHTS)
        assert answer["weights_source"] == "default weights"
        assert answer["reasons"][0] == "+25: founder"
        assert answer["components"]["authority"] == 25
        assert answer["scored_at"] == "2026-03-02T10:00:00+00:00"

    def test_by_learned_weights(self, customer):
        keep(customer, "who", who(recommended_weights=LEARNED))
        found = engine.score_lead(lead(customer, title="Founder", is_hiring=True), customer, at=AT)
        assert (found.score, found.weights) == (43, LEARNED)  # 40 + 5 / 15 * 10 = 43.33
        assert found.reasons[:2] == ("+40: founder", "+3: hiring")
        assert found.weights_source == "learned weights (who 1, confidence 0.80)"

    def test_by_weights_between_where_the_pattern_is_half_sure(self, customer):
        keep(customer, "who", who(recommended_weights=LEARNED), confidence=0.6)
        found = engine.score_lead(lead(customer, title="Founder"), customer, at=AT)
        assert (found.score, found.weights["authority"]) == (32, 0.325)

    def test_by_learned_components(self, customer):
        keep(customer, "who", learned_payload(recommended_weights=LEARNED))
        one = lead(customer, title="Founder", industry="Software", is_hiring=True, extra={"plan": "paid"})
        found = engine.score_lead(one, customer, at=AT)
        # authority 12 + 0.5 (25 - 10) + 9 = 28.5, at most 25; fit 12 + 0.5 (10 - 10) + 3 + 1.25; timing 12 + 0.5 (5 - 10) + 2
        assert found.components["learned"] == {"authority": 25.0, "company_fit": 16.25, "timing": 11.5}
        assert (found.components["authority"], found.components["company_fit"]) == (25, 10)
        assert found.score == 63  # 40 + 16.25 / 25 * 25 + 11.5 / 15 * 10 = 63.92
        assert found.probability == found.components["probability"] == 0.4794  # sigmoid(-2 + 3 * 0.63917)
        assert found.reasons[:3] == (
            "+40: title Founder books 2.8 times as often",
            "+16 of 25: industry Software books 1.3 times as often; plan paid books 1.1 times as often",
            "+8 of 10: sum of the signals books 0.81 times as often; hiring books 1.2 times as often",
        )
        assert found.reasons[-1] == "= 63: 63.91 points found, cut to a whole number; 85 is the highest"
        kept = Lead.objects.for_client(customer).get()
        assert (kept.als_authority, kept.als_company_fit) == (25, 10)
        assert kept.als_components == found.components

    def test_of_the_average_lead(self, customer):
        keep(customer, "who", learned_payload(recommended_weights=LEARNED))
        found = engine.score_lead(lead(customer, title="Marketing Manager, Senior"), customer, at=AT)
        assert "+19 of 40: authority as of the average lead" in found.reasons

    def test_by_the_defaults_once_the_pattern_has_expired(self, customer):
        keep(customer, "who", who(recommended_weights=LEARNED), valid_until=AT)
        assert engine.score_lead(lead(customer, title="Founder"), customer, at=AT).score == 25

    @pytest.mark.parametrize(("hot", "warm", "tier"), [(85, 50, "hot"), (86, 50, "warm"), (95, 86, "cool")])
    def test_by_the_clients_tiers(self, make_client, hot, warm, tier):
        client = make_client(icp=ICP, als_tiers={"hot": hot, "warm": warm})
        assert engine.score_lead(lead(client, **BEST), at=AT).tier == tier

    def test_queries(self, customer, django_assert_num_queries):
        one = Lead.objects.for_client(customer).get(pk=lead(customer).pk)
        with django_assert_num_queries(2):
            engine.score_lead(one, customer)
        with django_assert_num_queries(3):
            engine.score_lead(one)

    def test_now_is_the_moment_where_none_is_given(self, customer):
        before = datetime.now(AT.tzinfo)
        assert before <= engine.score_lead(lead(customer), customer).scored_at <= datetime.now(AT.tzinfo)

    def test_of_another_client_is_refused(self, make_client):
        ours, theirs = make_client("Ours"), make_client("Theirs")
        one = lead(theirs, title="Founder")
        with pytest.raises(ValueError, match=f"lead {one.pk} is not of client {ours.pk}"):
            engine.score_lead(one, ours)
        assert Lead.objects.for_client(theirs).get().als_score is None

    def test_deleted_is_refused(self, make_client):
        gone = make_client("Gone", deleted_at=AT)
        with pytest.raises(ValueError, match="is deleted"):
            engine.score_lead(lead(gone), gone)
        with pytest.raises(ValueError, match="is deleted"):
            engine.score_lead(lead(make_client(), deleted_at=AT))
        with pytest.raises(ValueError, match="is deleted"):
            score_client(gone)

    def test_gone_meanwhile_is_refused(self, customer):
        one = lead(customer)
        Lead.objects.filter(pk=one.pk).for_client(customer).update(deleted_at=AT)
        with pytest.raises(ValueError, match="not there any more"):
            engine.score_lead(one, customer)


def random_columns(count, seed):
    """Leads of every kind: known and unknown values, blanks, odd spellings."""
    rng = np.random.default_rng(seed)
    values = {
        "email": ["", "a@example.com", " "],
        "phone": ["", "+61200000000"],
        "linkedin_url": ["", "https://linkedin.com/in/a"],
        "title": ["", "Founder", "Co-Founder & CEO", "Senior Manager", "Vice President, Sales", "Clerk", " director "],
        "industry": ["", "Software", "SOFTWARE", "Retail"],
        "country": ["", "australia", "Germany"],
        "employee_count": [None, 1, 4, 5, 9, 50, 51, 100_000],
    }
    flags = [name for name in COLUMNS if name not in values]
    values |= {name: [None, False, True] for name in flags}
    return {name: [values[name][i] for i in rng.integers(0, len(values[name]), count)] for name in COLUMNS}


@pytest.mark.parametrize("weights", [WEIGHTS, LEARNED, {**WEIGHTS, "authority": 0.2371, "company_fit": 0.2613}])
def test_columns_are_scored_as_single_leads_are(weights):
    columns = random_columns(2_000, seed=3)
    found = score_leads(columns, ICP, weights, {"hot": 60, "warm": 41.5})
    leads = [SimpleNamespace(**dict(zip(COLUMNS, row, strict=True))) for row in zip(*columns.values(), strict=True)]
    one_by_one = [als.components_of(one, ICP) for one in leads]
    assert found.components.tolist() == [[getattr(one, part) for part in PARTS] for one in one_by_one]
    scores = [als.score(one, weights) for one in one_by_one]
    assert found.score.tolist() == scores
    assert [TIERS[code] for code in found.tier] == [als.tier(score, {"hot": 60, "warm": 41.5}) for score in scores]
    assert len(found) == 2_000


def test_no_leads_have_no_scores():
    found = score_leads({name: [] for name in COLUMNS}, ICP, WEIGHTS, {"hot": 80, "warm": 50})
    assert (len(found), found.components.shape) == (0, (0, 5))


def test_titles_are_read_once_each(monkeypatch):
    read = []
    authority = als.authority
    monkeypatch.setattr(als, "authority", lambda one: read.append(one.title) or authority(one))
    columns = {**random_columns(300, seed=1), "title": ["Founder", "Clerk", ""] * 100}
    score_leads(columns, ICP, WEIGHTS, {})
    assert read == ["Founder", "Clerk", ""]


def fill(client, count, seed=5):
    columns = random_columns(count, seed)
    rows = zip(*columns.values(), strict=True)
    made = [
        Lead(client=client, created_at=AT - timedelta(days=i // 4), **dict(zip(COLUMNS, row, strict=True)))
        for i, row in enumerate(rows)
    ]
    return Lead.objects.bulk_create(made)


def scores_of(client):
    return list(Lead.objects.for_client(client).order_by("id").values(*SCORED))


@pytest.mark.django_db
class TestAllLeads:
    def test_are_scored_as_one_by_one(self, customer):
        keep(customer, "who", who(recommended_weights=LEARNED), confidence=0.65)
        leads = fill(customer, 60)
        outcome = score_client(customer, AT, batch=25)
        in_bulk = scores_of(customer)
        for one in leads:
            engine.score_lead(one, customer, at=AT)
        assert in_bulk == scores_of(customer)
        assert (outcome.scored, sum(outcome.tiers.values())) == (60, 60)
        tiers = [row["als_tier"] for row in in_bulk]
        assert outcome.tiers == {tier: tiers.count(tier) for tier in ("hot", "warm", "cool")}

    @pytest.mark.parametrize("confidence", [0.65, 0.9])
    def test_by_learned_components_as_one_by_one(self, customer, confidence):
        keep(customer, "who", learned_payload(recommended_weights=LEARNED), confidence=confidence)
        leads = fill(customer, 80)
        for place, one in enumerate(leads):
            one.extra = ({}, {"plan": "Paid"}, {"plan": 3}, {"plan": ["paid"]})[place % 4]
        Lead.objects.for_client(customer).bulk_update(leads, ["extra"])
        score_client(customer, AT, batch=30)
        in_bulk = scores_of(customer)
        for one in leads:
            engine.score_lead(one, customer, at=AT)
        assert in_bulk == scores_of(customer)
        assert all("learned" in row["als_components"] for row in in_bulk)
        assert ("probability" in in_bulk[0]["als_components"]) == (confidence == 0.9)

    @pytest.mark.parametrize("batch", [1, 3, 4, 11, 12, 1000])
    def test_once_each_whatever_the_batch(self, customer, batch):
        """Four leads share each moment of creation, so batches end inside and between them."""
        fill(customer, 12)
        steps = []
        outcome = score_client(customer, AT, batch=batch, progress=steps.append)
        assert outcome.scored == 12
        assert steps == [*range(batch, 12, batch), 12]
        assert all(row["scored_at"] == AT for row in scores_of(customer))

    def test_again_changes_nothing_but_the_time(self, customer):
        fill(customer, 20)
        score_client(customer, AT)
        first = scores_of(customer)
        score_client(customer, AT)
        assert scores_of(customer) == first

    @pytest.mark.parametrize(("leads", "reads", "writes"), [(1, 2, 1), (3, 2, 1), (9, 4, 2), (10, 5, 2)])
    def test_queries(self, customer, leads, reads, writes):
        """One for the guidance; for a batch a read, a write and a look at where it ends; an empty read where the last one was
        full.
        """
        fill(customer, leads)
        with CaptureQueriesContext(connection) as queries:
            score_client(customer, AT, batch=5)
        statements = [query["sql"] for query in queries]
        assert sum('FROM "conversion_lead"' in one for one in statements) == reads
        assert sum("UPDATE conversion_lead" in one for one in statements) == writes
        assert sum("patterns_conversionpattern" in one for one in statements) == 1

    def test_deleted_leads_and_other_clients_stay_as_they_are(self, make_client):
        ours, theirs = make_client("Ours"), make_client("Theirs")
        fill(ours, 3)
        fill(theirs, 3)
        Lead.objects.for_client(ours).filter(pk=Lead.objects.for_client(ours).first().pk).update(deleted_at=AT)
        assert score_client(ours, AT).scored == 2
        assert [row["als_score"] for row in scores_of(theirs)] == [None] * 3
        assert [row["als_score"] is None for row in scores_of(ours)].count(True) == 1

    def test_of_a_client_without_leads(self, customer):
        outcome = score_client(customer, AT)
        assert (outcome.scored, outcome.tiers) == (0, {"hot": 0, "warm": 0, "cool": 0})


@pytest.mark.django_db
class TestProfile:
    def test_is_the_clients(self, customer):
        assert ideal_profile(customer) == ICP

    def test_missing_keys_have_the_defaults(self, make_client, caplog):
        assert ideal_profile(make_client(icp={"industries": ["Retail"]})) == {
            "industries": ["Retail"],
            "employee_min": 5,
            "employee_max": 50,
            "countries": ("Australia",),
        }
        assert caplog.records == []

    def test_none_is_no_bound(self, make_client):
        client = make_client(icp={**ICP, "employee_max": None})
        assert ideal_profile(client)["employee_max"] is None
        assert engine.score_lead(lead(client, employee_count=90_000), at=AT).components["company_fit"] == 8

    @pytest.mark.parametrize(
        ("key", "value", "default"),
        [
            ("industries", "Software", ()),
            ("industries", [3], ()),
            ("countries", {"Australia": 1}, ("Australia",)),
            ("employee_min", "5", 5),
            ("employee_min", -1, 5),
            ("employee_max", 2.5, 50),
            ("employee_max", True, 50),
        ],
    )
    def test_what_makes_no_sense_is_the_default(self, make_client, caplog, key, value, default):
        client = make_client(icp={**ICP, key: value})
        assert ideal_profile(client) == {**ICP, key: default}
        (record,) = caplog.records
        assert record.getMessage().startswith(f"client {client.pk}, pattern client, field icp.{key}")
        assert engine.score_lead(lead(client, **BEST), at=AT).components["authority"] == 25

    @pytest.mark.parametrize("icp", [[], "x", 3])
    def test_no_object_is_the_default(self, make_client, caplog, icp):
        assert ideal_profile(make_client(icp=icp)) == dict(als.DEFAULT_ICP)
        assert len(caplog.records) == 1


@pytest.mark.django_db
class TestCommand:
    def run(self, *arguments):
        out = io.StringIO()
        call_command("score_leads", *arguments, stdout=out)
        return out.getvalue()

    def test_as_json(self, customer):
        fill(customer, 7)
        (line,) = self.run(customer.slug, "--json").splitlines()
        answer = json.loads(line)
        assert list(answer) == ["client", "scored", "weights", "tiers", "seconds"]
        assert (answer["client"], answer["scored"], answer["weights"]) == ("Acme", 7, WEIGHTS)
        assert (list(answer["tiers"]), sum(answer["tiers"].values())) == (["hot", "warm", "cool"], 7)
        assert 0 <= answer["seconds"] < 60

    def test_in_words(self, customer):
        lead(customer, **BEST)
        lead(customer)
        first, second = self.run("Acme").splitlines()
        assert first.startswith("Acme: 2 leads scored in ")
        assert first.endswith(" s: 1 hot, 0 warm, 1 cool")
        assert second == "Weights: data quality 0.20, authority 0.25, company fit 0.25, timing 0.15; default weights"

    def test_without_leads(self, customer):
        assert self.run(str(customer.pk)) == "Acme has no leads to score.\n"

    @pytest.mark.usefixtures("customer")
    def test_of_a_client_that_is_not_there(self):
        with pytest.raises(CommandError, match="there is no client 'Nobody'") as caught:
            self.run("Nobody")
        assert caught.value.returncode == 2
