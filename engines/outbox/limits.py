"""How long things may take, and how often they are tried. What an operator may change comes from the settings."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings

# Failures of the same kind in a row, after which a touch is not tried by itself any more.
FAULTS = 3  # it cannot be composed, or the guard breaks on it
LOSSES = 10  # the worker that had claimed it vanished: perhaps the touch itself brings workers down
DEFERRALS = 40
RESENDS = 5

# Seconds until a deferred touch is due again: doubled up to CLOSE, so that sending goes on soon after a provider is back,
# and after PATIENT attempts, FAR.
CLOSE, PATIENT, FAR = 20, 8, 900
REST = 5.0  # seconds that all touches of an account wait after one was deferred, where the provider names no time

LONGEST_REST = 3600.0  # whatever the provider asks for: it may be wrong, and another attempt harms nobody

OPENS_AT = 5  # unknowns in a row that open an account's circuit
PROBE_AFTER = 5  # seconds from an answerless send to the next probe


@dataclass(frozen=True)
class Limits:
    """timeout: of one call to a provider, in seconds. lease: how long a claim holds, and a dispatch again from its start;
    a process that was stopped for longer has lost it. Raises ValueError where a call could outlive its lease.
    """

    timeout: float
    lease: timedelta

    def __post_init__(self) -> None:
        if self.lease.total_seconds() < 1.5 * self.timeout:
            raise ValueError("SEND_LEASE_SECONDS must be at least one and a half times SEND_TIMEOUT_SECONDS.")

    @classmethod
    def of_settings(cls) -> "Limits":
        return cls(settings.SEND_TIMEOUT_SECONDS, timedelta(seconds=settings.SEND_LEASE_SECONDS))


def back_off(attempts: int) -> timedelta:
    """The pause after so many deferrals in a row."""
    return timedelta(seconds=FAR if attempts > PATIENT else min(2**attempts, CLOSE))
