"""Real control groups for tests, where the machine lets a test make them."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HIERARCHIES = Path("/sys/fs/cgroup")
# The file that sets a limit in versions 2 and 1, by what it limits.
MEMORY_LIMIT = ("memory.max", "memory.limit_in_bytes")
CPU_QUOTA = ("cpu.max", "cpu.cfs_quota_us")


class ControlGroup:
    """A group of its own; processes join it by `command`."""

    def __init__(self, folder: Path, limit: Path) -> None:
        self.folder, self._limit = folder, limit

    def limit(self, value: int) -> None:
        """Bytes of memory, none of them swapped out, or microseconds of processor time in 100,000."""
        text = f"{value} 100000" if self._limit.name == "cpu.max" else str(value)
        self._limit.write_text(text)
        for name, swap in (("memory.swap.max", 0), ("memory.memsw.limit_in_bytes", value)):
            if self._limit.name in MEMORY_LIMIT and (self.folder / name).exists():
                (self.folder / name).write_text(str(swap))

    def command(self, words: list[object]) -> list[str]:
        """The command that runs `words` in the group."""
        join = f'echo $$ >"{self.folder}/cgroup.procs" && exec "$@"'
        return ["sh", "-c", join, "sh", *map(str, words)]


@contextmanager
def control_group(limit: tuple[str, str]) -> Iterator[ControlGroup | None]:
    """A group in which `limit` can be set, until it is left; None where this machine lets nobody make one."""
    controller = limit[0].partition(".")[0]
    made = [group for group in map(_make, (HIERARCHIES, HIERARCHIES / controller), limit) if group]
    try:
        yield made[0] if made else None
    finally:
        for group in made:
            _remove(group.folder)


def _make(hierarchy: Path, limit: str) -> ControlGroup | None:
    folder = hierarchy / f"deepcache-gen-test-{os.getpid()}"
    try:
        folder.mkdir()
    except OSError:
        return None
    group = ControlGroup(folder, folder / limit)
    # In a folder that is no hierarchy, or whose controller is not on, the file would be missing.
    if os.access(folder / limit, os.W_OK) and subprocess.run(group.command(["true"]), check=False).returncode == 0:
        return group
    _remove(folder)
    return None


def _remove(folder: Path) -> None:
    # Its last process may not have ended quite yet.
    for _ in range(100):
        try:
            return folder.rmdir()
        except OSError:
            time.sleep(0.05)
    return None
