"""The evidence of a pattern: each finding with its numbers, as the payload has them; and where its method stands."""

import csv
import io
import re
from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.utils.timezone import now

from engines.desk.evidence import SECTIONS
from engines.desk.manual import rendered
from tests.callers import person
from tests.patterns.stored import finding, how, keep, plan, what, who

pytestmark = pytest.mark.django_db
QUERIES = 6  # session, person, membership, client, the pattern, and one of the frame


def seen(client, query="", kind="who", role="viewer"):
    browser = Browser()
    browser.force_login(person(client, role=role))
    return browser.get(f"/clients/{client.slug}/patterns/{kind}{query}")


def test_every_finding_with_its_numbers(customer):
    keep(customer, "who", who())
    page = seen(customer)
    lines = {line.name: line for line in page.context["lines"]}
    founder = lines["title Founder"]
    assert founder.lift == "1.50 (1.25 to 1.75)"
    assert founder.rate == "5.00% (4.00% to 6.25%)"
    assert (founder.counts, founder.chance, founder.status) == ("60 of 1,000", "0.001", "supported")
    assert page.context["silent"] == {"timing signals new role lift": "not known"}
    assert b"not known" in page.content


def test_what_may_not_be_believed_is_left_out(customer):
    keep(customer, "who", who(title_rankings=[finding(title="Founder"), finding(title="Clerk", lift="a lot")]))
    assert [line.name for line in seen(customer).context["lines"] if line.name.startswith("title")] == ["title Founder"]


def test_names_from_outside_are_escaped(customer):
    keep(customer, "who", who(title_rankings=[finding(title="<script>alert(1)</script>")]))
    content = seen(customer).content
    assert b"<script>alert" not in content
    assert b"&lt;script&gt;alert(1)" in content


def test_narrowed_by_status_and_name(customer):
    keep(customer, "who", who())
    assert [line.name for line in seen(customer, "?status=suggestive").context["lines"]] == ["industry Software"]
    assert [line.name for line in seen(customer, "?q=clerk").context["lines"]] == ["title Clerk"]
    assert seen(customer, "?q=nobody&status=nonsense").context["total"] == 0


@pytest.mark.parametrize("titles", [1, 3000])
def test_as_many_titles_as_there_are_come_by_pages_and_in_as_many_queries(customer, titles, django_assert_num_queries):
    keep(customer, "who", who(title_rankings=[finding(title=f"Title {number}") for number in range(titles)]))
    browser = Browser()
    browser.force_login(person(customer, role="viewer"))
    with django_assert_num_queries(QUERIES):
        page = browser.get(f"/clients/{customer.slug}/patterns/who")
    assert page.context["total"] == titles + 3
    assert len(page.content) < 500_000


def test_as_csv_no_cell_is_a_formula(customer):
    keep(customer, "who", who(title_rankings=[finding(title="=HYPERLINK(1)", method="=1")]))
    rows = list(csv.DictReader(io.StringIO(seen(customer, "?q=hyperlink&format=csv").content.decode())))
    assert [(row["name"], row["lift"], row["sample"]) for row in rows] == [("title =HYPERLINK(1)", "1.5", "1000")]
    assert rows[0]["method"].startswith("'")


def test_without_a_finding_the_csv_has_its_head(customer):
    keep(customer, "who", who())
    [head] = csv.reader(io.StringIO(seen(customer, "?q=nobody&format=csv").content.decode()))
    assert head[:3] == ["name", "against", "lift"]
    assert {"frequency", "tried", "stratified_by", "method"} <= set(head)


def test_how_much_of_all_and_on_how_many_leads(customer):
    keep(customer, "what", what())
    keep(customer, "how", how(winning_sequences=[plan("email voice", lift_high=1.5)]))
    lines = {line.name: line for line in seen(customer, kind="what").context["lines"]}
    assert lines["pain point leads"].share == "40% of all that booked"
    [sequence] = [line for line in seen(customer, kind="how").context["lines"] if line.name.startswith("sequence")]
    assert (sequence.counts, sequence.rate) == ("tried on 50 leads", "")


def test_where_replies_stand_in_it_says_so_and_what_is_known_of_bookings(customer):
    booking = {"lift_in_all": 0.9, "lift_in_all_low": 0.5, "lift_in_all_high": 1.6}
    titles = [finding(title="Founder", booking=booking), finding(title="Clerk", booking={"lift_in_all": "x"})]
    keep(customer, "who", {**who(title_rankings=titles), "outcome": "positive_reply"})
    page = seen(customer)
    lines = {line.name: line.bookings for line in page.context["lines"]}
    assert (lines["title Founder"], lines["title Clerk"]) == ("of bookings 0.90 (0.50 to 1.60)", "")
    assert b"Bookings are few here" in page.content
    assert b'<th scope="col">Replied positively</th>' in page.content


def test_an_expired_pattern_is_shown_as_such(customer):
    row = keep(customer, "who", who(), valid_until=now() - timedelta(days=1))
    assert b"This pattern has expired" in seen(customer).content
    row.valid_until = now() + timedelta(days=1)
    row.save()
    assert b"expired" not in seen(customer).content


def test_weights_stand_beside_the_defaults(customer):
    keep(customer, "who", who())
    page = seen(customer)
    assert [line.learned for line in page.context["weights"]] == ["0.10", "0.40", "0.25", "0.10"]
    assert b"Better than the defaults" in page.content


def test_nothing_learned_says_so(customer):
    assert b"There is no evidence yet" in seen(customer).content
    assert seen(customer, kind="whom").status_code == 404


def test_a_stranger_finds_nothing(customer, make_client):
    keep(customer, "who", who())
    browser = Browser()
    browser.force_login(person(make_client("Globex"), role="admin"))
    assert browser.get(f"/clients/{customer.slug}/patterns/who").status_code == 404


def test_each_method_has_its_section_in_the_statistics(db):
    text = rendered()
    for section in {*SECTIONS.values(), "who", "what", "when", "how"}:
        assert f'id="on-{section}"' in text, section
    assert "<a " not in text
    assert len(re.findall(r'id="([^"]+)"', text)) == len({*re.findall(r'id="([^"]+)"', text)})
    assert 'id="content"' not in text  # the frame has it
