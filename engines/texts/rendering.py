"""A template with a lead's values in their places.

Templates are written by people and by agents, so they are Jinja's, cut down to what a message needs: variables, a few filters,
`if`, and nothing that loops, calls, assigns or looks inside a value. What is not on the list below is refused when the template
is read, so a rendering ends, and its length is bounded by that of the template and of the values. The values are data: they are
put in as they are, and never read as a template.

Pure: no clock, no database, no settings.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, Undefined, UndefinedError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from engines.message import PLACEHOLDERS, MessageError

EXTRA = "extra"
OF_LEAD = ("first_name", "last_name", "title", "company_name", "industry", "country")
VARIABLES = (*OF_LEAD, "sender_name", "client_name")
FILTERS = ("capitalize", "d", "default", "lower", "title", "trim", "upper")
TEMPLATE_LENGTH = 50_000  # characters
VALUE_LENGTH = 500  # characters of one value: what is longer is no name, and no line of a message
LARGEST = 1e15  # of a number, as a value or in a template
DEPTH = 12  # of ifs and expressions in each other

ALLOWED: tuple[type[nodes.Node], ...] = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.Name, nodes.Const, nodes.Filter),
    *(nodes.Getattr, nodes.Getitem, nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not),
)
# What Python and Jinja raise on a text that is no template: besides the error for it, of numbers and brackets without end.
NO_TEMPLATE = (TemplateError, ValueError, OverflowError, RecursionError, MemoryError)


class Empty(Undefined):
    """A variable that there is, and that is empty for this lead: false in an `if`, replaced by `default`, and an error where
    it would be written.
    """

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        return f"{self._undefined_name} is empty for this lead, and has no | default('...')"

    __str__ = Undefined._fail_with_undefined_error  # noqa: SLF001 (as Jinja's own StrictUndefined has it)


class Extra(dict[str, Any]):
    """The lead's further attributes, by name."""


class Texts(ImmutableSandboxedEnvironment):
    """Looks into nothing but the lead's further attributes."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, Extra) and argument in obj:
            return obj[argument]
        return self.undefined(obj=obj, name=str(argument))


TEXTS = Texts(undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True)
TEXTS.filters = {name: TEXTS.filters[name] for name in FILTERS}
TEXTS.tests = {}
TEXTS.globals = {}


@dataclass(frozen=True)
class Checked:
    """A template that may be used. names: of the variables in it; those of further attributes begin with `extra.`."""

    template: Template
    names: frozenset[str]


def render(field: str, source: str, values: Mapping[str, Any]) -> str:
    """The text of a template. field: what it is, `subject` or `body`, for the error. values: by the names of VARIABLES, and
    under `extra` a mapping; of any type. A value's line breaks become spaces.

    Raises MessageError, which names the variable and repeats no value: where the template is none; where a variable is
    unknown, or empty without a default; where a value is no text, too long, or could be taken for a placeholder.
    """
    checked = read(field, source)
    extra = values.get(EXTRA)
    given: dict[str, Any] = {EXTRA: Extra()}
    for name in sorted(checked.names):
        of_extra = name.removeprefix(f"{EXTRA}.")
        if of_extra == name:
            given[name] = value_of(field, name, values.get(name))
        else:
            found = extra.get(of_extra) if isinstance(extra, Mapping) else None
            given[EXTRA][of_extra] = value_of(field, name, found)
    try:
        return checked.template.render(given)
    except UndefinedError as error:
        raise MessageError(field, str(error)) from error
    except Exception as error:  # a comparison or a filter that the values do not fit
        raise MessageError(field, f"cannot be written with this lead's values: {type(error).__name__}") from error


def value_of(field: str, name: str, value: Any) -> Any:
    """A value as a template gets it. Raises MessageError."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return Empty(name=name)
    if isinstance(value, str):
        text = " ".join(value.split())
        if len(text) > VALUE_LENGTH:
            raise MessageError(field, f"{name} is longer than {VALUE_LENGTH} characters")
        if any(mark in text for mark in PLACEHOLDERS):
            raise MessageError(field, f"{name} holds what could be taken for a placeholder ({' '.join(PLACEHOLDERS)})")
        return text
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float) and math.isfinite(value) and abs(value) <= LARGEST:
        return value
    raise MessageError(field, f"{name} is neither a text nor a number that could be written")


@lru_cache(maxsize=1024)
def read(field: str, source: str) -> Checked:
    """A template, checked. Raises MessageError."""
    if len(source) > TEMPLATE_LENGTH:
        raise MessageError(field, f"is longer than {TEMPLATE_LENGTH:,} characters")
    try:
        tree = TEXTS.parse(source)
    except NO_TEMPLATE as error:
        line = f"line {error.lineno}: " if isinstance(error, TemplateSyntaxError) else ""
        why = " ".join(str(error).split())[:200] if line else "it cannot be read"
        raise MessageError(field, f"is no template: {line}{why}") from error
    names = frozenset(variables(field, tree))
    try:
        return Checked(TEXTS.from_string(source), names)
    except (SyntaxError, *NO_TEMPLATE) as error:
        raise MessageError(field, f"is no template: {type(error).__name__}") from error


def variables(field: str, node: nodes.Node, depth: int = 0) -> Iterator[str]:
    """The variables in a part of a template. Raises MessageError on anything that has no place in one."""
    if depth > DEPTH or not isinstance(node, ALLOWED):
        what = "too many parts in each other" if depth > DEPTH else f"there is no {type(node).__name__.lower()} here"
        raise MessageError(field, f"line {node.lineno}: {what}; a template has variables, filters and if")
    if refusal := refused(node):
        raise MessageError(field, f"line {node.lineno}: {refusal}")
    if isinstance(node, nodes.Getattr | nodes.Getitem):
        yield f"{EXTRA}.{attribute(node)}"
        return
    if isinstance(node, nodes.Name):
        yield node.name
    for child in node.iter_child_nodes():
        yield from variables(field, child, depth + 1)


def refused(node: nodes.Node) -> str:
    """What is wrong with a part that may be there; empty where nothing is."""
    if isinstance(node, nodes.Getattr | nodes.Getitem):
        is_known = isinstance(node.node, nodes.Name) and node.node.name == EXTRA and attribute(node) is not None
        return "" if is_known else f"only the attributes of `{EXTRA}` can be looked up, by their names"
    if isinstance(node, nodes.Name) and node.name not in VARIABLES:
        return f"{node.name[:60]} is no variable; there are {', '.join(VARIABLES)} and {EXTRA}.NAME"
    if isinstance(node, nodes.Filter):
        is_known = node.name in FILTERS and not (node.kwargs or node.dyn_args or node.dyn_kwargs)
        return "" if is_known else f"{node.name[:60]} is no filter, or not in this form; there are {', '.join(FILTERS)}"
    if isinstance(node, nodes.Const) and not is_plain(node.value):
        return "a number that is too large"
    return ""


def attribute(node: nodes.Getattr | nodes.Getitem) -> str | None:
    name: Any = node.attr if isinstance(node, nodes.Getattr) else getattr(node.arg, "value", None)
    return name if isinstance(name, str) else None


def is_plain(value: Any) -> bool:
    return isinstance(value, str) or value is None or (isinstance(value, int | float) and abs(value) <= LARGEST)
