"""All of one person, nothing of anybody else."""

import json

import pytest
from django.core.serializers.json import DjangoJSONEncoder

from conversion.erasure import erase
from conversion.export import export
from conversion.models import Suppression
from conversion.people import PersonNotFound
from tests.conversion.personal import SECRETS, person
from tests.factories import MONDAY, event, lead, touch

pytestmark = pytest.mark.django_db


def text_of(document):
    return json.dumps(document, cls=DjangoJSONEncoder).casefold()


def test_everything_of_the_person_is_there(customer):
    person(customer)
    Suppression.objects.create(client=customer, kind="email", value="wilhelmina@zimmer.example", reason="unsubscribed")
    document = export("wilhelmina@zimmer.example", customer, MONDAY)
    assert list(document) == ["version", "exported_at", "asked_for", "clients", "messages", "suppressions"]
    assert (document["version"], document["exported_at"]) == (1, "2026-03-02T10:00:00+00:00")
    assert [(one["client"], one["agency"]) for one in document["clients"]] == [("Acme", "Northwind")]
    (found,) = document["clients"][0]["leads"]
    assert (found["first_name"], found["extra"]) == ("Wilhelmina", {"favourite apple": "Granny Smith"})
    assert [len(found[name]) for name in ("plans", "touches", "events", "messages", "import_changes")] == [
        1,
        8,
        1,
        1,
        2,
    ]
    assert found["touches"][0]["content_snapshot"] == {"body": "Dear Wilhelmina", "word_count": 2}
    assert found["events"][0]["body"] == "Call Granny Smith"
    assert {"before": {"email": "old@zimmer.example"}}.items() <= found["import_changes"][0].items()
    (entry,) = document["suppressions"]
    del entry["created_at"]
    assert entry == {
        "list": "client Acme",
        "kind": "email",
        "value": "wilhelmina@zimmer.example",
        "hashed": False,
        "reason": "unsubscribed",
    }
    assert [secret for secret in SECRETS if secret in text_of(document)] == list(SECRETS)


def test_nothing_of_others_is_there(customer, make_client):
    person(customer)
    other = lead(customer, first_name="Otto", email="otto@zimmer.example", email_key="otto@zimmer.example")
    touch(other, body="Dear Otto")
    event(other, "replied", body="Otto here")
    person(make_client("Twin"), first_name="Otto")
    Suppression.objects.create(client=customer, kind="email", value="otto@zimmer.example")
    Suppression.objects.create(client=customer, kind="domain", value="zimmer.example")
    document = export("wilhelmina@zimmer.example", customer)
    assert "otto" not in text_of(document)
    assert document["suppressions"] == []


def test_everywhere(customer, make_client):
    person(customer)
    person(make_client("Twin"), external_id="2")
    document = export("wilhelmina@zimmer.example", None)
    assert [one["client"] for one in document["clients"]] == ["Acme", "Twin"]


def test_what_is_left_of_an_erased_person(customer):
    jo = person(customer)
    erase("wilhelmina@zimmer.example", customer)
    document = export("wilhelmina@zimmer.example", customer)
    assert document["clients"] == []
    assert [(one["kind"], one["value"], one["hashed"]) for one in document["suppressions"]] == [("email", None, True)]
    (found,) = export(str(jo.pk), customer)["clients"][0]["leads"]
    assert [secret for secret in SECRETS if secret in text_of(found)] == []


def test_nobody(customer):
    with pytest.raises(PersonNotFound):
        export("nobody", customer)
