"""History comes in through the browser: upload, columns, trial, store, rejects, undo; and nothing else."""

import csv
import gzip
import io
import re

import pytest
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser
from django.utils.timezone import now

from conversion import imports, leases, uploads
from conversion.erasure import erase
from conversion.importer import receiving
from conversion.models import Activity, AuditEntry, Event, ImportBatch, ImportPart, ImportUpload, Lead, Membership
from conversion.tenancy import across_clients
from engines.desk import imports as pages

LEADS = """Kundennr;Vorname;Nachname;E-Mail-Adresse;Telefon;Firma;Land;Status;Angelegt am;Werbesperre;Bemerkung
17;Ann;Lee;ann@acme.example;030 1234567;Acme GmbH;Deutschland;Gewonnen;31.01.2026 14:05;nein;=1+1
18;Zoë;Ray;zoe@bolt.example;+33 6 12 34 56 78;Bolt SA;Frankreich;Kein Interesse;02.02.2026 09:10;nein;
19;Bob;Bad;bob@localhost;;Bolt SA;Frankreich;Offen;02.02.2026 09:10;ja;
"""
TOUCHES = """Kontakt;Kanal;Gesendet am;Betreff;Text;Ergebnis
17;E-Mail;01.07.2026 10:00;Hallo;Guten Tag;
17;Anruf;03.07.2026 10:00;;;Nicht erreicht
99;E-Mail;03.07.2026 10:00;Hallo;Guten Tag;
"""
EVENTS = """Kontakt;Ereignis;Zeitpunkt;Antwort
17;Antwort;01.07.2026 12:00;Gern
17;Termin vereinbart;04.07.2026 08:00;
"""


@pytest.fixture
def customer(make_client):
    return make_client(name="Bolt", timezone="Europe/Berlin")


@pytest.fixture
def browse(customer):
    """A browser with a role at the client; None: of somebody without one."""

    def browse(role="operator", **options):
        user, _ = get_user_model().objects.get_or_create(username=f"{role}")
        if role is not None:
            Membership.objects.get_or_create(user=user, client=customer, role=role, accepted_at=now())
        browser = Browser(**options)
        browser.force_login(user)
        return browser

    return browse


@pytest.fixture
def operator(browse):
    return browse()


def sent(name, text):
    return SimpleUploadedFile(name, text if isinstance(text, bytes) else text.encode(), content_type="text/csv")


def put(browser, **files):
    """Upload; returns the answer."""
    return browser.post("/clients/bolt/imports/new", {name: sent(f"{name}.csv", text) for name, text in files.items()})


def brought(browser, **files):
    """Upload; returns the row."""
    answer = put(browser, **files)
    assert answer.status_code == 302, answer.content.decode()
    return the(re.search(r"/imports/([0-9a-f-]+)/map", answer["Location"]).group(1))


def the(pk):
    with across_clients("imports"):
        return ImportUpload.objects.select_related("client", "batch").get(pk=pk)


def posted(page):
    """What a browser would send of the page's form, as it is."""
    html = page.content.decode()
    html = html[html.index('<form method="post" class="desk-form">') :]
    found = dict(re.findall(r'<input type="(?:text|hidden)"[^>]*name="([^"]+)" value="([^"]*)"', html))
    for name, options in re.findall(r'<select name="([^"]+)"[^>]*>(.*?)</select>', html, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        found[name] = chosen.group(1) if chosen else re.search(r'<option value="([^"]*)"', options).group(1)
    found.pop("csrfmiddlewaretoken", None)
    return found


def tried(browser, upload, **changes):
    """Press "Try it" on the page of the columns, and have it done."""
    form = posted(browser.get(f"/imports/{upload.pk}/map"))
    answer = browser.post(f"/imports/{upload.pk}/map", {**form, **changes, "do": "check"})
    if answer.status_code == 302:
        assert imports.work()
    return answer


def stored(browser, **files):
    upload = brought(browser, **files)
    tried(browser, upload)
    browser.post(f"/imports/{upload.pk}/start")
    assert imports.work()
    return the(upload.pk)


def counts(upload, step="store"):
    names = ("created", "updated", "unchanged", "rejected")
    return {kind: tuple(one[name] for name in names) for kind, one in upload.results[step]["counts"].items()}


def rows(customer):
    return tuple(model.objects.for_client(customer).count() for model in (Lead, Activity, Event, ImportBatch))


class TestTheWay:
    def test_from_a_german_spreadsheet_to_facts_and_back(self, customer, operator):
        upload = brought(operator, leads=LEADS, activities=TOUCHES, events=EVENTS)
        assert upload.mapping["timezone"] == "Europe/Berlin"
        assert upload.mapping["leads"]["columns"]["external_id"] == ["Kundennr"]
        page = operator.get(f"/imports/{upload.pk}/map").content.decode()
        assert "2026-01-31 13:05 UTC" in page  # Berlin's 14:05 in January
        assert "2026-07-01 08:00 UTC" in page  # and 10:00 in July
        assert "@localhost&#x27; is" in page or "Rejected: E-Mail-Adresse" in page

        assert tried(operator, upload).status_code == 302
        upload = the(upload.pk)
        assert (upload.step, upload.state) == ("check", "done")
        assert counts(upload, "check") == {"leads": (2, 0, 0, 1), "activities": (2, 0, 0, 1), "events": (2, 0, 0, 0)}
        assert rows(customer) == (0, 0, 0, 0)
        page = operator.get(f"/imports/{upload.pk}").content.decode()
        assert "What would be stored" in page
        assert "there is no lead" in page

        assert operator.post(f"/imports/{upload.pk}/start").status_code == 302
        assert rows(customer) == (0, 0, 0, 0)
        assert imports.work()
        upload = the(upload.pk)
        assert (upload.step, upload.state, upload.done, upload.total) == ("store", "done", 8, 8)
        assert rows(customer) == (2, 2, 2, 1)
        ann = Lead.objects.for_client(customer).get(external_id="17")
        assert (ann.first_name, ann.phone, ann.status, ann.country) == (
            "Ann",
            "+49301234567",
            "converted",
            "Deutschland",
        )
        assert ann.created_at.isoformat() == "2026-01-31T13:05:00+00:00"
        assert ann.extra == {"Bemerkung": "=1+1"}
        zoe = Lead.objects.for_client(customer).get(external_id="18")
        assert (zoe.country, zoe.status, zoe.phone) == ("France", "not_interested", "+33612345678")
        call = Activity.objects.for_client(customer).get(channel="voice")
        assert (call.outcome, call.sent_at.isoformat()) == ("no_answer", "2026-07-03T08:00:00+00:00")
        assert "Learn from it now" not in operator.get(f"/imports/{upload.pk}").content.decode()

        answer = operator.get(f"/imports/{upload.pk}/rejects")
        told = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
        assert [(one["file"], one["line"], one["column"]) for one in told] == [
            ("leads.csv", "4", "E-Mail-Adresse"),
            ("activities.csv", "4", "Kontakt"),
        ]

        assert operator.get(f"/imports/{upload.pk}/undo").status_code == 200
        assert rows(customer) == (2, 2, 2, 1)
        operator.post(f"/imports/{upload.pk}/undo")
        assert imports.work()
        assert rows(customer) == (0, 0, 0, 1)
        told = " ".join(operator.get(f"/imports/{upload.pk}").content.decode().split())
        assert "Taken out again" in told
        assert all(f"2 {rows} removed." in told for rows in ("events", "touches", "leads"))
        assert the(upload.pk).batch.undone_at is not None

    def test_a_file_of_which_nobody_knows_what_it_holds(self, operator):
        answer = put(operator, leads=LEADS, file=EVENTS)
        upload = the(re.search(r"/imports/([0-9a-f-]+)/map", answer["Location"]).group(1))
        assert [(one["name"], one["kind"]) for one in upload.files] == [("leads.csv", "leads"), ("file.csv", "events")]

    def test_gzip(self, operator):
        assert counts(stored(operator, leads=gzip.compress(LEADS.encode()))) == {"leads": (2, 0, 0, 1)}

    def test_the_next_files_with_the_same_columns_are_read_alike(self, operator):
        upload = brought(operator, leads=LEADS)
        form = posted(operator.get(f"/imports/{upload.pk}/map"))
        column = next(name for name, value in form.items() if value == "company_name")
        tried(operator, upload, **{column: "industry", "timezone": "Australia/Perth"})
        operator.post(f"/imports/{upload.pk}/start")
        imports.work()
        again = brought(operator, file=_other_order())
        assert again.mapping["leads"]["columns"]["industry"] == ["Firma"]
        assert again.mapping["timezone"] == "Australia/Perth"
        assert again.files[0]["kind"] == "leads"

    def test_the_same_upload_twice_doubles_nothing(self, operator, customer):
        stored(operator, leads=LEADS, activities=TOUCHES, events=EVENTS)
        before = rows(customer)
        again = stored(operator, leads=LEADS, activities=TOUCHES, events=EVENTS)
        assert counts(again) == {"leads": (0, 0, 2, 1), "activities": (0, 0, 2, 1), "events": (0, 0, 2, 0)}
        assert rows(customer)[:3] == before[:3]

    def test_a_file_of_another_kind_is_read_as_that(self, operator):
        upload = brought(operator, leads=TOUCHES)
        form = posted(operator.get(f"/imports/{upload.pk}/map"))
        answer = operator.post(f"/imports/{upload.pk}/map", {**form, "f-0-kind": "activities", "do": "check"})
        assert answer.status_code == 302
        upload = the(upload.pk)
        assert (upload.step, upload.files[0]["kind"]) == ("map", "activities")
        assert upload.mapping["activities"]["columns"]["lead_external_id"] == ["Kontakt"]


def _other_order():
    lines = [line.split(";") for line in LEADS.splitlines()]
    return "\n".join(";".join([*line[3:], *line[:3]]) for line in lines) + "\n"


class TestBadFiles:
    @pytest.mark.parametrize(
        ("text", "told"),
        [
            (b"", "it is empty: there is no header row"),
            (b"\n\n", "it is empty"),
            ("Id;Name\n1;Zoë\n".encode("utf-16"), "it is UTF-16"),
            ("Id;Name\n1;Zo\xeb\n".encode("latin-1"), "it is not UTF-8 (line 2"),
            (b"PK\x03\x04rest", "it is a workbook or a zip archive"),
            (b"id,id\n1,2\n", "stands twice in the header"),
            (b'"id,name\n1,2\n', "the quotes of its header row do not match"),
            (b"id\0,name\n1,2\n", "its header holds NUL bytes"),
            (gzip.compress(LEADS.encode())[:-20], "gzip data is damaged or cut short"),
        ],
    )
    def test_what_cannot_be_read_is_told_and_nothing_is_kept(self, operator, customer, text, told):
        answer = put(operator, leads=text)
        assert answer.status_code == 400
        page = answer.content.decode().replace("&#x27;", "'")
        assert "leads.csv: " in page
        assert told in page
        assert "agency-os-import-" not in page
        assert not ImportUpload.objects.for_client(customer).exists()
        assert not ImportPart.objects.for_client(customer).exists()

    @pytest.mark.parametrize(
        ("row", "line", "column", "told"),
        [
            ('17;"Ann;Lee', 2, "Vorname", "never closed"),
            ("17;A\0nn;Lee", 2, "Vorname", "holds a NUL character"),
            ("17;Ann", 2, "", "the row has 2 columns, the header 3"),
            ("17;Ann;" + "x" * 140_000, 2, "Nachname", "longer than 128 KiB"),
            ("Nr;Vorname;Nachname", 2, "", "the header row again"),
            (";Ann;Lee", 2, "Nr", "is blank, and required"),
        ],
    )
    def test_a_bad_row_is_rejected_with_its_line_and_column(self, operator, customer, row, line, column, told):
        upload = brought(operator, leads=f"Nr;Vorname;Nachname\n{row}\n18;Bob;Ray\n")
        assert tried(operator, upload).status_code == 302
        upload = the(upload.pk)
        (reason,) = upload.results["check"]["reasons"]
        assert (reason["lines"], reason["column"]) == ([line], column)
        assert told in reason["reason"]
        assert counts(upload, "check") == {"leads": (1, 0, 0, 1)}
        page = operator.get(f"/imports/{upload.pk}").content.decode()
        assert told in page
        assert rows(customer) == (0, 0, 0, 0)

    def test_formulas_are_quoted_in_the_download_and_kept_as_they_are_on_the_lead(self, operator, customer):
        upload = stored(operator, leads="Nr;Vorname;E-Mail\n=1+1;=HYPERLINK(1);a@x.example\n2;+2;@localhost\n")
        assert Lead.objects.for_client(customer).get().first_name == "=HYPERLINK(1)"
        body = b"".join(operator.get(f"/imports/{upload.pk}/rejects").streaming_content).decode()
        assert "\n3,E-Mail,'@localhost" not in body.split("\n", 1)[0]
        assert all(not cell.startswith(("=", "+", "-", "@")) for row in csv.reader(io.StringIO(body)) for cell in row)

    def test_too_large_files_are_refused_before_they_are_read(self, operator, customer, monkeypatch):
        monkeypatch.setattr(pages, "MOST_REQUEST", 1000)
        answer = put(operator, leads=LEADS * 10)
        assert answer.status_code == 413
        assert "larger than 64 MiB" in answer.content.decode()
        assert not ImportUpload.objects.for_client(customer).exists()

    @pytest.mark.parametrize("name", ["MOST_SENT", "MOST_TEXT"])
    def test_a_file_that_is_too_large_unzipped_is_refused(self, operator, customer, monkeypatch, name):
        monkeypatch.setattr(receiving, name, 500)
        answer = put(operator, leads=gzip.compress((LEADS * 50).encode(), 0 if name == "MOST_SENT" else 9))
        assert answer.status_code == 413
        assert "leads.csv: it is larger than 0 MiB" in answer.content.decode()
        assert not ImportUpload.objects.for_client(customer).exists()

    def test_no_file_at_all(self, operator):
        answer = operator.post("/clients/bolt/imports/new", {})
        assert answer.status_code == 400
        assert "Choose at least one file." in answer.content.decode()

    @pytest.mark.parametrize("name", ["../../etc/passwd", "a\\b\0c.csv", "x" * 300 + ".csv", "", "ü/é.csv"])
    def test_a_file_is_only_called_something(self, name):
        assert "/" not in receiving.name_of(name)
        assert "\0" not in receiving.name_of(name)
        assert 0 < len(receiving.name_of(name).encode()) <= 100


class TestBadColumns:
    def faulty(self, browser, upload, told, **changes):
        before = the(upload.pk).mapping
        answer = tried(browser, upload, **changes)
        assert answer.status_code == 400
        page = answer.content.decode().replace("&#x27;", "'")
        assert told in page
        assert the(upload.pk).mapping == before
        assert the(upload.pk).step == "map"

    @pytest.mark.parametrize("zone", ["x" * 300, "Asia", "../..", "Mars/Base", "Europe/Berlin\0"])
    def test_time_zones(self, operator, zone):
        self.faulty(operator, brought(operator, leads=LEADS), "is no IANA time zone", timezone=zone)

    def test_a_required_column_that_is_missing(self, operator):
        upload = brought(operator, leads=LEADS)
        self.faulty(operator, upload, "there is no column external_id", **{"f-0-key": ""})

    @pytest.mark.parametrize(
        ("changes", "told"),
        [
            ({"f-0-k-0": "employee_count", "f-0-t-0": "1e400"}, "is no whole number"),
            ({"f-0-k-0": "employee_count", "f-0-t-0": "9" * 5000}, "is outside"),
            ({"f-0-k-0": "industry", "f-0-t-0": "a\0b"}, "holds a control character"),
            ({"f-0-k-0": "industry", "f-0-t-0": ""}, "Write the text that every row gets."),
            ({"f-0-k-0": "", "f-0-t-0": "Software"}, "Choose the column that this text is for."),
            ({"f-0-k-0": "client", "f-0-t-0": "1"}, "Choose one of the list."),
            ({"f-0-k-0": "title", "f-0-t-0": "a", "f-0-k-1": "title", "f-0-t-1": "b"}, "title stands here twice."),
            ({"f-0-k-0": "email", "f-0-t-0": "x"}, "leads.constants.email: leads.columns has it too"),
            ({"f-0-c-1": "no_such"}, "Choose one of the list."),
            ({"f-0-kind": "people"}, "Choose one of the list."),
            ({"f-0-v-status-0": "no_such"}, "Choose one of the list."),
            ({"f-0-o-status": "no_such"}, "Choose one of the list."),
            ({"f-0-key": "no_such"}, "Choose one of the list."),
        ],
    )
    def test_what_the_form_would_not_send(self, operator, changes, told):
        self.faulty(operator, brought(operator, leads=LEADS), told, **changes)

    def test_two_files_of_one_kind(self, operator):
        upload = brought(operator, leads=LEADS, events=EVENTS)
        self.faulty(operator, upload, "two files hold leads", **{"f-1-kind": "leads"})

    def test_words_are_mapped(self, operator, customer):
        upload = brought(operator, leads="Nr;Status\n1;Blau\n2;Rot\n3;Offen\n")
        assert "Blau" in operator.get(f"/imports/{upload.pk}/map").content.decode()
        form = posted(operator.get(f"/imports/{upload.pk}/map"))
        blue = next(name for name, value in form.items() if value == "Blau").replace("-w-", "-v-")
        tried(operator, upload, **{blue: "converted", "f-0-o-status": "dead"})
        operator.post(f"/imports/{upload.pk}/start")
        imports.work()
        leads = Lead.objects.for_client(customer).values_list("external_id", "status")
        assert dict(leads) == {"1": "converted", "2": "dead", "3": "new"}


class TestFaults:
    def test_two_presses_are_one_run(self, operator, browse, customer):
        upload = brought(operator, leads=LEADS)
        tried(operator, upload)
        other = browse("admin")
        assert operator.post(f"/imports/{upload.pk}/start").status_code == 302
        answer = other.post(f"/imports/{upload.pk}/start", follow=True)
        assert "has begun already" in answer.content.decode()
        assert imports.work()
        assert not imports.work()
        assert rows(customer) == (2, 0, 0, 1)
        assert "has begun already" in other.post(f"/imports/{upload.pk}/start", follow=True).content.decode()
        assert not imports.work()
        assert AuditEntry.objects.filter(action="import", object_id=str(upload.pk)).count() == 1

    def test_nothing_is_stored_that_was_not_tried(self, operator):
        upload = brought(operator, leads=LEADS)
        answer = operator.post(f"/imports/{upload.pk}/start", follow=True)
        assert "Try it first" in answer.content.decode()
        assert not imports.work()

    def test_a_killed_process_is_made_up_for_without_doubling(self, operator, customer, monkeypatch):
        upload = brought(operator, leads=LEADS, activities=TOUCHES)
        tried(operator, upload)
        operator.post(f"/imports/{upload.pk}/start")

        def killed(*_, **__):
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(imports.uploads, "write", killed)  # after the rows, before the result
            with pytest.raises(KeyboardInterrupt):
                imports.work()
        assert rows(customer) == (0, 0, 0, 0)
        assert the(upload.pk).state == "queued"
        assert imports.work()
        assert rows(customer) == (2, 2, 0, 1)
        assert counts(the(upload.pk)) == {"leads": (2, 0, 0, 1), "activities": (2, 0, 0, 1)}

    def test_one_whose_process_vanished_is_taken_again_and_held_after_three(self, operator, customer):
        upload = brought(operator, leads=LEADS)
        tried(operator, upload)
        operator.post(f"/imports/{upload.pk}/start")
        for _ in range(3):
            with across_clients("imports"):
                ImportUpload.objects.update(due_at=None)
                assert leases.take(ImportUpload.objects.all()) is not None
                ImportUpload.objects.update(claimed_until=leases.database_now())
            imports.look(now())
        assert the(upload.pk).state == "held"
        assert "vanished" in operator.get(f"/imports/{upload.pk}").content.decode()
        operator.post(f"/imports/{upload.pk}/start")
        assert imports.work()
        assert rows(customer) == (2, 0, 0, 1)

    def test_a_deleted_client(self, operator, customer):
        upload = brought(operator, leads=LEADS)
        tried(operator, upload)
        operator.post(f"/imports/{upload.pk}/start")
        customer.deleted_at = now()
        customer.save()
        assert imports.work()
        assert (the(upload.pk).state, the(upload.pk).error) == ("skipped", "The client is deleted.")
        assert rows(customer) == (0, 0, 0, 0)
        assert not ImportPart.objects.for_client(customer).exists()
        assert operator.get(f"/imports/{upload.pk}").status_code == 404

    def test_a_paused_client_is_told_of(self, operator, customer):
        customer.is_paused = True
        customer.save()
        assert "is paused" in operator.get("/clients/bolt/imports/new").content.decode()
        assert counts(stored(operator, leads=LEADS)) == {"leads": (2, 0, 0, 1)}

    def test_somebody_who_is_forgotten_meanwhile_is_in_no_file_any_more(self, operator, customer):
        upload = brought(operator, leads=LEADS)
        tried(operator, upload)
        operator.post(f"/imports/{upload.pk}/start")
        assert erase("ann@acme.example", customer).uploads == 1
        assert not ImportPart.objects.for_client(customer).exists()
        assert not imports.work()
        assert "forgotten" in operator.get(f"/imports/{upload.pk}").content.decode()
        assert "ann" not in str(the(upload.pk).results)
        assert rows(customer) == (0, 0, 0, 0)

    def test_and_in_no_rejects(self, operator, customer, make_client):
        upload = stored(operator, leads=LEADS)
        assert uploads.has_rejects(upload)
        erase("bob@elsewhere.example", make_client(name="Other"))
        assert uploads.has_rejects(upload)
        erase("ann@acme.example", customer)
        assert not uploads.has_rejects(upload)
        upload = the(upload.pk)
        assert upload.state == "done"
        assert "reasons" not in upload.results["store"]
        assert operator.get(f"/imports/{upload.pk}").status_code == 200

    def test_an_import_under_way_when_somebody_is_forgotten_stores_nothing(self, operator, customer, monkeypatch):
        upload = brought(operator, leads=LEADS)
        tried(operator, upload)
        operator.post(f"/imports/{upload.pk}/start")
        laid_out = imports.rows_of

        def meanwhile(file):
            erase("ann@acme.example", customer)
            return laid_out(file)

        monkeypatch.setattr(imports, "rows_of", meanwhile)
        assert imports.work()
        assert rows(customer) == (0, 0, 0, 0)
        assert the(upload.pk).state == "abandoned"

    def test_files_are_dropped_after_a_day(self, operator, customer):
        upload = brought(operator, leads=LEADS)
        imports.look(now() + uploads.KEPT * 0.9)
        assert uploads.has_files(upload)
        imports.look(now() + uploads.KEPT * 1.1)
        assert not ImportPart.objects.for_client(customer).exists()
        assert "dropped after a day" in operator.get(f"/imports/{upload.pk}").content.decode()
        assert operator.get(f"/imports/{upload.pk}/map").status_code == 200

    def test_stored_files_are_gone_at_once(self, operator, customer):
        upload = stored(operator, leads=LEADS)
        assert not uploads.has_files(upload)
        assert uploads.has_rejects(upload)
        imports.look(now() + uploads.KEPT * 1.1)
        assert not ImportPart.objects.for_client(customer).exists()
        assert the(upload.pk).state == "done"

    def test_what_cannot_be_undone_says_why(self, operator, customer):
        first = stored(operator, leads=LEADS)
        stored(operator, leads=LEADS.replace("Acme GmbH", "Acme AG"))
        operator.post(f"/imports/{first.pk}/undo")
        assert imports.work()
        page = operator.get(f"/imports/{first.pk}").content.decode()
        assert "later imports changed rows of this one" in page
        assert rows(customer)[0] == 2

    def test_columns_of_what_is_stored_are_not_changed(self, operator):
        upload = brought(operator, leads=LEADS)
        form = posted(operator.get(f"/imports/{upload.pk}/map"))
        tried(operator, upload)
        operator.post(f"/imports/{upload.pk}/start")
        answer = operator.post(f"/imports/{upload.pk}/map", {**form, "do": "check"}, follow=True)
        assert "Something is being done with this import" in answer.content.decode()
        assert the(upload.pk).step == "store"


class TestPages:
    def test_the_list_has_those_of_the_command_too(self, operator, customer):
        assert "Nothing was imported" in operator.get("/clients/bolt/imports").content.decode()
        batch = ImportBatch.objects.create(
            client=customer, files={"leads": "old.csv"}, counts={"leads": {"rows": 2, "created": 2}}, finished_at=now()
        )
        stored(operator, leads=LEADS)
        page = operator.get("/clients/bolt/imports").content.decode()
        assert page.index("leads.csv") < page.index("old.csv")
        page = operator.get(f"/imports/{batch.pk}").content.decode()
        assert "What was stored" in page
        operator.post(f"/imports/{batch.pk}/undo")
        operator.post(f"/imports/{batch.pk}/undo")
        assert imports.work()
        assert not imports.work()
        batch.refresh_from_db(from_queryset=ImportBatch.objects.for_client(customer))
        assert batch.undone_at is not None

    def test_the_list_asks_as_often_for_fifty(self, operator, customer, django_assert_num_queries):
        def asked(number):
            operator.get("/clients/bolt/imports")
            with across_clients("imports"):
                ImportUpload.objects.bulk_create(
                    [
                        ImportUpload(client=customer, files=[{"slot": 0, "kind": "leads", "name": "x.csv"}])
                        for _ in range(number)
                    ]
                )
                for _ in range(number):
                    ImportBatch.objects.create(client=customer)
            with django_assert_num_queries(QUERIES_OF_LIST):
                return operator.get("/clients/bolt/imports")

        asked(1)
        page = asked(50).content.decode()
        assert page.count("<time datetime") == 50
        following = re.search(r'\?before=([^"]+)"', page).group(1)
        assert operator.get(f"/clients/bolt/imports?before={following}").content.decode().count("<time datetime") == 50
        assert operator.get("/clients/bolt/imports?before=nonsense").status_code == 200

    def test_progress(self, operator):
        upload = brought(operator, leads=LEADS)
        told = operator.get(f"/imports/{upload.pk}/progress").json()
        assert told == {"state": "queued", "done": 0, "total": 0, "text": "Done.", "finished": True}
        tried(operator, upload)
        operator.post(f"/imports/{upload.pk}/start")
        assert operator.get(f"/imports/{upload.pk}/progress").json() == {
            "state": "queued",
            "done": 0,
            "total": 0,
            "text": "Waits for a worker to take it.",
            "finished": False,
        }
        assert "data-progress" in operator.get(f"/imports/{upload.pk}").content.decode()
        imports.work()
        assert operator.get(f"/imports/{upload.pk}/progress").json() == {
            "state": "done",
            "done": 3,
            "total": 3,
            "text": "Done.",
            "finished": True,
        }

    def test_roles(self, browse, operator, make_client):
        upload = brought(operator, leads=LEADS)
        viewer = browse("viewer")
        assert viewer.get("/clients/bolt/imports").status_code == 200
        assert f"/imports/{upload.pk}" not in viewer.get("/clients/bolt/imports").content.decode()
        for path in ("", "/map", "/start", "/progress", "/rejects", "/undo"):
            assert viewer.get(f"/imports/{upload.pk}{path}").status_code == 403
            assert operator.get(f"/imports/{upload.pk}{path}").status_code == 200
        assert viewer.get("/clients/bolt/imports/new").status_code == 403
        assert put(viewer, leads=LEADS).status_code == 403
        stranger = Browser()
        assert stranger.get(f"/imports/{upload.pk}").status_code == 302
        user = get_user_model().objects.create(username="stranger")
        Membership.objects.create(user=user, client=make_client(name="Other"), role="admin", accepted_at=now())
        stranger.force_login(user)
        for path in ("", "/map", "/start", "/progress", "/rejects", "/undo"):
            assert stranger.get(f"/imports/{upload.pk}{path}").status_code == 404
            assert stranger.post(f"/imports/{upload.pk}{path}").status_code in {404, 405}
        assert (
            "Learn from it now" in browse("admin").get(f"/imports/{stored(operator, leads=LEADS).pk}").content.decode()
        )

    def test_the_upload_is_protected_from_other_sites(self, browse, customer):
        strict = browse(enforce_csrf_checks=True)
        assert put(strict, leads=LEADS).status_code == 403
        assert not ImportUpload.objects.for_client(customer).exists()
        page = strict.get("/clients/bolt/imports/new").content.decode()
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page).group(1)
        data = {"leads": sent("leads.csv", LEADS), "csrfmiddlewaretoken": token}
        assert strict.post("/clients/bolt/imports/new", data).status_code == 302

    def test_hostile_names_are_text(self, operator):
        upload = brought(operator, leads="Nr;<script>alert(1)</script>;{{ 7*7 }}\n1;<b>;{% now %}\n")
        page = operator.get(f"/imports/{upload.pk}/map").content.decode()
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page
        assert "{{ 7*7 }}" in page


QUERIES_OF_LIST = 7  # session, person, memberships, client, uploads, batches, and the badges of the frame
