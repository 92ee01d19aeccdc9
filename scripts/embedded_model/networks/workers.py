"""Several processes that train one model, each with its own share of every batch.

Start them with `torchrun --nproc-per-node N script.py …`; started plainly, a script is a single
worker. On a CPU one thread each in N processes is faster than one process with N threads: small
layers leave threads waiting for one another, the more so when other programs use the machine.
"""

import ctypes
import os
import sys

import torch
import torch.distributed as dist

# Options of glibc's mallopt(3), from malloc.h.
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4


class Workers:
    """The group of training processes. `rank` 0 is the one that writes logs and files."""

    def __init__(self) -> None:
        self.count = int(os.environ.get("WORLD_SIZE", "1"))
        self.rank = int(os.environ.get("RANK", "0"))
        if self.count > 1:
            torch.set_num_threads(1)
            dist.init_process_group("gloo")
        _keep_memory()

    @property
    def leads(self) -> bool:
        """Whether this process writes the files."""
        return self.rank == 0

    def wait(self) -> None:
        """Returns when all workers have come here."""
        if self.count > 1:
            dist.barrier()

    def average_gradients(self, parameters: list[torch.nn.Parameter]) -> None:
        """Replaces every gradient with its mean over the workers."""
        if self.count == 1:
            return
        gradients = [p.grad for p in parameters if p.grad is not None]
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        dist.all_reduce(flat)
        flat /= self.count
        parts = flat.split([gradient.numel() for gradient in gradients])
        for gradient, part in zip(gradients, parts, strict=True):
            gradient.copy_(part.view_as(gradient))


def _keep_memory() -> None:
    """Makes malloc keep what is freed; otherwise every activation would be fetched anew from the kernel."""
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for option, value in ((M_MMAP_MAX, 0), (M_TRIM_THRESHOLD, 2**31 - 1), (M_TOP_PAD, 2**26)):
            mallopt(option, value)
