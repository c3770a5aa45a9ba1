"""Runs of the flows: one row for each flow and moment, and what rows have in common that are worked on under a lease."""

from typing import Any

from django.db import models
from django.utils.timezone import now

from conversion.models.rows import Row, one_of, word_field
from conversion.vocabulary import Flow, RunState


class Leased(Row):
    """Work that stands in the database until it is done (`conversion.leases`)."""

    state = word_field(RunState, default=RunState.QUEUED)
    due_at = models.DateTimeField(null=True, blank=True, help_text="Not taken before.")
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_by = models.CharField(max_length=80, blank=True, default="")
    claimed_until = models.DateTimeField(
        null=True, blank=True, help_text="Whoever works on it is taken for vanished then, and it is done again."
    )
    started_at = models.DateTimeField(null=True, blank=True, help_text="The last attempt.")
    finished_at = models.DateTimeField(null=True, blank=True)
    results = models.JSONField(default=dict, blank=True)
    error = models.TextField(blank=True, default="")

    class Meta:
        abstract = True


class FlowPeriod(Leased):
    """One run of a flow, for a moment of its schedule or because somebody asked.

    scope: {"clients": [ids]} where it is not for all. results: how many clients by state.
    """

    flow = word_field(Flow)
    period = models.DateTimeField(
        help_text="The moment it was due by the schedule, or asked for: it looks at facts up to it."
    )
    is_asked = models.BooleanField(default=False, help_text="By a person, not by the schedule.")
    scope: "models.JSONField[Any, Any]" = models.JSONField(default=dict, blank=True)
    opened_at = models.DateTimeField(default=now)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["flow", "period"], name="flow_period"),
            one_of("flow", Flow, "flow_period_flow"),
            one_of("state", RunState, "flow_period_state"),
        )
        indexes = (models.Index(fields=["state", "due_at"], name="flow_period_by_state"),)

    def __str__(self) -> str:
        return f"{self.flow} of {self.period:%Y-%m-%d %H:%M}: {self.state}"
