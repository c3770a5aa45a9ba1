import pytest

from conversion.models import Activity
from patterns.models import HealthAlert
from tests.engines.desk.browsers import desk, noted, said, text
from tests.engines.guarded import TUESDAY, mailbox, planned, reachable

pytestmark = pytest.mark.django_db
QUERIES = 7  # session, user, memberships, clients, count, a page; and one in the frame


@pytest.fixture
def sent(customer):
    return lost(customer, mailbox(customer))


def lost(client, sender, **fields):
    lead = reachable(client, **{"external_id": None, **fields})
    return planned(
        lead, sender, state="unknown", dispatched_at=TUESDAY, idempotency_key=f"key {lead.pk}", reason="No answer came."
    )


def again(touch):
    return Activity.objects.for_client(touch.client_id).get(pk=touch.pk)


def test_what_is_known_of_it_is_told(customer, sent):
    browser = desk(customer)
    words = text(browser.get("/unknown"))
    assert "Jo Doe" in words
    assert "2026-03-02 23:00" in words
    words = text(browser.get(f"/unknown/{sent.pk}/settle"))
    assert all(word in words for word in ("jo@example.com", sent.idempotency_key, "No answer came.", "Hello there"))


def test_it_went_out(customer, sent):
    HealthAlert.objects.create(client=customer, code="unknown_send", severity="high", message="1 message")
    browser, word = desk(customer), {"fate": "sent", "message_id": "m-1"}
    for _ in range(2):
        assert browser.post(f"/unknown/{sent.pk}/settle", word).url == "/unknown"
    found = again(sent)
    assert (found.state, found.sent_at, found.provider_message_id) == ("sent", TUESDAY, "m-1")
    assert (found.lead.touch_count, noted(sent, "settle")) == (1, 1)
    assert not HealthAlert.objects.filter(client=customer, resolved_at=None).exists()


def test_it_did_not_and_a_later_word_changes_nothing(customer, sent):
    browser = desk(customer)
    browser.post(f"/unknown/{sent.pk}/settle", {"fate": "not sent"})
    answer = browser.post(f"/unknown/{sent.pk}/settle", {"fate": "sent"}, follow=True)
    assert (again(sent).state, again(sent).due_at) == ("failed", sent.due_at)
    assert "settled before" in said(answer)[-1]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "Say whether it went out."),
        ({"fate": "perhaps"}, "Say whether it went out."),
        ({"fate": "sent", "message_id": "x" * 256}, "at most 255"),
        ({"fate": "sent", "message_id": "a\0b"}, "printable"),
        ({"fate": "not sent", "message_id": "m-1"}, "has no id"),
    ],
)
def test_what_makes_no_sense_is_said_beside_the_field(customer, sent, given, words):
    answer = desk(customer).post(f"/unknown/{sent.pk}/settle", given)
    assert (answer.status_code, again(sent).state) == (400, "unknown")
    assert words in text(answer)


def test_a_viewer_may_look_at_the_list_alone(customer, sent, make_client):
    viewer, stranger = desk(customer, role="viewer"), desk(make_client("Twin"), role="admin")
    assert "Jo Doe" in text(viewer.get("/unknown"))
    assert "Jo Doe" not in text(stranger.get(f"/unknown?client={customer.slug}"))
    for browser, status in ((viewer, 403), (stranger, 404)):
        assert browser.get(f"/unknown/{sent.pk}/settle").status_code == status
        assert browser.post(f"/unknown/{sent.pk}/settle", {"fate": "sent"}).status_code == status
    assert again(sent).state == "unknown"


@pytest.mark.parametrize("count", [1, 50])
def test_as_many_queries_for_fifty(customer, count, django_assert_num_queries):
    sender = mailbox(customer)
    for _ in range(count):
        lost(customer, sender)
    browser = desk(customer)
    with django_assert_num_queries(QUERIES):
        browser.get("/unknown")
