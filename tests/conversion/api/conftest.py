"""Callers of the API: an admin of the client, and one of a second client with twin data."""

import pytest

from tests.callers import caller


@pytest.fixture
def other(make_client):
    return make_client("Globex")


@pytest.fixture
def api(customer):
    return caller(customer)


@pytest.fixture
def operator(customer):
    return caller(customer, role="operator")


@pytest.fixture
def viewer(customer):
    return caller(customer, role="viewer")


@pytest.fixture
def stranger(other):
    """An admin of the other client."""
    return caller(other)
