# shellcheck shell=bash
# What set-up says, and how it fails.

say() {
  printf 'deepcache-gen set-up: %s\n' "$*" >&2
}

fail() {
  say "$*"
  exit 1
}
