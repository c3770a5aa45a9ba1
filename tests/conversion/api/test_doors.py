"""What holds at every address: problems, throttling, the description, and the page that shows it."""

import re

import pytest
from django.core.management import call_command
from django.db import OperationalError
from django.test import Client as Browser
from django.urls import get_resolver
from rest_framework.test import APIClient

from conversion.api.viewsets import ApiView
from tests.callers import caller


def views():
    """(route, view class) of every address under the API's."""

    def walk(patterns, prefix):
        for pattern in patterns:
            route = prefix + str(pattern.pattern)
            if hasattr(pattern, "url_patterns"):
                yield from walk(pattern.url_patterns, route)
            elif route.startswith("api/v1/"):
                yield route, getattr(pattern.callback, "cls", None) or pattern.callback.view_class

    return list(walk(get_resolver().url_patterns, ""))


def test_every_address_stands_on_the_base_that_knows_the_wall():
    assert len(views()) > 20
    assert [route for route, view in views() if not issubclass(view, ApiView)] == []


@pytest.mark.parametrize("name", ["authentication_classes", "permission_classes", "throttle_classes", "parser_classes"])
def test_no_address_weakens_what_all_have(name):
    assert {route for route, view in views() if getattr(view, name) != getattr(ApiView, name)} == set()


@pytest.mark.django_db
def test_nobody_is_let_in_without_a_token():
    for route, _ in views():
        path = "/" + re.sub(r"<uuid:\w+>", "0" * 32, re.sub(r"<(str|path):\w+>", "x", route))
        for method in ("get", "post", "patch", "delete"):
            assert getattr(APIClient(), method)(path).status_code == 401, (method, path)


def test_an_address_that_is_not_there(api):
    for path in (
        "/api/v1/nothing",
        "/api/v1/leads/1",
        "/api/v1/leads/",
        "/api/v1/",
        "/api/v1/clients/acme/leads",
        "/api/v1/a%0Ab",
    ):
        answer = api.get(path)
        assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
        assert answer.json() == {
            "type": "about:blank",
            "title": "Not Found",
            "status": 404,
            "detail": answer.json()["detail"],
        }


def test_a_method_that_is_not_there(api):
    answer = api.delete("/api/v1/leads")
    assert (answer.status_code, answer["Content-Type"]) == (405, "application/problem+json")
    assert "GET" in answer["Allow"]


def test_a_format_that_is_not_there(api):
    answer = api.get("/api/v1/leads", HTTP_ACCEPT="image/png")
    assert (answer.status_code, answer["Content-Type"]) == (406, "application/problem+json")


def test_each_caller_has_a_rate_of_its_own(customer, settings):
    settings.API_CALLS_A_MINUTE = 3
    first, second = caller(customer), caller(customer)
    assert [first.get("/api/v1/clients").status_code for _ in range(4)] == [200, 200, 200, 429]
    answer = first.get("/api/v1/clients")
    assert 0 < int(answer["Retry-After"]) <= 60
    assert second.get("/api/v1/clients").status_code == 200
    settings.API_CALLS_A_MINUTE = 0
    assert first.get("/api/v1/clients").status_code == 200


def test_while_the_database_is_away_callers_are_told_to_come_again(api, monkeypatch):
    def away(*_, **__):
        raise OperationalError("terminating connection")

    monkeypatch.setattr("conversion.api.pagination.ById.paginate_queryset", away)
    answer = api.get("/api/v1/leads")
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "terminating" not in answer.content.decode()


def test_a_fault_of_the_program_tells_nothing(api, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("secret")

    monkeypatch.setattr("conversion.api.pagination.ById.paginate_queryset", broken)
    api.raise_request_exception = False
    answer = api.get("/api/v1/leads")
    assert (answer.status_code, answer["Content-Type"]) == (500, "application/problem+json")
    assert "secret" not in answer.content.decode()


def test_the_description_is_complete_and_without_warnings(tmp_path):
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema.yaml"))


@pytest.fixture(scope="module")
def schema():
    return APIClient().get("/api/schema?format=json").json()


def test_the_description_names_every_way_in(schema):
    assert schema["openapi"].startswith("3.1")
    assert {"/api/v1/leads", "/api/v1/leads/{id}", "/api/v1/clients/{client}", "/api/v1/suppressions"} <= set(
        schema["paths"]
    )
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            assert {"401", "404", "4XX"} <= set(operation["responses"]), path
            if method == "post":
                assert "Idempotency-Key" in {one["name"] for one in operation["parameters"]}, path
            assert operation["security"] == [{"token": []}, {"cookieAuth": []}], path
    for name, component in schema["components"]["schemas"].items():
        if name.endswith("Request"):
            assert component["additionalProperties"] is False, name


def test_the_description_speaks_of_what_a_lead_takes(schema):
    fields = schema["components"]["schemas"]["LeadInputRequest"]["properties"]
    assert fields["email"]["maxLength"] == 254
    assert set(fields["is_hiring"]["type"]) == {"boolean", "null"}
    assert "converted" in fields["status"]["enum"]
    assert not {"als_score", "id", "als_risk"} & set(fields)


def test_the_page_of_the_description_needs_no_other_host_and_no_script_of_its_own():
    browser = Browser()
    page = browser.get("/api/docs")
    html = page.content.decode()
    assert page.status_code == 200
    policy = page["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "http://" not in html
    assert "https://" not in html
    assert "<script>" not in html
    script = browser.get("/api/docs?script=")
    assert script["Content-Type"].startswith("application/javascript")
    for source in ("swagger-ui-bundle.js", "swagger-ui.css"):
        assert f"/static/drf_spectacular_sidecar/swagger-ui-dist/{source}" in html
