#!/usr/bin/env python3
"""Writes a model with random weights in diffusers' format; see `--help`."""

import sys

from random_model.command_line import main
from setup.in_environment import ensure_environment

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], lambda: ensure_environment("export")))
