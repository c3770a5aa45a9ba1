"""The brief, and backfills."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from engines import backfill
from patterns.models import BackfillRun
from tests.callers import Caller, caller
from tests.engines.test_backfill import history
from tests.patterns.stored import keep_all

pytestmark = pytest.mark.django_db


class TestBrief:
    def test_as_json_and_as_text(self, acme, viewer):
        keep_all(acme, valid_until=now() + timedelta(days=1))
        answer = viewer.get("brief/acme")
        found = answer.json()
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
        assert (found["client_id"], set(found["patterns"])) == (str(acme.pk), {"who", "what", "when", "how"})
        assert found["content"]["effective_pain_points"][0]["value"] == "leads"
        for words in (
            viewer.get("brief/acme", headers={"Accept": "text/plain"}),
            viewer.get("brief/acme?format=txt"),
        ):
            assert words["Content-Type"] == "text/plain; charset=utf-8"
            assert "WHAT TO WRITE\n" in words.text

    def test_of_nothing(self, acme, viewer):
        assert "Nothing is known yet." in viewer.get("brief/acme?format=txt").text
        assert set(viewer.get("brief/acme").json()) == {"client_id", "client", "as_of", "patterns"}

    def test_who_may(self, acme, twin, viewer):
        keep_all(twin, valid_until=now() + timedelta(days=1))
        assert viewer.get("brief/twin").status_code == 404
        assert viewer.get("brief/twin", headers={"Accept": "text/plain"}).status_code == 404
        assert Caller().get("brief/acme").status_code == 401
        assert viewer.get("brief/acme?format=xml").status_code == 400


class TestBackfill:
    def test_from_the_call_to_the_end(self, acme, twin, monkeypatch, django_capture_on_commit_callbacks):
        woken = []
        monkeypatch.setattr(backfill.waking, "wake", woken.append)
        history(acme)
        history(twin)
        mine = caller(acme)
        with django_capture_on_commit_callbacks(execute=True):
            answer = mine.post("patterns/backfill/acme", {"run_detectors": False})
        run = BackfillRun.objects.for_client(acme).get()
        assert (answer.status_code, answer.json()) == (
            202,
            {"status": "triggered", "run_id": str(run.pk), "client_id": str(acme.pk)},
        )
        assert (run.content, run.als, run.learning, run.state) == (True, True, False, "queued")
        assert woken == ["pattern_backfill_flow"]
        assert backfill.work()
        found = mine.get(f"runs/{run.pk}").json()
        assert (found["state"], found["progress"]) == ("done", {"done": 5, "total": 5, "unit": "leads"})
        assert found["clients"][0]["results"] == {"snapshots": 10, "unusable": 0, "scored": 5}
        assert not BackfillRun.objects.for_client(twin).exists()

    def test_all_of_it_unless_told_otherwise(self, acme):
        caller(acme).post("patterns/backfill/acme")
        run = BackfillRun.objects.for_client(acme).get()
        assert (run.content, run.als, run.learning) == (True, True, True)

    def test_asked_for_again_while_it_waits_it_is_the_same(self, acme):
        mine = caller(acme)
        runs = {mine.post(f"patterns/backfill/{ref}").json()["run_id"] for ref in ("acme", acme.pk)}
        assert len(runs) == 1

    @pytest.mark.parametrize("body", [{"backfill_content": "no"}, {"backfill_als": 0}, {"learning": False}, []])
    def test_bodies_that_make_no_sense(self, acme, body):
        assert caller(acme).post("patterns/backfill/acme", body).status_code == 400
        assert not BackfillRun.objects.for_client(acme).exists()

    def test_who_may(self, acme, twin, operator):
        assert operator.post("patterns/backfill/acme").status_code == 403
        assert Caller().post("patterns/backfill/acme").status_code == 401
        assert caller(acme).post("patterns/backfill/twin").status_code == 404
        assert not BackfillRun.objects.filter(client__in=[acme, twin]).exists()
