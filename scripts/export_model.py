#!/usr/bin/env python3
"""Exports a Stable Diffusion model to a folder that deepcache-gen loads; see `--help`."""

import signal
import sys

from setup.in_environment import ensure_environment

TERMINATED = 143

if __name__ == "__main__":
    ensure_environment("export")
    from exporter.command_line import main

    # As an exception, so that what is half written is cleaned up.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    sys.exit(main(sys.argv[1:]))
