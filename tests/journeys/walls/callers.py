"""Everybody who may knock at a door: who has a role at the client, strangers, and who is nobody any more."""

from django.contrib.auth import get_user_model
from django.test import Client
from rest_framework.test import APIClient

from conversion.api.tokens import issue, revoke
from conversion.models import Membership
from conversion.vocabulary import Role
from tests.factories import MONDAY

ROLES = {"viewer": Role.VIEWER, "operator": Role.OPERATOR, "admin": Role.ADMIN, "superuser": Role.ADMIN}
STRANGERS = frozenset({"neighbour", "limited", "invited", "staff elsewhere"})
NOBODY = frozenset({"anonymous", "disabled", "revoked", "old session"})


def of(world):
    """Browsers by the name of who calls; those that bring a token know it as `text`."""
    mine, neighbour, foreign = world.mine.client, world.neighbour.client, world.foreign.client
    found = {"anonymous": APIClient()}
    for name, role in list(ROLES.items())[:3]:
        found[name] = token_of(person(name, {mine: role}), everywhere=True)
    found["superuser"] = signed_in(person("root", {}, is_superuser=True, is_staff=True))
    found["neighbour"] = bearing(world.neighbour.token)
    found["limited"] = token_of(person("both", {mine: Role.ADMIN, neighbour: Role.ADMIN}), clients=[neighbour])
    found["invited"] = token_of(person("guest", {mine: Role.ADMIN}, accepted_at=None), everywhere=True)
    found["staff elsewhere"] = signed_in(person("staff", {foreign: Role.ADMIN}, is_staff=True))
    gone = person("gone", {mine: Role.ADMIN})
    found["disabled"] = token_of(gone, everywhere=True)
    gone.is_active = False
    gone.save()
    token, text = issue(person("loser", {mine: Role.ADMIN}), name="lost", role=Role.ADMIN, days=1, everywhere=True)
    revoke(token)
    found["revoked"] = bearing(text)
    careful = person("careful", {mine: Role.ADMIN}, is_staff=True)
    found["old session"] = signed_in(careful)
    careful.password = "another"  # noqa: S105 (made up)
    careful.save()
    return found


def browsers(world):
    """People before a browser, by name: those with a role at the client, as staff and not, strangers, and nobody."""
    mine, neighbour, foreign = world.mine.client, world.neighbour.client, world.foreign.client
    found = {"anonymous": Client(), "superuser": browser("chief", {}, is_superuser=True, is_staff=True)}
    for name, role in list(ROLES.items())[:3]:
        found[name] = browser(f"page {name}", {mine: role})
        found[f"staff {name}"] = browser(f"table {name}", {mine: role}, is_staff=True)
    found["neighbour"] = browser("next door", {neighbour: Role.ADMIN}, is_staff=True)
    found["elsewhere"] = browser("far away", {foreign: Role.ADMIN}, is_staff=True)
    found["invited"] = browser("asked in", {mine: Role.ADMIN}, is_staff=True, accepted_at=None)
    return found


def browser(name, roles, **fields):
    caller = Client()
    caller.force_login(person(name, roles, **fields), backend="django.contrib.auth.backends.ModelBackend")
    return caller


def person(name, roles, accepted_at=MONDAY, **fields):
    user = get_user_model().objects.create(username=name, password="hash", **fields)  # noqa: S106 (made up)
    for client, role in roles.items():
        Membership.objects.create(user=user, client=client, role=role, accepted_at=accepted_at)
    return user


def token_of(user, **scope):
    return bearing(issue(user, name="calls", role=Role.ADMIN, days=1, **scope)[1])


def bearing(text):
    caller = APIClient()
    caller.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")
    caller.text = text
    return caller


def signed_in(user):
    caller = APIClient()
    caller.force_login(user)
    return caller
