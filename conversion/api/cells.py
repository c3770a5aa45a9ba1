"""Fields of what callers send that are read as an import reads a cell, by the same parsers, but of JSON's own types."""

from datetime import datetime
from typing import Any, ClassVar

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from rest_framework import serializers

from conversion.importer.values import BadValue, Parser


class Cell(serializers.Field):
    """A text. Blank is null: not known, or, in a change, emptied. longest, words: for the description alone."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "type": "Give {wanted}, not {given}.",
        "offset": "Give the offset from UTC as well, such as 2026-03-02T10:00:00+11:00.",
    }
    wanted = "a text"
    described: ClassVar[dict[str, Any]] = {"type": "string"}

    def __init__(
        self, parse: Parser, *, longest: int | None = None, words: list[str] | None = None, **options: Any
    ) -> None:
        options.setdefault("required", False)
        options.setdefault("allow_null", not options["required"])
        super().__init__(**options)
        self.parse, self.longest, self.words = parse, longest, words

    def to_internal_value(self, data: Any) -> Any:
        text = self.text_of(data).strip()
        if not text:
            if self.required:
                self.fail("required")
            return None
        try:
            return self.parse(text)
        except BadValue as error:
            raise serializers.ValidationError(
                f"{error}.".capitalize() if str(error)[:1].islower() else f"{error}."
            ) from error

    def text_of(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("type", wanted=self.wanted, given=type_of(data))
        return str(data)

    def to_representation(self, value: Any) -> Any:
        return value


class FlagCell(Cell):
    wanted = "true or false"
    described: ClassVar[dict[str, Any]] = {"type": "boolean"}

    def text_of(self, data: Any) -> str:
        if not isinstance(data, bool):
            self.fail("type", wanted=self.wanted, given=type_of(data))
        return str(data)


class WholeCell(Cell):
    wanted = "a whole number"
    described: ClassVar[dict[str, Any]] = {"type": "integer"}

    def __init__(self, parse: Parser, low: int, high: int, **options: Any) -> None:
        super().__init__(parse, **options)
        self.bounds = {"minimum": low, "maximum": high}

    def text_of(self, data: Any) -> str:
        if isinstance(data, bool) or not (isinstance(data, int) or (isinstance(data, float) and data.is_integer())):
            self.fail("type", wanted=self.wanted, given=type_of(data))
        return str(int(data))


class MomentCell(Cell):
    """ISO 8601 with an offset from UTC."""

    described: ClassVar[dict[str, Any]] = {"type": "string", "format": "date-time"}

    def text_of(self, data: Any) -> str:
        text = super().text_of(data).strip()
        if not text:  # null says that it is not known
            self.fail("type", wanted="a moment", given="a blank text")
        try:
            has_offset = datetime.fromisoformat(text).tzinfo is not None
        except ValueError:
            has_offset = True  # the parser says what is wrong
        if not has_offset:
            self.fail("offset")
        return text


class CellDescription(OpenApiSerializerFieldExtension):
    target_class = Cell
    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        schema: dict[str, Any] = {**self.target.described, **getattr(self.target, "bounds", {})}
        if self.target.longest:
            schema["maxLength"] = self.target.longest
        if self.target.words:
            schema["enum"] = [*self.target.words, *([None] if self.target.allow_null else [])]
        return schema


def type_of(value: Any) -> str:
    """What JSON calls a value."""
    names = {
        bool: "true or false",
        int: "a number",
        float: "a number",
        str: "a text",
        list: "a list",
        dict: "an object",
    }
    return names.get(type(value), "null")
