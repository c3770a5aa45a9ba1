"""Answers are REST framework's, byte for byte."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from django.utils.translation import gettext_lazy
from rest_framework.renderers import JSONRenderer

from conversion.api.rendering import JSON

VALUES = [
    None,
    {},
    {"a": [1, -2.5, True, None, "é \u2028 \u2029 \x7f \x01 <&>"], "b": {"c": "\U0001f600"}},
    {"at": datetime(2026, 3, 2, 10, tzinfo=UTC), "id": UUID(int=7), "sum": Decimal("1.50"), 3: gettext_lazy("Yes")},
    [2**70, "\ud800"],
]


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("accepted", [None, "application/json", "application/json; indent=2"])
def test_answers_are_the_same(value, accepted):
    try:
        expected = JSONRenderer().render(value, accepted, {})
    except UnicodeEncodeError as error:
        expected = error
        with pytest.raises(UnicodeEncodeError):
            JSON().render(value, accepted, {})
    else:
        assert JSON().render(value, accepted, {}) == expected
