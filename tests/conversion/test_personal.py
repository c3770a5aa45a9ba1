from types import SimpleNamespace

import pytest

from conversion.content import detect_personalization, template_key, unpersonalised

SARAH = SimpleNamespace(
    first_name="Sarah",
    last_name="Smith",
    company_name="Acme Dental Pty. Ltd.",
    email="sarah@acmedental.com.au",
    phone="+61 400 000 000",
    linkedin_url="https://linkedin.com/in/sarah-smith",
    title="Practice Owner",
    industry="Hospital & Health Care",
)
NOTHING = {
    "has_company_mention": False,
    "has_first_name": False,
    "has_recent_news": False,
    "has_mutual_connection": False,
    "has_industry_specific": False,
}


def found(text, **attributes):
    """Names of the flags that hold for a lead of these attributes, without `has_`."""
    flags = detect_personalization(text, SimpleNamespace(**attributes))
    assert list(flags) == list(NOTHING)
    return [name.removeprefix("has_") for name, held in flags.items() if held]


@pytest.mark.parametrize(
    ("text", "keyword_flag"),
    [
        ("I noticed it", "recent_news"),
        ("I saw it", "recent_news"),
        ("Congrats!", "recent_news"),
        ("congratulations", "recent_news"),
        ("just saw it", "recent_news"),
        ("read about it", "recent_news"),
        ("a mutual friend", "mutual_connection"),
        ("our connections", "mutual_connection"),
        ("she referred me", "mutual_connection"),
        ("he introduced us", "mutual_connection"),
    ],
)
def test_flags_of_keywords(text, keyword_flag):
    assert found(text) == [keyword_flag]


@pytest.mark.parametrize("text", ["", " ", None, "I read it, a seesaw and notices"])
def test_nothing_is_found(text):
    assert detect_personalization(text, SARAH) == NOTHING


@pytest.mark.parametrize(
    "lead", [None, SimpleNamespace(), SimpleNamespace(first_name=None, company_name=" ", industry="")]
)
def test_a_lead_without_fields_is_never_found(lead):
    assert detect_personalization("hello there , None", lead) == NOTHING


@pytest.mark.parametrize(
    ("name", "text", "held"),
    [
        ("Sarah", "Hi SARAH,", True),
        ("Sarah", "Sarah's site", True),
        ("Sarah", "Sarahs", False),
        ("Zoë", "hi zoe", True),
        ("Zoe", "Hi Zoë", True),
        ("Jean-Luc", "Hi Jean Luc", True),
        ("Mary Ann", "Hi Mary  Ann", True),
        ("Mary Ann", "Hi Mary", False),
        (" Sarah ", "sarah", True),
        ("-", "a - b", False),
        ("Will", "I will call", False),
        ("Will", "Hi Will", True),
        ("Will", "WILL", True),
        ("will", "Thanks Will", True),
        ("Will", "hi will, all good?", True),
        ("Will", "Willing", False),
        ("May", "you may ask", False),
        ("May", "May, a question", True),
        ("李", "你好 李", True),
    ],
)
def test_first_names(name, text, held):
    assert found(text, first_name=name) == (["first_name"] if held else [])


@pytest.mark.parametrize(
    ("company", "text", "held"),
    [
        ("Acme Dental Pty. Ltd.", "at acme dental", True),
        ("Acme Dental Pty. Ltd.", "at Acme Dental Pty Ltd", True),
        ("Acme Dental Pty. Ltd.", "at Acme", False),
        ("Acme, Inc.", "Acme’s growth", True),
        ("Acme & Co", "at ACME", True),
        ("The Acme Company", "acme", True),
        ("The Co", "the team", False),
        ("O'Brien Ltd", "O’Brien", True),
        ("Ltd", "Ltd", True),
        ("Target", "your target", False),
        ("Target", "at Target", True),
        ("3M", "a 3m tape", True),
        ("Acme", "acmes", False),
        ("Acme", "acme.com", True),
    ],
)
def test_companies(company, text, held):
    assert found(text, company_name=company) == (["company_mention"] if held else [])


@pytest.mark.parametrize(
    ("industry", "text", "held"),
    [
        ("Software", "a software firm", True),
        ("Hospital & Health Care", "for hospitals", True),
        ("Hospital & Health Care", "in healthcare", True),
        ("Hospital & Health Care", "we care", False),
        ("Real Estate", "an estate", True),
        ("Real Estate", "real results", False),
        ("Business Services", "your business", False),
        ("Business Services", "business services", True),
        ("Information Technology & Services", "more information", False),
        ("Information Technology & Services", "your technology", True),
        ("IT", "about it", False),
        ("IT", "the IT team", True),
        ("Dentists", "a dentist", True),
        ("Other", "the other one", False),
        ("Accounting", "accountants", False),
    ],
)
def test_industries(industry, text, held):
    assert found(text, industry=industry) == (["industry_specific"] if held else [])


def test_all_flags_together():
    text = "Hi Sarah, I noticed Acme Dental; a mutual friend in health care"
    assert all(detect_personalization(text, SARAH).values())


def test_own_values_are_taken_out():
    text = (
        "Hi SARAH – Sarah Smith, Ms Smith: as Practice  Owner of Acme Dental Pty. Ltd. (Acme Dental’s site, "
        "acmedental.com.au, sarah@acmedental.com.au, +61-400-000-000, https://linkedin.com/in/sarah-smith) in "
        "Hospital & Health Care? Sarahs."
    )
    assert unpersonalised(text, SARAH) == (
        "hi {first_name} - {full_name}, ms {last_name}: as {title} of {company_name}. ({company_name}'s site, "
        "{domain}, {email}, {phone}, {linkedin_url}) in {industry}? sarahs."
    )


def test_an_ordinary_word_is_taken_out_only_where_it_is_a_name():
    lead = SimpleNamespace(first_name="Will", last_name="B")
    assert unpersonalised("Hi Will, will plan B do?", lead) == "hi {first_name}, will plan b do?"


def test_a_value_is_not_found_in_a_placeholder():
    lead = SimpleNamespace(first_name="Name", last_name="First", company_name="Title")
    assert unpersonalised("Name, Title", lead) == "{first_name}, {company_name}"


@pytest.mark.parametrize("lead", [None, SimpleNamespace(first_name=None), SimpleNamespace(first_name=" ")])
def test_without_values_the_text_is_folded_only(lead):
    assert unpersonalised("Hi  Él", lead) == "hi el"
    assert unpersonalised(None, lead) == ""


def test_leads_of_one_template_share_its_key():
    will = SimpleNamespace(first_name="Will", company_name="Bolt GmbH", last_name="")
    first = template_key(None, "For Acme Dental", "Hi Sarah,\nhow is Acme Dental?", SARAH)
    second = template_key(None, "For Bolt", "Hi Will,  how is Bolt?", will)
    assert first == second
    assert template_key(None, "For Bolt", "Hi Will,  how was Bolt?", will) != first
    assert template_key(None, None, "For Bolt Hi Will,  how is Bolt?", will) != first


def test_template_keys_by_value():
    assert template_key(None, None, None, None) == 0
    assert template_key(" ", "", " \n", SARAH) == 0
    assert template_key("t-1", "a", "b", SARAH) == template_key(" t-1 ", None, None, None)
    assert template_key("t-1", None, None, None) != template_key("t-2", None, None, None)
    assert template_key("a", None, None, None) != template_key(None, "a", None, None)
    # Stored beside touches: the same text must have the same key in later versions.
    assert template_key("t-1", None, None, None) == 531_675_958_350_175_573
    assert template_key(None, "Hello", "Hi Sarah", SARAH) == 1_763_254_296_461_754_726


def test_keys_fit_a_signed_column_and_a_lone_surrogate_has_one():
    keys = [template_key(None, None, f"text {number}", None) for number in range(200)]
    assert all(-(2**63) <= key < 2**63 for key in keys)
    assert min(keys) < 0 < max(keys)
    assert len(set(keys)) == 200
    assert template_key(None, None, "a\ud800", None) != 0
