"""WSGI application for gunicorn."""

import os

from config import environment

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
environment.prepare(role="web")

from django.core.wsgi import get_wsgi_application  # noqa: E402  (settings need the environment)

application = get_wsgi_application()

from config.checks import refuse_unsafe_start  # noqa: E402  (needs the loaded apps)

refuse_unsafe_start()
