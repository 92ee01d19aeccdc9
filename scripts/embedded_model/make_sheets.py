"""Makes two pictures with the program: what the embedded model can draw, and what caching changes.

    sheet.png       twelve prompts with the model's recommended settings, each prompt under its picture
    comparison.png  one prompt and seed without caching and with some cache settings, the model's own among them, with
                    seconds and likeness

The seconds are of single pictures, measured by the program's `compare`: run this on an idle machine.
"""

import argparse
import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from drawing.contact_sheet import Cell, contact_sheet, save_small
from judging.program import PROGRAM, Order, Program, read_picture
from judging.setting import Setting, settings_from

COLUMNS = 4


@dataclass(frozen=True)
class Example:
    """A picture of the sheet."""

    prompt: str
    seed: int


EXAMPLES = (
    Example("a lighthouse by the sea at dusk", 6),
    Example("a castle on snowy mountains at night under the stars", 6),
    Example("a red hot-air balloon over lavender fields at dawn", 1),
    Example("a windmill in a green field on a sunny day with clouds", 2),
    Example("a boat with a white sail on the ocean at sunset with the sun in the middle", 2),
    Example("palm trees in the desert in the evening with a volcano, in sepia", 3),
    Example("a house and fir trees in the snow at night with a full moon on the left", 6),
    Example("a castle on an island in the sea, in neon colours", 6),
    Example("a yellow house and oak trees in a meadow with mountains, at noon", 6),
    Example("a flock of birds over the bay in the early morning, thick fog", 3),
    Example("an erupting volcano by the sea at midnight", 3),
    Example("a pastel picture of a windmill in a lavender field with the sun on the right", 3),
)
# Its prompt leaves little open, so that what differs is how things are drawn and not which; at this seed caching
# changes as much as it does on average over 100 prompts.
COMPARED_EXAMPLE = Example(EXAMPLES[8].prompt, 13)
# What the model's own setting is shown between: every third step in full, and a faster one.
UNIFORM, FASTER = "3/0", "curve:full=8,reuse=denoised,extrapolate=0.5"


def make_sheet(program: Program, folder: Path) -> list[Cell]:
    """The examples, with the model's own settings."""
    orders = [Order(example.prompt, example.seed) for example in EXAMPLES]
    pictures = program.generate(orders, folder, None)
    return [Cell(picture, [example.prompt]) for picture, example in zip(pictures, EXAMPLES, strict=True)]


def make_comparison(program: Program, folder: Path, example: Example, settings: list[Setting]) -> list[Cell]:
    """One picture for each setting, no caching first."""
    record = program.compare(example.prompt, example.seed, settings, folder)
    cells = []
    for setting, row in zip(settings, record["settings"], strict=True):
        # Relative to the working folder, as all paths that the program prints.
        picture: np.ndarray = read_picture(Path(row["path"]))
        cells.append(Cell(picture, comparison_lines(setting, row)))
    return cells


def comparison_lines(setting: Setting, row: dict) -> list[str]:
    """What stands under a picture; `row` is of the record of `compare`."""
    if not setting.caches:
        return [setting.title, f"{row['seconds']:.2f} s"]
    likeness = "the same" if row["psnr"] is None else f"PSNR {row['psnr']:.1f} dB, SSIM {row['ssim']:.3f}"
    return [setting.title, f"{row['seconds']:.2f} s, {row['speed_up']:.1f} times as fast", likeness]


def recommended(model: Path) -> str:
    """The name of the cache setting that a model folder recommends."""
    defaults = json.loads((model / "model.json").read_text())["defaults"]
    return defaults.get("cache_policy") or f"{defaults.get('interval', 1)}/{defaults.get('branch', 0)}"


def compared_settings(names: list[str] | None, model: Path) -> list[Setting]:
    """No caching and the settings of these names; without names every third step in full, what the model recommends
    and a faster one, each once. ValueError as `settings_from`."""
    return settings_from(names or list(dict.fromkeys((UNIFORM, recommended(model), FASTER))))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, required=True, help="exported model folder")
    parser.add_argument("--out", type=Path, required=True, help="folder for sheet.png and comparison.png")
    parser.add_argument("--program", type=Path, default=PROGRAM, help="deepcache-gen (default: %(default)s)")
    parser.add_argument("--prompt", default=COMPARED_EXAMPLE.prompt, help="of the comparison (default: %(default)s)")
    parser.add_argument(
        "--seed", type=int, default=COMPARED_EXAMPLE.seed, help="that of --prompt (default: %(default)s)"
    )
    parser.add_argument(
        "--setting",
        action="append",
        metavar="SPEC",
        help=f"to compare, as 3/0 or curve:full=8; may be repeated (default: {UNIFORM}, the model's own, and {FASTER})",
    )
    args = parser.parse_args()
    try:
        settings = compared_settings(args.setting, args.model)
    except ValueError as error:
        parser.error(str(error))
    program = Program(args.program, args.model)
    with tempfile.TemporaryDirectory() as name:
        pictures = Path(name)
        sheets = {
            "sheet.png": (make_sheet(program, pictures / "sheet"), COLUMNS),
            "comparison.png": (
                make_comparison(program, pictures / "comparison", Example(args.prompt, args.seed), settings),
                len(settings),
            ),
        }
        for file, (cells, columns) in sheets.items():
            size = save_small(lambda side, c=cells, n=columns: contact_sheet(c, n, side), args.out / file)
            print(f"{args.out / file}: {size // 1024} KiB", file=sys.stderr)


if __name__ == "__main__":
    main()
