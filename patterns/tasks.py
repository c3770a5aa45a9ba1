from typing import Any

from celery import shared_task
from django.utils.timezone import now

from conversion.models import Client
from patterns import learning


@shared_task
def learn_client(client_id: str) -> dict[str, Any]:
    """Learn for one client from all facts up to now."""
    learned = learning.learn(Client.objects.get(pk=client_id), now().replace(microsecond=0))
    return {"client_id": client_id, "stored": sorted(learned.payloads())}
