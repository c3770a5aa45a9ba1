"""`manage.py check --deploy` says where nobody would be told, or anybody could reach inside."""

from engines.notices.checks import check_notices

SMTP = "django.core.mail.backends.smtp.EmailBackend"


def found():
    return [one.id for one in check_notices()]


def test_a_usable_set_up(settings):
    settings.EMAIL_BACKEND, settings.DEFAULT_FROM_EMAIL = SMTP, "alerts@agency.example"
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = False
    assert found() == []


def test_what_would_not_be_told(settings):
    for name in ("dummy", "console"):
        settings.EMAIL_BACKEND = f"django.core.mail.backends.{name}.EmailBackend"
        assert found() == ["agency.W010"]
    settings.EMAIL_BACKEND, settings.DEFAULT_FROM_EMAIL = SMTP, "alerts@localhost"
    assert found() == ["agency.W011"]


def test_webhooks_that_lead_anywhere(settings):
    settings.EMAIL_BACKEND, settings.DEFAULT_FROM_EMAIL = SMTP, "alerts@agency.example"
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = True
    assert found() == ["agency.W012"]
