"""Draws pictures in a grid with lines of text below each, small enough to lie in a repository."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

MARGIN = 10
FONT_SIZE = 13
LINE = 17
PAPER, INK = (255, 255, 255), (40, 40, 40)
MOST_BYTES = 600_000
# Sides of a picture in pixels, the largest that fits is taken.
SIDES = (256, 224, 192, 160)


@dataclass(frozen=True)
class Cell:
    """A picture, uint8 (size, size, 3), and paragraphs below it; those too wide are broken into lines."""

    picture: np.ndarray
    text: list[str]


def contact_sheet(cells: list[Cell], columns: int, side: int) -> Image.Image:
    """Row by row; pictures are shrunk to `side` pixels, or left as they are if they are not larger."""
    font = ImageFont.load_default(FONT_SIZE)
    side = min(side, cells[0].picture.shape[0])
    texts = [[line for text in cell.text for line in broken(text, font, side)] for cell in cells]
    height = side + MARGIN + LINE * max(len(lines) for lines in texts)
    rows = -(-len(cells) // columns)
    step = side + MARGIN
    size = (columns * step + MARGIN, rows * (height + MARGIN) + MARGIN)
    sheet = Image.new("RGB", size, PAPER)
    draw = ImageDraw.Draw(sheet)
    for index, (cell, lines) in enumerate(zip(cells, texts, strict=True)):
        x, y = MARGIN + index % columns * step, MARGIN + index // columns * (height + MARGIN)
        sheet.paste(Image.fromarray(cell.picture).resize((side, side), Image.Resampling.LANCZOS), (x, y))
        for row, line in enumerate(lines):
            draw.text((x, y + side + 5 + LINE * row), line, fill=INK, font=font)
    return sheet


def broken(text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """Lines of whole words, at most `width` pixels wide where no word is wider alone."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def save_small(draw: Callable[[int], Image.Image], path: Path, most: int = MOST_BYTES) -> int:
    """Writes what `draw` makes of a side of SIDES as PNG, at most `most` bytes long, and returns how many.

    In full colour at the largest side that fits; with 256 colours, which show in skies, only where none does.
    """
    for side in SIDES:
        content = _png(draw(side))
        if len(content) <= most:
            break
    else:
        content = _png(draw(SIDES[-1]).quantize(256, dither=Image.Dither.FLOYDSTEINBERG))
    path.write_bytes(content)
    return len(content)


def _png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()
