"""The day on which somebody is back, in four languages and many spellings."""

from datetime import date

import pytest

from engines.inbound.dates import back_on

MONDAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("back on 5 May", "2026-05-05"),
        ("back on May 5th, 2026", "2026-05-05"),
        ("back on the 5th of May", "2026-05-05"),
        ("until Tuesday, 5 May", "2026-05-05"),
        ("through Tuesday, May 5", "2026-05-06"),
        ("until 5 May inclusive", "2026-05-06"),
        ("returning 2026-05-05", "2026-05-05"),
        ("returning 05.05.2026", "2026-05-05"),
        ("returning 25/12/26", "2026-12-25"),
        ("from 3 to 14 August", "2026-08-15"),
        ("August 3 - August 14", "2026-08-15"),
        ("bis 5.5.", "2026-05-06"),
        ("vom 3.5. bis 5.5.2026", "2026-05-06"),
        ("ab dem 5. Mai wieder erreichbar", "2026-05-05"),
        ("jusqu'au 5 mai", "2026-05-06"),
        ("de retour le 05/04", "2026-04-05"),
        ("hasta el 5 de mayo de 2026", "2026-05-06"),
        ("vuelvo el martes", "2026-03-03"),
        ("back Monday", "2026-03-09"),
        ("back in three weeks", "2026-03-23"),
        ("zurück in zwei Wochen", "2026-03-16"),
        ("return next week", "2026-03-09"),
        ("until the end of the month", "2026-04-01"),
        ("until January 5", "2027-01-05"),
        ("on parental leave until January 2027", "2027-01-01"),
        ("in Elternzeit bis September", "2026-09-01"),
        ("I will be back, it may be late", None),
        ("en congés jusqu'au 20 mars 2026 inclus. Je répondrai à mon retour.", "2026-03-21"),
        ("back on 29 February 2028", None),  # too far away to be meant
        ("back on 31 June", None),
        ("back on 99/99/2026", None),
        ("back on 25 February", None),  # over
        ("back on 1 March 2020", None),
        ("call 05 05 2026 000", None),
        ("our meeting on 5 May was good", None),
        ("", None),
    ],
)
def test_days(text, day):
    assert back_on(text, MONDAY) == (day and date.fromisoformat(day))


def test_of_several_days_the_return_counts():
    text = "I'm away from 3 to 14 August. Before 10 August call Jo. I will be back on 17 August."
    assert back_on(text, MONDAY) == date(2026, 8, 17)


@pytest.mark.parametrize("today", [date(2026, 1, 31), date(2027, 12, 31), date(9998, 12, 31), date(1, 1, 1)])
def test_at_the_edges_of_months_and_of_the_calendar(today):
    for text in (
        "back on the 31st",
        "until the end of the month",
        "back in 9 weeks",
        "back on 30 February",
        "back Friday",
    ):
        found = back_on(text, today)
        assert found is None or found >= today
