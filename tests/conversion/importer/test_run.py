"""One call: all files or none where one cannot be read, each file in one transaction, a dry run without a trace."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conversion.erasure import erase
from conversion.importer import run
from conversion.importer.columns import Kind
from conversion.importer.faults import UnreadableFile, UnusableInput
from conversion.importer.loading import LeadLoader
from conversion.importer.mapping import NONE
from conversion.importer.rejects import Rejects
from conversion.models import ImportBatch, Lead, Suppression
from tests.conversion.importer.history import history, texts

pytestmark = pytest.mark.django_db
HEADER = "external_id,lead_external_id,channel,occurred_at"


def test_a_dry_run_tells_all_and_stores_nothing(bring, facts, customer):
    before = facts()
    dry = bring(dry_run=True, **texts(*history(leads=20)))
    assert (dry.report.batch, facts()) == (None, before)
    assert not ImportBatch.objects.for_client(customer).exists()
    real = bring(**texts(*history(leads=20)))
    assert (dry.leads, dry.activities, dry.events) == (real.leads, real.activities, real.events)
    assert dry.report.as_json().keys() == real.report.as_json().keys()


@pytest.mark.parametrize("bad", ["leads", "activities", "events"])
@pytest.mark.parametrize("data", [b"", b"external_id,x\n1,\xe9\n", b"a,b\n", b"\x1f\x8bxx"])
def test_one_file_that_cannot_be_read_stops_all(bring, facts, customer, bad, data):
    data = b"first,last\n1,2\n" if data == b"a,b\n" else data
    before = facts()
    with pytest.raises(UnreadableFile, match=f"{bad}.csv: "):
        bring(**{**texts(*history(leads=3)), bad: data})
    assert facts() == before
    assert not ImportBatch.objects.for_client(customer).exists()


def test_a_missing_column_is_told_with_those_that_are_there(bring):
    with pytest.raises(UnreadableFile) as caught:
        bring(leads="Record ID,First Name,\n1,Ann,\n")
    assert str(caught.value).endswith(
        "leads.csv: there is no column external_id; the columns are Record ID, First Name, (no name). "
        "Foreign names need --mapping hubspot|salesforce|FILE (docs/import.md)"
    )
    with pytest.raises(UnreadableFile, match="there is no column channel and occurred_at; the columns are"):
        bring(activities="lead_external_id\n")
    with pytest.raises(
        UnreadableFile, match=r"there is no column external_id \(in the mapping: Nr or No\); the columns"
    ):
        bring(leads="Record ID\n1\n", mapping='[leads.columns]\nexternal_id = ["Nr", "No"]')


def test_a_file_of_a_header_is_fine(bring):
    assert bring(leads="external_id,email\n", activities=HEADER + "\n").leads == (0, 0, 0, 0)


def test_a_file_is_stored_whole_or_not_at_all(bring, facts, monkeypatch):
    monkeypatch.setattr("conversion.importer.run.CHUNK", 5)
    parts = history(leads=20)
    load = LeadLoader.load

    def broken(loader, rows):
        load(loader, rows)
        if loader.counts.rows > 10:
            raise RuntimeError("the power failed")

    monkeypatch.setattr(LeadLoader, "load", broken)
    before = facts()
    with pytest.raises(RuntimeError):
        bring(**texts(*parts))
    assert facts() == before


def test_what_was_done_is_noted(bring):
    brought = bring(leads="external_id\n1\n1\n,\n", activities=f"{HEADER}\n1,Z,email,2026-03-02T00:00:00Z\n")
    batch = brought.batch
    assert batch.files == {"leads": "leads.csv", "activities": "activities.csv"}
    assert batch.counts == {
        "leads": {"rows": 3, "created": 1, "updated": 0, "unchanged": 1, "rejected": 1},
        "activities": {"rows": 1, "created": 0, "updated": 0, "unchanged": 0, "rejected": 1},
    }
    assert batch.finished_at is not None


def test_every_bad_row_is_told_in_the_order_of_its_file_and_no_good_one_is_lost(bring):
    text = (
        'external_id,email,is_hiring\n1,ann@example.com,yes\n2,"open,no\n3,bob@example.com,maybe\n4,a@localhost,no\n'
        "5,cat@example.com\n6,x\0@example.com,no\nexternal_id,email,is_hiring\n1,dan@example.com,no\n7,,\n8,,x\n"
    )
    brought = bring(leads=text)
    assert brought.leads == (2, 0, 0, 8)
    assert [(line, column) for line, column, _ in brought.rejects] == [
        (3, "email"),
        (4, "is_hiring"),
        (5, "email"),
        (6, ""),
        (7, "email"),
        (8, ""),
        (9, "external_id"),
        (11, "is_hiring"),
    ]


def test_foreign_columns_through_a_mapping(bring, lead_of):
    mapping = """
        timezone = "Europe/Paris"
        formats = ["%d/%m/%Y"]
        [leads.columns]
        external_id = "Kunden-Nr"
        status = ["Phase", "Ergebnis"]
        created_at = "Angelegt"
        title = "Rolle"
        industry = "Branche"
        [leads.values.status]
        "Offen" = ""
        "Gewonnen" = "converted"
        "*" = "contacted"
        [leads.constants]
        country = "Germany"
    """
    text = (
        "\ufeffKunden-Nr;Phase;Ergebnis;Angelegt;Rolle;E-Mail\n"
        "7;Offen;gewonnen;31/12/2025;CEO;x\n8;neu;;01/01/2026;;\n9;Offen;;;;\n"
    )
    brought = bring(leads=text, mapping=mapping)
    assert brought.leads == (3, 0, 0, 0)
    assert brought.report.notes == ["leads.csv: no column 'Branche', so industry is not set"]
    assert [lead_of(key).status for key in "789"] == ["converted", "contacted", "new"]
    assert lead_of("7").created_at == datetime(2025, 12, 30, 23, tzinfo=UTC)
    assert (lead_of("7").title, lead_of("7").country, lead_of("7").extra) == ("CEO", "Germany", {"E-Mail": "x"})


def test_a_rejected_row_names_the_column_as_the_file_does(bring):
    brought = bring(leads="Nr,Mail\n1,a@localhost\n,\n", mapping='[leads.columns]\nexternal_id = "Nr"\nemail = "Mail"')
    assert [(line, column) for line, column, _ in brought.rejects] == [(2, "Mail"), (3, "Nr")]


def test_arguments_that_cannot_be_used_are_named(bring):
    with pytest.raises(UnusableInput, match=r"give at least one of --leads, --activities and --events"):
        bring()
    with pytest.raises(UnusableInput, match=r"--timezone: 'Asia' is no IANA time zone"):
        bring(leads="external_id\n", timezone="Asia")
    with pytest.raises(UnusableInput, match=r"mapping: leads.constants.employee_count: '0' is outside 1"):
        bring(leads="external_id\n", mapping="[leads.constants]\nemployee_count = 0")


def test_a_suppressed_address_stays_suppressed(bring, customer, make_client):
    Suppression.objects.create(client=customer, kind="email", value="ann@example.com")
    Suppression.objects.create(agency=customer.agency, kind="domain", value="example.org")
    Suppression.objects.create(kind="phone", value="+61412345678")
    Suppression.objects.create(client=make_client("Twin"), kind="email", value="dan@example.com")
    brought = bring(
        leads="external_id,email,phone\n1,ANN@example.com,\n2,bob@example.org,\n3,,0412 345 678\n4,dan@example.com,\n"
    )
    assert brought.report.notes == [
        "suppressed: 3 leads are on a suppression list and stay there; nothing is sent to them"
    ]
    assert Suppression.objects.count() == 4


def test_the_progress_adds_up_to_the_file(bring, tmp_path, customer, monkeypatch):
    monkeypatch.setattr(run, "CHUNK", 50)
    path = tmp_path / "leads.csv"
    path.write_text("external_id\n" + "".join(f"{number}\n" for number in range(500)))
    moment = datetime(2026, 3, 20, tzinfo=UTC)
    steps = []
    with Rejects(tmp_path / "r.csv", [path], asked=False) as rejects:
        run.import_files(
            run.prepare({Kind.LEADS: path}, NONE, None, moment),
            lambda: customer,
            rejects,
            moment,
            progress=steps.append,
        )
    assert sum(steps) == path.stat().st_size
    assert len(steps) == 14  # 6, 12, 24 and 48 rows, then 50 at a time, and what is read in the end


cells = st.one_of(
    st.text(st.characters(exclude_categories=("Cs",)), max_size=6),
    st.sampled_from(
        ["1", "2", "ann@example.com", "converted", "2026-03-02T10:00:00Z", "=1+1", "yes", '"', "\n", "9" * 5000]
    ),
)
rows = st.lists(st.lists(cells, min_size=1, max_size=7), max_size=6)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=rows, delimiter=st.sampled_from([",", ";", "\t"]))
def test_any_rows_are_stored_or_refused_and_add_up(bring, customer, rows, delimiter):
    header = delimiter.join(["external_id", "email", "status", "status_at", "is_hiring", "employee_count", "Note"])
    before = Lead.objects.for_client(customer).count()
    brought = bring(leads="\n".join([header, *(delimiter.join(row) for row in rows)]))
    created, updated, unchanged, rejected = brought.leads
    assert Lead.objects.for_client(customer).count() == before + created
    assert len(brought.rejects) == rejected
    assert (updated >= 0, unchanged >= 0) == (True, True)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=60))
def test_any_bytes_are_read_or_refused_on_one_line(bring, facts, data):
    before = facts()
    told = ""
    try:
        bring(leads=b"external_id,email\n" + data)
    except UnreadableFile as fault:
        told = str(fault)
    assert "\n" not in told
    assert not told or facts() == before


def test_the_example_of_the_documentation_works(bring, lead_of):
    text = (Path(__file__).resolve().parents[3] / "docs" / "import.md").read_text(encoding="utf-8")
    sheet = re.search(r"Say your spreadsheet is\n\n```\n(.*?)```", text, re.DOTALL)[1]
    mapping = re.search(r"```toml\n(.*?)```", text, re.DOTALL)[1]
    brought = bring(leads=sheet, mapping=mapping)
    assert (brought.leads, brought.report.notes) == ((2, 0, 0, 0), [])
    assert (lead_of("17").status, lead_of("17").employee_count, lead_of("17").industry) == ("converted", 12, "Software")
    assert lead_of("17").converted_at == datetime(2026, 1, 31, 22, 59, 59, 999999, tzinfo=UTC)
    assert (lead_of("18").status, lead_of("18").company_name) == ("new", "Bolt AG")


def test_an_erased_person_stays_suppressed_when_it_is_imported_again(bring, customer):
    bring(
        leads="external_id,email,phone,linkedin_url\n1,ann@example.com,,\n2,,,linkedin.com/in/bob\n3,c@example.com,,\n"
    )
    erase("ann@example.com", customer)
    erase("linkedin.com/in/bob", customer)
    brought = bring(
        leads="external_id,email,phone,linkedin_url\n"
        "1,,0412 345 678,\n8,ANN@example.com,,\n9,,,https://www.linkedin.com/in/Bob/\n3,c@example.com,,\n"
    )
    assert brought.report.notes == [
        "suppressed: 3 leads are on a suppression list and stay there; nothing is sent to them"
    ]
    assert Lead.objects.for_client(customer).filter(erased_at=None).count() == 4
