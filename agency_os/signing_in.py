"""Settings of signing in and of what browsers are told, as far as they are the same everywhere. Taken into `settings`."""

from csp.constants import NONE, SELF

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "desk:home"
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL

# Accounts are made by whoever runs the server: nobody signs up, confirms an address, or comes by another site's account.
ACCOUNT_ADAPTER = "conversion.account.adapter.Accounts"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_SESSION_REMEMBER = True  # for SESSION_HOURS, whether the browser is closed or not
# An address may try often, since an office has one; a name five times in five minutes. Codes count as passwords do.
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "20/m/ip,5/5m/key"}
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900  # seconds after which a change of the second factor asks for the password again

MFA_ADAPTER = "conversion.account.adapter.SecondFactors"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Agency OS"
MFA_ALLOW_UNVERIFIED_EMAIL = True  # nobody confirms addresses here
MFA_TOTP_TOLERANCE = 1  # a clock may be half a minute off

# What browsers load and where they send, for every page. Pages of others that need more say so themselves (the API's docs).
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],  # the code to scan for a second factor
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# The database, not Redis: limits and used codes hold for all processes and after a restart, and people can sign in while Redis
# is away, as everything else goes on then. Little but signing in uses it. What may differ by process stays in its memory.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "signing_in",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    },
    "process": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}

CSRF_COOKIE_HTTPONLY = True
SECURE_REFERRER_POLICY = "same-origin"
# W005, W021: whether the hosts beside this one are https only, and a browser's built-in list, are for their owner to say.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
