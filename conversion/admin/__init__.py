"""The tables of this floor in the admin. What each page shows, and to whom, follows from `conversion.admin.scoped`."""

from conversion.admin import clients, leads, log, people, schedules, suppressions, touches  # noqa: F401 (registered on import)
