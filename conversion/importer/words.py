"""What sources call our columns and our words, in the languages of their exports (`words.toml`)."""

import tomllib
import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache
from gettext import translation
from importlib.resources import files

from conversion.importer.columns import FLAGS, Kind
from conversion.places import country_code

LANGUAGES = ("de", "fr", "es", "it", "nl", "pt")
_APART = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


def folded(text: str) -> str:
    """A text to be compared: small letters without accents, one blank between words."""
    plain = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    return " ".join("".join(letter if letter.isalnum() else " " for letter in plain).split())


@lru_cache(maxsize=8192)
def spellings(text: str) -> tuple[str, ...]:
    """The ways in which a text may stand among the words: as it is, umlauts written out, and joined words apart."""
    apart = "".join(f" {letter}" if letter.isupper() else letter for letter in text)  # firstName
    found = (folded(text), folded(unicodedata.normalize("NFC", text).casefold().translate(_APART)), folded(apart))
    return tuple(dict.fromkeys(one for one in found if one))


@cache
def headers(kind: Kind) -> Mapping[str, tuple[str, ...]]:
    """By our column, what sources call it; the usual names first."""
    return {column: _several(text) for column, text in _tables()["headers"][kind.value].items()}


@cache
def words_of(column: str) -> Mapping[str, str]:
    """By their word, ours; nothing for a column that holds no words."""
    table = _tables()["words"].get("flag" if column in FLAGS or column == "led_to_booking" else column, {})
    return {theirs: ours for ours, text in table.items() for theirs in _several(text)}


def ours(column: str, text: str) -> str | None:
    """Our word for theirs, None where it is not known."""
    known = words_of(column)
    return next((known[one] for one in spellings(text) if one in known), None)


def country(text: str) -> str | None:
    """The English name of a country that stands in another of the languages, None where it is not known."""
    known = _countries()
    return next((known[one] for one in spellings(text) if one in known), None)


@cache
def _countries() -> Mapping[str, str]:
    """Folded names in the languages of `words.toml`, without those that are understood anyway."""
    import pycountry  # noqa: PLC0415 (reads its tables on first use)

    found: dict[str, str] = {}
    for language in LANGUAGES:
        said = translation("iso3166-1", pycountry.LOCALES_DIR, languages=[language], fallback=True).gettext
        for one in pycountry.countries:
            for name in (one.name, getattr(one, "common_name", one.name)):
                for spelling in spellings(said(name)):
                    found.setdefault(spelling, one.name)
    return {name: english for name, english in found.items() if country_code(name) is None}


def _several(text: str) -> tuple[str, ...]:
    return tuple(" ".join(one.split()) for one in text.split(",") if one.strip())


@cache
def _tables() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    text = files("conversion.importer").joinpath("words.toml").read_text(encoding="utf-8")
    tables: Mapping[str, Mapping[str, Mapping[str, str]]] = tomllib.loads(text)
    return tables
