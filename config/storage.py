"""Static files as the web server gives them out: hashed names, compressed, cached for ever."""

from typing import Any

import brotli
from django.contrib.staticfiles.storage import HashedFilesMixin
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage


class QuickCompressor(Compressor):
    """Brotli as small as gzip's best: its own best takes a minute of the first `make run`."""

    @staticmethod
    def compress_brotli(data: bytes) -> bytes:
        return brotli.compress(data, quality=6)


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Leaves source maps alone: packages name maps that they do not ship."""

    patterns = tuple(
        (files, tuple(found for found in expressions if "sourceMappingURL" not in str(found)))
        for files, expressions in HashedFilesMixin.patterns
    )

    def create_compressor(self, **kwargs: Any) -> Compressor:
        return QuickCompressor(**kwargs)
