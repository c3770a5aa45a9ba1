"""An assistant's tools say and do what their token may, and nothing of another client."""

from datetime import timedelta

import pytest
from django.core import signals
from django.utils.timezone import now

from conversion.api.tokens import revoke
from conversion.models import Activity, AuditEntry, FlowPeriod, Lead, Sequence
from engines.backfill import start
from engines.mcp.door import Door, Refused
from engines.mcp.tools import TOOLS, Tools
from patterns import flows
from patterns.models import BackfillRun, ConversionPattern
from tests.callers import Caller
from tests.engines.mcp.conftest import token_of
from tests.patterns.stored import keep_all

pytestmark = pytest.mark.django_db

# How each tool could be asked for something of the client `twin`; {lead} and {run} are its ids.
OF_THE_TWIN = {
    "list_clients": [],
    "get_patterns": [{"client": "twin"}, {"client": "{client}", "type": "who"}],
    "get_brief": [{"client": "twin"}, {"client": "{client}"}],
    "preview_plan": [{"client": "twin", "lead": "{lead}"}, {"client": "acme", "lead": "{lead}"}],
    "score_lead": [
        {"client": "{client}", "lead": "bo@example.com"},
        {"client": "acme", "lead": "{lead}"},
        {"client": "acme", "lead": "bo@example.com"},
        {"client": "acme", "lead": "T-1"},
    ],
    "get_run": [{"run_id": "{run}"}, {"run_id": "{flow}"}],
    "learn": [{"clients": ["twin"]}, {"clients": ["acme", "{client}"]}],
    "backfill": [{"client": "twin"}, {"client": "{client}"}],
}


def refusal(tools, name, **arguments):
    with pytest.raises(Refused) as refused:
        getattr(tools, name)(**arguments)
    return str(refused.value)


def test_the_clients_that_its_token_opens(acme, twin, tools):
    keep_all(twin)
    assert tools.list_clients() == {
        "clients": [{"id": str(acme.pk), "slug": "acme", "name": "Acme", "role": "admin"}],
    }
    both = Tools(Door(token_of(acme, twin, role="viewer")[1]))
    assert [(row["slug"], row["role"]) for row in both.list_clients()["clients"]] == [
        ("acme", "viewer"),
        ("twin", "viewer"),
    ]


def test_more_clients_than_a_page_holds(make_client, monkeypatch):
    clients = [make_client(f"Client {number}") for number in range(5)]
    monkeypatch.setattr("conversion.api.pagination.MOST", 2)
    monkeypatch.setattr("engines.mcp.tools.MOST_OF_A_PAGE", "2")
    found = Tools(Door(token_of(*clients)[1])).list_clients()["clients"]
    assert [row["name"] for row in found] == [f"Client {number}" for number in range(5)]


@pytest.mark.parametrize("name", TOOLS)
def test_another_client_s_is_not_there(acme, twin, jo, theirs, tools, name):
    keep_all(twin, valid_until=now() + timedelta(days=1))
    run, flow = start(twin), flows.ask([twin.pk])
    ids = {"client": twin.pk, "lead": theirs.pk, "run": run.pk, "flow": flow.pk}

    def filled(value):
        return [filled(one) for one in value] if isinstance(value, list) else value.format(**ids)

    for arguments in OF_THE_TWIN[name]:
        said = refusal(tools, name, **{key: filled(value) for key, value in arguments.items()})
        assert said.startswith(("There is no ", "Acme has no lead", "No Lead matches")), said
    assert (FlowPeriod.objects.count(), BackfillRun.objects.for_client(acme).count()) == (1, 0)
    assert (BackfillRun.objects.for_client(twin).count(), AuditEntry.objects.count()) == (1, 0)


def test_patterns_in_words_and_whole(acme, tools):
    keep_all(acme, valid_until=now() + timedelta(days=1))
    for row in ConversionPattern.objects.for_client(acme):  # as learning writes them
        row.patterns |= {"sample_size": row.sample_size, "confidence": row.confidence}
        if row.pattern_type == "who":
            row.patterns["weights_evidence"] = {"promoted": True, "auc_default": 0.6, "auc_learned": 0.7}
        row.save()
    found = tools.get_patterns("acme")
    assert (found["client_id"], set(found["patterns"])) == (str(acme.pk), {"who", "what", "when", "how"})
    assert set(found["patterns"]["what"]) == {
        *("says", "sample_size", "confidence", "computed_at", "valid_until", "is_valid"),
    }
    assert found["patterns"]["what"]["says"][0].startswith("WHAT works")
    whole = tools.get_patterns("acme", "what")
    assert (whole["pattern_type"], "ctas" in whole["patterns"]) == ("what", True)
    assert "WHAT TO WRITE\n" in tools.get_brief("acme")


def test_no_patterns_yet(acme, tools):
    assert tools.get_patterns("acme")["patterns"] == {}
    assert refusal(tools, "get_patterns", client="acme", type="who") == "Acme has no who pattern yet."
    assert "Nothing is known yet." in tools.get_brief("acme")


def test_a_score_and_a_plan_are_previews(acme, jo):
    token = token_of(acme, role="viewer")[1]
    tools = Tools(Door(token))
    score = tools.score_lead("acme", "jo@example.com")
    plan = tools.preview_plan("acme", "L-1", touch_count=3)
    assert (score["lead_id"], plan["lead_id"], len(plan["scheduled_touches"])) == (str(jo.pk), str(jo.pk), 3)
    by_hand = tools.preview_plan(str(acme.pk), str(jo.pk), sequence=["email", "voice"])
    assert [touch["channel"] for touch in by_hand["sequence"]] == ["email", "voice"]
    jo.refresh_from_db(from_queryset=Lead.objects.for_client(acme))
    assert jo.als_score is None
    assert not Sequence.objects.for_client(acme).exists()
    assert not Activity.objects.for_client(acme).exists()
    over_http = Caller(token).post(f"leads/{jo.pk}/score", {"preview": True}).json()
    assert {**score, "scored_at": 0, "components": 0} == {**over_http, "scored_at": 0, "components": 0}


def test_what_makes_no_plan_is_said(acme, jo, tools):
    Lead.objects.for_client(acme).update(is_unsubscribed=True)
    assert refusal(tools, "preview_plan", client="acme", lead="L-1").startswith("No plan is made for the lead: ")
    assert refusal(tools, "preview_plan", client="acme", lead="L-1", touch_count=99).startswith("touch_count: ")
    assert refusal(tools, "preview_plan", client="acme", lead="L-2") == (
        "Acme has no lead of that address or external id."
    )


def test_learning_and_backfills_are_queued_and_written_down(acme, tools):
    run = tools.learn(["acme"])
    assert (run["status"], run["client_ids"]) == ("triggered", [str(acme.pk)])
    assert tools.get_run(run["run_id"])["state"] == "queued"
    run = tools.backfill("acme", backfill_als=False)
    kept = BackfillRun.objects.for_client(acme).get()
    assert (run["run_id"], kept.content, kept.als, kept.learning) == (str(kept.pk), True, False, True)
    assert tools.get_run(run["run_id"])["kind"] == "backfill"
    entries = AuditEntry.objects.order_by("id")
    assert [(entry.action, entry.client_id) for entry in entries] == [("learn", acme.pk), ("backfill", acme.pk)]
    assert " by assistant " in entries[0].actor


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_who_may_not_learn(acme, role):
    tools = Tools(Door(token_of(acme, role=role)[1]))
    for name, arguments in (
        ("learn", {}),
        ("learn", {"clients": ["acme"]}),
        ("backfill", {"client": "acme"}),
    ):
        assert refusal(tools, name, **arguments).startswith("This needs the role admin at ")
    assert (FlowPeriod.objects.count(), BackfillRun.objects.for_client(acme).count()) == (0, 0)


def test_a_token_that_is_revoked_opens_nothing_from_then_on(acme):
    token, text = token_of(acme)
    tools = Tools(Door(text))
    assert tools.list_clients()["clients"]
    revoke(token)
    assert refusal(tools, "list_clients") == "The token is unknown, expired or revoked."


@pytest.mark.parametrize("text", ["", ".", "..", "acme/who", "\0", "\ud800", "ü" * 100, "learn?client=acme"])
def test_texts_that_name_nothing(acme, tools, text):
    for name, arguments in (
        ("get_patterns", {"client": text}),
        ("backfill", {"client": text}),
        ("score_lead", {"client": "acme", "lead": text}),
        ("get_run", {"run_id": text}),
        ("learn", {"clients": [text]}),
    ):
        assert refusal(tools, name, **arguments)
    assert FlowPeriod.objects.count() == 0


def test_a_request_ends_also_where_something_breaks(acme, tools, monkeypatch):
    ended = []

    def end(**_):
        ended.append(True)

    monkeypatch.setattr("engines.api.patterns.brief", lambda *_: 1 / 0)
    signals.request_finished.connect(end)
    try:
        with pytest.raises(ZeroDivisionError):
            tools.get_brief("acme")
    finally:
        signals.request_finished.disconnect(end)
    assert ended == [True]
