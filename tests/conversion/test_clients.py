"""Clients as people name them."""

import uuid

import pytest
from django.utils.timezone import now

from conversion.clients import ClientNotFound, create_client, find_client
from conversion.models import Agency, Client

pytestmark = pytest.mark.django_db


def test_a_client_is_found_by_id_slug_or_name_in_any_case(make_client):
    client = make_client("Acme Legal")
    make_client("Other")
    for text in (str(client.pk), client.pk.hex, "acme-legal", "ACME-LEGAL", "Acme Legal", "acme legal", " Acme Legal "):
        assert find_client(text) == client


def test_an_exact_name_goes_before_one_in_another_case(make_client):
    upper = make_client("ACME Co")
    lower = Client.objects.create(agency=upper.agency, name="Acme Co", slug="acme-co-2")
    assert (find_client("ACME Co"), find_client("Acme Co")) == (upper, lower)
    with pytest.raises(
        ClientNotFound, match="several clients are called 'aCME cO'; give one of the slugs acme-co, acme-co-2"
    ):
        find_client("aCME cO")


def test_close_names_are_told(make_client):
    make_client("Acme Legal")
    make_client("Zenith")
    with pytest.raises(ClientNotFound, match=r"there is no client 'Acme Leagl'; close names: Acme Legal$"):
        find_client("Acme Leagl")
    with pytest.raises(ClientNotFound, match=r"there is no client 'Quite another'$"):
        find_client("Quite another")


def test_a_deleted_client_is_not_found(make_client):
    client = make_client("Acme", deleted_at=now())
    for text in ("Acme", "acme", str(client.pk), str(uuid.uuid4())):
        with pytest.raises(ClientNotFound):
            find_client(text)


def test_a_client_is_made_in_the_only_agency(agency):
    client = create_client("  Acme   Legal ")
    assert (client.agency, client.name, client.slug, client.subscription_status) == (
        agency,
        "Acme Legal",
        "acme-legal",
        "active",
    )


def test_where_there_is_no_agency_or_several_there_is_one_of_that_name(db):
    assert create_client("One").agency.name == "Agency"
    Agency.objects.create(name="Northwind", slug="northwind")
    assert create_client("Two").agency.name == "Agency"
    assert Agency.objects.count() == 2


def test_slugs_are_unique_and_names_are_checked(agency):
    other = Agency.objects.create(name="Other", slug="other")
    Client.objects.create(agency=other, name="Acme", slug="acme")
    Client.objects.create(agency=other, name="-", slug="client")
    other.clients.update(deleted_at=now())
    assert [create_client(name).slug for name in ("Acme", "日本", "x" * 200)] != []
    assert sorted(Client.objects.values_list("slug", flat=True)) == ["acme", "acme-2", "client", "client-2", "x" * 74]
    for name in ("", "  ", "x" * 256, "a\x07b"):
        with pytest.raises(ValueError, match="1 to 255 printable characters"):
            create_client(name)
