"""What the measurements ran on: processor, cores, memory, versions."""

import os
import platform
from importlib import metadata
from pathlib import Path

PACKAGES = ("torch", "diffusers", "DeepCache", "openvino")
KIBIBYTE = 1024


def cpu_fields(cpuinfo: str) -> list[dict[str, str]]:
    """One dictionary a logical processor from the text of /proc/cpuinfo."""
    blocks = (block for block in cpuinfo.strip().split("\n\n") if block.strip())
    pairs = ([line.partition(":") for line in block.splitlines()] for block in blocks)
    return [{key.strip(): value.strip() for key, _, value in block} for block in pairs]


def physical_cores(cpuinfo: str, usable: set[int]) -> int:
    """Physical cores among the usable logical processors; all of these where the text does not say."""
    fields = [cpu for cpu in cpu_fields(cpuinfo) if int(cpu.get("processor", -1)) in usable]
    if not fields or any("core id" not in cpu for cpu in fields):
        return len(usable)
    return len({(cpu.get("physical id"), cpu["core id"]) for cpu in fields})


def usable_cores() -> int:
    """Physical cores that this process may use."""
    return physical_cores(_cpuinfo(), os.sched_getaffinity(0))


def processor() -> str:
    """The processor's name and the matrix extensions that decide its speed."""
    cpu = next(iter(cpu_fields(_cpuinfo())), {})
    name = cpu.get("model name") or platform.processor() or platform.machine()
    wanted = ("avx2", "avx512f", "avx512_bf16", "avx512_fp16", "amx_bf16")
    return ", ".join([name, *(flag for flag in wanted if flag in cpu.get("flags", "").split())])


def available_memory() -> int:
    """Bytes that processes can still take without swapping."""
    return _memory("MemAvailable")


def description() -> dict[str, str | int]:
    """Processor, physical cores, memory in GiB and the versions of what was measured."""
    versions = {name: _version(name) for name in PACKAGES}
    memory = round(_memory("MemTotal") / 2**30, 1)
    facts = {"processor": processor(), "cores": usable_cores(), "memory": f"{memory} GiB"}
    return facts | {"python": platform.python_version()} | versions


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "none"


def _cpuinfo() -> str:
    return Path("/proc/cpuinfo").read_text(encoding="utf-8")


def _memory(field: str) -> int:
    for line in Path("/proc/meminfo").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name == field:
            return int(value.split()[0]) * KIBIBYTE
    return 0
