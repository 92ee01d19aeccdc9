"""Picture files of every kind that PIL writes, and some that it doesn't."""

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
from PIL import Image

SIZE = (90, 70)  # width, height
ORIENTATION = 0x0112  # EXIF
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def picture(size: tuple[int, int] = SIZE) -> Image.Image:
    """RGB: smooth colours with edges, no two corners alike."""
    width, height = size
    rows, columns = np.mgrid[:height, :width]
    levels = np.stack(
        [columns * 255 // max(width - 1, 1), rows * 255 // max(height - 1, 1), (rows + columns) % 256], -1
    )
    levels[: height // 3, : width // 2, 2] = 255
    return Image.fromarray(levels.astype(np.uint8))


def see_through() -> Image.Image:
    """RGBA: partly transparent, with colours where nothing is seen."""
    made = picture().convert("RGBA")
    made.putalpha(Image.linear_gradient("L").resize(SIZE))
    return made


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    """The file that PIL makes of a picture."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def turned(kind: str, orientation: int, **options: object) -> bytes:
    """With an EXIF tag that says how it is to be turned."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return encoded(picture(), kind, exif=exif, **options)


def chunk(name: bytes, content: bytes) -> bytes:
    """A PNG chunk."""
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(width: int, height: int, depth: int, color: int, rows: bytes, interlaced: bool = False) -> bytes:
    """A PNG file from its rows, each with its filter byte; what they hold is not looked at."""
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlaced)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def interlaced_png() -> bytes:
    """Adam7: seven pictures, each finer than the one before."""
    pixels = np.asarray(picture())
    passes = (pixels[top::down, left::right] for left, top, right, down in ADAM7)
    rows = b"".join(b"\0" + row.tobytes() for part in passes for row in part)
    return png(*SIZE, 8, 2, rows, interlaced=True)


def deep_png(levels: np.ndarray) -> bytes:
    """16 bits a sample, grey [h,w] or colours [h,w,3]."""
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in levels)
    return png(levels.shape[1], levels.shape[0], 16, 0 if levels.ndim == 2 else 2, rows)


def deep_levels() -> np.ndarray:
    """Colours of 16 bits whose low bytes are not their high ones."""
    return np.asarray(picture()).astype(np.uint16) * 256 + 201


def with_gamma(file: bytes) -> bytes:
    """The PNG file with a gAMA chunk, which is not followed."""
    return file[:33] + chunk(b"gAMA", struct.pack(">I", 100000)) + file[33:]


def animated(kind: str) -> bytes:
    """Two pictures one after the other."""
    return encoded(picture(), kind, save_all=True, append_images=[picture().rotate(180)], lossless=True)


# Those of which our decoding must be PIL's to the bit.
EXACT: dict[str, Callable[[], bytes]] = {
    "rgb.png": lambda: encoded(picture(), "PNG"),
    "rgba.png": lambda: encoded(see_through(), "PNG"),
    "grey.png": lambda: encoded(picture().convert("L"), "PNG"),
    "grey-alpha.png": lambda: encoded(see_through().convert("LA"), "PNG"),
    "one-bit.png": lambda: encoded(picture().convert("1"), "PNG"),
    "palette.png": lambda: encoded(picture().quantize(200), "PNG"),
    "palette-of-4.png": lambda: encoded(picture().quantize(4), "PNG"),
    "palette-transparent.png": lambda: encoded(picture().quantize(16), "PNG", transparency=3),
    "rgb-transparent-colour.png": lambda: encoded(picture(), "PNG", transparency=(0, 0, 255)),
    "interlaced.png": interlaced_png,
    "deep-colours.png": lambda: deep_png(deep_levels()),
    "gamma.png": lambda: with_gamma(encoded(picture(), "PNG")),
    "one-pixel.png": lambda: encoded(picture((1, 1)), "PNG"),
    "a-line.png": lambda: encoded(picture((300, 1)), "PNG"),
    "name-of-another.jpg": lambda: encoded(picture(), "PNG"),
    "lossless.webp": lambda: encoded(picture(), "WEBP", lossless=True),
    "lossless-alpha.webp": lambda: encoded(see_through(), "WEBP", lossless=True, exact=True),
    "lossy.webp": lambda: encoded(picture(), "WEBP", quality=60),
    "colours.jpg": lambda: encoded(picture(), "JPEG", quality=90),
    "all-colours.jpg": lambda: encoded(picture(), "JPEG", quality=90, subsampling="4:4:4"),
    "coarse.jpg": lambda: encoded(picture(), "JPEG", quality=15),
    "progressive.jpg": lambda: encoded(picture(), "JPEG", progressive=True),
    "grey.jpg": lambda: encoded(picture().convert("L"), "JPEG"),
    "restarts.jpg": lambda: encoded(picture(), "JPEG", restart_marker_rows=1),
    **{f"turned-{way}.jpg": lambda way=way: turned("JPEG", way) for way in range(2, 9)},
    "turned-6.png": lambda: turned("PNG", 6),
    "turned-8.webp": lambda: turned("WEBP", 8, lossless=True),
    "turned-by-99.jpg": lambda: turned("JPEG", 99),
}


def huge_png(width: int, height: int) -> bytes:
    """A PNG that says it is as large as this, and holds nothing."""
    return png(width, height, 8, 2, b"")


def whole_bomb() -> bytes:
    """A whole PNG of 16000x16000 pixels, all black: 768 MB from less than one."""
    pressed = zlib.compressobj(1)
    row = bytes(1 + 2000)  # one bit a pixel
    data = b"".join(pressed.compress(row) for _ in range(16000)) + pressed.flush()
    header = struct.pack(">IIBBBBB", 16000, 16000, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def huge_jpeg() -> bytes:
    """The header says 65500x65500."""
    whole = bytearray(encoded(picture(), "JPEG"))
    start = whole.index(b"\xff\xc0")
    whole[start + 5 : start + 9] = struct.pack(">HH", 65500, 65500)
    return bytes(whole)


def half(content: bytes) -> bytes:
    """Cut short."""
    return content[: len(content) // 2]


# Files that are no pictures that can be read, and what is said of them, besides their names.
BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty.png": (lambda: b"", "empty"),
    "text.png": (lambda: b"a cat\n", "PNG"),
    "half.png": (lambda: half(encoded(picture(), "PNG")), ""),
    "half.jpg": (lambda: half(encoded(picture(), "JPEG")), ""),
    "half.webp": (lambda: half(encoded(picture(), "WEBP", lossless=True)), ""),
    "header.png": (lambda: encoded(picture(), "PNG")[:33], ""),
    "header.jpg": (lambda: encoded(picture(), "JPEG")[:20], ""),
    "start.png": (lambda: b"\x89PNG\r\n\x1a\n", ""),
    "start.jpg": (lambda: b"\xff\xd8\xff", ""),
    "start.webp": (lambda: b"RIFF\x10\0\0\0WEBP", ""),
    "huge.png": (lambda: huge_png(60000, 60000), "60000x60000"),
    "wide.png": (lambda: huge_png(2**31 - 1, 1), ""),
    "huge-whole.png": (whole_bomb, "16000x16000"),
    "huge.jpg": (huge_jpeg, "65500x65500"),
    "no-size.png": (lambda: huge_png(0, 10), ""),
    "no-pixels.png": (lambda: huge_png(64, 64), ""),
    "spoilt.png": (lambda: encoded(picture(), "PNG").replace(b"IDAT", b"IDAT\xff", 1), ""),
    "picture.gif": (lambda: encoded(picture(), "GIF"), "PNG"),
    "picture.bmp": (lambda: encoded(picture(), "BMP"), "PNG"),
    "picture.tiff": (lambda: encoded(picture(), "TIFF"), "PNG"),
    "picture.avif": (lambda: encoded(picture(), "AVIF"), "PNG"),
    "animated.webp": (lambda: animated("WEBP"), "animated"),
}
