"""What happens without memory, and whether memory stays flat over many pictures of changing sizes."""

import itertools
import json
import re
import subprocess
import sys
import time
from pathlib import Path

from gpu_proof import child
from gpu_proof.errors import CheckError, OutOfTime
from gpu_proof.place import FOLDER
from gpu_proof.work import Work, records

MEBIBYTE = 1 << 20
# What is left of a GPU's memory: a context, the libraries and the embedded model fit, and no picture of TOO_LARGE
# pixels a side, whose outermost skips alone take more in fp32. A CPU's address space instead.
LEFT_ON_GPU, LEFT_ON_CPU, TOO_LARGE, SMALL = 2000 * MEBIBYTE, 2500 * MEBIBYTE, 8192, 128
FAILED = 1
# Growth that is no growth: of whoever else uses the device, and of allocators' rounding.
SLACK, SLACK_SHARE = 64 * MEBIBYTE, 0.03
SECONDS_BETWEEN = 0.2


def run(work: Work) -> None:
    """First the picture that does not fit, then the many that do."""
    work.place.close_peers()
    work.attempt("a picture that does not fit can be asked for", _without_memory, work)
    work.attempt("memory can be watched", _many, work)


def _without_memory(work: Work) -> None:
    prompts = work.folder / "too_large.jsonl"
    sides = (SMALL, TOO_LARGE, SMALL)
    lines = [{"prompt": "a cat", "width": side, "height": side} for side in sides]
    prompts.write_text("".join(json.dumps(line) + "\n" for line in lines))
    flags = ("--prompts", prompts, "--steps", 1, "--batch-size", 1, "-o", f"{work.folder}/%d.png")
    command = [*work.program_command(), *flags, "--dtype", "fp32", "--json", "-q"]
    if work.place.device == "cuda":
        with _MemoryHolder(work) as holder:
            work.results.note(f"{holder.left} MiB of the GPU's memory were left")
            ended = work.run(command, **work.place.libraries)
    else:
        ended = work.run(["prlimit", f"--as={LEFT_ON_CPU}", *command], **work.place.libraries)
    made = ["error" not in record for record in records(ended)]
    errors = [record["error"] for record in records(ended) if "error" in record]
    work.results.value("without_memory", {"code": ended.code, "made": made, "errors": errors})
    what = "the picture that does not fit fails, and the ones before and after it are made"
    work.results.check(what, made == [True, False, True], str(made) if made else child.reason(ended))
    work.results.check("the exit status is 1", ended.code == FAILED, str(ended.code))
    said = errors[0] if errors else child.reason(ended)
    work.results.check("the message speaks of memory", "not enough memory" in said, said[:300])


def _many(work: Work) -> None:
    """The sizes come round several times, so that the second and the last quarter have all of them."""
    shapes = list(itertools.product(work.scale.sides, work.scale.sides))
    count = work.scale.pictures
    prompts = work.folder / "many.jsonl"
    lines = [{"prompt": "a cat", "width": width, "height": height}
             for width, height in itertools.islice(itertools.cycle(shapes), count)]  # fmt: skip
    prompts.write_text("".join(json.dumps(line) + "\n" for line in lines))
    flags = ("--prompts", prompts, "--steps", 3, "--interval", 3, "--batch-size", 1, "-o", f"{work.folder}/many/%d.png")
    samples = _watch(work, [*work.program_command(), *flags, "--json", "-q"])
    early, late = peak(samples, count // 4, count // 2), peak(samples, 3 * count // 4, count)
    work.results.value("samples", [[done, used // MEBIBYTE] for done, used in samples])
    if early is None or late is None:
        raise CheckError(
            f"only {samples[-1][0] if samples else 0} of {count} pictures were made while memory was watched"
        )
    allowed = early + max(SLACK, int(SLACK_SHARE * early))
    found = f"{early // MEBIBYTE} MiB in the second quarter, {late // MEBIBYTE} MiB in the last"
    work.results.check(f"memory is flat over {count} pictures of {len(shapes)} shapes", late <= allowed, found)


def peak(samples: list[tuple[int, int]], first: int, last: int) -> int | None:
    """The most memory used while so many pictures were done; None where nobody looked."""
    return max((used for done, used in samples if first <= done <= last), default=None)


def _watch(work: Work, command: list[object]) -> list[tuple[int, int]]:
    """Runs the program; pictures done and bytes used, again and again."""
    output, errors = work.folder / "many.out", work.folder / "many.err"
    samples: list[tuple[int, int]] = []
    with output.open("wb") as stdout, errors.open("wb") as stderr:
        process = child.start(
            command,
            environment=work.place.environment | work.place.libraries,
            folder=work.folder,
            stdout=stdout,
            stderr=stderr,
        )
        try:
            while process.poll() is None:
                if not work.deadline.left():
                    raise OutOfTime(f"after {output.read_bytes().count(b'{')} pictures")
                if (used := _used(work.place.device, process.pid)) is not None:
                    samples.append((output.read_bytes().count(b"\n"), used))
                time.sleep(SECONDS_BETWEEN)
        finally:
            child.end(process)
    work.results.check("all pictures are made", process.returncode == 0, errors.read_text()[-300:].strip() or "yes")
    return samples


def _used(device: str, process: int) -> int | None:
    """Bytes that a process has of its device: resident memory, or the GPU's, of all processes if it tells no more."""
    if device == "cpu":
        try:
            status = Path(f"/proc/{process}/status").read_text()
        except OSError:  # It has just ended.
            return None
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        return int(found[1]) * 1024 if found else None
    query = ["nvidia-smi", "--query-gpu=memory.used", "--format=csv,noheader,nounits"]
    text = subprocess.run(query, capture_output=True, text=True, check=False, timeout=10).stdout.split()
    return int(text[0]) * MEBIBYTE if text and text[0].isdigit() else None


class _MemoryHolder:
    """Another process that takes the GPU's memory. left: MiB that it leaves."""

    def __init__(self, work: Work) -> None:
        command = [sys.executable, FOLDER / "memory_holder.py", LEFT_ON_GPU // MEBIBYTE]
        self._process = child.start(
            command, environment=work.place.environment, folder=work.folder, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )  # fmt: skip
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            raise CheckError("the GPU's memory could not be taken")
        self.left = int(line)

    def __enter__(self) -> "_MemoryHolder":
        return self

    def __exit__(self, *_: object) -> None:
        child.end(self._process)
        self._process.stdin.close()
        self._process.stdout.close()
