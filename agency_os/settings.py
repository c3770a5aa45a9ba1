"""Settings. Everything that differs between machines comes from the environment; `.env.example` lists it."""

from pathlib import Path

from agency_os import env

BASE_DIR = Path(__file__).resolve().parent.parent
env.load(BASE_DIR / ".env")

DATABASES = {"default": env.database("DATABASE_URL", f"sqlite:///{BASE_DIR / 'var' / 'agency.sqlite3'}")}
EMBEDDED = DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3"

# The embedded default runs from a clone with nothing set; any other database is a production set-up.
SECRET_KEY = env.text("SECRET_KEY", "embedded-default-not-for-production" if EMBEDDED else None)
SECRET_KEY_FALLBACKS = env.names("SECRET_KEY_FALLBACKS")
DEBUG = env.boolean("DEBUG", default=False)
ALLOWED_HOSTS = env.names("ALLOWED_HOSTS", ("localhost", "127.0.0.1", "[::1]") if EMBEDDED else ())

# Where people reach this server: links in what is sent begin with it.
PUBLIC_URL = env.url("PUBLIC_URL", ("https", "http"), "http://localhost:8000" if EMBEDDED else "")
# Encrypt the credentials of provider accounts. With SQLite a key that follows from SECRET_KEY stands in.
CREDENTIAL_KEY = env.names("CREDENTIAL_KEY")
# What sends for senders without an account of their own, by channel; `none`: such a sender is held.
DEFAULT_PROVIDERS = {"email": env.text("EMAIL_PROVIDER", "console" if EMBEDDED else "none")}

# Keys the hashes that erased people are kept out by; another key, and they are not recognised any more.
SUPPRESSION_KEY = env.text("SUPPRESSION_KEY", "")
# E-mails wait for business days and daytime at the recipient.
EMAIL_AT_ANY_TIME = env.boolean("EMAIL_AT_ANY_TIME", default=False)

# Empty: no broker, and nothing that needs one.
REDIS_URL = env.url("REDIS_URL", ("redis", "rediss", "unix"))

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "conversion",
    "patterns",
    "engines",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
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

# The broker carries wakes, never rows, so a message that is lost or delivered twice does no harm: it is acknowledged before
# the task runs, and no task has an ETA or a countdown. A broker that is away must not hold up whoever publishes.
CELERY_BROKER_URL = REDIS_URL or None
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 1, "socket_timeout": 5, "visibility_timeout": 3600}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BEAT_SCHEDULE = {"send_due": {"task": "send_due", "schedule": 10.0}}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "WARNING").upper()},
}
