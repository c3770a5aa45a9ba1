"""What a line of the log carries beside its message: the request, client, run and task that it belongs to, and no person.

    with about(client=client.pk, run=run.pk):
        log.info("learned")

The ids go with the line in either format; `add` puts one more on all that follows within the innermost `about`. E-mail
addresses and phone numbers are taken out of every line as it is written, also of tracebacks, whoever put them there.
"""

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from pythonjsonlogger.json import JsonFormatter

# In the order in which a line shows them.
NAMES = ("request", "client", "run", "task", "command")

_ids: ContextVar[Mapping[str, str] | None] = ContextVar("log_ids", default=None)
_of_process: dict[str, str] = {}  # threads begin without the context of whoever starts them

# A row that breaks a constraint is repeated by PostgreSQL, with all its values, in a line of its own.
DETAIL = re.compile(r"(?:\\n|\n)DETAIL: .*?(?=\\n|\n|\"|$)")
PERSONAL = (
    (re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)+"), "[address]"),
    (re.compile(r"(?<![\w:.])\+\d[\d ().-]{6,17}\d"), "[number]"),
)


@contextmanager
def about(**ids: Any) -> Iterator[None]:
    """What is logged inside the block belongs to these, on top of those outside. ids: some of NAMES."""
    token = _ids.set({**current(), **_texts(ids)})
    try:
        yield
    finally:
        _ids.reset(token)


def add(**ids: Any) -> None:
    """What is logged from here on, until the innermost `about` ends, belongs to these as well; outside of any, nothing does."""
    texts, known = _texts(ids), _ids.get()
    if known is not None:
        _ids.set({**known, **texts})


def of_process(**ids: Any) -> None:
    """All that this process logs, on any thread, belongs to these, where nothing nearer says otherwise."""
    _of_process.update(_texts(ids))


def current() -> Mapping[str, str]:
    """The ids that a line logged here would carry."""
    found = _ids.get()
    return _of_process if found is None else found


def _texts(ids: Mapping[str, Any]) -> dict[str, str]:
    if unknown := set(ids) - set(NAMES):
        raise ValueError(f"a line of the log knows no {', '.join(sorted(unknown))}")
    return {name: str(value) for name, value in ids.items()}


class Ids(logging.Filter):
    """Puts the ids on each record: one attribute each, and together as `ids`, such as " client=... run=..."."""

    def filter(self, record: logging.LogRecord) -> bool:
        found = current()
        for name in NAMES:
            setattr(record, name, found.get(name, ""))
        record.ids = "".join(f" {name}={found[name]}" for name in NAMES if name in found)
        return True


def without_people(text: str) -> str:
    """The text of a line without e-mail addresses, phone numbers and the values of refused rows."""
    text = DETAIL.sub("", text)
    for pattern, instead in PERSONAL:
        text = pattern.sub(instead, text)
    return text


class Line(logging.Formatter):
    """A line for people to read."""

    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03d"

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {name} {message}{ids}", style="{", defaults={"ids": ""})

    def format(self, record: logging.LogRecord) -> str:
        return without_people(super().format(record))


class Json(JsonFormatter):
    """A line for programs to read: one JSON object with `timestamp` (UTC), `level`, `logger`, `message`, the ids that are
    known, and `exc_info` where there was an exception.
    """

    def __init__(self) -> None:
        renamed = {"levelname": "level", "name": "logger"}
        super().__init__(["levelname", "name", "message", *NAMES], rename_fields=renamed, timestamp=True)

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = super().process_log_record(log_data)
        return {name: value for name, value in found.items() if name != "ids" and value not in ("", None)}

    def format(self, record: logging.LogRecord) -> str:
        return without_people(super().format(record))


FORMATS = {"line": Line, "json": Json}


def configuration(form: str, level: str) -> dict[str, Any]:
    """Django's LOGGING: everything to standard error. form: one of FORMATS; level: of the root logger."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"ids": {"()": Ids}},
        "formatters": {"chosen": {"()": FORMATS[form]}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "chosen", "filters": ["ids"]}},
        "root": {"handlers": ["console"], "level": level},
    }
