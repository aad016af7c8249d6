"""WSGI application for gunicorn."""

import os

from config import environment

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
environment.prepare(role="web")

import django  # noqa: E402  (settings need the environment)
from django.core.wsgi import get_wsgi_application  # noqa: E402

django.setup(set_prefix=False)

from config.checks import refuse_unsafe_start  # noqa: E402  (needs the loaded apps)

refuse_unsafe_start()
application = get_wsgi_application()
