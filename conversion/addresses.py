"""E-mail addresses and phone numbers in the form in which they are compared and sent to.

Two spellings of one mailbox have one key; an address that nobody can be reached at, or that only looks like another, is
refused with the reason in words.
"""

import re
import unicodedata
from functools import lru_cache
from urllib.parse import urlsplit

EMAIL_LENGTH = 254  # RFC 5321: a path of 256 octets less its angle brackets
LOCAL_LENGTH = 64  # RFC 5321, 4.5.3.1.1
E164 = re.compile(r"\+[1-9][0-9]{6,14}")  # ITU-T E.164: at most 15 digits
SHOWN = 60  # characters of a refused value that a message repeats

_LOCAL = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_TOP_LABEL = re.compile(r"[a-z]{2,63}|xn--[a-z0-9-]{2,59}")
# Cyrillic and Greek letters that look like Latin ones in common fonts (a subset of Unicode's confusables.txt).
_LOOK_ALIKE = frozenset("асеорхуіѕјһԁԛԝӏαονυικρωχγη")


class AddressError(ValueError):
    """An address or number that cannot be used; the message says why."""


def shown(text: str) -> str:
    """The text as a message repeats it: on one line, cut."""
    line = " ".join(text.split())
    return repr(line if len(line) <= SHOWN else line[:SHOWN] + "...")


@lru_cache(maxsize=4096)
def email_key(text: str) -> str:
    """The key of an e-mail address: NFKC, case folded, the domain in its ASCII form (IDNA 2003).

    Raises AddressError where it is no address on the internet (`a@localhost`, `a@[127.0.0.1]`), or mixes Latin letters
    with Cyrillic or Greek ones that look like them.
    """
    key = unicodedata.normalize("NFKC", text.strip()).casefold()
    local, at, domain = key.rpartition("@")
    if not at or len(key) > EMAIL_LENGTH or len(local) > LOCAL_LENGTH or not _LOCAL.fullmatch(local):
        raise AddressError(f"{shown(text)} is no e-mail address")
    if domain.startswith("["):
        raise AddressError(f"{shown(text)} names a machine by its number, not by a domain")
    if not key.isascii():
        _refuse_look_alikes(text, local, domain)
        domain = _ascii_domain(text, domain)
    labels = domain.split(".")
    if len(labels) < 2:  # noqa: PLR2004 (a name and a top-level domain)
        raise AddressError(f"{shown(text)} has no domain of the internet")
    if not all(map(_LABEL.fullmatch, labels)) or not _TOP_LABEL.fullmatch(labels[-1]):
        raise AddressError(f"{shown(text)} is no e-mail address: its domain is not well formed")
    return f"{local}@{domain}"


def domain_key(text: str) -> str:
    """The key of a domain, however it is written (`@Acme.com`, `müller.example`); a text that is none is case folded."""
    bare = text.strip().removeprefix("@").removesuffix(".")
    try:
        return email_key(f"a@{bare}").partition("@")[2]
    except AddressError:
        return bare.casefold()


def linkedin_key(url: str) -> str:
    """The path of a profile, such as `in/jo-doe`, by which its spellings are compared; empty for none."""
    text = url.strip().casefold()
    if not text:
        return ""
    return urlsplit(text if "//" in text else f"//{text}").path.strip("/")


def usable_key(email: str, key: str) -> str:
    """The key of a stored address, worked out where it was not kept; empty where the address cannot be used."""
    if key or not email.strip():
        return key
    try:
        return email_key(email)
    except AddressError:
        return ""


def _ascii_domain(text: str, domain: str) -> str:
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise AddressError(f"{shown(text)} is no e-mail address: its domain is not well formed") from error


def _refuse_look_alikes(text: str, local: str, domain: str) -> None:
    """A part that mixes scripts, or is written in look-alikes only before an ASCII top-level domain, is a disguise."""
    *labels, top = domain.split(".")
    for part in (local, *labels, top):
        scripts = {_script(letter) for letter in part if letter.isalpha()}
        if "LATIN" in scripts and scripts & {"CYRILLIC", "GREEK"}:
            raise AddressError(f"{shown(text)} mixes Latin letters with look-alikes of another script")
    for label in labels:
        letters = {letter for letter in label if letter.isalpha()}
        if top.isascii() and letters and letters <= _LOOK_ALIKE:
            raise AddressError(f"{shown(text)} is written in look-alikes of Latin letters")


def _script(letter: str) -> str:
    return "LATIN" if letter.isascii() else unicodedata.name(letter, "").partition(" ")[0]


@lru_cache(maxsize=4096)
def e164(text: str, region: str | None) -> str:
    """A phone number in E.164, such as +61412345678. An extension is left out.

    region: ISO 3166-1 code of the country that a number without country code is dialled in, None unknown. A number that
    is in E.164 already is taken as it is. Raises AddressError where it is no number that can exist.
    """
    if E164.fullmatch(text):
        return text
    import phonenumbers  # noqa: PLC0415 (costs 0.1 s, which most files, being in E.164, need not pay)

    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as error:
        if region is None and error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE:
            raise AddressError(f"{shown(text)} has no country code, and the country is not known") from error
        raise AddressError(f"{shown(text)} is no phone number") from error
    if not phonenumbers.is_possible_number(number):
        raise AddressError(f"{shown(text)} is no phone number: too long, too short or not of its country")
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
