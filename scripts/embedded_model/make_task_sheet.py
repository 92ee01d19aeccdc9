"""Makes the pictures of src/pipeline/tasks/README.md with the program: what its tasks make, and the mask used.

mask.png    where a balloon is painted
tasks.png   a picture of each task, and what it began with
hires.png   a picture in twice the size that the model was trained with
"""

import argparse
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from drawing.contact_sheet import Cell, contact_sheet, save_small
from judging.program import PROGRAM, Program, read_picture
from PIL import Image, ImageDraw

COLUMNS = 5
SIDE = 256
BALLOON = (150, 10, 246, 120)  # left, top, right, bottom


@dataclass(frozen=True)
class Made:
    """A picture of the page: its file, the flags it is made with beside that, and what stands below it."""

    file: str
    flags: tuple[str, ...]
    text: str


PICTURES = (
    Made("dusk.png", ("-p", "a lighthouse by the sea at dusk", "-s", "6"), "from text"),
    Made(
        "night.png",
        (
            *("-i", "dusk.png", "--strength", "0.9", "-s", "6", "-n", "sun"),
            *("-p", "a lighthouse by the sea at night under the stars"),
        ),
        "--init-img, --strength 0.9: … at night under the stars",
    ),
    Made("windmill.png", ("-p", "a windmill in a green field on a sunny day", "-s", "2"), "from text"),
    Made(
        "balloon.png",
        (
            *("-i", "windmill.png", "--mask", "mask.png", "--mask-blur", "4", "--keep-unmasked"),
            *("--strength", "1", "-s", "1"),
            *("-p", "a windmill in a green field on a sunny day and a red balloon on the right"),
        ),
        "--init-img, --mask: … and a red balloon on the right",
    ),
)
HIRES = (
    *("-p", "a lighthouse by the sea at dusk", "-s", "1"),
    *("--hires-scale", "2", "--hires-strength", "0.2", "--hires-upscaler", "lanczos"),
)


def draw_mask(path: Path) -> None:
    """White where the balloon goes."""
    mask = Image.new("L", (SIDE, SIDE), 0)
    ImageDraw.Draw(mask).ellipse(BALLOON, fill=255)
    mask.save(path, optimize=True)


def make_cells(program: Program, folder: Path) -> list[Cell]:
    """The pictures in order, the mask before what it is for; files lie in `folder`."""
    draw_mask(folder / "mask.png")
    cells = []
    for made in PICTURES:
        flags = [str(folder / flag) if flag.endswith(".png") else flag for flag in made.flags]
        program.run([*flags, "-o", str(folder / made.file), "-q"])
        if "--mask" in made.flags:
            cells.append(Cell(read_picture(folder / "mask.png"), ["the mask"]))
        cells.append(Cell(read_picture(folder / made.file), [made.text]))
    return cells


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, required=True, help="exported model folder")
    parser.add_argument("--out", type=Path, required=True, help="folder for the pictures")
    parser.add_argument("--program", type=Path, default=PROGRAM, help="deepcache-gen (default: %(default)s)")
    args = parser.parse_args()
    program = Program(args.program, args.model)
    with tempfile.TemporaryDirectory() as name:
        pictures = Path(name)
        cells = make_cells(program, pictures)
        program.run([*HIRES, "-o", str(pictures / "hires.png"), "-q"])
        size = save_small(lambda side: contact_sheet(cells, COLUMNS, side), args.out / "tasks.png")
        print(f"{args.out / 'tasks.png'}: {size // 1024} KiB", file=sys.stderr)
        for file in ("mask.png", "hires.png"):
            shutil.copyfile(pictures / file, args.out / file)


if __name__ == "__main__":
    main()
