#!/usr/bin/env python3
"""Measures deepcache-gen's speed on the CPU against other programs, in alternating runs; see `--help`."""

import sys

from setup.in_environment import ensure_environment

if __name__ == "__main__":
    ensure_environment("export")
    from cpu_benchmark.command_line import main

    sys.exit(main(sys.argv[1:]))
