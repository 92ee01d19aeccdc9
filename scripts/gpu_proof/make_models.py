"""Makes models with random weights and exports them, in a process of its own.

Use: `make_models.py SIZE DTYPE FOLDER FAMILY...`

FOLDER/FAMILY is then the exported model, FOLDER/FAMILY-diffusers its source. Both appear when they are whole.
"""

import shutil
import sys
from pathlib import Path

import torch
from exporter.command_line import main as export
from random_model.folder import make_model


def main(size: str, dtype: str, folder: Path, families: list[str]) -> int:
    """Makes one family after the other; returns the exit code."""
    torch.manual_seed(0)
    for family in families:
        source, partial = folder / f"{family}-diffusers", folder / f"{family}-partial"
        shutil.rmtree(partial, ignore_errors=True)
        make_model(partial, family, size == "tiny", 0, getattr(torch, dtype))
        partial.rename(source)
        asked = ["--source", str(source), "--output", str(folder / family), "--dtype", dtype, "--no-verify"]
        if (code := export(asked)) != 0:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), sys.argv[4:]))
