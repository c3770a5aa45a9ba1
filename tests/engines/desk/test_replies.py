import pytest

from conversion.models import Event, InboundMessage, Lead, ProviderAccount
from tests.engines.desk.browsers import desk, noted, said, text
from tests.engines.guarded import TUESDAY, mailbox, reachable, sent

pytestmark = pytest.mark.django_db
QUERIES = 7  # session, user, memberships, clients, count, a page; and one in the frame


@pytest.fixture
def jo(customer):
    lead = reachable(customer)
    sent(lead, mailbox(customer), TUESDAY)
    return lead


def came(client, person="doe@home.example", **fields):
    told = {
        "kind": "replied",
        "channel": "email",
        "state": "unmatched",
        "text": "Yes, gladly",
        "reading": "positive",
        "rule": "agrees",
        "received_at": TUESDAY,
    }
    return InboundMessage.objects.create(client=client, person=person, person_key=person, **{**told, **fields})


def again(message):
    return InboundMessage.objects.get(pk=message.pk)


def test_it_is_shown_with_its_reading_and_who_may_have_written_it(customer, jo):
    message, browser = came(customer, text="<b>Yes</b>"), desk(customer)
    assert "interested" in text(browser.get("/replies"))
    words = text(browser.get(f"/replies/{message.pk}"))
    assert all(word in words for word in ("&lt;b&gt;Yes&lt;/b&gt;", "agrees", "Jo Doe", "has this last name"))


@pytest.mark.parametrize(
    ("person", "why"),
    [
        ("jo@example.com", "goes by this address"),
        ("jo.doe@home.example", "has this name"),
        ("office@example.com", "has an address at example.com"),
    ],
)
def test_each_guess_has_its_reason(customer, jo, person, why):
    assert why in text(desk(customer).get(f"/replies/{came(customer, person).pk}"))


def test_a_shared_mailbox_says_nothing(customer, jo):
    Lead.objects.filter(client=customer).update(email_key="jo@gmail.com")
    assert str(jo.pk) not in text(desk(customer).get(f"/replies/{came(customer, 'other@gmail.com').pk}"))


def test_whose_it_is_makes_all_follow_once(customer, jo):
    message, browser = came(customer), desk(customer)
    answers = [browser.post(f"/replies/{message.pk}", {"whose": str(jo.pk)}, follow=True) for _ in range(2)]
    assert (again(message).state, again(message).lead_id, noted(message, "settle")) == ("settled", jo.pk, 1)
    assert Event.objects.for_client(customer).filter(lead=jo, kind="positive_reply").count() == 1
    assert "settled already" in said(answers[1])[-1]


def test_nobodys(customer, jo):
    message = came(customer)
    desk(customer).post(f"/replies/{message.pk}", {"whose": "nobody"})
    assert (again(message).state, Event.objects.for_client(customer).count()) == ("dismissed", 0)


@pytest.mark.parametrize(("whose", "status"), [("", 400), ("x", 404), ("0" * 32, 404)])
def test_what_is_no_lead_settles_nothing(customer, jo, whose, status):
    message = came(customer)
    assert desk(customer).post(f"/replies/{message.pk}", {"whose": whose}).status_code == status
    assert again(message).state == "unmatched"


def test_another_lead_is_found_by_name_and_address(customer, jo):
    Lead.objects.create(
        client=customer, first_name="Ann", last_name="Miller", email="am@x.example", email_key="am@x.example"
    )
    message, browser = came(customer, "nobody@nowhere.example"), desk(customer)
    for wanted in ("mill", "Ann Mil", "am@x.example", "AM@X.example"):
        assert "Ann Miller" in text(browser.get(f"/replies/{message.pk}", {"q": wanted})), wanted
    assert "Ann Miller" not in text(browser.get(f"/replies/{message.pk}", {"q": "Bob Mill"}))


def test_roles_and_strangers(customer, jo, make_client):
    message, twin = came(customer), make_client("Twin")
    viewer, stranger = desk(customer, role="viewer"), desk(twin, role="admin")
    assert "Jo Doe" not in text(viewer.get(f"/replies/{message.pk}"))
    assert viewer.post(f"/replies/{message.pk}", {"whose": "nobody"}).status_code == 403
    assert stranger.get(f"/replies/{message.pk}").status_code == 404
    assert stranger.post(f"/replies/{message.pk}", {"whose": "nobody"}).status_code == 404
    assert "doe@home.example" not in text(stranger.get("/replies"))
    assert again(message).state == "unmatched"


def test_it_is_not_given_to_another_clients_lead(customer, jo, make_client):
    twin = make_client("Twin")
    message, theirs = came(customer), reachable(twin)
    answer = desk(customer, twin).post(f"/replies/{message.pk}", {"whose": str(theirs.pk)}, follow=True)
    assert (again(message).state, "did not come to" in said(answer)[-1]) == ("unmatched", True)


def test_one_that_may_be_several_clients_is_not_for_one_of_them(customer, agency):
    account = ProviderAccount.objects.create(agency=agency, channel="email", kind="smtp", name="shared")
    message = came(None, account=account)
    assert desk(customer, role="admin").get(f"/replies/{message.pk}").status_code == 404
    assert desk(is_superuser=True).get(f"/replies/{message.pk}").status_code == 200


@pytest.mark.parametrize("count", [1, 50])
def test_as_many_queries_for_fifty(customer, count, django_assert_num_queries):
    for _ in range(count):
        came(customer)
    browser = desk(customer)
    with django_assert_num_queries(QUERIES):
        browser.get("/replies")
