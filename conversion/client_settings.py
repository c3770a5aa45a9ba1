"""What people may set of a client, checked before it is stored. Whoever reads it checks again."""

import math
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError

from conversion.wording import DEFAULT, VocabularyError

LARGEST = 2**31 - 1  # employees
MOST_NAMES, LONGEST_NAME = 500, 255
LISTS = ("industries", "countries")
SIZES = ("employee_min", "employee_max")
HIGHEST = 100  # score


def check_icp(icp: Any) -> None:
    """Raises ValidationError unless it is an object of `industries` and `countries`, lists of texts, and `employee_min` and
    `employee_max`, whole numbers or null.
    """
    for key in _keys(icp, (*LISTS, *SIZES)):
        value = icp[key]
        if key in LISTS:
            _check_names(key, value)
        elif value is not None and (isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST):
            raise ValidationError(f"{key}: expected a whole number of employees from 0 to {LARGEST:,}, or null.")
    low, high = (icp.get(key) for key in SIZES)
    if low is not None and high is not None and low > high:
        raise ValidationError(f"employee_min ({low:,}) is above employee_max ({high:,}).")


def _check_names(key: str, value: Any) -> None:
    if not isinstance(value, list) or len(value) > MOST_NAMES:
        raise ValidationError(f"{key}: expected a list of at most {MOST_NAMES} names.")
    for name in value:
        if not isinstance(name, str) or not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
            raise ValidationError(f"{key}: a name is a text of 1 to {LONGEST_NAME} printable characters.")


def check_tiers(tiers: Any) -> None:
    """Raises ValidationError unless it is `{"hot": 80, "warm": 50}`: two scores, the first above the second."""
    if sorted(_keys(tiers, ("hot", "warm"))) != ["hot", "warm"]:
        raise ValidationError("Give both hot and warm.")
    for key, value in tiers.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise ValidationError(f"{key}: expected a number.")
        if not 0 <= value <= HIGHEST:
            raise ValidationError(f"{key}: expected a score from 0 to {HIGHEST}.")
    if tiers["hot"] <= tiers["warm"]:
        raise ValidationError("hot must be above warm.")


def check_vocabulary(added: Mapping[str, Any], before: Mapping[str, Any]) -> None:
    """What a client adds to the words that texts are read with. before: what it added so far, whose names keep their places,
    since stored touches point to them. Raises ValidationError with the list that is wrong.
    """
    try:
        wanted = DEFAULT.extended(added)
    except VocabularyError as error:
        path = str(error).partition(":")[0]
        name = path.partition("[")[0].partition(".")[0]
        raise ValidationError({name: str(error)} if name in added else str(error)) from error
    try:
        earlier = DEFAULT.extended(before)
    except VocabularyError:
        return  # what is stored cannot be read, and nothing points into it
    if not wanted.keeps(earlier):
        moved = next((name for name in before if added.get(name) != before[name]), None)
        told = "Names that were added stay, in their order: stored touches point to them. Add new ones at the end."
        raise ValidationError({moved: told} if moved is not None and moved in added else told)


def _keys(given: Any, known: tuple[str, ...]) -> list[str]:
    if not isinstance(given, Mapping):
        raise ValidationError(f"Expected an object with {', '.join(known)}.")
    unknown = [str(key)[:40] for key in given if key not in known]
    if unknown:
        raise ValidationError(f"{unknown[0]!r} is not known; there are {', '.join(known)}.")
    return list(given)
