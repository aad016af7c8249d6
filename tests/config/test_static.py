"""The static folder holds what pages name."""

import re
from typing import Any

from django.apps import apps
from django.contrib.admin import site
from django.contrib.staticfiles.finders import get_finders
from django.template.utils import get_app_template_dirs

from config.settings import TEMPLATES

NAMED = re.compile(r"""{% static ["']([^"']+)["'] %}""")


def collected() -> set[str]:
    """What `collectstatic` takes, by the names that templates use."""
    ignored = apps.get_app_config("staticfiles").ignore_patterns  # type: ignore[attr-defined]
    return {
        f"{prefix}/{path}" if (prefix := getattr(storage, "prefix", None)) else path
        for finder in get_finders()
        for path, storage in finder.list(ignored)
    }


def test_every_file_that_templates_name_is_collected() -> None:
    settings: Any = TEMPLATES[0]
    folders = [*settings["DIRS"], *get_app_template_dirs("templates")]
    texts = [page.read_text() for folder in folders for page in folder.rglob("*.html")]
    names = {name for text in texts for name in NAMED.findall(text)}
    assert "unfold/css/styles.css" in names
    assert names - collected() == set()


def test_every_script_of_the_admin_is_collected() -> None:
    media: list[Any] = [one.media for one in site._registry.values()]
    scripts = {str(script) for one in media for script in one._js}
    assert scripts - collected() == set()
