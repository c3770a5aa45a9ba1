"""Bodies that nothing here can hold: 400 with the place, never a 500, and nothing is stored."""

import pytest
from django.http import QueryDict
from rest_framework.exceptions import ParseError, ValidationError

from conversion.api.parsing import LARGEST_BODY, check_query, faults_in, read_json
from conversion.models import Lead

LEADS = "/api/v1/leads"


def nested(depth):
    return "[" * depth + "]" * depth


@pytest.mark.parametrize(
    ("value", "field", "said"),
    [
        ("NaN", "employee_count", "NaN is no number"),
        ("Infinity", "employee_count", "Infinity is no number"),
        ("-Infinity", "employee_count", "-Infinity is no number"),
        ("1e400", "employee_count", "1e400 is too large"),
        ("-1e400", "employee_count", "too large"),
        ("9" * 5000, "employee_count", "at most 18 digits"),
        ("-" + "9" * 19, "employee_count", "at most 18 digits"),
        ("1." + "9" * 5000, "employee_count", "at most 100 characters"),
        ("2147483648", "employee_count", "outside 1 to 2147483647"),
        ("0", "employee_count", "outside"),
        ("1.5", "employee_count", "whole number"),
        ('"5"', "employee_count", "a whole number, not a text"),
        ("true", "employee_count", "whole number"),
        ("[1]", "employee_count", "whole number, not a list"),
        (r'"a\u0000b"', "first_name", "NUL"),
        (r'"a\ud800b"', "first_name", "surrogate"),
        (r'"\udc00"', "first_name", "surrogate"),
        ("7", "first_name", "a text, not a number"),
        ("{}", "first_name", "a text, not an object"),
        ('"' + "x" * 256 + '"', "first_name", "longer than 255"),
        ('"yes"', "is_hiring", "true or false, not a text"),
        ("1", "is_hiring", "true or false"),
        ('"sold"', "status", "none of"),
        ('"a@localhost"', "email", ""),
        ('"a@[127.0.0.1]"', "email", ""),
        ('"Asia"', "timezone", ""),
        ('"../../etc/passwd"', "timezone", ""),
        ('"' + "x" * 300 + '"', "timezone", ""),
        ('"0001-01-01T00:00:00+14:00"', "created_at", "cannot have happened"),
        ('"9999-12-31T23:59:59-14:00"', "created_at", "cannot have happened"),
        ('"2026-03-02T10:00:00"', "created_at", "offset"),
        ('"yesterday"', "created_at", "no time"),
        ('"12"', "phone", ""),
        (nested(51), "first_name", "deeper than 50"),
        ('{"a": {"b": "\\u0000"}}', "extra.a.b", "NUL"),
        ('{"a": 7}', "extra.a", "a text, not a number"),
        ('{"email": "x"}', "extra", "a field of the lead itself"),
        ("7", "nonsense", "no such field"),
        ("7", "client_id", "no such field"),
        ("7", "als_score", "no such field"),
        ('"' + "0" * 32 + '"', "id", "no such field"),
    ],
)
def test_a_value_that_cannot_be_held_is_named(api, customer, value, field, said):
    name = field.partition(".")[0]
    body = f'{{"client": "{customer.slug}", "{name}": {value}}}'
    answer = api.post(LEADS, data=body, content_type="application/json")
    assert answer.status_code == 400, answer.content[:300]
    problem = answer.json()
    assert problem["errors"][0]["field"] == field
    assert said in problem["errors"][0]["message"]
    assert not Lead.objects.for_client(customer).exists()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"client": "acme", "client": "globex"}', "twice"),
        ('{"client": "acme", "a\\u0000": 1}', "NUL"),
        ('{"client": "acme", "a\\ud800": 1}', "surrogate"),
        (nested(100_000), "deeper than 50"),
        ('{"a":' * 100_000, "deeper than 50"),
        ("", "required"),
        (" ", "No JSON"),
        ("{", "line 1"),
        ('{"client": "acme"} x', "Extra data"),
        ("\ufeff{}", "BOM"),
        ("{'client': 'acme'}", "line 1, column 2"),
        ("[]", "dictionary"),
        ('"acme"', "dictionary"),
        ("null", None),
        ("7", "dictionary"),
        ("NaN", "NaN is no number"),
        ("{}", "required"),
    ],
)
def test_a_body_that_is_no_object_of_fields(api, customer, body, said):
    answer = api.post(LEADS, data=body, content_type="application/json")
    assert answer.status_code == 400
    assert said is None or said in answer.json()["detail"]
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("body", [b'{"client": "\xff"}', '{"client": "acme"}'.encode("utf-16"), b"\x80"])
def test_a_body_that_is_no_utf8(api, body):
    answer = api.post(LEADS, data=body, content_type="application/json")
    assert (answer.status_code, "UTF-8" in answer.json()["detail"]) == (400, True)


@pytest.mark.parametrize("size", [LARGEST_BODY + 1, 30 * 2**20])
def test_a_body_that_is_too_large(api, customer, size):
    body = f'{{"client": "{customer.slug}", "first_name": "{"x" * size}"}}'
    answer = api.post(LEADS, data=body, content_type="application/json")
    assert answer.status_code == 413
    assert answer["Content-Type"] == "application/problem+json"


def test_a_large_body_is_refused_whatever_it_says_of_its_length(api, customer):
    body = f'{{"client": "{customer.slug}", "first_name": "{"x" * LARGEST_BODY}"}}'
    for length in ("", "nonsense"):
        answer = api.generic("POST", LEADS, body, content_type="application/json", CONTENT_LENGTH=length)
        assert answer.status_code in {400, 413}


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
)
def test_what_is_no_json_by_its_name(api, customer, kind):
    answer = api.generic("POST", LEADS, "client=acme", content_type=kind)
    assert answer.status_code in {400, 415}
    assert not Lead.objects.for_client(customer).exists()


def test_levels_are_counted():
    assert read_json(nested(50).encode()) is not None
    with pytest.raises(ValidationError):
        read_json(nested(51).encode())
    with pytest.raises(ParseError):
        read_json(nested(100_000).encode())


def test_every_fault_is_told():
    faults = dict(faults_in(read_json(b'{"a": {"b": ["x", "y"]}, "c": 1.5}')))
    assert faults == {}
    with pytest.raises(ValidationError) as raised:
        read_json(rb'{"a": {"b": ["x", "\u0000"]}, "c": NaN, "d": 1, "d": 2}')
    assert set(raised.value.detail) == {"a.b.1", "c", "d"}


def test_whole_numbers_of_64_bits_pass():
    assert read_json(b"[999999999999999999, -999999999999999999]") == [10**18 - 1, 1 - 10**18]


def test_query_parameters_are_known_once_and_storable():
    check_query(QueryDict("a=1&b=2"), {"a", "b"})
    for query in ("c=1", "a=1&a=2", "a=%00"):
        with pytest.raises(ValidationError):
            check_query(QueryDict(query), {"a", "b"})


def test_a_body_in_chunks_is_refused_and_not_passed_over(api, customer):
    answer = api.generic("POST", LEADS, b"", content_type="application/json", HTTP_TRANSFER_ENCODING="chunked")
    assert (answer.status_code, answer["Content-Type"]) == (411, "application/problem+json")
