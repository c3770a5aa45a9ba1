"""Who may do what at each address, model of the admin and tool: a row each. An address without a row fails the checks.

A `Door` belongs to a client: below `role` it is 403, to strangers 404 (or, of a list, there is nothing of the client's in it),
to whoever is nobody 401. A `Wide` door is the same to everybody of a kind.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from conversion.vocabulary import Role

VIEWER, OPERATOR, ADMIN = Role.VIEWER, Role.OPERATOR, Role.ADMIN
Rows = SimpleNamespace  # of a client, by kind (tests/journeys/walls/world.py)


@dataclass(frozen=True)
class Door:
    """path: what stands for each part of the route, an attribute of the client's rows or a word. answer: to whom it opens.
    is_list: it opens to strangers as well, and shows them nothing of the client's.
    """

    role: Role
    path: tuple[str, ...] = ()
    answer: int = 200
    body: Callable[[Rows], dict[str, Any]] | None = None
    is_list: bool = False


@dataclass(frozen=True)
class Wide:
    """path: of the address. answer: to everybody; by: to callers who are answered otherwise."""

    path: tuple[str, ...] = ()
    answer: int = 200
    by: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Mine:
    """A model of the admin whose rows are clients': the least role for each thing, for staff; None: nobody, or, with
    `of_server`, superusers alone. of_agency: shown to staff of every client of its agency.
    """

    view: Role | None = VIEWER
    add: Role | None = None
    change: Role | None = None
    delete: Role | None = None
    of_server: bool = False
    of_agency: bool = False


def listed(what: str, role: Role = VIEWER) -> Door:
    return Door(role, (what,), is_list=True)


def shown(what: str, *more: str) -> Door:
    return Door(VIEWER, (what, *more))


def done(role: Role, *path: str, answer: int = 200, **body: Any) -> Door:
    return Door(role, path, answer, lambda rows: filled(body, rows))


def filled(body: dict[str, Any], rows: Rows) -> dict[str, Any]:
    """`"=lead"` stands for the id of the client's row."""
    return {
        name: str(getattr(rows, value[1:]).pk) if isinstance(value, str) and value.startswith("=") else value
        for name, value in body.items()
    }


API = "api/v1/"
DOORS: dict[str, dict[str, Door]] = {
    "clients": {"get": listed("client")},
    "clients/<str:client>": {"get": shown("client")},
    "leads": {"get": listed("lead"), "post": done(OPERATOR, answer=201, client="=client", email="new@example.com")},
    "leads/<uuid:pk>": {
        "get": shown("lead"),
        "patch": done(OPERATOR, "lead", title="Founder"),
        "delete": done(OPERATOR, "lead", answer=204),
    },
    "leads/<uuid:pk>/score": {"post": done(OPERATOR, "lead", preview=False)},
    "leads/<uuid:pk>/plan": {"post": done(VIEWER, "lead", preview=True)},
    "activities": {"get": listed("touch")},
    "activities/<uuid:pk>": {"get": shown("touch")},
    "activities/<uuid:pk>/complete": {"post": done(OPERATOR, "call", outcome="voicemail")},
    "activities/<uuid:pk>/content": {"post": done(OPERATOR, "waiting", subject="Hello", body="Hello there")},
    "activities/<uuid:pk>/settle": {"post": done(OPERATOR, "unknown", sent=False)},
    "events": {"get": listed("event"), "post": done(OPERATOR, answer=201, lead="=lead", kind="meeting_booked")},
    "events/<uuid:pk>": {"get": shown("event")},
    "inbound": {"get": listed("unmatched")},
    "inbound/<uuid:pk>": {"get": shown("unmatched")},
    "inbound/<uuid:pk>/settle": {"post": done(OPERATOR, "unmatched", lead="=lead")},
    "inbound/<uuid:pk>/dismiss": {"post": done(OPERATOR, "unmatched")},
    "templates": {
        "get": listed("template"),
        "post": done(OPERATOR, answer=201, client="=client", channel="sms", body="Hi"),
    },
    "templates/<uuid:pk>": {
        "get": shown("template"),
        "patch": done(OPERATOR, "template", body="Hello again"),
        "delete": done(OPERATOR, "template", answer=204),
    },
    "sequences": {"get": listed("sequence")},
    "sequences/<uuid:pk>": {"get": shown("sequence")},
    "suppressions": {
        "get": listed("suppression"),
        "post": done(OPERATOR, answer=201, client="=client", value="bob@example.com"),
    },
    "suppressions/<uuid:pk>": {"get": shown("suppression"), "delete": done(ADMIN, "suppression", answer=204)},
    "webhooks": {
        "get": listed("webhook"),
        "post": done(OPERATOR, answer=201, client="=client", url="https://example.com/hook"),
    },
    "webhooks/<uuid:pk>": {
        "get": shown("webhook"),
        "patch": done(OPERATOR, "webhook", is_active=False),
        "delete": done(OPERATOR, "webhook", answer=204),
    },
    "deliveries": {"get": listed("delivery")},
    "deliveries/<uuid:pk>": {"get": shown("delivery")},
    "deliveries/<uuid:pk>/replay": {"post": done(OPERATOR, "delivery", answer=202)},
    "patterns/<str:client>": {"get": shown("client")},
    "patterns/<str:client>/<str:kind>": {"get": shown("client", "who")},
    "patterns/<str:client>/<str:kind>/history": {"get": shown("client", "who")},
    "patterns/learn": {"post": Door(ADMIN, (), 202, lambda rows: {"client_ids": [str(rows.client.pk)]})},
    "patterns/backfill/<str:client>": {"post": done(ADMIN, "client", answer=202)},
    "brief/<str:client>": {"get": shown("client")},
    "runs/<uuid:run_id>": {"get": shown("run")},
    "alerts": {"get": listed("alert")},
    "alerts/<uuid:pk>": {"get": shown("alert")},
    "alerts/<uuid:pk>/seen": {"post": done(OPERATOR, "alert")},
}

NOBODY = dict.fromkeys(("anonymous", "disabled", "revoked", "old session"), 401)
SIGNED_IN = dict.fromkeys(("staff elsewhere", "superuser"), 302)
UNSIGNED = {
    "post": Wide(("account",), 401)
}  # a provider signs; whoever else knocks, with whatever rights, is turned away
WIDE: dict[str, dict[str, Wide]] = {
    "api/v1/<path:rest>": {"get": Wide(("nothing",), 404, NOBODY)},
    "api/schema": {"get": Wide()},  # what there is to call, for whoever writes a caller
    "api/docs": {"get": Wide()},
    # One's own account: whoever signed in sees its own, everybody else is asked to.
    "statistics": {"get": Wide((), 302, dict.fromkeys(SIGNED_IN, 200))},
    "sign-in/": {"get": Wide((), 200, SIGNED_IN)},
    "sign-in/code": {"get": Wide((), 302)},
    "sign-in/disabled": {"get": Wide()},
    "sign-in/sign-out": {"get": Wide((), 302, dict.fromkeys(SIGNED_IN, 200))},
    "sign-in/again": {"get": Wide((), 302, dict.fromkeys(SIGNED_IN, 200))},
    "sign-in/again/code": {"get": Wide((), 302)},
    "sign-in/password": {"get": Wide((), 302, dict.fromkeys(SIGNED_IN, 200))},
    "sign-in/password/none": {"get": Wide((), 403)},
    "sign-in/two-factor": {"get": Wide((), 302, dict.fromkeys(SIGNED_IN, 200))},
    "sign-in/two-factor/set-up": {"get": Wide((), 302)},  # after one's password once more
    "sign-in/two-factor/remove": {"get": Wide((), 302, dict.fromkeys(SIGNED_IN, 404))},
    "sign-in/two-factor/codes": {"get": Wide((), 302, dict.fromkeys(SIGNED_IN, 404))},
    "sign-in/two-factor/codes/new": {"get": Wide((), 302)},
    "sign-in/two-factor/codes/download": {"get": Wide((), 302, dict.fromkeys(SIGNED_IN, 404))},
    "healthz": {"get": Wide()},
    "readyz": {"get": Wide()},
    "metrics": {"get": Wide((), 401)},  # a token of its own
    "u/<str:token>": {
        "get": Wide(("nothing",), 404),
        "post": Wide(("nothing",), 404),
    },  # the link itself is the permission
    "webhooks/twilio/<uuid:account_id>": UNSIGNED,
    "webhooks/twilio/<uuid:account_id>/message": UNSIGNED,
    "webhooks/twilio/<uuid:account_id>/call": UNSIGNED,
    "webhooks/twilio/<uuid:account_id>/leg": UNSIGNED,
    "webhooks/twilio/<uuid:account_id>/connect": UNSIGNED,
    "webhooks/unipile/<uuid:account_id>": UNSIGNED,
    "webhooks/bookings/<uuid:hook_id>": {"post": Wide(("booking_hook",), 401)},
    "webhooks/<slug:kind>/<uuid:account_id>/tracking": {"post": Wide(("postmark", "account"), 401)},
    "webhooks/<slug:kind>/<uuid:account_id>/inbound": {"post": Wide(("postmark", "account"), 401)},
}

# Pages of the desk. Who did not sign in is sent to do so; to strangers a client's page is not there.
PAGES: dict[str, Door] = {
    # home, client
    "": Door(VIEWER, ("client",), is_list=True),
    "clients/<str:ref>": shown("client"),
    "clients/<str:ref>/patterns/<slug:kind>": shown("client", "who"),
    "clients/<str:ref>/patterns/<slug:kind>/history": shown("client", "who"),
    # operations, runs
    "clients/<str:ref>/learn": Door(ADMIN, ("client",)),
    "clients/<str:ref>/backfill": Door(ADMIN, ("client",)),
    "runs": listed("run"),
    "runs/<uuid:pk>": shown("run"),
    "runs/<uuid:pk>/progress": shown("run"),
    # import
    "clients/<str:ref>/imports": shown("client"),
    "clients/<str:ref>/imports/new": Door(OPERATOR, ("client",)),
    "imports/<uuid:pk>": Door(OPERATOR, ("upload",)),
    "imports/<uuid:pk>/map": Door(OPERATOR, ("upload",)),
    "imports/<uuid:pk>/start": Door(OPERATOR, ("upload",)),
    "imports/<uuid:pk>/progress": Door(OPERATOR, ("upload",)),
    "imports/<uuid:pk>/rejects": Door(OPERATOR, ("upload",)),
    "imports/<uuid:pk>/undo": Door(OPERATOR, ("upload",)),
    # lead, alerts, unknown, replies, senders
    "clients/<str:ref>/leads": shown("client"),
    "leads/<uuid:pk>": shown("lead"),
    "alerts": listed("alert"),
    "alerts/<uuid:pk>/seen": Door(OPERATOR, ("alert",)),
    "unknown": listed("unknown"),
    "unknown/<uuid:pk>/settle": Door(OPERATOR, ("unknown",)),
    "replies": listed("unmatched"),
    "replies/<uuid:pk>": shown("unmatched"),
    "senders/<uuid:pk>/test": Door(OPERATOR, ("sender",)),
}

# Models of the admin. "server": what concerns no client, for superusers alone.
LOOKED_AT = Mine()
ADMIN_MODELS: dict[str, str | Mine] = {
    "auth.user": "server",
    "conversion.activity": LOOKED_AT,
    "conversion.agency": Mine(of_agency=True),
    "conversion.apitoken": Mine(view=None, of_server=True),  # its person's own, too
    "conversion.auditentry": Mine(view=ADMIN),
    "conversion.bookinghook": Mine(add=ADMIN, change=ADMIN),
    "conversion.callback": LOOKED_AT,
    "conversion.client": Mine(change=ADMIN),
    "conversion.connection": LOOKED_AT,
    "conversion.delivery": LOOKED_AT,
    "conversion.event": LOOKED_AT,
    "conversion.importbatch": LOOKED_AT,
    "conversion.inboundmessage": LOOKED_AT,
    "conversion.lead": LOOKED_AT,
    "conversion.mailbox": LOOKED_AT,
    "conversion.membership": Mine(view=ADMIN, add=ADMIN, change=ADMIN, delete=ADMIN),
    "conversion.messagetemplate": Mine(add=OPERATOR, change=OPERATOR, delete=OPERATOR),
    "conversion.provideraccount": Mine(add=ADMIN, change=ADMIN),
    "conversion.sender": Mine(add=OPERATOR, change=OPERATOR),
    "conversion.sequence": LOOKED_AT,
    "conversion.suppression": Mine(add=OPERATOR, delete=ADMIN),
    "conversion.webhookendpoint": Mine(add=OPERATOR, change=OPERATOR, delete=OPERATOR),
    "django_celery_beat.periodictask": "server",
    "django_celery_beat.clockedschedule": "server",
    "django_celery_beat.crontabschedule": "server",
    "django_celery_beat.solarschedule": "server",
    "django_celery_beat.intervalschedule": "server",
    "patterns.backfillrun": LOOKED_AT,
    "patterns.conversionpattern": LOOKED_AT,
    "patterns.conversionpatternhistory": LOOKED_AT,
    "patterns.healthalert": LOOKED_AT,
    "patterns.learningrun": LOOKED_AT,
    "patterns.pooledweights": Mine(view=None, of_server=True),
}

# Tools of the MCP server: arguments, and the role that they need.
TOOLS: dict[str, tuple[Role, Callable[[Rows], dict[str, Any]]]] = {
    "list_clients": (VIEWER, lambda _: {}),
    "get_patterns": (VIEWER, lambda rows: {"client": str(rows.client.pk), "type": "how"}),
    "get_brief": (VIEWER, lambda rows: {"client": str(rows.client.pk)}),
    "preview_plan": (VIEWER, lambda rows: {"client": str(rows.client.pk), "lead": str(rows.lead.pk)}),
    "score_lead": (VIEWER, lambda rows: {"client": str(rows.client.pk), "lead": str(rows.lead.pk)}),
    "get_run": (VIEWER, lambda rows: {"run_id": str(rows.run.pk)}),
    "learn": (ADMIN, lambda rows: {"clients": [str(rows.client.pk)]}),
    "backfill": (ADMIN, lambda rows: {"client": str(rows.client.pk)}),
}
