"""Which leads may not be written to, or not by every channel: by the client's own list, its agency's or everybody's."""

from collections.abc import Iterable

from conversion.models import Client, Lead
from conversion.suppressions import both_forms, in_force, names_of, naming, shut


class SuppressedAmong:
    """The entries that name many leads, read in one query."""

    def __init__(self, leads: Iterable[Lead], client: Client) -> None:
        self._forms = {lead.pk: frozenset(both_forms(names_of(lead))) for lead in leads}
        wanted = naming(form for forms in self._forms.values() for form in forms)
        self.entries = frozenset(in_force(client).filter(wanted).values_list("kind", "value"))

    def kinds(self, lead: Lead) -> frozenset[str]:
        """What is shut for one of the leads, as `conversion.suppressions.shut`."""
        return shut(self._forms[lead.pk] & self.entries)
