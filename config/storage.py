"""Static files as the web server gives them out: hashed names, compressed, cached for ever."""

from functools import cached_property
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

    @cached_property
    def _addresses(self) -> dict[str, str]:
        return {}

    def url(self, name: str, force: bool = False) -> str:
        """Kept: each page names a dozen files, and their hashes outlive the process."""
        if name not in self._addresses:
            self._addresses[name] = super().url(name, force)
        return self._addresses[name]

    def create_compressor(self, **kwargs: Any) -> Compressor:
        return QuickCompressor(**kwargs)
