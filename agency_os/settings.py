"""Settings. Everything that differs between machines comes from the environment; `.env.example` lists it."""

from pathlib import Path

from agency_os import env
from agency_os.signing_in import *  # noqa: F403 (settings are names)
from conversion import logs

BASE_DIR = Path(__file__).resolve().parent.parent
env.load(BASE_DIR / ".env")

DATABASES = {
    "default": env.database(
        "DATABASE_URL",
        f"sqlite:///{BASE_DIR / 'var' / 'agency.sqlite3'}",
        env.Limits(
            pool=env.integer("DATABASE_POOL", default=0),
            statement=env.integer("DATABASE_STATEMENT_SECONDS", default=3600),
            idle=env.integer("DATABASE_IDLE_SECONDS", default=600),
            lock=env.integer("DATABASE_LOCK_SECONDS", default=0),
        ),
    )
}
# What gunicorn.conf.py makes DATABASE_URL of the web processes: a role of their own (docs/walls.md).
WEB_DATABASE_URL = env.url("WEB_DATABASE_URL", ("postgres", "postgresql"))
EMBEDDED = DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3"

# The embedded default runs from a clone with nothing set; any other database is a production set-up.
SECRET_KEY = env.text("SECRET_KEY", "embedded-default-not-for-production" if EMBEDDED else None)
SECRET_KEY_FALLBACKS = env.names("SECRET_KEY_FALLBACKS")
DEBUG = env.boolean("DEBUG", default=False)
ALLOWED_HOSTS = env.names("ALLOWED_HOSTS", ("localhost", "127.0.0.1", "[::1]") if EMBEDDED else ())

PORT = env.integer("PORT", default=8000, minimum=1)
# Where people reach this server: links in what is sent begin with it.
PUBLIC_URL = env.url("PUBLIC_URL", ("https", "http"), f"http://localhost:{PORT}" if EMBEDDED else "")
# Proxies in front tell by X-Forwarded-Proto how they were called, and by X-Forwarded-For by whom; with https there is one.
IS_HTTPS = PUBLIC_URL.startswith("https:")
PROXIES = env.integer("PROXIES", default=1 if IS_HTTPS else 0)
ALLAUTH_TRUSTED_PROXY_COUNT = PROXIES
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PROXIES else None
SECURE_SSL_REDIRECT = IS_HTTPS
SECURE_HSTS_SECONDS = env.integer("HSTS_SECONDS", default=30 * 24 * 3600) if IS_HTTPS else 0
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS or not (EMBEDDED or PUBLIC_URL)
CSRF_TRUSTED_ORIGINS = ["/".join(PUBLIC_URL.split("/")[:3])] if IS_HTTPS else []
SESSION_COOKIE_AGE = env.integer("SESSION_HOURS", default=12, minimum=1) * 3600
# Who cannot go on without a second factor.
REQUIRE_TOTP = env.one_of("REQUIRE_TOTP", ("nobody", "staff", "everybody"), default="nobody" if EMBEDDED else "staff")
# Encrypt the credentials of provider accounts and second factors. With SQLite a key that follows from SECRET_KEY stands in.
CREDENTIAL_KEY = env.names("CREDENTIAL_KEY")
# What sends for senders without an account of their own, by channel; `none`: such a sender is held.
_PROVIDER = "console" if EMBEDDED else "none"
DEFAULT_PROVIDERS = {
    "email": env.text("EMAIL_PROVIDER", _PROVIDER),
    "sms": env.text("SMS_PROVIDER", _PROVIDER),
    "voice": env.text("VOICE_PROVIDER", _PROVIDER),
    "linkedin": env.text("LINKEDIN_PROVIDER", _PROVIDER),
}

# Keys the hashes that erased people are kept out by; another key, and they are not recognised any more.
SUPPRESSION_KEY = env.text("SUPPRESSION_KEY", "")
# E-mails wait for business days and daytime at the recipient.
EMAIL_AT_ANY_TIME = env.boolean("EMAIL_AT_ANY_TIME", default=False)

# Alerts to operators go out by a mail server of their own, whatever the senders send through. Without one they are printed
# where SQLite is used, and else there are none.
EMAIL_HOST = env.text("EMAIL_HOST", "")
EMAIL_PORT = env.integer("EMAIL_PORT", default=587, minimum=1)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD", "")
_security = env.one_of("EMAIL_SECURITY", ("starttls", "tls", "none"), default="starttls")
EMAIL_USE_TLS, EMAIL_USE_SSL = _security == "starttls", _security == "tls"
EMAIL_TIMEOUT = 15
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'console' if EMBEDDED else 'dummy'}.EmailBackend"
DEFAULT_FROM_EMAIL = env.text("ALERTS_FROM", "alerts@localhost")
# Who hears of clients that nobody looks after.
ALERT_EMAILS = env.names("ALERT_EMAILS")
# Webhooks go to public https addresses; for trials, anywhere.
WEBHOOKS_TO_PRIVATE_ADDRESSES = env.boolean("WEBHOOKS_TO_PRIVATE_ADDRESSES", default=DEBUG)

# Empty: no broker, and nothing that needs one.
REDIS_URL = env.url("REDIS_URL", ("redis", "rediss", "unix"))

INSTALLED_APPS = [
    "conversion.apps.TablesConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_celery_beat",
    "rest_framework",
    "knox",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "conversion",
    "patterns",
    "engines",
]
MIDDLEWARE = [
    "engines.monitoring.requests.request_ids",
    "engines.monitoring.requests.monitoring",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "conversion.sessions.signed_in",
    "django.contrib.messages.middleware.MessageMiddleware",
    "conversion.account.second_factor.required",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
ROOT_URLCONF = "agency_os.urls"
WSGI_APPLICATION = "agency_os.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

LANGUAGE_CODE = "en"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
# Until `collectstatic` was run, style sheets are served from where they lie in the source.
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = not STATIC_ROOT.is_dir()

# Sending: seconds that a provider may take to answer; seconds that a claim holds, after which a send without an answer is
# unknown; and messages under way at a time in each worker.
SEND_TIMEOUT_SECONDS = env.integer("SEND_TIMEOUT_SECONDS", default=15, minimum=1)
SEND_LEASE_SECONDS = env.integer("SEND_LEASE_SECONDS", default=60, minimum=2)
SEND_THREADS = env.integer("SEND_THREADS", default=8, minimum=1)

# Learning: seconds that one client may take.
LEARN_TIMEOUT_SECONDS = env.integer("LEARN_TIMEOUT_SECONDS", default=600, minimum=10)

# The API. Calls a minute that one caller may make of one web process; 0: any number.
API_CALLS_A_MINUTE = env.integer("API_CALLS_A_MINUTE", default=600)
# By which `manage.py mcp` calls it.
AGENCY_TOKEN = env.text("AGENCY_TOKEN", "")
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "conversion.api.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["conversion.api.permissions.RoleAtClient"],
    "DEFAULT_THROTTLE_CLASSES": ["conversion.api.throttling.PerCaller"],
    "DEFAULT_PARSER_CLASSES": ["conversion.api.parsing.StrictJSON"],
    "DEFAULT_RENDERER_CLASSES": ["conversion.api.rendering.JSON"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "conversion.api.parsing.Negotiation",
    "DEFAULT_FILTER_BACKENDS": ["conversion.api.filters.StrictFilters"],
    "DEFAULT_PAGINATION_CLASS": "conversion.api.pagination.ById",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "conversion.api.errors.problem",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
KNOX_TOKEN_MODEL = "conversion.ApiToken"  # noqa: S105 (the name of a model)
MIGRATION_MODULES = {"knox": None}  # its own table, which the model above stands in for, is not made
# The prefix lets scanners for leaked secrets know a token when they see one.
REST_KNOX = {"TOKEN_PREFIX": "aos_", "AUTH_HEADER_PREFIX": "Bearer"}
SPECTACULAR_SETTINGS = {
    "TITLE": "Agency OS",
    "DESCRIPTION": "Which leads convert, what content, when, and by which channels.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "SERVE_AUTHENTICATION": [],  # the description tells nobody anything of a client
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": ["conversion.api.schema.complete"],
}

# The broker carries wakes, never rows, so a message that is lost or delivered twice does no harm: it is acknowledged before
# the task runs, but for learning, and no task has an ETA or a countdown. A broker that is away must not hold up whoever
# publishes. Each queue has its own workers, so that learning never delays a send; a worker started without -Q serves all.
CELERY_BROKER_URL = REDIS_URL or None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "max_retries": 0,  # of a publisher: kombu would wait 2 s and then 4 s; workers go on by the setting below
    "socket_connect_timeout": 1,
    "socket_timeout": 5,
    "visibility_timeout": 3600,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_RESULT_EXPIRES = None  # no results are kept, and beat needs no row to clean them up
CELERY_TASK_ACKS_LATE = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_DEFAULT_QUEUE = "events"
CELERY_TASK_QUEUES = {name: {"exchange": name, "routing_key": name} for name in ("sending", "events", "learning")}
CELERY_TASK_ROUTES = {
    "send_due": {"queue": "sending"},
    "learn_client": {"queue": "learning"},
    "pattern_backfill_flow": {"queue": "learning"},
    "import_uploads": {"queue": "learning"},
}
# A sending task ends after 5 s, when what it began is finished: within a lease at the latest.
CELERY_TASK_SOFT_TIME_LIMIT = 240 + SEND_LEASE_SECONDS
CELERY_TASK_TIME_LIMIT = CELERY_TASK_SOFT_TIME_LIMIT + 60
# The schedules are rows (conversion/ledger.py); what stood here would overwrite them at each start.
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
DJANGO_CELERY_BEAT_TZ_AWARE = True

LOGGING = logs.configuration(
    env.one_of("LOG_FORMAT", tuple(logs.FORMATS), default="line"),
    env.one_of("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), default="WARNING"),
)
# Who knows it may read `/metrics`; where it is not set there is no such page.
METRICS_TOKEN = env.text("METRICS_TOKEN", "")
