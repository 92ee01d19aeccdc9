#!/usr/bin/env python3
"""Compares what two builds of the program make: pictures, records, plans and messages that should be the same.

usage: compare_builds.py OLD NEW [--only WORD]

OLD and NEW are programs, each beside its own embedded model. Every case runs in both, in an empty folder: their exit
codes, messages (-q), records without times, the pixels and the texts of their pictures must be equal. What texts say
of the model's files and description may differ, since a part may have been exported anew. Prints one line for every
difference and exits 1 if there is any.
"""

import argparse
import itertools
import json
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image

SMALL = "-W 64 -H 64 --steps 6"
SAMPLERS = ("pndm", "ddim", "euler", "euler_a", "dpm++2m")
PICTURES = [
    *(f"-p 'a red barn' -s 3 {SMALL} --sampling-method {name}" for name in SAMPLERS),
    *(f"-p 'a red barn' -s 3 {SMALL} --sampling-method {name} --scheduler karras" for name in ("euler", "dpm++2m")),
    *(f"-p 'a lighthouse' -s 8 {SMALL} --interval {n} --branch {k}" for n, k in ((2, 0), (3, 1), (3, 11), (6, 5))),
    f"-p 'a lighthouse' -s 8 {SMALL} --interval 1",
    f"-p 'a snowy mountain' -n 'people, boats' -s 9007199254740993 {SMALL} --cfg-scale 2.5",
    f"-p 'a snowy mountain' -n '' -s 1 {SMALL} --cfg-scale 1",
    f"-p 'a lake at dawn' -b 3 -s 5 {SMALL} --sampling-method euler_a --interval 2 --branch 1",
    f"-p 'a lake at dawn' -b 3 -s 5 {SMALL} --batch-size 1",
    f"-p 'a lake at dawn' -s 5 {SMALL} --dtype bf16",
    f"-p 'a lake at dawn' -s 5 {SMALL} --dtype fp32 -t 1",
    "-p 'a lighthouse by the sea at dusk' -s 6",
    "-p 'a lighthouse by the sea at dusk' -s 6 -W 128 -H 200 --steps 5 --dtype fp32",
    f"--prompts prompts.txt -s 2 {SMALL}",
    f"-p 'two words that it does not know: zyx' -s 2 {SMALL} --save-latents latents.npy",
]
PLANS = [
    *(f"-p a -s 1 --plan --sampling-method {name}" for name in SAMPLERS),
    "-p a -s 1 --plan --json --steps 9 --interval 4 --branch 2",
    "-p a -n b -s 1 --plan --json --sampling-method euler --scheduler karras -b 2 --batch-size 2",
    "--prompts prompts.txt -s 1 --plan",
]
REFUSED = [
    "-p a --steps 0",
    "-p a -W 100",
    "-p a --cfg-scale -1",
    "-p a --branch 12 --interval 3",
    "-p a --interval 1 --steps 3 --interval 2",
    "-p a --interval 50 --steps 20",
    "-p a --sampling-method dpm",
    "-p a --sampling-method ddim --scheduler karras",
    "-p a --seed 9223372036854775807 -b 2",
    "-p a -b 0",
    "-p a --batch-size 1000",
    "--prompts wrong.txt",
]
FILES = {
    "prompts.txt": "a red barn --seed 7 -n people --steps 3\na boat --interval 2 --branch 0 --steps 4 -o boat.png\n",
    "wrong.txt": "a red barn --steps 0\na boat --branch x\na cat --width 100\n",
}


def records_of(text: str) -> list[Any]:
    """The lines of stdout; of JSON without what is measured."""
    lines: list[Any] = []
    for line in text.splitlines():
        try:
            record = json.loads(line)
        except ValueError:
            record = line
        if isinstance(record, dict):
            record.pop("timing", None)
        lines.append(record)
    return lines


def texts_of(picture: Image.Image) -> dict[str, Any]:
    """The texts of a PNG, less what they say of the model's files and description."""
    texts: dict[str, Any] = dict(picture.text)
    asked = json.loads(texts["deepcache-gen"])
    texts["deepcache-gen"] = {
        key: value for key, value in asked.items() if key != "model_settings" and not key.endswith("_sha256")
    }
    return texts


def outcome_of(program: Path, case: str) -> dict[str, Any]:
    """What a build makes of a case, by what it is."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in FILES.items():
            (Path(folder) / name).write_text(text)
        words = shlex.split(case)
        environment = os.environ | {"XDG_CONFIG_HOME": folder}
        result = subprocess.run(
            [program, *words], cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        outcome: dict[str, Any] = {
            "exit code": result.returncode,
            "stdout": records_of(result.stdout),
            "stderr": result.stderr,
        }
        for path in sorted(Path(folder).glob("*.png")):
            picture = Image.open(path)
            outcome[f"texts of {path.name}"] = texts_of(picture)
            outcome[f"pixels of {path.name}"] = picture.tobytes()
        for path in Path(folder).glob("*.npy"):
            outcome[path.name] = path.read_bytes()
        return outcome


def differences(old: Path, new: Path, case: str) -> Iterator[str]:
    """One line for everything in which the builds differ."""
    before, after = outcome_of(old, case), outcome_of(new, case)
    for what in before | after:
        one, other = before.get(what), after.get(what)
        if one == other:
            continue
        shown = f": {one!r} became {other!r}" if "pixels" not in what and not what.endswith("npy") else ""
        yield f"{case}: {what} differ{shown}"


def main() -> int:
    """Runs every case."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("--only", default="", help="cases that have this in them")
    arguments = parser.parse_args()
    pictures = [f"{case} {flags}" for case in PICTURES for flags in ("-q --json",)]
    cases = [case for case in itertools.chain(pictures, PLANS, REFUSED) if arguments.only in case]
    found = [line for case in cases for line in differences(arguments.old.resolve(), arguments.new.resolve(), case)]
    print("\n".join(found) or f"{len(cases)} cases: no difference")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
