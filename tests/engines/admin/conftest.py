from types import SimpleNamespace

import pytest
from django.contrib.auth import get_user_model
from django.test import Client as Browser

from conversion.models import Agency, Client
from tests.callers import person


def signed_in(user):
    browser = Browser()
    browser.force_login(user)
    return browser


@pytest.fixture
def desk(customer, make_client):
    """Browsers of staff at `acme`; a neighbour of its agency and a stranger's client beside it."""
    twin = make_client("Twin")
    foreign = Client.objects.create(
        agency=Agency.objects.create(name="Southwind", slug="southwind"), name="Foreign", slug="foreign"
    )
    root = get_user_model().objects.create_superuser("root")
    staff = {role: person(customer, role=role, is_staff=True) for role in ("viewer", "operator", "admin")}
    return SimpleNamespace(
        acme=customer,
        twin=twin,
        foreign=foreign,
        root=signed_in(root),
        **{role: signed_in(user) for role, user in staff.items()},
    )


def errors(answer):
    """By field, what a form of the admin was answered."""
    assert answer.status_code == 200, answer.status_code
    return {name: list(texts) for name, texts in answer.context["adminform"].form.errors.items()}
