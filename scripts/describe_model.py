#!/usr/bin/env python3
"""Adds the measured facts to the model.json of an exported folder; see `--help`."""

import sys

from setup.in_environment import ensure_environment

if __name__ == "__main__":
    ensure_environment("export")
    from exporter.describe_command import main

    sys.exit(main(sys.argv[1:]))
