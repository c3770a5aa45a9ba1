"""What a reply says, by rules that have names.

Only what the writer says himself is read, not the quoted history, and of his signature only an opt-out. An opt-out anywhere
wins, then a refusal to deliver, an absence, a machine. Of what people say, a refusal goes before interest, because it is worse
to press somebody who declined than to have a person look at a reply once more.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from conversion.folding import canonical, words_of
from engines.inbound import absences, opinions, phrases, wishes
from engines.inbound.dates import back_on
from engines.inbound.phrases import Rules
from engines.inbound.quoted import split

# The headers of a mail that are read.
HEADERS = (
    "auto-submitted", "x-autoreply", "x-autorespond", "x-autoresponder", "precedence", "x-precedence", "content-type", "from",
    "x-failed-recipients", "return-path",
)  # fmt: skip
LENGTH = 8000  # characters of what is said; the meaning of a reply stands at its top
SENTENCE = 600  # characters; what is longer is cut into pieces of that length
WRAPPED = 50  # a line that is longer was broken by a mail program, and its sentence goes on in the next
_ASKS = ("is this", "are you", "is it", "was this", "were you")  # "Is this an automated message?" is none
_END = re.compile(r"[.!?;:…]+(?=\s|$)|\n|(?<=\s)[-*•–—]+(?=\s)|[()\[\]\"“”]")
_PREFIXES = re.compile(r"^(?:(?:re|aw|fw|fwd|antw|sv|tr|rv|wg|ref) )+")


class Kind(StrEnum):
    """neutral: anything else that a person says, such as a question, a referral or "not now, try next quarter". automatic: a
    machine said it, and nothing follows.
    """

    POSITIVE = "positive"
    NEGATIVE = "negative"
    OUT_OF_OFFICE = "out_of_office"
    UNSUBSCRIBE = "unsubscribe"
    AUTOMATIC = "automatic"
    NEUTRAL = "neutral"
    BOUNCE = "bounce"


@dataclass(frozen=True)
class Reading:
    """rule: the name of the one that decided. until: the first day on which an absent person can be expected back."""

    kind: Kind
    rule: str
    until: date | None = None


@dataclass(frozen=True)
class Reply:
    """sentences, signature: in small letters without accents and punctuation. is_machine: its headers or its subject say
    that nobody wrote it.
    """

    text: str
    sentences: tuple[str, ...]
    signature: tuple[str, ...]
    subject: str
    channel: str
    headers: Mapping[str, str]
    is_machine: bool


def classify(
    text: str,
    subject: str = "",
    headers: Mapping[str, str] = MappingProxyType({}),
    channel: str = "email",
    today: date | None = None,
) -> Reading:
    """text: plain, with or without the history. headers: of a mail, those of HEADERS, names in any case. today: at the
    writer, when it was written; "back on Monday" is counted from it, and without it only full dates are understood.
    """
    reply = _reply(text, subject, headers, channel)
    for kind, rule in (
        (Kind.BOUNCE, _bounce(reply, text)),
        (Kind.UNSUBSCRIBE, _opt_out(reply)),
        (Kind.NEGATIVE, _first(absences.LEFT, reply.sentences)),
    ):
        if rule:
            return Reading(kind, rule)
    opinion = None if reply.is_machine else _opinion(reply)
    if rule := _absence(reply, opinion):
        return Reading(Kind.OUT_OF_OFFICE, rule, back_on(reply.text, today) or back_on(subject, today))
    if rule := _machine(reply):
        return Reading(Kind.AUTOMATIC, rule)
    return opinion or Reading(Kind.NEUTRAL, "other" if reply.sentences else "empty")


def _reply(text: str, subject: str, headers: Mapping[str, str], channel: str) -> Reply:
    said, signature = split(text) if channel == "email" else (text[:LENGTH], "")
    heads = {name.lower(): value[:500].lower() for name, value in headers.items()}
    about = " ".join(words_of(canonical(subject[:500])))
    return Reply(
        said[:LENGTH],
        tuple(_sentences(said[:LENGTH])),
        tuple(_sentences(signature[:LENGTH])),
        _PREFIXES.sub("", about),
        channel,
        heads,
        channel == "email" and (_is_machine(heads) or absences.AUTOMATIC_SUBJECTS.search(about) is not None),
    )


def _sentences(text: str) -> Iterable[str]:
    """Lines that a mail program broke are joined; a question mark alone is no sentence."""
    lines = [line.strip() for line in text.split("\n")]
    joined = "".join(f"{line} " if len(line) > WRAPPED else f"{line}\n" for line in lines)
    for sentence in _END.split(joined):
        for start in range(0, len(sentence), SENTENCE):
            if words := words_of(canonical(sentence[start : start + SENTENCE])):
                yield " ".join(words)


def _first(rules: Rules, sentences: Iterable[str]) -> str:
    """The first rule that holds of any of the sentences; empty for none."""
    return next((name for name, wanted in rules if any(wanted.search(sentence) for sentence in sentences)), "")


def _is_machine(heads: Mapping[str, str]) -> bool:
    """RFC 3834, 5, and what programs wrote before there was a standard. A list's mail is no machine's answer."""
    if heads.get("auto-submitted", "no").partition(";")[0].strip() != "no":
        return True
    if any(name in heads for name in ("x-autoreply", "x-autorespond", "x-autoresponder")):
        return True
    return any(heads.get(name, "").strip() in {"auto_reply", "junk"} for name in ("precedence", "x-precedence"))


def _machine(reply: Reply) -> str:
    if reply.is_machine or "disposition-notification" in reply.headers.get("content-type", ""):
        return "header"
    return _first(absences.MACHINES, [one for one in reply.sentences if not one.startswith(_ASKS)])


def _bounce(reply: Reply, text: str) -> str:
    if reply.channel != "email":
        return ""
    if "report-type=delivery-status" in reply.headers.get("content-type", "").replace('"', "").replace(" ", ""):
        return "delivery_status"
    if "x-failed-recipients" in reply.headers:
        return "failed_recipients"
    if absences.BOUNCED_SUBJECTS.search(reply.subject):
        return "bounce_subject"
    postmaster = re.search(r"mailer-daemon|postmaster@|mail delivery", reply.headers.get("from", "")) is not None
    if not reply.subject or postmaster:
        return _first(absences.BOUNCES, _sentences(text[:LENGTH]))
    return ""


def _opt_out(reply: Reply) -> str:
    """A machine's "to unsubscribe, click here" is no wish; nor is one word in a signature."""
    # A calendar's or a newsletter's subject may hold the word; the subject that is nothing else is a wish.
    if _is_stop(reply.subject, reply.channel) or any(_is_stop(one, reply.channel) for one in reply.sentences):
        return "stop_word"
    if reply.sentences and reply.channel == "sms" and _stops(reply.sentences[0]):
        return "stop_word"
    asked = [one for one in reply.signature if not phrases.ASKING.isdisjoint(one.split())]
    wishes = [one for one in (*reply.sentences, *asked) if not phrases.OFFERS.search(one)]
    return _first(phrases.OPT_OUTS, wishes)


def _stops(text: str) -> bool:
    """Whether a text message begins with a stop word, or is short and ends with one."""
    words = text.split()
    if words[0] in {"stop", "stopall", "unsubscribe"}:
        return not re.match(r"stop (?:by|over|in|at|the|worrying|motion)\b", text)
    return len(words) <= phrases.SMS_SHORT and phrases.SMS_LAST.search(text) is not None


def _is_stop(sentence: str, channel: str) -> bool:
    words = [word for word in sentence.split() if word not in phrases.POLITE]
    bare = " ".join(words)
    wanted = phrases.STOP_WORDS | phrases.SMS_STOP_WORDS if channel == "sms" else phrases.STOP_WORDS
    return bare in wanted or sentence in wanted


def _absence(reply: Reply, opinion: Reading | None) -> str:
    if absences.ABSENT_SUBJECTS.search(reply.subject) and (reply.is_machine or opinion is None):
        return "absent_subject"
    away = [one for one in reply.sentences if _is_away(one)]
    if away and opinion is not None and opinion.kind is Kind.POSITIVE and all(map(absences.AHEAD.search, away)):
        return ""
    if away and (reply.is_machine or opinion is None or opinion.kind is not Kind.NEGATIVE):
        return _first(absences.ABSENCES, away)
    # "Please contact Kate" is what such notices say, too.
    is_alone = reply.is_machine or opinion is None or opinion.rule == "referral"
    return _first(absences.HINTS, reply.sentences) if is_alone and not _is_past(reply.sentences) else ""


def _is_away(sentence: str) -> bool:
    """Whether an absence stands in it that is the writer's and not over."""
    found = [wanted.search(sentence) for _, wanted in absences.ABSENCES]
    return any(one is not None and not absences.NOT_AWAY.search(sentence[: one.start()]) for one in found)


def _is_past(sentences: Iterable[str]) -> bool:
    return any(absences.NOT_AWAY.search(one) for one in sentences)


def _opinion(reply: Reply) -> Reading | None:
    """What a person thinks of it; None where he does not say."""
    sentences = reply.sentences
    if rule := _first(opinions.LATER, sentences):
        return Reading(Kind.NEUTRAL, rule)
    if rule := _first(opinions.REFUSALS, sentences):
        return Reading(Kind.NEGATIVE, rule)
    if any(opinions.NO_WORDS.fullmatch(one) for one in sentences[:2]):
        return Reading(Kind.NEGATIVE, "no")
    if rule := _first(opinions.REFERRALS, sentences):
        return Reading(Kind.NEUTRAL, rule)
    if any(wishes.YES_WORDS.fullmatch(one) for one in sentences[:2]):
        return Reading(Kind.POSITIVE, "yes")
    return next(
        (
            Reading(Kind.POSITIVE, name)
            for name, wanted in wishes.WISHES
            if any(_is_wished(wanted, one) for one in sentences)
        ),
        None,
    )


def _is_wished(wanted: re.Pattern[str], sentence: str) -> bool:
    return any(
        not wishes.DENIED.search(sentence[: found.start()]) and not wishes.IF.search(sentence[: found.start()])
        for found in wanted.finditer(sentence)
    )
