"""Hostile input at every door, a little of it; `make fuzz` runs thousands."""

from functools import partial

import pytest

from benchmarks.fuzz.api import fuzz_api
from benchmarks.fuzz.doors import Knock, check, doors_of, fuzz_doors
from benchmarks.fuzz.files import MODELS, added_up, fuzz_files
from benchmarks.fuzz.rows import make_caller, make_world
from benchmarks.fuzz.tally import examine
from conversion.models import Suppression
from engines.webhooks.door import Turned

FEW = 4  # generated calls of an operation
OPERATIONS = "^/api/v1/(leads|suppressions|templates)"


def failures(tallies):
    return {tally.name: tally.failed for tally in tallies if tally.failed}


@pytest.fixture
def world(db):
    return make_world("fuzz")


def test_no_webhook_ends_in_a_fault_or_leaves_half_of_it(world):
    tallies = fuzz_doors(world, count=112, first_seed=1)
    assert failures(tallies) == {}
    assert sum(tally.passed for tally in tallies) >= 112


def test_no_file_of_an_import_ends_in_a_fault_or_leaves_half_of_it(world):
    (tally,) = fuzz_files(world, count=120, first_seed=1)
    assert tally.failed == []
    assert tally.passed >= 120


@pytest.mark.django_db(transaction=True)
def test_the_api_answers_as_its_description_says(live_server):
    world = make_world("fuzz")
    token = make_caller(world.client)
    tally = fuzz_api(live_server.url, token, world.client.slug, each=FEW, seed=1, phases="fuzzing", only=OPERATIONS)
    assert tally.failed == []
    assert tally.passed >= 50


def unipile(world):
    return next(door for door in doors_of(world) if door.name == "unipile")


def test_a_door_that_stands_open_is_found(world, monkeypatch):
    monkeypatch.setattr("engines.webhooks.unipile.compare_digest", lambda *_: True)
    door = unipile(world)
    tally = examine("open", door.knocks, partial(check, world, door), count=5, first_seed=1)
    assert (tally.passed, len(tally.failed)) == (0, 1)
    assert "an invalid signature was let in" in tally.failed[0]


def test_a_door_that_keeps_what_it_refuses_is_found(world, monkeypatch):
    def half(account, seat):
        Suppression.objects.create(client=world.client, kind="email", value=f"{seat}@example.com")
        raise Turned(400, "too late")

    monkeypatch.setattr("engines.webhooks.unipile.signed_out", half)
    body = b'{"AccountStatus": {"account_id": "seat-1", "message": "CREDENTIALS"}}'
    door = unipile(world)
    with pytest.raises(AssertionError, match="refused, but something of it was stored"):
        check(world, door, Knock(f"/webhooks/unipile/{world.accounts['unipile', 'linkedin'].pk}", body))


def test_a_report_that_does_not_add_up_is_found():
    counts = {"rows": 3, "created": 1, "updated": 0, "unchanged": 0, "rejected": 1}
    with pytest.raises(AssertionError, match="does not add up"):
        added_up(dict.fromkeys(MODELS, counts), {}, {})
