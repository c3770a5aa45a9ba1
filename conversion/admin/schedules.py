"""The schedules of what runs by itself (django-celery-beat): superusers change them, and the log keeps who did."""

import json
from typing import Any

from celery.schedules import ParseException, crontab
from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django_celery_beat import admin as beat
from django_celery_beat import models

from conversion.admin.people import OfServer
from conversion.admin.strict import check_text

PARTS = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")
SHAPES: dict[str, type] = {"args": list, "kwargs": dict, "headers": dict}


class TaskForm(beat.PeriodicTaskForm):
    """What the scheduler cannot read would stop it, and with it all that runs by itself."""

    def clean_regtask(self) -> str:
        """A choice whose field takes whatever is sent."""
        name: str = self.cleaned_data["regtask"]
        if name and not name.isprintable():
            raise ValidationError("Choose one of the tasks.")
        return name

    def clean_headers(self) -> str:
        return self._clean_json("headers")

    def _clean_json(self, field: str) -> str:
        shape = SHAPES[field]
        text = str(self.cleaned_data[field] or json.dumps(shape()))
        check_text(text)
        if not isinstance(json.loads(text), shape):
            raise ValidationError("Expected a JSON " + ("list." if shape is list else "object."))
        return text


class CrontabForm(forms.ModelForm):
    """Each part is read as the scheduler reads it; the package's own check lets more through."""

    def clean(self) -> dict[str, Any] | None:
        given = super().clean()
        for part in PARTS:
            try:
                crontab(**{part: self.cleaned_data.get(part, "*")})
            except (ParseException, ValueError) as error:
                self.add_error(part, str(error))
        return given


class Tasks(OfServer, beat.PeriodicTaskAdmin):
    form = TaskForm
    actions = ()  # the package's own change rows, and start work, past the log
    change_form_template = "admin/change_form.html"  # the package's own carries a script in the page


class Clocked(OfServer, beat.ClockedScheduleAdmin):
    pass


class Crontabs(OfServer, beat.CrontabScheduleAdmin):
    form = CrontabForm


class Intervals(OfServer, beat.IntervalScheduleAdmin):
    pass


class Solar(OfServer, beat.SolarScheduleAdmin):
    pass


TABLES: dict[Any, Any] = {
    models.PeriodicTask: Tasks,
    models.ClockedSchedule: Clocked,
    models.CrontabSchedule: Crontabs,
    models.IntervalSchedule: Intervals,
    models.SolarSchedule: Solar,
}
for model, table in TABLES.items():
    if admin.site.is_registered(model):
        admin.site.unregister(model)
    admin.site.register(model, table)
