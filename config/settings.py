"""Django settings. Everything that differs between machines comes from the environment.

`.env.example` lists the variables; `config/checks.py` refuses bad ones with a hint.
"""

import os
from typing import Any
from urllib.parse import unquote

import environ
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static

from config.environment import BASE_DIR, live_port, redis_py_url, var_dir
from config.static import add_headers as add_static_headers
from config.telephony import read_telephony


class Env(environ.Env):
    """Names the variable that cannot be read; environ itself only quotes the value."""

    def get_value(self, var: str, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().get_value(var, *args, **kwargs)
        except ValueError as error:
            raise ImproperlyConfigured(
                f"{var} in the environment cannot be read: {error}"
            ) from error


env = Env()

LANEWISE_ENV = env("LANEWISE_ENV", default="development")
PRODUCTION = LANEWISE_ENV == "production"
LANEWISE_ROLE = env("LANEWISE_ROLE", default="command")
DEBUG = env.bool("DEBUG", default=False)
DEFAULT_SECRET_KEY = "lanewise-development-key-never-for-production"  # noqa: S105 (refused there)
SECRET_KEY = env("SECRET_KEY", default=DEFAULT_SECRET_KEY)
# Former keys, so that sessions and second factors survive a change.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[] if PRODUCTION else ["*"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
# How the world reaches this installation; empty: as each request's own address says.
PUBLIC_BASE_URL = env("PUBLIC_BASE_URL", default="").rstrip("/")

# The dealership
DEALERSHIP_NAME = env("DEALERSHIP_NAME", default="Magnolia Motors")
DEALERSHIP_TIME_ZONE = env("DEALERSHIP_TIME_ZONE", default="America/New_York")
DEALERSHIP_CURRENCY = env("DEALERSHIP_CURRENCY", default="USD")
DEALERSHIP_ZIP = env("DEALERSHIP_ZIP", default="30309")
SLOT_MINUTES = env.int("SLOT_MINUTES", default=30)
TELEPHONY = read_telephony(env)
# Voice-agent platforms (docs/voice-agent.md); without its secret a platform's webhook is shut.
VAPI_SECRET = env("VAPI_SECRET", default="")
RETELL_API_KEY = env("RETELL_API_KEY", default="")
VERIFICATION_KEEP_DAYS = env.int("VERIFICATION_KEEP_DAYS", default=730)
# From so many wrong answers in 24 hours, of all callers, a record takes a point more to open.
VERIFICATION_GUARD_FAILURES = env.int("VERIFICATION_GUARD_FAILURES", default=30)

# Permission to contact (docs/permission.md). Whole hours of the customer's clock, the closing one
# exclusive. A state's rule is what it has stricter than the country.
CONTACT_OPENS = env.int("CONTACT_OPENS", default=8)
CONTACT_CLOSES = env.int("CONTACT_CLOSES", default=21)
CONTACT_RELATIONSHIP_MONTHS = env.int("CONTACT_RELATIONSHIP_MONTHS", default=18)
CONTACT_INQUIRY_MONTHS = env.int("CONTACT_INQUIRY_MONTHS", default=3)
CONTACT_OFFERS_IN_7_DAYS = env.int("CONTACT_OFFERS_IN_7_DAYS", default=3)
CONTACT_STATE_RULES = env.json(
    "CONTACT_STATE_RULES",
    default={
        "AL": {"closes": 20, "sundays": False, "holidays": False},
        "FL": {"closes": 20, "calls_in_24_hours": 3},
        "LA": {"closes": 20, "sundays": False, "holidays": False, "relationship_months": 6},
        "MS": {"closes": 20, "sundays": False, "relationship_months": 6},
        "TN": {"relationship_months": 12},
    },
)
# Zones of a customer whose address tells none: all of the mainland, and so the strictest hours.
CONTACT_UNKNOWN_ZONES = env.list(
    "CONTACT_UNKNOWN_ZONES",
    default=["America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"],
)
# States in which everybody on the line has to agree to a recording.
CONTACT_ALL_PARTY_STATES = env.list("CONTACT_ALL_PARTY_STATES", default=["FL"])
# How long the gate's answers are kept: five years, as 16 CFR 310.5 asks of telemarketing records.
CONTACT_DECISION_DAYS = env.int("CONTACT_DECISION_DAYS", default=1826)
# Reminders leave the day before, from this hour of the shop's clock.
REMINDER_HOUR = env.int("REMINDER_HOUR", default=10)
CONTACT_CLAIM_MINUTES = env.int("CONTACT_CLAIM_MINUTES", default=20)

INSTALLED_APPS = [
    "config.apps.ConfigConfig",
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.import_export",
    "crm.admin_app.LanewiseAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "config.apps.StaticFiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
    "django_filters",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "import_export",
    "rest_framework",
    "jobs",
    "crm",
    "leads",
    "warmth",
    "telephony",
]

MIDDLEWARE = [
    "config.middleware.RequestIdMiddleware",
    "config.middleware.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    # Files are collected for web processes only (config/launcher.py).
    *(["whitenoise.middleware.WhiteNoiseMiddleware"] if LANEWISE_ROLE == "web" else []),
    "config.middleware.AdminPolicyMiddleware",
    "config.middleware.HeadersMiddleware",
    "config.middleware.DatabaseDownMiddleware",
    "config.middleware.ShopTimeMiddleware",
    "config.middleware.SignedOutFragmentMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.middleware.SessionLifetimeMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "crm.middleware.SecondFactorMiddleware",
    "crm.middleware.KeptFormMiddleware",
    "crm.middleware.ActorMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

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
                "crm.context_processors.page",
            ],
            "builtins": [
                "django.contrib.humanize.templatetags.humanize",
                "crm.templatetags.lanewise",
            ],
        },
    }
]

# Database: one server, limits by the role of the process (docs/operators.md has the table).
WORKER_STATEMENT_TIMEOUT_SECONDS = 120
STATEMENT_TIMEOUT_SECONDS = {
    "web": 15,
    "worker": WORKER_STATEMENT_TIMEOUT_SECONDS,
    "beat": 15,
}.get(LANEWISE_ROLE, 0)
LOCK_TIMEOUT_SECONDS = 0 if LANEWISE_ROLE == "command" else 5
IDLE_TRANSACTION_SECONDS = 0 if LANEWISE_ROLE == "command" else 60
DATABASES: dict[str, dict[str, Any]] = {
    "default": env.db("DATABASE_URL", default="postgresql:///lanewise")
    | {
        "ENGINE": "django.db.backends.postgresql",
        # A page costs half as much on a kept connection; a worker's child must not share one.
        "CONN_MAX_AGE": env.int("CONN_MAX_AGE", default=60) if LANEWISE_ROLE == "web" else 0,
        "CONN_HEALTH_CHECKS": True,
    }
}
# libpq's notation of a socket folder, which django-environ leaves encoded.
DATABASES["default"]["HOST"] = unquote(DATABASES["default"]["HOST"])
DATABASES["default"]["OPTIONS"] = DATABASES["default"].get("OPTIONS", {}) | {
    "server_side_binding": True,
    "prepare_threshold": 3,
    "connect_timeout": 5,
    "application_name": f"lanewise-{LANEWISE_ROLE}",
    # Compiling takes longer than running what pages and jobs ask for.
    "options": "-c jit=off "
    # Of whose days the views count (warmth/migrations/sql/views.sql).
    f"-c lanewise.time_zone={DEALERSHIP_TIME_ZONE} "
    + " ".join(
        f"-c {name}={seconds}s"
        for name, seconds in (
            ("statement_timeout", STATEMENT_TIMEOUT_SECONDS),
            ("lock_timeout", LOCK_TIMEOUT_SECONDS),
            ("idle_in_transaction_session_timeout", IDLE_TRANSACTION_SECONDS),
            # The statement of a process that is gone lets go of its locks: below the lock timeout.
            ("client_connection_check_interval", 2),
        )
    ),
}
TEST_DATABASE_NAME = env("TEST_DATABASE_NAME", default="")
if TEST_DATABASE_NAME:
    DATABASES["default"]["TEST"] = {"NAME": TEST_DATABASE_NAME}

# The cache lives in PostgreSQL, so that pages work while the broker is down (ADR 0003).
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache_entries",
        "TIMEOUT": 300,
    }
}

# Celery: the queue is a hint, PostgreSQL is the truth (docs/developers.md, "Jobs").
REDIS_URL = env("REDIS_URL", default="redis://localhost:6379/0")
CELERY_BROKER_URL = REDIS_URL

# Live events: where browsers find the live process. Empty: this host, at LIVE_PORT.
LIVE_URL = env("LIVE_URL", default="/live/events" if PRODUCTION else "")
LIVE_PORT = live_port()
LIVE_REDIS_URL = redis_py_url(REDIS_URL)
CELERY_TIMEZONE = "UTC"
CELERY_TASK_DEFAULT_QUEUE = "lanewise"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_SOFT_TIME_LIMIT = 540
CELERY_TASK_TIME_LIMIT = 600
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_DISABLE_PREFETCH = True
# A task that goes on while the broker is away commits; its second delivery finds it done.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 20
CELERY_WORKER_ENABLE_SOFT_SHUTDOWN_ON_IDLE = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": env.int("CELERY_VISIBILITY_TIMEOUT", default=900),
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_connect_timeout": 1,
    "socket_timeout": 10,
}
CELERY_RESULT_EXPIRES = None
# One entry needs no memory of its own: the claims in PostgreSQL are it (ADR 0001).
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"
JOBS_TICK_SECONDS = env.int("JOBS_TICK_SECONDS", default=60)
CELERY_BEAT_SCHEDULE = {
    "tick": {
        "task": "jobs.tick",
        "schedule": float(JOBS_TICK_SECONDS),
        # A tick that nobody took is superseded by the next one.
        "options": {"expires": max(JOBS_TICK_SECONDS - 5, 1)},
    }
}
JOBS_PARALLEL_CHUNKS = env.int("JOBS_PARALLEL_CHUNKS", default=4)
JOBS_CLAIM_SECONDS = env.int("JOBS_CLAIM_SECONDS", default=30)
OUTBOX_PUBLISH = True
OUTBOX_RESEND_SECONDS = env.int("OUTBOX_RESEND_SECONDS", default=180)
OUTBOX_MAX_TRIES = 8
# Outgoing webhooks: hosts of ours that may be called although they are not in the public internet.
WEBHOOK_PRIVATE_HOSTS = env.list("WEBHOOK_PRIVATE_HOSTS", default=[])
WEBHOOK_DISABLE_AFTER_DAYS = env.int("WEBHOOK_DISABLE_AFTER_DAYS", default=5)
# Declined work of one visit that adds up to this is a big repair: people then think of another car.
WARMTH_DECLINED_REPAIR_FROM = env.int("WARMTH_DECLINED_REPAIR_FROM", default=800)

# Signing in
AUTH_USER_MODEL = "crm.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "crm.adapters.StaffBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "crm.adapters.StaffAccountAdapter"
ACCOUNT_FORMS = {"login": "crm.sign_in.SignInForm"}
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*"]
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False
# Axes counts passwords. allauth's limit per IP would lock a showroom out, its limit of failures
# guards the second factor, which axes does not see.
ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": "5/900s/key"}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_ADAPTER = "crm.adapters.StaffMFAAdapter"
MFA_TOTP_ISSUER = "Lanewise"
# Nobody signs up by themselves, so an address that was never confirmed is no stranger's.
MFA_ALLOW_UNVERIFIED_EMAIL = True
# Whoever signs in without a second factor has to set it up first.
SECOND_FACTOR_REQUIRED = env.bool("SECOND_FACTOR_REQUIRED", default=PRODUCTION)

AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_RESET_ON_SUCCESS = True
# Else one address could count on during its lock, until the cap per name locks the name.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_HANDLER = "crm.sign_in.SignInHandler"
AXES_USERNAME_CALLABLE = "crm.sign_in.sign_in_name"
AXES_CLIENT_IP_CALLABLE = "crm.network.throttle_address"
AXES_LOCKOUT_CALLABLE = "crm.sign_in.locked_out"
# What was typed is not kept: people type their password into the name field.
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "login", "next"]
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

SESSION_COOKIE_AGE = 12 * 3600
SESSION_IDLE_SECONDS = env.int("SESSION_IDLE_SECONDS", default=0 if not PRODUCTION else 30 * 60)
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "crm.error_pages.csrf_failed"

# Transport and headers
SECURE_SSL_REDIRECT = PRODUCTION
SESSION_COOKIE_SECURE = PRODUCTION
CSRF_COOKIE_SECURE = PRODUCTION
if PRODUCTION:
    SESSION_COOKIE_NAME = "__Host-lanewise"
    CSRF_COOKIE_NAME = "__Host-csrf"
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
if TRUSTED_PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
        "report-uri": ["/csp-report"],
    }
}
# Unfold's Alpine.js builds functions from text, so the admin has a policy of its own (ADR 0004).
ADMIN_CONTENT_SECURITY_POLICY = CONTENT_SECURITY_POLICY["DIRECTIVES"] | {
    "script-src": [SELF, "'unsafe-eval'"],
    "style-src": [SELF, "'unsafe-inline'"],
}

# The admin's looks; its colours are the pages' (static/css/lanewise.css).
UNFOLD = {
    "SITE_TITLE": "Lanewise admin",
    "SITE_HEADER": "Lanewise",
    "SITE_SUBHEADER": DEALERSHIP_NAME,
    "SITE_SYMBOL": "garage_home",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("icon.svg")}
    ],
    "SITE_URL": "/",
    "SHOW_BACK_BUTTON": True,
    "BORDER_RADIUS": "7px",
    "COLORS": {
        "primary": {
            "50": "oklch(97% 0.015 205)",
            "100": "oklch(94% 0.03 205)",
            "200": "oklch(88% 0.055 205)",
            "300": "oklch(80% 0.08 205)",
            "400": "oklch(70% 0.09 205)",
            "500": "oklch(58% 0.093 205)",
            "600": "oklch(46% 0.083 205)",
            "700": "oklch(40% 0.075 205)",
            "800": "oklch(34% 0.06 205)",
            "900": "oklch(29% 0.05 205)",
            "950": "oklch(21% 0.035 205)",
        }
    },
    "SIDEBAR": {"show_search": True, "navigation": "crm.admin_site.navigation"},
}
IMPORT_EXPORT_IMPORT_PERMISSION_CODE = "add"
IMPORT_EXPORT_SKIP_ADMIN_LOG = True

# Static files: ours from static/, other people's from node_modules/ (npm ci).
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [
    BASE_DIR / "static",
    ("vendor/tabler", BASE_DIR / "node_modules/@tabler/core/dist"),
    ("vendor/tabler-icons", BASE_DIR / "node_modules/@tabler/icons-sprite/dist"),
    ("vendor/chart", BASE_DIR / "node_modules/chart.js/dist"),
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "config.storage.StaticStorage"
        if LANEWISE_ROLE == "web" and not DEBUG
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = False
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_ADD_HEADERS_FUNCTION = add_static_headers
MEDIA_ROOT = var_dir() / "media"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
IMPORT_MAX_BYTES = env.int("IMPORT_MAX_BYTES", default=50 * 1024 * 1024)

# Language and time
LANGUAGE_CODE = "en-us"
# One language: to look for each text in a catalogue that has no other took a tenth of a page.
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

# E-mail
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="service@lanewise.example")

# REST API
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "crm.rest.authentication.TokenAuthentication",
        "crm.rest.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["crm.rest.permissions.RoleAndScope"],
    "DEFAULT_RENDERER_CLASSES": ["crm.rest.renderers.RowRenderer"],
    "DEFAULT_PARSER_CLASSES": ["crm.rest.parsers.StrictJSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["crm.rest.filters.StrictFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "crm.rest.pagination.KeysetPagination",
    "DEFAULT_SCHEMA_CLASS": "crm.rest.schema.Schema",
    "DEFAULT_THROTTLE_CLASSES": ["crm.rest.limits.ExactRateLimit"],
    "EXCEPTION_HANDLER": "crm.rest.problems.handle_exception",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "COERCE_DECIMAL_TO_STRING": True,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
API_RATE_LIMIT_PER_MINUTE = env.int("API_RATE_LIMIT_PER_MINUTE", default=600)
API_FAILED_TOKENS_PER_MINUTE = env.int("API_FAILED_TOKENS_PER_MINUTE", default=30)
IDEMPOTENCY_HOURS = 24
SPECTACULAR_SETTINGS = {
    "TITLE": "Lanewise API",
    "VERSION": "1.0.0",
    "DESCRIPTION": "Customers, vehicles, appointments and service history of one dealership.",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "AppointmentStatusEnum": "crm.enums.AppointmentStatus",
        "AgentCallSystemEnum": "telephony.agent.inputs.CALL_SYSTEMS",
        "CallDirectionEnum": "telephony.enums.Direction",
        "CallOutcomeEnum": "telephony.enums.CallOutcome",
        "CallProviderEnum": "telephony.enums.Provider",
        "CallStatusEnum": "telephony.enums.CallStatus",
        "CallTypeEnum": "telephony.enums.CallType",
        "ServiceCategoryEnum": "crm.enums.ServiceCategory",
        "VehicleStatusEnum": "crm.enums.VehicleStatus",
        "ContactChannelEnum": "crm.enums.Channel",
        "OutboundChannelEnum": "crm.serializers.outreach.OUTBOUND",
        "ContactDirectionEnum": "crm.enums.Direction",
        "ContactPurposeEnum": "crm.enums.ContactPurpose",
        "DispositionEnum": "crm.serializers.outreach.DISPOSITION_CHOICES",
        "LineOutcomeEnum": "crm.enums.LineOutcome",
        "WarmthAlgorithmStateEnum": "warmth.enums.AlgorithmState",
        "WarmthEventTypeEnum": "warmth.enums.EventType",
        "WarmthLevelEnum": "warmth.enums.WarmthLevel",
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"context": {"()": "config.logging.ContextFilter"}},
    "formatters": {
        "json": {"()": "config.logging.JsonFormatter"},
        "plain": {
            "()": "config.logging.PlainFormatter",
            "format": "%(levelname)s %(name)s: %(message)s",
        },
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "plain" if LANEWISE_ROLE == "command" else "json",
            "filters": ["context"],
        }
    },
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "INFO")},
    "loggers": {
        "django.server": {"level": "WARNING"},
        "axes": {"level": "WARNING"},
        # Its DEBUG level writes SQL with values, whatever LOG_LEVEL says.
        "django.db.backends": {"level": "INFO"},
    },
}
