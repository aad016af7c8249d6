"""Static files as the web server gives them out: hashed names, compressed, cached for ever."""

from django.contrib.staticfiles.storage import HashedFilesMixin
from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Leaves source maps alone: packages name maps that they do not ship."""

    patterns = tuple(
        (files, tuple(found for found in expressions if "sourceMappingURL" not in str(found)))
        for files, expressions in HashedFilesMixin.patterns
    )
