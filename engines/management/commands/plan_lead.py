"""Show the plan of a lead's touches with the reason for each, beside the plan by defaults; keep it if asked."""

import json as json_lib
from collections.abc import Iterator, Mapping
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import transaction
from django.utils.timezone import now

from conversion.clients import ClientNotFound, find_client
from conversion.management.audited import Audited
from conversion.management.plainly import UNUSABLE, told_plainly
from conversion.models import Client, Lead
from engines.allocator import Terms, draft
from engines.channels import PlanRefused
from engines.enrolment import enrol
from engines.leads import LeadNotFound, find_lead
from engines.plan import Plan, PlannedTouch
from patterns import guidance
from patterns.guidance import Guidance


class Command(Audited):
    help = "Show the plan of a lead's touches with the reason for each. Nothing is stored without --save."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("client", metavar="CLIENT", help="name, slug or id")
        parser.add_argument("lead", metavar="LEAD", help="id, external id or e-mail address")
        parser.add_argument("--json", action="store_true", help="print the plan as one JSON document and nothing else")
        parser.add_argument("--save", action="store_true", help="put the lead on the plan: store it, with its touches")
        parser.add_argument("--touches", type=int, metavar="N", help="number of touches (default 6)")
        parser.add_argument("--sequence", metavar="CHANNELS", help="channels by hand, such as email,voice,email")

    def changes(self, options: Mapping[str, Any]) -> bool:
        return bool(options["save"])

    def handle(self, *, client: str, lead: str, json: bool, save: bool, **options: Any) -> None:
        with told_plainly("no plan was stored", ClientNotFound, LeadNotFound, ValueError):
            owner = find_client(client)
            found = find_lead(owner, lead)
            terms = self.terms(owner, options)
            try:
                plan = kept(found, owner, terms) if save else draft(found, owner, terms)
            except PlanRefused as answer:
                raise CommandError(f"No plan is made for {found}: {answer}.", returncode=UNUSABLE) from answer
        if json:
            self.stdout.write(json_lib.dumps(plan.payload(), ensure_ascii=False))
            return
        usual = self.by_default(found, owner, terms) if plan.versions and not save else None
        self.stdout.write("\n".join(report(plan, usual, found, saved=save)))

    @staticmethod
    def terms(client: Client, options: dict[str, Any]) -> Terms:
        moment = now()
        given = options["sequence"]
        sequence = None if given is None else [name.strip().lower() for name in given.split(",")]
        return Terms(guidance.for_client(client, moment), moment, sequence, options["touches"])

    @staticmethod
    def by_default(lead: Lead, client: Client, terms: Terms) -> Plan:
        return draft(lead, client, Terms(Guidance.defaults(), terms.at, terms.sequence, terms.touch_count))


def kept(lead: Lead, client: Client, terms: Terms) -> Plan:
    with transaction.atomic():
        plan = draft(lead, client, terms, lock=True)
        enrol([plan], client, terms.at)
    return plan


def report(plan: Plan, usual: Plan | None, lead: Lead, *, saved: bool) -> Iterator[str]:
    """usual: the plan by defaults, to be shown where it differs."""
    head = f"{lead}: {len(plan.touches)} touches, {origin(plan)}"
    yield from (head, "=" * len(head))
    others = usual.touches if usual else plan.touches
    told: set[str] = set()
    for touch, other in zip(plan.touches, others, strict=True):
        instead = "" if place(touch) == place(other) else f"    by default: {place(other)}"
        yield f"{touch.number:>2}  {place(touch)}{instead}"
        yield f"    {news(touch.reason, told)}"
    if usual and [place(touch) for touch in usual.touches] == [place(touch) for touch in plan.touches]:
        yield "The plan by defaults is the same."
    yield "The plan is stored." if saved else "Nothing was stored; --save puts the lead on this plan."


def news(reason: str, told: set[str]) -> str:
    """The parts of a reason that no earlier touch has told; a person reads the evidence once."""
    parts = [part for part in reason.split("; ") if part not in told]
    told.update(parts)
    return "; ".join(parts) or "for the same reasons"


def origin(plan: Plan) -> str:
    if plan.arm == "manual":
        return "channels given by hand"
    if not plan.versions:
        return "by defaults"
    return "by " + ", ".join(f"{kind} {version}" for kind, version in plan.versions.items())


def place(touch: PlannedTouch) -> str:
    return f"{touch.channel:<8}  {touch.at:%a} {touch.at.day:>2} {touch.at:%b %Y %H:%M %z}"
