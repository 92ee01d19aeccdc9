"""Makes models/scenes/adapters.png with the program: what the LoRA and the embedding that come with the model do.

A row without either, one with the LoRA and one with the embedding; in a column one prompt and seed.
"""

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from drawing.contact_sheet import Cell, contact_sheet, save_small
from judging.program import PROGRAM, Program, read_picture

MOST_BYTES = 250_000


@dataclass(frozen=True)
class Example:
    """What a column shows."""

    prompt: str
    seed: int


EXAMPLES = (
    Example("a red house in a green field on a sunny day", 1),
    Example("a red lighthouse by the sea at dusk", 6),
    Example("palm trees in the desert and a balloon by day", 1),
)


@dataclass(frozen=True)
class Row:
    """Flags for all pictures of a row, what follows their prompts, and what stands below them."""

    flags: tuple[str, ...]
    ending: str
    text: str


def rows(model: Path, lora: str, word: str) -> list[Row]:
    """`lora`: name and weight, as in winter:0.8."""
    name, _, weight = lora.partition(":")
    file = model / "lora" / f"{name}.safetensors"
    return [
        Row((), "", ""),
        Row(("--lora", f"{file}:{weight}"), "", f"--lora …/{file.name}:{weight}"),
        Row(("--embedding", str(model / "embeddings" / f"{word}.safetensors")), f", {word}", f"…, {word}"),
    ]


def make_cells(program: Program, made: list[Row], folder: Path) -> list[Cell]:
    """The pictures row by row; files lie in `folder`."""
    cells = []
    for row in made:
        for example in EXAMPLES:
            path = folder / f"{len(cells)}.png"
            asked = ["-p", example.prompt + row.ending, "-s", str(example.seed), "-o", str(path), "-q"]
            program.run([*asked, *row.flags])
            cells.append(Cell(read_picture(path), [row.text or example.prompt]))
    return cells


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, required=True, help="exported model folder")
    parser.add_argument("--out", type=Path, required=True, help="folder for the picture")
    parser.add_argument("--lora", default="winter:0.8", help="name and weight (default: %(default)s)")
    parser.add_argument("--word", default="dustyrose", help="of the embedding (default: %(default)s)")
    parser.add_argument("--program", type=Path, default=PROGRAM, help="deepcache-gen (default: %(default)s)")
    args = parser.parse_args()
    program, made = Program(args.program, args.model), rows(args.model, args.lora, args.word)
    with tempfile.TemporaryDirectory() as name:
        cells = make_cells(program, made, Path(name))
    path = args.out / "adapters.png"
    size = save_small(lambda side: contact_sheet(cells, len(EXAMPLES), side), path, MOST_BYTES)
    print(f"{path}: {size // 1024} KiB", file=sys.stderr)


if __name__ == "__main__":
    main()
