#!/usr/bin/env python3
"""Exports a Stable Diffusion model to a folder that deepcache-gen loads; see `--help`."""

import signal
import sys

from exporter.command_line import main
from setup.in_environment import ensure_environment

HUNG_UP, TERMINATED = 129, 143


def _prepare() -> None:
    ensure_environment("export")
    # As an exception, so that what is half written is cleaned up.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda *_: sys.exit(HUNG_UP))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], _prepare))
