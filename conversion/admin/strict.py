"""What comes in by the forms and addresses of the tables, read strictly: what no database takes is a field's error."""

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.fields import InvalidJSONInput

from conversion.api.parsing import faults_in, unstorable

LONGEST = 500_000  # characters of a JSON text
MOST_DIGITS = 18  # of a whole number


class StrictJSON(forms.JSONField):
    """JSON without NaN, numbers that overflow, NUL, halves of surrogates and bottomless nesting, which the parser lets through
    and the database does not.
    """

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and value not in self.empty_values:
            check_text(value)
        return super().to_python(value)

    def bound_data(self, data: Any, initial: Any) -> Any:
        """What was refused is shown as it was typed: Django's own would read it, and show what cannot be encoded."""
        try:
            if data is not None:
                check_text(data)
        except ValidationError:
            return InvalidJSONInput(data)
        return super().bound_data(data, initial)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Django's own reads it once more, and would break on what was refused."""
        try:
            return bool(super().has_changed(initial, data))
        except (ValidationError, ValueError, RecursionError):
            return True


def check_text(text: str) -> None:
    """Raises ValidationError."""
    if len(text) > LONGEST:
        raise ValidationError(f"Give at most {LONGEST:,} characters.")
    try:
        found = json.loads(text, parse_constant=_no_number, parse_int=_whole, parse_float=_fraction)
    except RecursionError:
        raise ValidationError("It is nested too deeply.") from None
    except json.JSONDecodeError as error:
        raise ValidationError(f"No JSON: line {error.lineno}, column {error.colno}: {error.msg}.") from error
    for place, reason in faults_in(found):
        raise ValidationError(f"{place}: {reason}" if place != "body" else reason)


def _no_number(name: str) -> Any:
    raise ValidationError(f"{name} is no number.")


def _whole(text: str) -> int:
    if len(text.lstrip("-")) > MOST_DIGITS:
        raise ValidationError(f"A whole number has at most {MOST_DIGITS} digits.")
    return int(text)


def _fraction(text: str) -> float:
    value = float(text)
    if value - value != 0:
        raise ValidationError(f"{text[:40]} is too large.")
    return value


def is_storable(text: str) -> bool:
    return unstorable(text) is None
