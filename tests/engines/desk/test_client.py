"""A client's page: what it tells, to whom, and in how many queries."""

from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.utils.timezone import now

from conversion.models import Agency, Client
from patterns.models import ConversionPattern, HealthAlert, LearningRun
from tests.callers import person
from tests.factories import lead
from tests.patterns.stored import finding, how, keep, keep_all, what, when, who

pytestmark = pytest.mark.django_db
ASIDE = {
    "who": "2 conversions among 12 leads that were followed; 10 among 30 are needed: about 50 more leads at this rate",
    "what": "2 conversions from 47 touches; 5 from 20 are needed: about 60 more touches at this rate",
    "when": "2 conversions by 47 touches; 5 by 20 are needed: about 60 more touches at this rate",
    "how": "2 conversions among 12 leads; 5 among 20 are needed: 16 more leads at this rate",
}  # fmt: skip
QUERIES = (
    13  # session, person, membership, client, patterns, runs, alerts, leads, four of the figures, one of the frame
)


def seen_by(user):
    browser = Browser()
    browser.force_login(user)
    return browser


def page(client, role="admin", path="", **fields):
    """The page's status and text."""
    answer = seen_by(person(client, role=role, **fields)).get(f"/clients/{client.slug}{path}")
    return answer, answer.content.decode()


def learn(client, **options):
    keep_all(client, valid_until=now() + timedelta(days=9), **options)


def run(client, **fields):
    at = now()
    return LearningRun.objects.create(
        client=client, as_of=at, started_at=at, finished_at=at, **{"state": "done", **fields}
    )


def test_what_to_change_comes_first_with_its_evidence(customer):
    learn(customer)
    answer, text = page(customer)
    assert answer.status_code == 200
    assert len(answer.context["advice"]) == 5
    assert (
        "<strong>Write first to leads at companies of 16-30 people:</strong> they book 1.50 times as often as average"
        in text
    )
    assert "<strong>Follow the sequence “an e-mail, then a call”:</strong> it books 1.20 times as often" in text
    assert (
        text.index('id="advice"') < text.index('id="figures"') < text.index('id="who"') < text.index('id="difference"')
    )


def test_each_advice_says_who_follows_it(customer):
    learn(customer)
    followers = {told.advice.kind.value: told.follower for told in page(customer)[0].context["advice"]}
    assert followers == {
        "who": "The lead score counts it already.",
        "what": "For whoever writes the texts.",
        "when": "New plans follow it by themselves.",
        "how": "New plans follow it by themselves.",
    }
    ConversionPattern.objects.for_client(customer).filter(pattern_type="who").update(confidence=0.2)
    followers = {told.advice.kind.value: told.follower for told in page(customer)[0].context["advice"]}
    assert followers["who"] == "For whoever picks the leads: the lead score does not count it."


def test_each_question_says_how_it_stands_and_what_follows(customer):
    learn(customer)
    ConversionPattern.objects.for_client(customer).filter(pattern_type="when").update(confidence=0.31)
    answers = {one.kind.value: one for one in page(customer)[0].context["questions"]}
    assert list(answers) == ["who", "what", "when", "how"]
    assert answers["what"].decides == (
        "Acted on, whoever writes texts should follow it: it beats the defaults with a probability of 80%."
    )
    assert answers["when"].decides == (
        "Not acted on: it beats the defaults with a probability of 31%. Below 50% the defaults are the better bet."
    )
    assert (answers["what"].state, answers["what"].is_acted_on, answers["when"].is_acted_on) == ("valid", True, False)
    assert (
        answers["who"].decides
        == "Acted on, the lead score uses learned weights: it beats the defaults with a probability of 80%."
    )
    assert answers["who"].silent == {"timing signals new role lift": "not known"}


def test_hints_say_what_would_tell(customer):
    hint = finding(title="CEO", status="suggestive", lift=1.1, lift_low=0.9, lift_high=1.35)
    keep(customer, "who", who(title_rankings=[hint], industry_rankings=[]), valid_until=now() + timedelta(days=9))
    (answer, *_) = page(customer)[0].context["questions"]
    assert answer.hints == [
        "Perhaps: CEOs book 1.10 times as often as average, 0.90 to 1.35; 1,000 leads; about 8,300 more such leads would tell"
    ]


def test_what_is_done_differently_stands_beside_the_defaults(customer):
    learn(customer)
    found = page(customer)[0].context["difference"]
    assert [(line.name, line.default, line.learned) for line in found.weights] == [
        ("Data quality", "0.20", "0.10"),
        ("Authority", "0.25", "0.40"),
        ("Company fit", "0.25", "0.25"),
        ("Timing", "0.15", "0.10"),
    ]
    assert [(line.default, line.learned) for line in found.touches][:3] == [
        ("an e-mail", "an e-mail"),
        ("a LinkedIn message, 2 days later", "a call, 3 days later"),
        ("an e-mail, 3 days later", "an e-mail, 3 days later"),
    ]
    assert ("Days", "Tuesday, Wednesday, Thursday", "Monday, Thursday") in [
        (one.name, one.default, one.learned) for one in found.times
    ]
    assert found.is_scored
    assert found.is_planned


def test_without_patterns_nothing_is_done_differently(customer):
    found = page(customer)[0].context["difference"]
    assert not found.is_scored
    assert not found.is_planned


def test_four_abstentions_say_what_is_still_needed(customer):
    lead(customer)
    run(customer, results={kind: {"abstained": reason} for kind, reason in ASIDE.items()})
    answer, text = page(customer)
    assert "Nothing is sure enough yet." in text
    assert [one.needed for one in answer.context["questions"]] == [
        "about 50 more leads are needed",
        "about 60 more touches are needed",
        "about 60 more touches are needed",
        "16 more leads are needed",
    ]
    assert "WHO converts: about 50 more leads are needed." in text
    assert {one.state for one in answer.context["questions"]} == {"no answer yet"}


def test_a_pattern_without_support_names_its_nearest_hint(customer):
    hints = [
        finding(title="CEO", status="suggestive", lift=1.1, lift_low=0.9, lift_high=1.35),
        finding(title="Founder", status="suggestive", lift=1.3, lift_low=0.95, lift_high=1.8),
    ]
    bare = who(
        title_rankings=hints,
        industry_rankings=[],
        size_analysis={"abstained": "none"},
        timing_signals={"abstained": "none"},
    )
    keep(customer, "who", bare, confidence=0.0, valid_until=now() + timedelta(days=9))
    _, text = page(customer)
    assert "more leads would settle the nearest hint (title Founder)." in text
    assert "Nothing is sure enough yet." in text


@pytest.mark.parametrize("kind", ["who", "what", "when", "how"])
def test_a_payload_that_nobody_learned_is_told_as_such(customer, kind):
    learn(customer)
    for broken in (
        [],
        {"title_rankings": [{"status": "supported", "lift": "much"}]},
        {"x": {"status": [], "lift": {}}},
        "text",
        5,
    ):
        ConversionPattern.objects.for_client(customer).filter(pattern_type=kind).update(patterns=broken)
        answer, text = page(customer)
        assert answer.status_code == 200, broken
        assert "What to change" in text


def test_hostile_names_are_words_and_nothing_else(customer):
    payload = who(title_rankings=[finding(title="<script>alert(1)</script>")])
    keep(customer, "who", payload, valid_until=now() + timedelta(days=9))
    _, text = page(customer)
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "style=" not in text.split('id="content"')[1]


def test_an_empty_client_is_told_to_import(customer):
    answer, text = page(customer)
    assert answer.context["notice"] == "empty"
    assert f"/clients/{customer.slug}/imports/new" in text
    assert "Nothing can be said before there is history to learn from." in text
    assert f"/clients/{customer.slug}/learn" not in text


def test_leads_without_a_run_are_told_to_be_learned_from(customer):
    lead(customer)
    answer, text = page(customer)
    assert answer.context["notice"] == "unlearned"
    assert f'<a href="/clients/{customer.slug}/learn">learn now</a>' in text


def test_expired_answers_are_named_and_not_acted_on(customer):
    keep_all(customer, valid_until=now() - timedelta(minutes=1))
    answer, text = page(customer)
    assert "All four answers have expired" in text
    assert "Nothing that was learned is in force." in text
    assert {one.state for one in answer.context["questions"]} == {"expired"}
    assert not any(one.is_acted_on for one in answer.context["questions"])
    assert not answer.context["difference"].is_planned


def test_a_paused_client_says_how_to_go_on(make_client):
    paused = make_client("Paused", is_paused=True)
    learn(paused)
    _, text = page(paused)
    assert "This client is paused." in text
    assert "manage.py set_client paused --resume" in text
    assert "/clients/paused/learn" not in text


def test_a_client_without_a_subscription_says_so(make_client):
    late = make_client("Late", subscription_status="past_due")
    _, text = page(late)
    assert "This client&#x27;s subscription is past due." in text or "This client's subscription is past due." in text


def test_a_deleted_client_is_no_page(make_client):
    gone = make_client("Gone", deleted_at=now())
    assert page(gone)[0].status_code == 404


def test_strangers_find_nothing_and_nobody_is_asked_to_sign_in(customer, make_client):
    stranger = seen_by(person(make_client("Other")))
    assert stranger.get(f"/clients/{customer.slug}").status_code == 404
    assert stranger.get("/clients/no-such").status_code == 404
    answer = Browser().get(f"/clients/{customer.slug}")
    assert answer.status_code == 302
    assert answer.url.endswith(f"?next=/clients/{customer.slug}")


def test_a_viewer_sees_the_same_without_what_it_may_not_do(customer):
    learn(customer)
    run(customer)
    texts = {role: page(customer, role)[1] for role in ("viewer", "operator", "admin")}
    actions = {"learn": "/learn", "backfill": "/backfill", "upload": "/imports/new"}
    for role, may in {"viewer": set(), "operator": {"upload"}, "admin": {"learn", "backfill", "upload"}}.items():
        shown = {name for name, path in actions.items() if f"/clients/{customer.slug}{path}" in texts[role]}
        assert shown == may
    bodies = {role: text.split('id="advice"')[1].split('id="footer"')[0] for role, text in texts.items()}
    assert bodies["viewer"] == bodies["operator"] == bodies["admin"]
    assert "/admin/" not in bodies["viewer"]


def test_open_alerts_and_the_last_run_are_told(customer):
    lead(customer)
    HealthAlert.objects.create(client=customer, code="drift", severity="medium", message="Bookings fell.", subject="a")
    HealthAlert.objects.create(client=customer, code="expired", severity="high", message="It expired.", subject="b")
    HealthAlert.objects.create(
        client=customer, code="drift", severity="high", message="Long gone.", subject="c", resolved_at=now()
    )
    failed = run(customer, state="failed", error="ValueError: jane@example.com is odd")
    _, text = page(customer)
    assert text.index("It expired.") < text.index("Bookings fell.")
    assert "Long gone." not in text
    assert f'<a href="/runs/{failed.pk}">Failed</a>' in text
    assert "ValueError" in text
    assert "jane@example.com" not in text


def test_nothing_of_another_client_is_told(customer, make_client):
    other = make_client("Other")
    keep(other, "who", who(title_rankings=[finding(title="Secret Agent")]), valid_until=now() + timedelta(days=9))
    HealthAlert.objects.create(client=other, code="drift", severity="high", message="Secret alert")
    learn(customer)
    text = page(customer)[1].lower()
    assert "secret" not in text


def test_the_same_queries_with_little_and_with_much(customer, django_assert_num_queries):
    browser = seen_by(person(customer))
    with django_assert_num_queries(QUERIES):
        assert browser.get(f"/clients/{customer.slug}").status_code == 200
    for number in range(50):
        HealthAlert.objects.create(client=customer, code="drift", severity="high", message="Fell.", subject=str(number))
        run(customer)
    many = [finding(title=f"Title {number}") for number in range(50)]
    keep(customer, "who", who(title_rankings=many), valid_until=now() + timedelta(days=9))
    for kind, payload in (("what", what()), ("when", when()), ("how", how())):
        keep(customer, kind, payload, valid_until=now() + timedelta(days=9))
    with django_assert_num_queries(QUERIES - 1):  # whether there are leads is asked only where nothing was learned
        answer = browser.get(f"/clients/{customer.slug}")
    assert len(answer.context["alerts"]) == 5


def test_superusers_get_the_tables_too(django_user_model):
    agency = Agency.objects.create(name="Far", slug="far")
    mine = Client.objects.create(agency=agency, name="Far client", slug="far-client")
    answer = seen_by(django_user_model.objects.create_superuser("root")).get("/clients/far-client")
    assert answer.status_code == 200
    for _, address in answer.context["tables"]:
        assert seen_by(django_user_model.objects.get(username="root")).get(address).status_code == 200, address
    assert mine.slug in answer.content.decode()
