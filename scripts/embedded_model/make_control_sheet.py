"""Makes the pictures of docs/control.md with the program: edges, and what they steer the model to, cached and not.

edges.png    the edges of a render of a scene that nothing was trained on
control.png  a row for each prompt: edges, steered without caching, with it, and the same seed left alone
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from drawing.contact_sheet import Cell, contact_sheet, save_small
from drawing.edges import edge_picture, edges
from drawing.renderer import render
from judging.program import PROGRAM, Program, read_picture
from judging.setting import NO_CACHING, Setting
from PIL import Image
from world.dataset import scene_at

SEED_OF_SCENES = 1003
MOST_BYTES = 450_000
# The scene whose edges are taken, the prompt, the seed.
EXAMPLES = (
    (17, "a castle, palm trees and a boat by the sea with mountains at sunset", 1),
    (17, "a castle, palm trees and a boat by the sea with mountains on a sunny day, pastel colors", 2),
    (13, "a red lighthouse, trees and birds in a meadow with mountains by day", 3),
)
# What stands below a picture, whether it is steered, and how it is cached.
COLUMNS = (
    ("steered, no caching", True, NO_CACHING),
    ("steered, --interval 3 --branch 0", True, Setting("3/0")),
    ("not steered, the same seed", False, NO_CACHING),
)


def make_cells(program: Program, net: Path, folder: Path) -> list[Cell]:
    """The pictures row by row; files lie in `folder`, the first edges as edges.png."""
    cells = []
    for scene, prompt, seed in EXAMPLES:
        path = folder / ("edges.png" if not cells else f"edges-{len(cells)}.png")
        found = edges(render(scene_at(SEED_OF_SCENES, scene)))
        Image.fromarray(edge_picture(found)).convert("1").save(path, optimize=True)
        cells.append(Cell(edge_picture(found), ["the control picture"]))
        for text, is_steered, setting in COLUMNS:
            made = folder / f"{len(cells)}.png"
            steering = ("--control-net", str(net), "--control-image", str(path)) if is_steered else ()
            program.run(["-p", prompt, "-s", str(seed), "-o", str(made), "-q", *steering, *setting.flags()])
            cells.append(Cell(read_picture(made), [prompt, text]))
    return cells


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, required=True, help="exported model folder")
    parser.add_argument("--net", type=Path, required=True, help="exported control net; edges.png is put there")
    parser.add_argument("--out", type=Path, required=True, help="folder for control.png")
    parser.add_argument("--program", type=Path, default=PROGRAM, help="deepcache-gen (default: %(default)s)")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        cells = make_cells(Program(args.program, args.model), args.net, Path(name))
        shutil.copyfile(Path(name) / "edges.png", args.net / "edges.png")
    path = args.out / "control.png"
    size = save_small(lambda side: contact_sheet(cells, len(COLUMNS) + 1, side), path, MOST_BYTES)
    print(f"{path}: {size // 1024} KiB", file=sys.stderr)


if __name__ == "__main__":
    main()
