"""The command: flags, exit codes, and the only place that turns errors into messages."""

import argparse
import itertools
import json
import shlex
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from cpu_benchmark import machine
from cpu_benchmark.beside_session import BesideSession
from cpu_benchmark.case import DTYPES, Case
from cpu_benchmark.checks import check
from cpu_benchmark.errors import BenchmarkError
from cpu_benchmark.exported_model import text_tokens
from cpu_benchmark.plan import PEERS, Plan
from cpu_benchmark.program import Program
from cpu_benchmark.results import Results
from cpu_benchmark.session import Session
from cpu_benchmark.situation import situations
from cpu_benchmark.stable_diffusion_cpp import StableDiffusionCpp
from cpu_benchmark.tables import as_json, markdown
from cpu_benchmark.time_left import say

FAILED, INTERRUPTED = 2, 130
REPOSITORY = Path(__file__).resolve().parents[2]
DESCRIPTION = "Measures deepcache-gen's speed on the CPU against other programs, in alternating runs."
EPILOG = """The model may have random weights, since only time is measured:
scripts/make_random_model.py --family sd21 --size full --output DIR makes one, and
scripts/export_model.py --source DIR --output DIR2 exports it. Run nothing else meanwhile.
Exit status: 0 measured, 2 wrong usage or something failed, 130 interrupted."""


class Parser(argparse.ArgumentParser):
    """Reports wrong flags like every other error, in one line."""

    def error(self, message: str) -> NoReturn:
        """Throws BenchmarkError."""
        raise BenchmarkError(f"{message}; see --help")


def parse(arguments: list[str]) -> argparse.Namespace:
    """Reads the flags; throws BenchmarkError for wrong ones."""
    parser = Parser(prog="bench_cpu.py", description=DESCRIPTION, epilog=EPILOG)
    add = parser.add_argument
    add("--model", required=True, type=Path, metavar="DIR", help="exported model folder")
    add("--diffusers", type=Path, metavar="DIR", help="the same model in diffusers' format, for peers")
    add("--program", default=REPOSITORY / "build" / "deepcache-gen", type=Path, metavar="PATH",
        help="the program to measure (default: build/deepcache-gen)")  # fmt: skip
    add("--sizes", default="256,512", type=numbers_of("--sizes"), help="pixels (default: 256,512)")
    add("--batches", default="1,2", type=numbers_of("--batches"), help="1 no guidance, 2 guidance (default: 1,2)")
    add("--dtypes", default="fp32,bf16", type=names_of("--dtypes", DTYPES), help="default: fp32,bf16")
    add("--branches", default="0,1", type=numbers_of("--branches"), help="of cached passes (default: 0,1)")
    add("--peers", default="openvino,diffusers", type=names_of("--peers", PEERS), help="any of openvino, diffusers, "
        "compile (torch.compile, minutes of compiling), or '' (default: openvino,diffusers)")  # fmt: skip
    add("--sd-cpp", type=Path, metavar="BINARY", help="stable-diffusion.cpp, for whole images without caching")
    add("--sd-cpp-model", type=Path, metavar="PATH", help="the same model for it: a single-file checkpoint, or the "
        "folder in diffusers' format, with the hub's tensor names")  # fmt: skip
    add("--rounds", default=3, type=int, metavar="N", help="turns of everything (default: 3)")
    add("--images", nargs="?", const="also", choices=("also", "only"), help="also time whole images, original and with "
        "DeepCache; or nothing else")  # fmt: skip
    add("--beside", default="1", type=numbers_of("--beside"), metavar="N[,N]", help="how many copies at once: passes a "
        "second of all together, instead of single passes; with --images also images (default: 1)")  # fmt: skip
    add("--beside-load", default="0", type=numbers_of("--beside-load"), metavar="N[,N]", help="beside how many busy "
        "loops, with every number of --beside (default: 0)")  # fmt: skip
    add("--apart", action="store_true", help="with --beside: load the peers anew in every round, after the program's "
        "turns, where memory does not hold both")  # fmt: skip
    add("--steps", default=20, type=int, metavar="N", help="steps of an image (default: 20)")
    add("--threads", default=machine.usable_cores(), type=int, metavar="N", help="of all (default: physical cores)")
    add("--output", type=Path, metavar="FILE", help=".md or .json, kept up to date (default: Markdown on stdout)")
    return parser.parse_args(arguments)


def numbers_of(flag: str) -> Callable[[str], tuple[int, ...]]:
    """A parser of whole numbers with commas between, at least one."""

    def numbers(text: str) -> tuple[int, ...]:
        try:
            return tuple(dict.fromkeys(int(part) for part in text.split(",")))
        except ValueError:
            raise BenchmarkError(f"{flag} '{text}' is no list of whole numbers such as 1,2") from None

    return numbers


def names_of(flag: str, known: Any) -> Callable[[str], tuple[str, ...]]:
    """A parser of known names with commas between, or none."""

    def names(text: str) -> tuple[str, ...]:
        found = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
        for name in found:
            if name not in known:
                raise BenchmarkError(f"{flag} has '{name}'; accepted: {', '.join(known)}")
        return found

    return names


def main(arguments: list[str]) -> int:
    """Runs the command and returns its exit code; prints one line for an error."""
    try:
        options = parse(arguments)
        check(options)
        _measure(options, shlex.join(["scripts/bench_cpu.py", *arguments]))
    except BenchmarkError as error:
        return _fail(str(error), FAILED)
    except OSError as error:
        return _fail(f"{error.strerror or error}: {error.filename or ''}", FAILED)
    except KeyboardInterrupt:
        return _fail("interrupted; --output has the cases that were complete", INTERRUPTED)
    return 0


def _fail(message: str, code: int) -> int:
    say(f"bench_cpu: {' '.join(message.split())}")
    return code


def _measure(options: argparse.Namespace, command: str) -> None:
    results = Results(command, machine.description() | {"threads": options.threads}, options.steps)

    def write() -> None:
        if options.output:
            options.output.write_text(document(results, options.output.suffix), encoding="utf-8")

    with tempfile.TemporaryDirectory() as folder:
        plan = _plan(options, Path(folder))
        (BesideSession if plan.situations else Session)(plan, results, write).run()
    if options.output is None:
        print(markdown(results), end="")


def document(results: Results, suffix: str) -> str:
    """The results as a file with this suffix holds them, .md or .json."""
    return markdown(results) if suffix == ".md" else json.dumps(as_json(results), indent=2) + "\n"


def _plan(options: argparse.Namespace, folder: Path) -> Plan:
    return Plan(
        program=Program(options.program.absolute(), options.model, options.threads, folder / "picture-%d.png"),
        diffusers=options.diffusers,
        tokens=text_tokens(options.model),
        cases=tuple(Case(*parts) for parts in itertools.product(options.sizes, options.batches, options.dtypes)),
        branches=options.branches,
        peers=options.peers,
        rounds=options.rounds,
        images=options.images is not None,
        passes=options.images != "only",
        steps=options.steps,
        situations=situations(options.beside, options.beside_load),
        apart=options.apart,
        sd_cpp=_sd_cpp(options, folder / "picture.png"),
    )


def _sd_cpp(options: argparse.Namespace, picture: Path) -> StableDiffusionCpp | None:
    if options.sd_cpp is None:
        return None
    return StableDiffusionCpp(options.sd_cpp.absolute(), options.sd_cpp_model, options.threads, picture)
