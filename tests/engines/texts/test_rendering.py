import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.message import PLACEHOLDERS, MessageError
from engines.texts.rendering import VARIABLES, render

JO = {"first_name": "Jo", "company_name": "Acme", "title": "head of growth", "extra": {"city": "Perth", "seats": 12}}


def refused(source, values=JO, field="body"):
    with pytest.raises(MessageError) as error:
        render(field, source, values)
    assert error.value.field == field
    return error.value.reason


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("Hi {{ first_name }} of {{ company_name }}", "Hi Jo of Acme"),
        ("{{ title | title }}", "Head Of Growth"),
        ("{{ industry | default('your trade') }}", "your trade"),
        ("{{ industry | d(company_name) | upper }}", "ACME"),
        ("{{ extra.city }}, {{ extra['seats'] }}", "Perth, 12"),
        ("{{ extra.street | default('') }}.", "."),
        ("{% if industry %}a{% else %}b{% endif %}", "b"),
        ("{% if extra.seats > 10 and first_name == 'Jo' %}many{% endif %}", "many"),
        ("{% if not industry %}\nno trade\n{% endif %}\nend", "no trade\nend"),
        ("{{ 'Jo' if first_name else 'you' }}{# a note #}", "Jo"),
    ],
)
def test_a_template_is_written_with_the_leads_values(source, text):
    assert render("body", source, JO) == text


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("Hi {{ industry }}", "industry is empty for this lead, and has no | default('...')"),
        ("{{ industry | title }}", "industry is empty for this lead, and has no | default('...')"),
        ("{{ extra.street }}", "extra.street is empty for this lead, and has no | default('...')"),
        ("\n{{ nick }}", "line 2: nick is no variable; there are first_name,"),
        ("{{ nick | default('x') }}", "line 1: nick is no variable; there are first_name,"),
        ("{{ extra }}", "line 1: extra is no variable; there are"),
        ("{{ first_name.upper }}", "line 1: only the attributes of `extra` can be looked up, by their names"),
        ("{{ extra[first_name] }}", "line 1: only the attributes of `extra` can be looked up, by their names"),
        ("{{ extra.a.b }}", "line 1: only the attributes of `extra` can be looked up, by their names"),
        ("{{ first_name() }}", "line 1: there is no call here; a template has variables, filters and if"),
        ("{{ 'a' * 9 }}", "line 1: there is no mul here"),
        ("{% for x in first_name %}{% endfor %}", "line 1: there is no for here"),
        ("{% set x = 1 %}", "line 1: there is no assign here"),
        ("{% macro m() %}{% endmacro %}", "line 1: there is no macro here"),
        ("{% include 'x' %}", "line 1: there is no include here"),
        ("{{ first_name | attr('x') }}", "line 1: attr is no filter, or not in this form; there are capitalize,"),
        ("{{ first_name | default(*extra) }}", "line 1: default is no filter, or not in this form"),
        ("{{ 10000000000000000 }}", "line 1: a number that is too large"),
        ("{{ 1e400 }}", "line 1: a number that is too large"),
        ("{{ " + "9" * 5000 + " }}", "is no template: it cannot be read"),
        ("{{ " + "(" * 10_000, "is no template: it cannot be read"),
        ("{{ " + " and ".join(["title"] * 400) + " }}", "line 1: too many parts in each other"),
        ("{% if title %}" * 20 + "{% endif %}" * 20, "line 1: too many parts in each other"),
        ("{{ first_name", "is no template: line 1: unexpected end of template"),
        ("x" * 50_001, "is longer than 50,000 characters"),
        ("{{ first_name > 3 }}", "cannot be written with this lead's values: TypeError"),
    ],
)
def test_what_has_no_place_in_a_template_is_refused(source, reason):
    assert refused(source).startswith(reason)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("{{ 7 * 7 }}", "first_name holds what could be taken for a placeholder ({{ {% {#)"),
        ("{% if x %}", "first_name holds what could be taken for a placeholder ({{ {% {#)"),
        ("x" * 501, "first_name is longer than 500 characters"),
        (["Jo"], "first_name is neither a text nor a number that could be written"),
        (float("nan"), "first_name is neither a text nor a number that could be written"),
        (10**16, "first_name is neither a text nor a number that could be written"),
        (" \n ", "first_name is empty for this lead, and has no | default('...')"),
        (None, "first_name is empty for this lead, and has no | default('...')"),
    ],
)
def test_a_value_is_data(value, reason):
    assert refused("Hi {{ first_name }}", {"first_name": value}, "subject") == reason


def test_line_breaks_of_a_value_become_spaces():
    assert (
        render("subject", "Hi {{ first_name }}", {"first_name": "Jo\r\nBcc: x@y.example\u2028"})
        == "Hi Jo Bcc: x@y.example"
    )


def test_what_a_template_does_not_name_is_not_looked_at():
    assert render("body", "Hi", {"first_name": "{{", "extra": {"a": "{%"}}) == "Hi"
    assert render("body", "{{ extra.a }}", {"extra": {"a": "b", "c": "{%"}}) == "b"


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
ALL = "{{ %s }}" % " }} {{ ".join((*VARIABLES, "extra.a | title", "extra.items | upper", "title | default('x')"))  # noqa: UP031 (braces)


@settings(deadline=None)
@given(
    st.fixed_dictionaries(
        {
            "extra": ANYTHING | st.dictionaries(st.sampled_from(["a", "items"]), ANYTHING),
            **dict.fromkeys(VARIABLES, ANYTHING),
        }
    )
)
def test_no_value_makes_rendering_run_or_raise_anything_else(values):
    text = said(ALL, values)
    assert not any(mark in text.replace("(" + " ".join(PLACEHOLDERS) + ")", "") for mark in PLACEHOLDERS)
    assert "\n" not in text


def said(source, values):
    """The text, or why there is none."""
    try:
        return render("body", source, values)
    except MessageError as error:
        return f"{error.field} {error.reason}"


@settings(deadline=None)
@given(st.text(st.characters(), max_size=30).map(lambda name: f"{name}{{{{ 6 * 7 }}}}"))
def test_a_placeholder_in_a_value_is_never_evaluated(name):
    assert "42" not in refused("{{ first_name }}", {"first_name": name})


@settings(deadline=None)
@given(st.text(alphabet="{}%#|.()[]'\" abcdefi_ntlsru0123456789~*+-=<>\n", max_size=60))
def test_any_source_is_written_or_refused(source):
    assert len(said("{{ " + source + " }}", JO)) < 10_000
