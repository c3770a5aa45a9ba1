"""What a foreign file means, in several languages, by its names and by its cells."""

import pytest

from conversion.importer.columns import COLUMNS, FLAGS, Kind
from conversion.importer.guessing import form_of, guess, kind_of, values_of
from conversion.importer.mapping import read
from conversion.importer.suggesting import Suggestion, joined, present, suggest
from conversion.importer.words import country, folded, headers, ours, words_of
from conversion.vocabulary import CallOutcome, Channel, EventKind, LeadStatus, MessageType

LEADS = {
    "German": (
        "Kundennr;Vorname;Nachname;E-Mail-Adresse;Telefon;Firma;Land;Status;Angelegt am;Mitarbeiter",
        "17;Ann;Lee;ann@acme.de;030 1234567;Acme;Frankreich;Gewonnen;31.01.2026 14:05;12",
        "dots",
        {"Gewonnen": "converted"},
        {"Frankreich": "France"},
    ),
    "French": (
        "Identifiant;Prénom;Nom;Courriel;Téléphone portable;Société;Pays;Statut;Créé le;Effectif",
        "1;Zoë;Dupont;z@d.fr;06 12 34 56 78;Dupont SA;Allemagne;Pas intéressé;31/01/2026;5",
        "day_first",
        {"Pas intéressé": "not_interested"},
        {"Allemagne": "Germany"},
    ),
    "Spanish": (
        "Id cliente;Nombre;Apellidos;Correo electrónico;Móvil;Empresa;País;Estado;Fecha de creación;Empleados",
        "1;José;Núñez;j@n.es;+34 612 345 678;Núñez SL;Alemania;Ganado;2026-01-31 10:00;40",
        "iso",
        {"Ganado": "converted"},
        {"Alemania": "Germany"},
    ),
    "English": (
        "Contact ID;First Name;Last Name;Work Email;Mobile Phone;Company;Country;Lead Status;Create Date;Company Size",
        "1;Ann;Lee;a@b.co;+1 415 555 0100;Acme;USA;Closed Won;01/31/2026 2:05 PM;12.0",
        "month_first",
        {"Closed Won": "converted"},
        {},
    ),
}
OURS = (
    "external_id",
    "first_name",
    "last_name",
    "email",
    "phone",
    "company_name",
    "country",
    "status",
    "created_at",
    "employee_count",
)


@pytest.mark.parametrize("language", LEADS)
def test_leads(language):
    header, row, form, statuses, countries = LEADS[language]
    names = header.split(";")
    found = guess(Kind.LEADS, names, [row.split(";")])
    assert found.columns == {ours: [theirs] for ours, theirs in zip(OURS, names, strict=True)}
    assert found.formats == form
    assert found.bare
    assert found.values.get("country", {}) == countries
    assert found.values["status"] == statuses
    read({"leads": found.section}, "guess")  # the importer takes it


def test_touches_and_events():
    header = ["Kontakt", "Kanal", "Gesendet am", "Betreff", "Text", "Ergebnis", "Dauer"]
    row = ["1", "Anruf", "01.02.2026 10:00", "", "", "Besetzt", "90"]
    found = guess(Kind.ACTIVITIES, header, [row])
    names = ("lead_external_id", "channel", "occurred_at", "subject", "body", "outcome", "duration_seconds")
    assert found.columns == {ours: [theirs] for ours, theirs in zip(names, header, strict=True)}
    assert found.values == {"channel": {"Anruf": "voice"}, "outcome": {"Besetzt": "busy"}}
    found = guess(Kind.EVENTS, ["Contact", "Événement", "Date"], [["1", "RDV pris", "2026-02-01T10:00:00Z"]])
    assert found.columns == {"lead_external_id": ["Contact"], "kind": ["Événement"], "occurred_at": ["Date"]}
    assert found.values == {"kind": {"RDV pris": "meeting_booked"}}
    assert not found.bare


@pytest.mark.parametrize(
    ("name", "header", "row", "kind"),
    [
        ("export.csv", "id,email,company", "1,a@b.co,Acme", Kind.LEADS),
        ("export.csv", "lead_external_id,channel,occurred_at", "1,email,2026-01-01T10:00:00Z", Kind.ACTIVITIES),
        ("export.csv", "lead_external_id,kind,occurred_at", "1,replied,2026-01-01T10:00:00Z", Kind.EVENTS),
        ("antworten.csv", "Kontakt,Ereignis,Zeitpunkt", "1,geöffnet,01.02.2026", Kind.EVENTS),
        ("x.csv", "a,b,c", "1,2,3", Kind.LEADS),
        ("x.csv", "", "", Kind.LEADS),
    ],
)
def test_what_a_file_holds(name, header, row, kind):
    assert kind_of(name, header.split(","), [row.split(",")]) == kind


class TestCells:
    def test_a_name_that_its_cells_contradict_is_none(self):
        assert "email" not in guess(Kind.LEADS, ["Id", "Mail"], [["1", "sent by post"], ["2", "letter"]]).columns

    def test_cells_that_speak_for_themselves(self):
        rows = [["1", "a@b.co", "https://www.linkedin.com/in/a"], ["2", "c@d.co", "linkedin.com/in/c"]]
        found = guess(Kind.LEADS, ["x", "y", "z"], rows).columns
        assert found == {"email": ["y"], "linkedin_url": ["z"], "external_id": ["y"]}

    def test_a_key_never_repeats_and_is_never_blank(self):
        assert guess(Kind.LEADS, ["a", "b"], [["1", "x"], ["1", "y"]]).columns == {"external_id": ["b"]}
        assert guess(Kind.LEADS, ["a", "b"], [["1", ""], ["1", "y"]]).columns == {}

    def test_of_several_numbers_the_first_that_holds_something(self):
        found = guess(Kind.LEADS, ["Id", "Telefon", "Mobil"], [["1", "", "0171 234567"], ["2", "030 123456", ""]])
        assert found.columns["phone"] == ["Telefon", "Mobil"]

    def test_a_company_s_id_is_no_lead_s(self):
        assert guess(Kind.LEADS, ["Company ID"], [["1"], ["1"]]).columns == {}

    def test_no_rows(self):
        assert guess(Kind.LEADS, ["Nr", "E-Mail"], []).columns == {"external_id": ["Nr"], "email": ["E-Mail"]}
        assert guess(Kind.EVENTS, [], []).columns == {}

    @pytest.mark.parametrize("cell", ["9" * 5000, "\0", "=1+1", "1e400", "\ud800", "2026-13-45", "🎉" * 50])
    def test_odd_cells(self, cell):
        for kind in Kind:
            found = guess(kind, [*COLUMNS[kind], cell[:50]], [[cell] * (len(COLUMNS[kind]) + 1)])
            read({kind.value: found.section}, "guess")


@pytest.mark.parametrize(
    ("cells", "form"),
    [
        (["2026-01-31T14:05:00+01:00"], "iso"),
        (["31.01.2026"], "dots"),
        (["31.01.2026 14:05:09"], "dots"),
        (["01/02/2026", "03/04/2026"], "day_first"),
        (["01/02/2026", "03/14/2026"], "month_first"),
        (["31-01-2026"], "dashes"),
        (["2026/01/31 10:00"], "slashes"),
        (["soon"], "iso"),
        ([], "iso"),
    ],
)
def test_how_dates_are_written(cells, form):
    assert form_of(cells) == form


def test_our_own_words_need_no_table():
    assert values_of("status", ["converted", "Not interested", "NEW"]) == {}
    assert values_of("has_bounced", ["ja", "yes", "Nein"]) == {"ja": "true", "Nein": "false"}


def test_every_word_of_the_tables_is_one_that_the_importer_knows():
    known = {
        "status": LeadStatus,
        "channel": Channel,
        "kind": EventKind,
        "outcome": CallOutcome,
        "message_type": MessageType,
    }
    for column, words in known.items():
        assert set(words_of(column).values()) <= set(words)
    for column in FLAGS:
        assert set(words_of(column).values()) == {"true", "false"}
    for kind in Kind:
        assert set(headers(kind)) <= set(COLUMNS[kind])
        names = [name for column in headers(kind).values() for name in column]
        assert names == [folded(name) for name in names]


def test_countries_in_their_languages():
    assert [country(text) for text in ("Vereinigte Staaten", "États-Unis", "Reino Unido", "Paesi Bassi", "Narnia")] == [
        "United States",
        "United States",
        "United Kingdom",
        "Netherlands",
        None,
    ]
    assert ours("status", "GEWONNEN") == "converted"
    assert ours("status", "Narnia") is None


class TestSuggestions:
    def test_a_ready_mapping_goes_before_a_guess(self):
        header = [
            "Record ID",
            "First Name",
            "Last Name",
            "Email",
            "Phone Number",
            "Mobile Phone Number",
            "Lifecycle Stage",
            "Lead Status",
        ]
        found = suggest(Kind.LEADS, header, [["1", "A", "B", "a@b.co", "", "", "customer", "New"]])
        assert found.origin == "the ready mapping hubspot"
        assert found.section["columns"]["phone"] == ["Phone Number", "Mobile Phone Number"]
        assert found.section["columns"]["status"] == ["Lifecycle Stage", "Lead Status"]
        assert found.section["values"]["status"]["customer"] == "converted"

    def test_of_a_mapping_only_what_the_file_has(self):
        assert present({"email": ["E-Mail", "Mail"], "title": ["Rolle"]}, ["mail", "x"]) == {"email": ["mail"]}

    def test_leads_are_known_by_what_their_touches_name_them_by(self):
        leads = (["Nr", "Email"], [["1", "a@b.co"], ["2", "c@d.co"]])
        touches = (["Email", "Date"], [["a@b.co", "2026-01-01"], ["c@d.co", "2026-01-01"]])
        sections = {
            Kind.LEADS: suggest(Kind.LEADS, *leads),
            Kind.ACTIVITIES: Suggestion({"columns": {"lead_external_id": ["Email"]}}, bare=False, origin=""),
        }
        assert sections[Kind.LEADS].section["columns"]["external_id"] == ["Nr"]
        joined({Kind.LEADS: leads, Kind.ACTIVITIES: touches}, sections)
        assert sections[Kind.LEADS].section["columns"]["external_id"] == ["Email"]
