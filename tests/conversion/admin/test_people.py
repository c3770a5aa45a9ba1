"""Users, memberships, tokens, schedules and the audit log in the admin: who sees and changes what, and that it is noted."""

import pytest
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils.timezone import now
from django_celery_beat.models import IntervalSchedule

from conversion import audit
from conversion.api.tokens import issue
from conversion.models import ApiToken, AuditEntry, Membership
from conversion.models.audit import AuditLogError
from conversion.vocabulary import Role
from tests.callers import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def root(client):
    client.force_login(get_user_model().objects.create_superuser("root"))
    return client


@pytest.fixture
def rival(make_client):
    return make_client("Rival")


def url(model, page, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def latest():
    entry = AuditEntry.objects.order_by("-id").first()
    return entry.actor, entry.action, entry.client_id, entry.changes


def text_of(answer):
    return answer.content.decode()


def test_second_factors_are_in_no_table():
    assert not admin.site.is_registered(Authenticator)


def test_a_user_is_made_changed_and_disabled_and_the_log_knows(root):
    user = get_user_model()
    fields = {
        "username": "ada",
        "usable_password": "true",
        "password1": "quiet-harbour-41",
        "password2": "quiet-harbour-41",
    }
    assert root.post(url(user, "add"), fields).status_code == 302
    ada = user.objects.get(username="ada")
    assert latest() == ("root", "create", None, {})
    root.post(url(user, "change", ada.pk), {"username": "ada", "first_name": "Ada", "is_staff": "on"})
    assert latest() == (
        "root", "change", None, {"first_name": ["", "…"], "is_active": [True, False], "is_staff": [False, True]},
    )  # fmt: skip
    assert root.get(url(user, "delete", ada.pk)).status_code == 403
    history = text_of(root.get(url(user, "history", ada.pk)))
    assert "is_active: yes → no" in history
    assert "Ada" not in history.split("<table")[1]


def test_a_new_password_is_noted_and_stands_nowhere(root):
    ada = person()
    fields = {"usable_password": "true", "password1": "other-harbour-42", "password2": "other-harbour-42"}
    assert root.post(reverse("admin:auth_user_password_change", args=[ada.pk]), fields).status_code == 302
    assert latest() == ("root", "change", None, {"password": ["…", "…"]})


def test_a_lost_device_is_taken_away_by_a_superuser(root):
    ada = person()
    Authenticator.objects.create(user=ada, type="totp", data={"secret": "sealed"})
    root.post(url(get_user_model(), "changelist"), {"action": "remove_second_factor", "_selected_action": [ada.pk]})
    assert not Authenticator.objects.exists()
    assert latest()[:2] == ("root", "remove two-factor")


def test_an_admin_of_a_client_says_who_may_do_what_there_and_nowhere_else(client, customer, rival):
    boss, ada = person(customer, role="admin", is_staff=True), person()
    Membership.objects.create(user=boss, client=rival, role="viewer", accepted_at=now())
    foreign = Membership.objects.create(user=person(), client=rival, role="admin")
    client.force_login(boss)
    fields = {"person": ada.username, "client": customer.pk, "role": "operator"}
    assert client.post(url(Membership, "add"), fields).status_code == 302
    made = Membership.objects.get(user=ada)
    assert (made.client, made.role, made.accepted_at) == (customer, "operator", None)
    listed = text_of(client.get(url(Membership, "changelist")))
    assert ada.username in listed
    assert foreign.user.username not in listed
    assert client.get(url(Membership, "change", foreign.pk)).status_code == 302
    refused = client.post(url(Membership, "add"), {**fields, "client": rival.pk})
    assert "client" in refused.context["adminform"].form.errors
    client.post(url(Membership, "change", made.pk), {"role": "viewer"})
    assert latest() == (boss.username, "change", customer.pk, {"role": ["operator", "viewer"]})


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"person": "nobody"}, "person"),
        ({"person": "x\0y"}, "person"),
        ({"role": "king"}, "role"),
        ({"client": "x"}, "client"),
    ],
)
def test_a_membership_that_cannot_be_names_the_field(root, customer, changed, field):
    ada = person()
    fields = {"person": ada.username, "client": customer.pk, "role": "operator"} | changed
    answer = root.post(url(Membership, "add"), fields)
    assert list(answer.context["adminform"].form.errors) == [field]


def test_a_second_role_at_the_same_client_is_refused(root, customer):
    ada = person(customer)
    answer = root.post(url(Membership, "add"), {"person": ada.username, "client": customer.pk, "role": "viewer"})
    assert "has a role at the client already" in text_of(answer)


def test_a_token_is_revoked_once_by_its_person_and_shows_no_secret(client, customer):
    ada = person(customer, is_staff=True)
    (mine, text), (other, _) = (
        issue(user, name="calls", role=Role.VIEWER, days=1, clients=[customer]) for user in (ada, person(customer))
    )
    client.force_login(ada)
    for page in (client.get(url(ApiToken, "changelist")), client.get(url(ApiToken, "change", mine.pk))):
        assert "calls" in text_of(page)
        assert not any(secret in text_of(page) for secret in (text, mine.digest, mine.token_key))
    chosen = {"action": "revoke", "_selected_action": [mine.pk, other.pk]}
    client.post(url(ApiToken, "changelist"), chosen)
    client.post(url(ApiToken, "changelist"), chosen)
    assert [
        token.revoked_at is None for token in (ApiToken.objects.get(pk=mine.pk), ApiToken.objects.get(pk=other.pk))
    ] == [
        False,
        True,
    ]
    assert AuditEntry.objects.filter(action="revoke").count() == 1


def test_the_log_is_read_by_admins_of_the_client_and_changed_by_nobody(client, customer, rival):
    boss = person(customer, role="admin", is_staff=True)
    Membership.objects.create(user=boss, client=rival, role="operator", accepted_at=now())
    mine, _, servers = (
        audit.record((boss, name), "create", row) for name, row in (("us", customer), ("them", rival), ("root", boss))
    )
    client.force_login(boss)
    page = text_of(client.get(url(AuditEntry, "changelist")))
    assert [name in page for name in (">us<", ">them<", ">root<")] == [True, False, False]
    client.force_login(get_user_model().objects.create_superuser("root"))
    page = text_of(client.get(url(AuditEntry, "changelist")))
    assert [name in page for name in (">us<", ">them<", ">root<")] == [True, True, True]
    for asked, count in (
        ({"client": rival.pk}, 1),
        ({"user": boss.pk}, 3),
        ({"action": "create"}, 3),
        ({"client": "x"}, 0),
    ):
        assert len(client.get(url(AuditEntry, "changelist"), asked).context["cl"].result_list) == count
    for path in (url(AuditEntry, "add"), url(AuditEntry, "delete", mine.pk)):
        assert client.get(path).status_code == 403
    assert client.post(url(AuditEntry, "change", servers.pk), {"actor": "nobody"}).status_code == 403
    with pytest.raises(AuditLogError):
        mine.delete()


def test_a_schedule_is_changed_by_superusers_and_noted(root, client):
    every = IntervalSchedule.objects.create(every=1, period="hours")
    assert root.get(url(IntervalSchedule, "change", every.pk)).status_code == 200
    inline = {"periodictask_set-TOTAL_FORMS": 0, "periodictask_set-INITIAL_FORMS": 0}
    root.post(url(IntervalSchedule, "change", every.pk), {"every": 2, "period": "hours", **inline})
    assert latest() == ("root", "change", None, {"every": [1, 2]})


def test_permissions_of_django_open_no_table_of_the_servers(client):
    from django.contrib.auth.models import Permission  # noqa: PLC0415 (for this test alone)

    ada = person(is_staff=True)
    ada.user_permissions.set(Permission.objects.all())
    client.force_login(ada)
    for model in (get_user_model(), IntervalSchedule):
        assert client.get(url(model, "changelist")).status_code == 403
