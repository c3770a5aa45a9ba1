"""Rows of leads.csv: what is stored of a new lead, and what a later file may change."""

from datetime import UTC, datetime, timedelta

import pytest

from conversion.models import Lead
from tests.conversion.importer.conftest import NOW

pytestmark = pytest.mark.django_db

FULL = (
    "external_id,email,phone,first_name,last_name,title,company_name,industry,country,linkedin_url,timezone,"
    "employee_count,email_verified,phone_verified,is_personal_email,is_new_role,is_hiring,recently_funded,has_bounced,"
    "is_unsubscribed,is_competitor,do_not_contact,status,created_at,status_at,Region,Note\n"
    "L1,Ann@Example.com,0412 345 678,Ann,Lee,Founder,Acme Pty Ltd,Legal,Australia,https://linkedin.com/in/ann,"
    "australia/perth,20,yes,TRUE,no,1,0,,false,,,,converted,2026-01-05T09:00:00+11:00,2026-01-20T10:00:00Z,East,=1+1\n"
)


def day(number, hour=0):
    return datetime(2026, 3, number, hour, tzinfo=UTC)


def test_a_lead_is_stored_whole(bring, lead_of, customer):
    brought = bring(leads=FULL)
    assert brought.leads == (1, 0, 0, 0)
    lead = lead_of("L1")
    assert (lead.client, str(lead.batch_id)) == (customer, brought.report.batch)
    assert (lead.email, lead.email_key, lead.phone) == ("Ann@Example.com", "ann@example.com", "+61412345678")
    assert (lead.first_name, lead.last_name, lead.title) == ("Ann", "Lee", "Founder")
    assert (lead.company_name, lead.industry, lead.country) == ("Acme Pty Ltd", "Legal", "Australia")
    assert (lead.linkedin_url, lead.timezone, lead.employee_count) == (
        "https://linkedin.com/in/ann",
        "Australia/Perth",
        20,
    )
    assert (lead.email_verified, lead.phone_verified, lead.is_personal_email) == (True, True, False)
    assert (lead.is_new_role, lead.is_hiring, lead.recently_funded) == (True, False, None)
    assert (lead.has_bounced, lead.is_unsubscribed, lead.is_competitor, lead.do_not_contact) == (
        False,
        None,
        None,
        None,
    )
    assert (lead.status, lead.status_at) == ("converted", datetime(2026, 1, 20, 10, tzinfo=UTC))
    assert lead.converted_at == lead.status_at
    assert lead.created_at == datetime(2026, 1, 4, 22, tzinfo=UTC)
    assert lead.extra == {"Region": "East", "Note": "=1+1"}


def test_its_score_is_made_by_the_rules_and_the_default_weights(bring, lead_of):
    bring(leads=FULL)
    lead = lead_of("L1")
    # e-mail verified 8, phone verified 6, LinkedIn 4; founder 25; size 8 and country 7; new role 6.
    assert lead.als_components == {
        "data_quality": 18,
        "authority": 25,
        "company_fit": 15,
        "timing": 6,
        "risk": 0,
        "scored_at": "2026-01-04T22:00:00+00:00",
    }
    assert (lead.als_data_quality, lead.als_authority, lead.als_company_fit, lead.als_timing, lead.als_risk) == (
        18,
        25,
        15,
        6,
        0,
    )
    assert lead.als_weights_used == {"data_quality": 0.2, "authority": 0.25, "company_fit": 0.25, "timing": 0.15}
    assert (lead.als_score, lead.als_tier, lead.scored_at) == (64, "warm", lead.created_at)


def test_points_that_the_source_gives_go_before_the_rules(bring, lead_of, customer):
    customer.als_tiers = {"hot": 60, "warm": 20}
    customer.save()
    bring(leads="external_id,title,als_timing,als_risk,als_authority\n1,Founder,15,10,\n")
    lead = lead_of("1")
    assert (lead.als_timing, lead.als_risk, lead.als_authority) == (15, 10, 25)
    assert (lead.als_score, lead.als_tier) == (30, "warm")  # 15 + 25 - 10


def test_a_key_alone_makes_a_lead(bring, lead_of):
    assert bring(leads="external_id\n1\n").leads == (1, 0, 0, 0)
    lead = lead_of("1")
    assert (lead.status, lead.status_at, lead.converted_at, lead.created_at) == ("new", None, None, NOW)
    assert (lead.email, lead.email_key, lead.phone, lead.timezone, lead.employee_count) == ("", "", "", "", None)
    assert (lead.extra, lead.touch_count, lead.last_contacted_at) == ({}, 0, None)


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("external_id", "", "is blank, and required"),
        ("external_id", "x" * 256, "is longer than 255 characters"),
        ("email", "a@localhost", "'a@localhost' has no domain of the internet"),
        ("email", "a@[127.0.0.1]", "'a@[127.0.0.1]' names a machine by its number, not by a domain"),
        ("email", "аdmin@example.com", "'аdmin@example.com' mixes Latin letters with look-alikes of another script"),
        ("phone", "call me", "'call me' is no phone number"),
        ("title", "x" * 256, "is longer than 255 characters"),
        ("timezone", "../..", "'../..' is no IANA time zone (such as Australia/Sydney)"),
        ("employee_count", "0", "'0' is outside 1 to 2147483647"),
        (
            "employee_count",
            "9" * 5000,
            "'999999999999999999999999999999999999999999999999999999999999...' is outside 1 to 2147483647",
        ),
        ("is_hiring", "perhaps", "'perhaps' is neither true nor false (yes or no, 1 or 0)"),
        ("status", "won", "'won' is none of new, contacted, converted, not_interested, unsubscribed, bounced, dead"),
        ("created_at", "2026-03-02", "'2026-03-02' has no offset from UTC; give the time zone with --timezone"),
        (
            "status_at",
            "9999-12-31T00:00:00Z",
            "'9999-12-31T00:00:00Z' cannot have happened: it is before 1970 or in the future",
        ),
        ("als_authority", "26", "'26' is outside 0 to 25"),
        ("als_timing", "7.5", "'7.5' is no whole number"),
    ],
)
def test_a_bad_cell_rejects_its_row_by_name(bring, column, cell, reason):
    header = "external_id,email" if column in {"external_id", "email"} else f"external_id,email,{column}"
    cells = {"external_id": "1", "email": "ann@example.com", column: cell}
    good = {**dict.fromkeys(cells, ""), "external_id": "2"}
    text = f"{header}\n{','.join(cells.values())}\n{','.join(good.values())}\n"
    brought = bring(leads=text)
    assert brought.leads == (1, 0, 0, 1)
    assert brought.rejects == [(2, column, reason)]


def test_a_number_is_dialled_in_the_leads_country_then_in_the_clients_only_one(bring, lead_of, customer):
    leads = "external_id,phone,country\n1,020 7946 0018,UK\n2,0412 345 678,\n"
    assert bring(leads=leads).leads == (2, 0, 0, 0)
    assert (lead_of("1").phone, lead_of("2").phone) == ("+442079460018", "+61412345678")
    customer.icp = {"countries": ["Australia", "New Zealand"]}
    customer.save()
    assert bring(leads="external_id,phone\n3,0412 345 678\n").rejects == [
        (2, "phone", "'0412 345 678' has no country code, and the country is not known")
    ]


def test_a_conversion_without_its_time_counts_from_the_lead_until_there_are_touches(bring, lead_of):
    bring(leads="external_id,status,created_at\n1,converted,2026-03-02T00:00:00Z\n")
    lead = lead_of("1")
    assert (lead.status_at, lead.converted_at) == (None, day(2))


def test_a_changed_row_changes_its_lead_and_a_column_that_is_not_there_stays(bring, lead_of):
    bring(leads=FULL)
    before = lead_of("L1")
    brought = bring(leads="external_id,title,industry,Region,City\nL1,CTO,,,Perth\n", now=NOW + timedelta(days=1))
    assert brought.leads == (0, 1, 0, 0)
    after = lead_of("L1")
    assert (after.id, after.batch_id, after.created_at) == (before.id, before.batch_id, before.created_at)
    assert (after.title, after.industry, after.email) == ("CTO", "", "Ann@Example.com")
    assert after.extra == {"Note": "=1+1", "City": "Perth"}
    assert (after.als_authority, after.als_score) == (22, 61)
    assert (after.scored_at, after.als_components["scored_at"]) == (
        NOW + timedelta(days=1),
        "2026-03-21T12:00:00+00:00",
    )
    assert bring(leads=FULL.replace("Founder", "CTO")).leads == (0, 1, 0, 0)
    assert bring(leads=FULL.replace("Founder", "CTO")).leads == (0, 0, 1, 0)


def test_points_once_given_stay_when_a_later_file_gives_none(bring, lead_of):
    bring(leads="external_id,title,als_timing\n1,Founder,15\n")
    bring(leads="external_id,title\n1,CTO\n")
    assert (lead_of("1").als_timing, lead_of("1").als_authority) == (15, 22)


def test_a_lead_that_was_scored_with_learned_weights_keeps_them(bring, lead_of, customer):
    bring(leads="external_id,title\n1,Founder\n")
    learned = {"data_quality": 0.1, "authority": 0.5, "company_fit": 0.15, "timing": 0.1}
    Lead.objects.for_client(customer).update(
        als_weights_used=learned, als_components={"authority": 25, "learned": {"authority": 24.5}}
    )
    bring(leads="external_id,title\n1,CTO\n")
    lead = lead_of("1")
    assert (lead.als_weights_used, lead.als_score) == (learned, 44)  # 22 of 25 at 0.5
    assert lead.als_components["learned"] == {"authority": 24.5}


@pytest.mark.parametrize("flag", ["has_bounced", "is_unsubscribed", "do_not_contact"])
def test_flags_that_protect_people_are_set_and_never_cleared(bring, lead_of, flag):
    bring(leads=f"external_id,{flag},is_hiring\n1,yes,yes\n")
    for cell in ("no", ""):
        bring(leads=f"external_id,{flag},is_hiring\n1,{cell},{cell}\n")
        assert getattr(lead_of("1"), flag) is True
    assert lead_of("1").is_hiring is None
    assert bring(leads="external_id,is_hiring\n1,no\n").leads == (0, 1, 0, 0)
    assert (getattr(lead_of("1"), flag), lead_of("1").is_hiring) == (True, False)


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        (("contacted", "5"), ("new", "3"), ("contacted", day(5))),  # older
        (("contacted", "3"), ("not_interested", "5"), ("not_interested", day(5))),
        (("contacted", "5"), ("converted", "5"), ("converted", day(5))),  # the same moment: corrected
        (("dead", "5"), ("contacted", "5"), ("contacted", day(5))),
        (("unsubscribed", "3"), ("contacted", "5"), ("unsubscribed", day(3))),
        (("bounced", "3"), ("converted", "5"), ("converted", day(5))),
        (("contacted", "3"), ("new", ""), ("contacted", day(3))),  # without a time only forward
        (("contacted", "3"), ("converted", ""), ("converted", NOW)),
        (("contacted", "3"), ("contacted", ""), ("contacted", day(3))),
        (("converted", "3"), ("contacted", ""), ("converted", day(3))),
        (("converted", "3"), ("unsubscribed", ""), ("unsubscribed", NOW)),
        (("contacted", "3"), ("", "5"), ("contacted", day(3))),  # no status: nothing is said of it
        (("unsubscribed", ""), ("contacted", "5"), ("unsubscribed", None)),
        (("new", ""), ("contacted", "5"), ("contacted", day(5))),
    ],
)
def test_a_status_never_goes_back(bring, lead_of, first, second, kept):
    for status, moment in (first, second):
        at = f"2026-03-0{moment}T00:00:00Z" if moment else ""
        bring(leads=f"external_id,status,status_at\n1,{status},{at}\n")
    lead = lead_of("1")
    assert (lead.status, lead.status_at) == kept


@pytest.mark.parametrize(("second", "converted"), [("2026-03-07", 7), ("2026-03-03", 5)])
def test_the_time_of_a_conversion_follows_its_source(bring, lead_of, second, converted):
    for moment in ("2026-03-05", second):
        bring(leads=f"external_id,status,status_at\n1,converted,{moment}T00:00:00Z\n")
    assert lead_of("1").converted_at == day(converted)


def test_a_lead_that_was_deleted_here_stays_deleted(bring, customer):
    bring(leads="external_id,title\n1,CTO\n")
    Lead.objects.for_client(customer).update(deleted_at=NOW)
    assert bring(leads="external_id,title\n1,CTO\n").leads == (0, 0, 1, 0)
    brought = bring(leads="external_id,title\n1,CEO\n")
    assert brought.rejects == [(2, "external_id", "this lead was deleted here")]


def test_keys_differ_by_case_and_not_by_encoding(bring):
    leads = "external_id,title\nCafe\u0301,x\nCAFE\u0301,y\n Caf\u00e9 ,x\n"
    assert bring(leads=leads).leads == (2, 0, 1, 0)


def test_leads_that_share_an_address_are_stored_and_told_of(bring):
    brought = bring(leads="external_id,email\n1,Ann@example.com\n2,ANN@EXAMPLE.COM\n3,bob@example.com\n")
    assert brought.leads == (3, 0, 0, 0)
    assert brought.report.notes == ["duplicates: 1 e-mail addresses belong to more than one lead"]
