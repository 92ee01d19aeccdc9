"""The command line of scripts/gpu_check."""

import argparse
import os
import sys
from pathlib import Path

from gpu_proof.errors import CheckError
from gpu_proof.pack import make_pack
from gpu_proof.place import ROOT
from gpu_proof.results import MARKDOWN_NAME
from gpu_proof.scale import SCALES
from gpu_proof.session import check, end_by_signal
from gpu_proof.stage_table import STAGES

DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130
PACK = ROOT / "gpu-pack"
BUILD = Path(os.environ.get("DEEPCACHE_GEN_BUILD", ROOT / "build-test"))
DESCRIPTION = """Proves on a machine with a GPU that the program works there, and measures it, in a few minutes.
Make a folder with all that it takes by --pack DIR, carry it and the repository there, and run it by the Python that has
torch. Results are written as they come; a stage that fails or takes too long does not stop the others."""


def main(arguments: list[str]) -> int:
    """Runs the command and returns its exit code: 1 where a stage has failed."""
    options = _parse(arguments)
    try:
        if options.pack:
            print("\n".join(make_pack(options.pack, options.build)))
            return DONE
        end_by_signal()
        stages = [stage for stage in STAGES if not options.stages or stage.name in options.stages]
        well = check(stages, options.pack_folder.resolve(), options.device, SCALES[options.size],
                     options.output.resolve(), options.seconds)  # fmt: skip
    except CheckError as error:
        print(f"gpu_check: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    print(options.output / MARKDOWN_NAME)
    return DONE if well else FAILED


def _parse(arguments: list[str]) -> argparse.Namespace:
    names = [stage.name for stage in STAGES]
    parser = argparse.ArgumentParser(prog="gpu_check", description=DESCRIPTION)
    parser.add_argument("--pack", type=Path, metavar="DIR", help="make a pack here, and check nothing")
    parser.add_argument("--build", type=Path, default=BUILD, metavar="DIR",
                        help=f"with --pack: the build folder (default: {BUILD.name})")  # fmt: skip
    parser.add_argument("--pack-folder", type=Path, default=PACK, metavar="DIR",
                        help=f"a folder that --pack made (default: {PACK.name})")  # fmt: skip
    parser.add_argument("--device", default="cuda", choices=("cuda", "cpu"), help="default: cuda")
    parser.add_argument("--size", default="full", choices=list(SCALES),
                        help="tiny: only whether all of it works (default: full)")  # fmt: skip
    parser.add_argument("--output", type=Path, default=Path("gpu-check"), metavar="DIR",
                        help="for gpu_check.json, gpu_check.md and a timeline (default: gpu-check)")  # fmt: skip
    parser.add_argument("--stages", type=lambda text: text.split(","), metavar="NAME,…",
                        help=f"only these of {', '.join(names)}")  # fmt: skip
    parser.add_argument("--seconds", type=float, default=480, metavar="N", help="for all (default: 480)")
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.stages or [] if name not in names]:
        parser.error(f"--stages {unknown[0]}: expected any of {', '.join(names)}")
    return options
