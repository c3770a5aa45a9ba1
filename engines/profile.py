"""A client's ideal customer profile, checked: settings that people edit are read with the same care as payloads."""

from collections.abc import Callable
from typing import Any

from conversion.als import DEFAULT_ICP
from conversion.models import Client
from patterns.payloads import Payload, items, text, whole

LARGEST = 2**31 - 1  # employees


def ideal_profile(client: Client) -> dict[str, Any]:
    """`industries`, `employee_min`, `employee_max`, `countries`. A missing key has its default; so has, with a warning in
    the log, one that is of the wrong type.
    """
    given = client.icp if client.icp is not None else {}
    stored = Payload("client", {"icp": given}, client)
    if not isinstance(given, dict):
        stored.refuse("icp", f"expected an object, got {type(given).__name__}")
        return dict(DEFAULT_ICP)
    readers: dict[str, Callable[[Any, str], Any]] = {
        "industries": names,
        "employee_min": employees,
        "employee_max": employees,
        "countries": names,
    }
    return {
        key: stored.part(f"icp.{key}", reader, DEFAULT_ICP[key]) if key in given else DEFAULT_ICP[key]
        for key, reader in readers.items()
    }


def names(value: Any, field: str) -> list[str]:
    return [text(one, f"{field}[{i}]") for i, one in enumerate(items(value, field))]


def employees(value: Any, field: str) -> int | None:
    """A number of employees; None is no bound."""
    return None if value is None else whole(value, field, 0, LARGEST)
