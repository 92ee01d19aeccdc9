"""Weights are packed for oneDNN once, not at every step: seen in oneDNN's own log."""

import os
import re
from pathlib import Path

from expectations import DONE, Run

# A convolution's weight that is brought into another layout: outputs x inputs x 3 x 3.
REARRANGED_KERNEL = re.compile(r",exec,cpu,reorder,.*,\d+x\d+x3x3,[\d.]+$", re.MULTILINE)


def test_kernels_are_rearranged_once(run: Run, embedded_model: Path) -> None:
    """With AVX2 and no more, oneDNN wants another layout for almost every size of input."""

    def rearranged(steps: int, *arguments: object) -> int:
        settings = ("-m", embedded_model, "-p", "a red barn", "-t", 2, "--dtype", "fp32", "--sampling-method", "ddim")
        result = run(*settings, "--steps", steps, *arguments, "-o", "x-%d.png", "--overwrite",
                     env=os.environ | {"ONEDNN_VERBOSE": "1", "ONEDNN_MAX_CPU_ISA": "AVX2"})  # fmt: skip
        assert result.returncode == DONE, result.stderr
        return len(REARRANGED_KERNEL.findall(result.stdout))

    once = rearranged(1)
    assert once > 0
    assert rearranged(4) == once
    assert rearranged(4, "--interval", 2, "--branch", 1) == once
    assert rearranged(2, "-b", 2, "--batch-size", 1) == once
    assert rearranged(1, "-W", 192, "--cfg-scale", 1) == once
