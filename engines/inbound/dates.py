"""The day on which somebody who is away says that he is back. English, German, French and Spanish."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from conversion.folding import folded

LENGTH = 4000  # characters that are searched
FARTHEST = timedelta(days=550)  # parental leave is the longest that anybody announces
PAST = timedelta(days=31)  # a day without a year that is over for longer is next year's
BEFORE, AFTER = 60, 30  # characters around a date that say what it is

_NAMES = (
    "january jan januar janner janvier janv enero ene",
    "february feb februar fevrier fevr febrero",
    "march mar marz maerz mrz mars marzo",
    "april apr avril avr abril abr",
    "may mai mayo",
    "june jun juni juin junio",
    "july jul juli juillet juil julio",
    "august aug aout agosto ago",
    "september sept sep septembre septiembre setiembre",
    "october oct oktober okt octobre octubre",
    "november nov novembre noviembre",
    "december dec dezember dez decembre diciembre dic",
)
_DAYS = (
    "monday mon montag lundi lunes",
    "tuesday tue tues dienstag mardi martes",
    "wednesday wed weds mittwoch mercredi miercoles",
    "thursday thu thur thurs donnerstag jeudi jueves",
    "friday fri freitag vendredi viernes",
    "saturday sat samstag sonnabend samedi sabado",
    "sunday sun sonntag dimanche domingo",
)
MONTHS = {name: number for number, names in enumerate(_NAMES, start=1) for name in names.split()}
WEEKDAYS = {name: number for number, names in enumerate(_DAYS) for name in names.split()}
_COUNTS = ["a", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
_ZWEI = ["ein", "zwei", "drei", "vier", "funf", "sechs"]
NUMBERS = {
    **{name: max(at, 1) for at, name in enumerate(_COUNTS)},
    **{name: at for at, name in enumerate(_ZWEI, start=1)},
    "einer": 1, "einem": 1, "une": 1, "un": 1, "deux": 2, "trois": 3, "una": 1, "dos": 2, "tres": 3,
}  # fmt: skip

_MONTH = "(?:" + "|".join(sorted(MONTHS, key=len, reverse=True)) + r")\b\.?"
# "A mon retour" is French, and no Monday.
_FRENCH = "(?!mon (?:retour|absence|conge|depart|bureau|equipe|collegue))"
_DAY = f"(?:{_FRENCH}(?:" + "|".join(sorted(WEEKDAYS, key=len, reverse=True)) + r")\b\.?)"
_NUMBER = r"(?:\d{1,2}|" + "|".join(sorted(NUMBERS, key=len, reverse=True)) + ")"
_YEAR = r"(?:,? (?:de |del )?(?P<{0}>20\d\d)\b)?"
# Where a month stands alone; "may" is a verb elsewhere.
_BEFORE_MONTH = "|".join(rf"(?<=\b{word} )" for word in "until till til in im bis en hasta early mid".split())  # noqa: SIM905
_DATE = re.compile(
    rf"\b(?:(?:{_DAY}),? (?:the |den |dem |le |el |dia )?)?(?:"
    r"(?P<iso>20\d\d-\d\d-\d\d)\b"
    r"|(?P<first>\d{1,2})(?P<mark>[./-])(?P<second>\d{1,2})(?:(?P=mark)(?P<y1>20\d\d|\d\d)\b|\b)"
    rf"|(?P<day>\d{{1,2}})(?:st|nd|rd|th|er|\.|o)? ?(?:of |de |del )?(?P<month>{_MONTH}){_YEAR.format('y2')}"
    rf"|(?P<month2>{_MONTH}) (?:the )?(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?\b{_YEAR.format('y3')}"
    rf"|the (?P<ordinal>\d{{1,2}})(?:st|nd|rd|th)\b(?! (?:of )?{_MONTH})"
    r")"
    rf"|\b(?P<weekday>{_DAY})"
    rf"|(?:{_BEFORE_MONTH})(?P<only>{_MONTH}){_YEAR.format('y4')}"
    rf"|\bin (?P<count>{_NUMBER}) (?P<unit>days?|weeks?|tagen?|wochen?)\b"
    rf"|\bdans (?P<count_fr>{_NUMBER}) (?P<unit_fr>jours?|semaines?)\b"
    rf"|\b(?:en|dentro de) (?P<count_es>{_NUMBER}) (?P<unit_es>dias?|semanas?)\b"
    r"|\b(?P<tomorrow>tomorrow|morgen|demain|manana)\b"
    r"|\b(?P<week>next week|nachste[rn]? woche|la semaine prochaine|la proxima semana|(?:the )?end of (?:the|this) week|"
    r"ende der woche)\b"
    r"|\b(?P<month_end>(?:the )?end of (?:the |this )?month|ende des monats|monatsende|fin du mois|fin de mes)\b"
    r"|\b(?P<new_year>(?:the )?new year|neuen jahr|neue jahr|nouvel an|ano nuevo)\b"
)
_FILL = r"(?:[ ,:]+(?:\w|')+){0,6}[ ,:]*$"
_BACK = re.compile(
    r"\b(?:back|return\w*|re-?open\w*|resum\w+|respond|reply|read|retour|rentre\w*|repond\w+|reprend\w*|volver\w*|vuelv\w*|"
    r"regres\w*|retorn\w*|reincorpor\w*|respond\w+|zuruck|wieder|disponible|joignable|erreichbar|available|online)" + _FILL
    + r"|\b(?:ab|as of|a partir d[ue]l?|des)(?: (?:dem|den|le|el))? *$"
)  # fmt: skip
_AGAIN = re.compile(r"^[., ]*(?:(?:\w|')+ ){0,4}(?:wieder|zuruck)\b")  # German: the verb's other half comes after
_UNTIL = re.compile(r"\b(?:until|till?|untill?|before)" + r"(?:[ ,]+\w+){0,3}[ ,]*$")
_THROUGH = re.compile(r"\b(?:through|thru|bis|jusqu'(?:au|a|en)|hasta|inclu\w+)(?:[ ,]+\w+){0,3}[ ,]*$")
_RANGE = re.compile(r"\d[^.!?\n]{0,30}(?:\b(?:to|and|until|au|al|bis|through)|-) *$")
_INCLUDED = re.compile(r"^[ ,(]*(?:inclu\w+|einschliesslich)")
_DAY_FIRST = re.compile(r"\b(?:le|el|du|au|del|al|den|dem|am|vom|bis|ab|jusqu'au|hasta el) *$")
BACK, UNTIL, RANGE = range(3)


def back_on(text: str, today: date | None) -> date | None:
    """The first day on which the writer can be expected back, from `today` on; None where the text does not say.

    "Back on" a day is that day; so is "until" in English. "Through" a day, the end of a range, and until in the other
    languages mean the day after. A day and a month without a year are the next ones to come; 3/4 is whichever of its two
    readings comes first, unless a French, German or Spanish word stands before it. Without `today` only full dates are read.
    """
    text = folded(text[:LENGTH])
    found = sorted(_found(text, today), key=lambda pair: pair[0])
    return next((day for _, day in found if today is None or timedelta() <= day - today <= FARTHEST), None)


def _found(text: str, today: date | None) -> Iterator[tuple[int, date]]:
    """(BACK, UNTIL or RANGE, the first day back) of each date that says when the absence ends."""
    for match in _DATE.finditer(text):
        before = re.split(r"[!?\n]|\.(?=\s)", text[max(match.start() - BEFORE, 0) : match.start()])[-1]
        after = text[match.end() : match.end() + AFTER]
        role, later = _role(before, after)
        if role is None:
            continue
        try:
            day = _day(match, today, day_first=_DAY_FIRST.search(before) is not None)
        except (ValueError, OverflowError):  # the 31st of February
            continue
        if day is not None:
            # The end of a month or a week is already the first day after it.
            is_first = match["week"] or match["month_end"] or match["new_year"] or match["only"]
            yield role, day + timedelta(days=0 if is_first else later)


def _role(before: str, after: str) -> tuple[int | None, int]:
    """What the words around a date make of it, and how many days later the writer is back."""
    if _RANGE.search(before):
        return RANGE, 1
    if _THROUGH.search(before):
        return UNTIL, 1
    if _UNTIL.search(before):
        return UNTIL, 1 if _INCLUDED.search(after) else 0
    if _BACK.search(before) or _AGAIN.search(after):
        return BACK, 0
    return None, 0


def _day(match: re.Match[str], today: date | None, *, day_first: bool) -> date | None:
    """The day that an expression means. Raises ValueError where the calendar has none."""
    part = match.groupdict()
    if part["iso"]:
        return date.fromisoformat(part["iso"])
    if part["first"]:
        return _numeric(part, today, day_first=day_first or part["mark"] != "/")
    if name := part["month"] or part["month2"] or part["only"]:
        year, day = part["y2"] or part["y3"] or part["y4"], int(part["day"] or part["day2"] or 1)
        return _in_year(year, MONTHS[name.rstrip(".")], day, today)
    if today is None:
        return None
    if part["ordinal"]:
        this = date(today.year, today.month, 1)
        return next(
            (day for day in (_set(this, int(part["ordinal"])), _set(_next_month(this), int(part["ordinal"])))
             if day is not None and day >= today), None,
        )  # fmt: skip
    return _relative(part, today)


def _relative(part: dict[str, str | None], today: date) -> date:
    monday = today + timedelta(days=7 - today.weekday())
    if part["weekday"]:
        ahead = (WEEKDAYS[part["weekday"].rstrip(".")] - today.weekday() - 1) % 7 + 1
        return today + timedelta(days=ahead)
    if part["tomorrow"]:
        return today + timedelta(days=1)
    if part["week"]:
        return monday
    if part["month_end"]:
        return _next_month(today)
    if part["new_year"]:
        return date(today.year + 1, 1, 1)
    count = part["count"] or part["count_fr"] or part["count_es"] or "0"
    unit = part["unit"] or part["unit_fr"] or part["unit_es"] or ""
    number = int(count) if count.isdigit() else NUMBERS[count]
    return today + timedelta(days=number * (7 if unit.startswith(("w", "s")) else 1))


def _numeric(part: dict[str, str | None], today: date | None, *, day_first: bool) -> date | None:
    first, second, year = int(part["first"] or 0), int(part["second"] or 0), part["y1"]
    if part["mark"] == "-" and year is None:  # 9-17 is more often a time of day
        return None
    both = [(first, second)] if day_first else [(first, second), (second, first)]
    days = []
    for day, month in both:
        try:
            days.append(_in_year(year, month, day, today))
        except ValueError:
            continue
    ahead = sorted(day for day in days if day is not None and (today is None or day >= today))
    return ahead[0] if ahead else None


def _in_year(year: str | None, month: int, day: int, today: date | None) -> date | None:
    if year:
        return date(int(year) + (2000 if len(year) == 2 else 0), month, day)  # noqa: PLR2004 (26 for 2026)
    if today is None:
        return None
    this = date(today.year, month, day)
    return this if this >= today - PAST else date(today.year + 1, month, day)


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def _set(month: date, day: int) -> date | None:
    try:
        return month.replace(day=day)
    except ValueError:
        return None
