"""What calls send: each value has the JSON type that is asked for, not one that could be read as it."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from conversion.api.cells import Cell, type_of

SHOWN = 80  # characters of an unknown name that an answer repeats

# What JSON holds for a field; a subclass stands before its class.
TYPES: tuple[tuple[type[serializers.Field], tuple[type, ...], str], ...] = (
    (serializers.BooleanField, (bool,), "true or false"),
    (serializers.IntegerField, (int, float), "a whole number"),
    (serializers.FloatField, (int, float), "a number"),
    (serializers.ListField, (list,), "a list"),
    (serializers.DictField, (dict,), "an object"),
    (serializers.BaseSerializer, (dict,), "an object"),
    (serializers.Field, (str,), "a text"),
)


class Text(serializers.CharField):
    """A text in a list or in an object: a number is none."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            raise serializers.ValidationError(f"Give a text, not {type_of(data)}.", code="type")
        return str(super().to_internal_value(data))


class Body(serializers.Serializer):
    """A call's body: an object of known fields. What nobody reads is refused, not passed over."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            taken = {name for name, field in self.fields.items() if not field.read_only}
            unknown = {str(name)[:SHOWN]: "There is no such field." for name in data if name not in taken}
            if unknown:
                raise serializers.ValidationError(unknown, code="unknown")
            if faults := self.of_other_types(data):
                raise serializers.ValidationError(faults, code="type")
        return super().to_internal_value(data)

    def of_other_types(self, data: Mapping[str, Any]) -> dict[str, str]:
        faults = {}
        for name in data.keys() & self.fields.keys():
            value, field = data[name], self.fields[name]
            if value is None or isinstance(field, Cell):  # a cell looks for itself
                continue
            types, wanted = next((types, wanted) for fields, types, wanted in TYPES if isinstance(field, fields))
            if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
                faults[name] = f"Give {wanted}, not {type_of(value)}."
        return faults


def read(body: type[Body], data: Any, **options: Any) -> dict[str, Any]:
    """The checked values of a body. Raises ValidationError, by field."""
    reader = body(data=data, **options)
    reader.is_valid(raise_exception=True)
    return dict(reader.validated_data)
