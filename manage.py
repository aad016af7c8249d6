#!/usr/bin/env python3
"""Entry point of every Lanewise command; `manage.py help` lists them."""

import os
import sys

from config import environment


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    environment.prepare(role="command")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
