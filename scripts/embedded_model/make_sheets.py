"""Makes two pictures with the program: what the embedded model can draw, and what caching changes.

    sheet.png       twelve prompts with the model's recommended settings, each prompt under its picture
    comparison.png  one prompt and seed without caching and with some cache settings, with seconds and likeness

The seconds are of single pictures, measured by the program's `compare`: run this on an idle machine.
"""

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from drawing.contact_sheet import Cell, contact_sheet, save_small
from judging.program import PROGRAM, Order, Program, Setting, read_picture

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
# Its prompt leaves little open, so that what differs is how things are drawn and not which.
COMPARED_EXAMPLE = EXAMPLES[8]
COMPARED = (Setting(1, 0), Setting(3, 0), Setting(5, 0), Setting(5, 1))


def make_sheet(program: Program, folder: Path) -> list[Cell]:
    """The examples, with the model's own settings."""
    orders = [Order(example.prompt, example.seed) for example in EXAMPLES]
    pictures = program.generate(orders, folder, None)
    return [Cell(picture, [example.prompt]) for picture, example in zip(pictures, EXAMPLES, strict=True)]


def make_comparison(program: Program, folder: Path, example: Example) -> list[Cell]:
    """One picture for each of COMPARED."""
    record = program.compare(example.prompt, example.seed, list(COMPARED), folder)
    rows = {Setting(row["interval"], row["branch"]): row for row in record["settings"]}
    cells = []
    for setting in COMPARED:
        row = rows[setting]
        # Relative to the working folder, as all paths that the program prints.
        picture: np.ndarray = read_picture(Path(row["path"]))
        cells.append(Cell(picture, comparison_lines(setting, row)))
    return cells


def comparison_lines(setting: Setting, row: dict) -> list[str]:
    """What stands under a picture; `row` is of the record of `compare`."""
    if setting.interval == 1:
        return ["no caching", f"{row['seconds']:.2f} s"]
    likeness = "the same" if row["psnr"] is None else f"PSNR {row['psnr']:.1f} dB, SSIM {row['ssim']:.3f}"
    return [
        f"interval {setting.interval}, branch {setting.branch}",
        f"{row['seconds']:.2f} s, {row['speed_up']:.1f} times as fast",
        likeness,
    ]


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
    args = parser.parse_args()
    program = Program(args.program, args.model)
    with tempfile.TemporaryDirectory() as name:
        pictures = Path(name)
        sheets = {
            "sheet.png": (make_sheet(program, pictures / "sheet"), COLUMNS),
            "comparison.png": (
                make_comparison(program, pictures / "comparison", Example(args.prompt, args.seed)),
                len(COMPARED),
            ),
        }
        for file, (cells, columns) in sheets.items():
            size = save_small(lambda side, c=cells, n=columns: contact_sheet(c, n, side), args.out / file)
            print(f"{args.out / file}: {size // 1024} KiB", file=sys.stderr)


if __name__ == "__main__":
    main()
