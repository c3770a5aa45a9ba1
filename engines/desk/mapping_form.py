"""The form in which a person says how the columns of uploaded files are read: to and from the tables of a mapping file."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from conversion.importer.columns import COLUMNS, FLAGS, REQUIRED, Kind
from conversion.importer.faults import UnusableInput
from conversion.importer.files import Source
from conversion.importer.fitting import Fitting
from conversion.importer.guessing import DISTINCT, FORMATS, values_of
from conversion.importer.mapping import ANY, FileMapping
from conversion.importer.reading import Record
from conversion.importer.values import Clock
from conversion.vocabulary import CallOutcome, Channel, EventKind, LeadStatus, MessageType
from engines.desk.preview import SHOWN, Preview, plainly

SAMPLES = 3  # cells of a column that are shown
MOST_COLUMNS = 150  # that can be chosen for; the others keep their meaning
CONSTANTS = 3  # rows of "the same for every row"
AS_IT_IS, BLANK = "=", ""
TRUE_FALSE = ("true", "false")
WORDS: Mapping[str, tuple[str, ...]] = {
    "status": tuple(LeadStatus),
    "channel": tuple(Channel),
    "kind": tuple(EventKind),
    "outcome": tuple(CallOutcome),
    "message_type": tuple(MessageType),
    **dict.fromkeys((*FLAGS, "led_to_booking"), TRUE_FALSE),
}
FORMAT_LABELS = {
    "iso": "2026-01-31 14:05 (ISO 8601)",
    "dots": "31.01.2026 14:05",
    "day_first": "31/01/2026 14:05 (day first)",
    "month_first": "01/31/2026 14:05 (month first)",
    "dashes": "31-01-2026 14:05",
    "slashes": "2026/01/31 14:05",
    "kept": "as the ready mapping says",
}


@dataclass
class FileForm:
    """One file. section: of the mapping, as it stands. posted: what a person chose, None: nothing yet."""

    slot: int
    kind: Kind
    source: Source
    records: Sequence[Record]
    section: dict[str, Any]
    errors: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    is_other_kind: bool = False

    def name(self, *parts: object) -> str:
        return "-".join(map(str, ("f", self.slot, *parts)))

    @cached_property
    def rows(self) -> list[list[str]]:
        return [one.fields for one in self.records if not one.reason]

    def cells(self, at: int) -> list[str]:
        return [text for row in self.rows if (text := row[at].strip())]

    @property
    def ours(self) -> list[str]:
        return [name for name in COLUMNS[self.kind] if name != "external_id"]

    def chosen(self, name: str) -> str:
        """Our column that one of the file's is read as; empty: none."""
        for ours, theirs in self.section.get("columns", {}).items():
            if ours != "external_id" and name.casefold() in {one.casefold() for one in theirs}:
                return str(ours)
        own = name.casefold()
        return own if own in self.ours and own not in self.section.get("columns", {}) else ""

    @property
    def key(self) -> str:
        known = self.section.get("columns", {}).get("external_id") or ["external_id"]
        return next((name for name in self.source.header if name and name.casefold() == known[0].casefold()), "")

    @property
    def columns(self) -> list[dict[str, Any]]:
        return [
            {
                "at": at,
                "name": name,
                "field": self.name("c", at),
                "chosen": self.chosen(name),
                "samples": [text[:SHOWN] for text in dict.fromkeys(self.cells(at))][:SAMPLES],
            }
            for at, name in enumerate(self.source.header[:MOST_COLUMNS])
            if name
        ]

    @property
    def words(self) -> list[dict[str, Any]]:
        """The words of the columns that hold some, each with what it is read as."""
        found = []
        for ours, theirs in self._worded():
            table = self.section.get("values", {}).get(ours, {})
            folded = {word.casefold(): meaning for word, meaning in table.items()}
            rows = [
                {
                    "theirs": word,
                    "word": self.name("w", ours, number),
                    "field": self.name("v", ours, number),
                    "chosen": folded.get(word.casefold(), AS_IT_IS),
                    "is_known": word.casefold() in folded or _is_ours(ours, word),
                }
                for number, word in enumerate(theirs)
            ]
            found.append(
                {
                    "ours": ours,
                    "rows": rows,
                    "choices": WORDS[ours],
                    "any": self.name("o", ours),
                    "rest": table.get(ANY, AS_IT_IS),
                }
            )
        return found

    def _worded(self) -> list[tuple[str, list[str]]]:
        found = []
        for ours in WORDS:
            places = [at for at, name in enumerate(self.source.header) if name and self.chosen(name) == ours]
            counted = Counter(text for at in places for text in self.cells(at))
            if ours in COLUMNS[self.kind] and counted:
                found.append((ours, [word for word, _ in counted.most_common(DISTINCT)]))
        return found

    @property
    def constants(self) -> list[dict[str, Any]]:
        known = [*self.section.get("constants", {}).items(), *[("", "")] * CONSTANTS][:CONSTANTS]
        return [
            {"column": self.name("k", number), "text": self.name("t", number), "ours": ours, "value": value}
            for number, (ours, value) in enumerate(known)
        ]

    @property
    def formats(self) -> dict[str, Any]:
        present = tuple(self.section.get("formats", ()))
        chosen = next((name for name, forms in FORMATS.items() if forms == present), "kept")
        return {
            "field": self.name("formats"),
            "chosen": chosen,
            "choices": [(name, label) for name, label in FORMAT_LABELS.items() if name != "kept" or chosen == "kept"],
        }

    @property
    def missing(self) -> list[str]:
        here = {column["chosen"] for column in self.columns} | set(self.section.get("constants", {}))
        return [name for name in REQUIRED[self.kind] if name not in here and not (name == "external_id" and self.key)]

    def take(self, posted: Mapping[str, Any]) -> None:
        """What a person chose becomes the section; faults go to `errors` by field."""
        before = self.section
        columns: dict[str, list[str]] = {}
        if key := self._known(posted, self.name("key"), self.source.header):
            columns["external_id"] = [key]
        for column in self.columns:
            if ours := self._known(posted, column["field"], self.ours):
                columns.setdefault(ours, []).append(column["name"])
        formats = str(posted.get(self.name("formats"), "iso"))
        kept = list(before.get("formats", []))
        self.section = {
            "columns": columns,
            "constants": self._constants(posted),
            "formats": list(FORMATS[formats]) if formats in FORMATS else kept,
        }
        tables = {"country": before.get("values", {}).get("country", {})} if "country" in columns else {}
        for ours, theirs in self._worded():
            tables[ours] = self._table(posted, ours, theirs, before.get("values", {}).get(ours, {}))
        self.section["values"] = {ours: table for ours, table in tables.items() if table}

    def _known(self, posted: Mapping[str, Any], name: str, known: Sequence[str]) -> str:
        value = str(posted.get(name, ""))
        if value and value not in known:
            self.errors[name] = "Choose one of the list."
            return ""
        return value

    def _constants(self, posted: Mapping[str, Any]) -> dict[str, str]:
        found: dict[str, str] = {}
        for number in range(CONSTANTS):
            field_name, text = self.name("k", number), str(posted.get(self.name("t", number), "")).strip()
            ours = self._known(posted, field_name, COLUMNS[self.kind])
            if ours in found:
                self.errors[field_name] = f"{ours} stands here twice."
            if ours:
                found[ours] = text
                if not text:
                    self.errors[self.name("t", number)] = "Write the text that every row gets."
            elif text and field_name not in self.errors:
                self.errors[field_name] = "Choose the column that this text is for."
        return found

    def _table(
        self, posted: Mapping[str, Any], ours: str, theirs: Sequence[str], before: Mapping[str, str]
    ) -> dict[str, str]:
        """What their words mean. A column that was not asked about yet is guessed."""
        if self.name("o", ours) not in posted:
            return dict(before) or values_of(ours, theirs)
        on_page = {str(posted.get(self.name("w", ours, number), "")) for number in range(DISTINCT)}
        table = {word: meaning for word, meaning in before.items() if word != ANY and not _among(word, on_page)}
        for number in range(DISTINCT):
            word = str(posted.get(self.name("w", ours, number), ""))
            name = self.name("v", ours, number)
            meaning = str(posted.get(name, AS_IT_IS))
            if word.isprintable() and word and meaning != AS_IT_IS:
                self._check_word(name, meaning, ours)
                table[word] = meaning
        rest = str(posted[self.name("o", ours)])
        if rest != AS_IT_IS:
            self._check_word(self.name("o", ours), rest, ours)
            table[ANY] = rest
        return table

    def _check_word(self, name: str, meaning: str, ours: str) -> None:
        if meaning not in (BLANK, *WORDS[ours]):
            self.errors[name] = "Choose one of the list."

    def fit(self, read: FileMapping, clock: Clock) -> Preview | None:
        """The first rows as they would be stored; None where the file cannot be read so, which `errors` tells."""
        try:
            fitting = Fitting(self.source, self.kind, read, clock)
        except UnusableInput as error:
            self.errors[self._field_of(str(error))] = plainly(str(error))
            return None
        self.notes = [plainly(note) for note in fitting.notes]
        return Preview.of(fitting, self.records, self.kind)

    def _field_of(self, message: str) -> str:
        """The field of the form that a message of the mapping speaks of."""
        named = re.search(r"\.constants\.(\w+)", message)
        for one in self.constants:
            if named and one["ours"] == named.group(1):
                return str(one["text"])
        return self.name("file")


def _is_ours(ours: str, word: str) -> bool:
    known = {*WORDS[ours], *(one.replace("_", " ") for one in WORDS[ours])}
    return word.casefold() in known | ({"yes", "no", "1", "0"} if WORDS[ours] == TRUE_FALSE else set())


def _among(word: str, words: set[str]) -> bool:
    return word.casefold() in {one.casefold() for one in words}
