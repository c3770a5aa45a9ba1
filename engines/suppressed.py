"""Which leads may not be written to, or not by every channel: by the client's own list, its agency's or everybody's."""

from collections.abc import Iterable
from typing import Any

from conversion.models import Client
from conversion.suppressions import Pair, both_forms, in_force, names_of, naming, shut


class SuppressedAmong:
    """The entries that name many leads, read in one query. A lead has an `id` and the attributes that `names_of` reads."""

    def __init__(self, leads: Iterable[Any], client: Client) -> None:
        self._names = {lead.id: names_of(lead) for lead in leads}
        pairs = {pair for names in self._names.values() for pair in names}
        named = {form: pair for pair in pairs for form in both_forms([pair])}
        self._entries: dict[Pair, list[Pair]] = {}
        for entry in in_force(client).filter(naming(named)).values_list("kind", "value"):
            self._entries.setdefault(named[entry], []).append(entry)

    def kinds(self, lead: Any) -> frozenset[str]:
        """What is shut for one of the leads, as `conversion.suppressions.shut`."""
        return shut(entry for name in self._names[lead.id] for entry in self._entries.get(name, ()))
