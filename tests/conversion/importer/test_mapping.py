"""Column mappings: what they say, and what is wrong with them, by key."""

import pytest

from conversion.importer.columns import COLUMNS, Kind
from conversion.importer.faults import UnusableInput
from conversion.importer.mapping import READY, FileMapping, load, parse

WHOLE = """
timezone = "australia/sydney"
formats = ["%d/%m/%Y"]

[leads]
timezone = "Europe/Paris"
[leads.columns]
external_id = "Contact  Nr"
phone = ["Mobile", "Phone"]
[leads.values.status]
"Won" = "converted"
"*" = "contacted"
[leads.values.is_hiring]
"ja" = true
[leads.constants]
country = "Australia"
employee_count = 7

[activities.columns]
lead_external_id = "Contact Nr"
"""


def test_a_mapping_is_read():
    mapping = parse(WHOLE, "mine.toml")
    assert mapping[Kind.LEADS] == FileMapping(
        columns={"external_id": ("Contact Nr",), "phone": ("Mobile", "Phone")},
        values={"status": {"won": "converted", "*": "contacted"}, "is_hiring": {"ja": "true"}},
        constants={"country": "Australia", "employee_count": "7"},
        timezone="Europe/Paris",
        formats=("%d/%m/%Y",),
    )
    assert mapping[Kind.ACTIVITIES].timezone == "Australia/Sydney"
    assert mapping[Kind.EVENTS].columns == {}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[lead.columns]", "lead: unknown key; did you mean leads?"),
        ("[leads.colums]", "leads.colums: unknown key; did you mean columns?"),
        ('[leads.columns]\nemial = "E"', "leads.columns.emial: unknown key; did you mean email?"),
        ('[leads.values.stat]\na = "b"', "leads.values.stat: unknown key; did you mean"),
        ("[leads.constants]\ncolour = 1", "leads.constants.colour: unknown key; "),
        ("leads = 3", "leads: expected a table, got 3"),
        ("[leads]\ncolumns = 3", "leads.columns: expected a table, got 3"),
        ("[leads.columns]\nemail = 3", "leads.columns.email: expected the name of a column"),
        ("[leads.columns]\nemail = []", "leads.columns.email: expected the name of a column"),
        ('[leads.columns]\nemail = ["a", " "]', "leads.columns.email: expected the name of a column"),
        ("[leads.values]\nstatus = 3", "leads.values.status: expected a table"),
        ("[leads.values.status]\nWon = 1.5", "leads.values.status.'Won': expected a text"),
        ("[leads.constants]\ncountry = []", "leads.constants.country: expected a text"),
        (
            '[leads.columns]\ncountry = "C"\n[leads.constants]\ncountry = "A"',
            "leads.constants.country: leads.columns has",
        ),
        ('timezone = "Asia"', "timezone: 'Asia' is no IANA time zone"),
        ("[events]\ntimezone = 3", "events.timezone: expected a text, got 3"),
        ('formats = "%d"', "formats: expected a list of texts"),
        ('formats = ["%Q"]', "formats: '%Q' is no format of a date"),
        ('formats = ["%H:%M"]', "formats: '%H:%M' is no format of a date"),
        ("formats = [3]", "formats: 3 is no format of a date"),
        ("[leads", "it is not valid TOML"),
        ("a = 1\na = 2", "it is not valid TOML"),
        ("a = " + "[" * 100_000, "it is not valid TOML"),
        ("[leads.constants]\nemployee_count = " + "9" * 5_000, "it is not valid TOML"),
        ('[leads.constants]\ntitle = "a\\u0000b"', "leads.constants.title: 'a\\x00b' holds a control character"),
    ],
)
def test_a_wrong_key_is_named(text, fault):
    with pytest.raises(UnusableInput) as caught:
        parse(text, "mine.toml")
    assert str(caught.value).startswith("mapping mine.toml: ")
    assert fault in str(caught.value)


def test_a_file_that_is_none_is_named(tmp_path):
    with pytest.raises(UnusableInput, match="no such file can be read; ready mappings are hubspot or salesforce"):
        load(str(tmp_path / "none.toml"))
    path = tmp_path / "latin.toml"
    path.write_bytes("# é".encode("latin-1"))
    with pytest.raises(UnusableInput, match="it is not UTF-8"):
        load(str(path))


@pytest.mark.parametrize("name", READY)
def test_ready_mappings_map_leads(name):
    leads = load(name)[Kind.LEADS]
    assert {"external_id", "email", "title", "company_name", "status", "created_at"} <= set(leads.columns)
    assert set(leads.values["status"].values()) <= {"", "new", "contacted", "converted", "not_interested", "dead"}
    assert set(leads.columns) <= set(COLUMNS[Kind.LEADS])
