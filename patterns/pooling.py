"""What an agency's clients have in common, for those that have little history of their own.

Off until an agency turns it on (`Agency.pooling_enabled`). Then a stored, versioned aggregate of at least five clients is
made once a run, before they are learned for; a client's pattern depends on its own facts and on that version alone, so
that nothing of one client reaches another but through the aggregate.
"""

import logging
from collections.abc import Iterable
from datetime import datetime
from hashlib import blake2b

import numpy as np
from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction

from conversion.als import DEFAULT_WEIGHTS
from conversion.models import Agency, Client
from conversion.vocabulary import COMPONENTS, Outcome
from patterns import frames
from patterns.detectors.borrowing import Borrowing
from patterns.detectors.findings import Abstention, rounded
from patterns.detectors.who import lead_units
from patterns.models import PooledWeights
from patterns.stats.pooling import Pool, fit_pool, trial
from patterns.stats.weights import Patterns, count_patterns

log = logging.getLogger(__name__)

ALGORITHM = "pool-1"
LEAST_CLIENTS = 5  # in an aggregate: of fewer, one could be made out
LEAST_LEADS, LEAST_CONVERSIONS = 30, 1  # of a client, to be counted in


def renew(agency: Agency, as_of: datetime) -> PooledWeights | Abstention:
    """Make the agency's aggregate from the facts up to `as_of` and store it as its next version.

    The version that is in force stays where this abstains. Raises ValueError where the agency has not turned pooling on.
    """
    if not agency.pooling_enabled:
        raise ValueError(f"pooling is off for {agency.name}: nothing of one client is used for another")
    owners = agency.clients.learned_for().order_by("id")
    counted = [patterns for client in owners if (patterns := counts(client, as_of)) is not None]
    if len(counted) < LEAST_CLIENTS:
        return Abstention(
            f"{len(counted)} clients with {LEAST_LEADS} scored leads and a conversion; {LEAST_CLIENTS} are needed, so that "
            "none can be made out among them"
        )
    pool = fit_pool(counted)
    seed = int.from_bytes(blake2b(f"{ALGORITHM} {as_of.isoformat()}".encode(), digest_size=8).digest())
    gain = trial(counted, np.array([DEFAULT_WEIGHTS[name] for name in COMPONENTS]), np.random.default_rng(seed))
    payload = {
        "algorithm": ALGORITHM,
        "mean": pool.mean.tolist(),
        "variance": pool.variance.tolist(),
        "gain": {"mean": gain.mean, "low": gain.low, "share": gain.share, "promoted": gain.promoted},
    }
    return keep(agency, as_of, pool.clients, rounded(payload))


@transaction.atomic
def keep(agency: Agency, as_of: datetime, clients: int, payload: object) -> PooledWeights:
    Agency.objects.select_for_update().get(pk=agency.pk)  # two runs at once number one after the other
    last = PooledWeights.objects.filter(agency=agency).order_by("-version").values_list("version", flat=True).first()
    return PooledWeights.objects.create(
        agency=agency, version=(last or 0) + 1, as_of=as_of, clients=clients, pool=payload
    )


def renew_for(clients: Iterable[Client], as_of: datetime) -> None:
    """Renew the aggregates of the clients' agencies that have pooling on, each once. Why one is not made goes to the log.

    Raises the last thing that went wrong, after the other agencies had theirs.
    """
    agencies = Agency.objects.filter(pooling_enabled=True, clients__in=[client.pk for client in clients]).distinct()
    wrong: Exception | None = None
    for agency in agencies.order_by("pk"):
        try:
            found = renew(agency, as_of)
        except SoftTimeLimitExceeded:  # there is no time for the others
            raise
        except Exception as error:  # one agency's data hold up no other agency
            log.exception("no aggregate for agency %s", agency.pk)
            wrong = error
            continue
        if isinstance(found, Abstention):
            log.info("no aggregate for agency %s: %s", agency.pk, found.reason)
    if wrong is not None:
        raise wrong


def counts(client: Client, as_of: datetime) -> Patterns | None:
    """The client's scored leads, counted by their components; None where there are too few to count in."""
    frame = frames.load(client, as_of)
    units = lead_units(frame, Outcome.BOOKED)
    found = count_patterns(frame.leads.components[units.row].astype(np.float64), units.y)
    few = found.n.sum() < LEAST_LEADS or found.k.sum() < LEAST_CONVERSIONS
    return None if few else found


def borrowing(client: Client, as_of: datetime) -> Borrowing | None:
    """What the client may borrow for learning as of a moment: of its agency's versions that know no later facts, the one that
    knows most, the newest of equals.

    None where the agency has pooling off, or has no such version.
    """
    if not client.agency.pooling_enabled:
        return None
    versions = PooledWeights.objects.filter(agency=client.agency_id, as_of__lte=as_of)
    row = versions.order_by("-as_of", "-version").first()  # a look back numbers after what knows more
    if row is None:
        return None
    pool = Pool(np.array(row.pool["mean"]), np.array(row.pool["variance"]), row.clients)
    gain = row.pool["gain"]
    return Borrowing(pool, version=row.version, share=gain["share"], promoted=gain["promoted"])
