"""Pictures read by the program's decoders against Pillow, and what is done to them against Pillow and diffusers."""

import io
import os
import struct
import subprocess
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from diffusers.image_processor import VaeImageProcessor
from PIL import Image, ImageFilter, ImageOps

REPOSITORY = Path(__file__).resolve().parents[2]
STEPS = Path(os.environ.get("DEEPCACHE_GEN_BUILD", REPOSITORY / "build-dev")) / "tests" / "picture_steps"
CMYK_TOLERANCE = 2  # levels of 255; the CMYK samples come from two libraries
SIZES = ((1, 1), (2, 3), (64, 48), (67, 131), (250, 3))  # width, height


def noise(width: int, height: int, channels: int = 3, seed: int = 0, dtype: type = np.uint8) -> np.ndarray:
    shape = (height, width, channels) if channels > 1 else (height, width)
    return np.random.default_rng(seed).integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


def smooth(width: int, height: int, seed: int = 0) -> Image.Image:
    """As photographs are, so that lossy formats keep something."""
    small = Image.fromarray(noise(max(width // 8, 1), max(height // 8, 1), 3, seed))
    return small.resize((width, height), Image.Resampling.BICUBIC)


def encoded(image: Image.Image, file_format: str, **options) -> bytes:
    stream = io.BytesIO()
    image.save(stream, file_format, **options)
    return stream.getvalue()


@cache
def steps_process() -> subprocess.Popen[str]:
    """One for all: with LibTorch it takes longer to start than all that is asked of it."""
    return subprocess.Popen([STEPS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def ask(*arguments: str | int | float | Path) -> str:
    process = steps_process()
    assert process.stdin and process.stdout
    process.stdin.write("\t".join(map(str, arguments)) + "\n")
    process.stdin.flush()
    return process.stdout.readline().removesuffix("\n")


def do_steps(file: Path, *steps: str | int | float | Path) -> np.ndarray:
    output = file.with_name("out.png")
    assert ask(file, output, *steps) == "done"
    return np.asarray(Image.open(output))


def as_pillow_reads(content: bytes) -> np.ndarray:
    return np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(content))).convert("RGB"))


def save(folder: Path, content: bytes) -> Path:
    file = folder / "picture"
    file.write_bytes(content)
    return file


def assert_equal(ours: np.ndarray, expected: np.ndarray, tolerance: int = 0) -> None:
    assert ours.shape == expected.shape
    assert np.abs(ours.astype(int) - expected.astype(int)).max() <= tolerance


def palette_picture(colors: int, **options) -> bytes:
    image = smooth(67, 31).quantize(colors)
    return encoded(image, "PNG", **options)


def png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def interlaced(image: Image.Image) -> bytes:
    """Adam7 (PNG specification, 8.2), which Pillow reads and doesn't write."""
    pixels = np.asarray(image)
    passes = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
    rows = b""
    for left, top, across, down in passes:
        part = pixels[top::down, left::across]
        if part.size:
            rows += b"".join(b"\0" + row.tobytes() for row in part)
    head = struct.pack(">IIBBBBB", image.width, image.height, 8, 2, 0, 0, 1)
    chunks = png_chunk(b"IHDR", head) + png_chunk(b"IDAT", zlib.compress(rows)) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def deep_png(channels: int) -> bytes:
    """16 bits a sample in RGB or RGBA, which Pillow reads and doesn't write."""
    samples = noise(37, 21, channels, dtype=np.uint16)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)
    head = struct.pack(">IIBBBBB", 37, 21, 16, {1: 0, 2: 4, 3: 2, 4: 6}[channels], 0, 0, 0)
    chunks = png_chunk(b"IHDR", head) + png_chunk(b"IDAT", zlib.compress(rows)) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def with_exif(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def with_transparency() -> bytes:
    return encoded(Image.fromarray(noise(40, 30)), "PNG", transparency=(1, 2, 3))


def with_profile(file_format: str) -> bytes:
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return encoded(smooth(40, 30), file_format, icc_profile=profile)


PNGS: dict[str, Callable[[], bytes]] = {
    **{f"rgb {w}x{h}": lambda w=w, h=h: encoded(Image.fromarray(noise(w, h)), "PNG") for w, h in SIZES},
    "rgba": lambda: encoded(Image.fromarray(noise(40, 30, 4)), "PNG"),
    "grey": lambda: encoded(Image.fromarray(noise(40, 30, 1)), "PNG"),
    "grey and alpha": lambda: encoded(Image.fromarray(noise(40, 30, 2), "LA"), "PNG"),
    "black and white": lambda: encoded(Image.fromarray(noise(41, 30, 1)).convert("1"), "PNG"),
    "palette of 256": lambda: palette_picture(256),
    "palette of 13": lambda: palette_picture(13),
    "palette of 4": lambda: palette_picture(4),
    "palette of 2": lambda: palette_picture(2),
    "transparent palette": lambda: palette_picture(200, transparency=bytes(range(200))),
    "transparent colour": with_transparency,
    "interlaced": lambda: interlaced(smooth(67, 31)),
    "interlaced 1x1": lambda: interlaced(smooth(1, 1)),
    "16 bit rgb": lambda: deep_png(3),
    "16 bit rgba": lambda: deep_png(4),
    "16 bit grey and alpha": lambda: deep_png(2),
    "colour profile": lambda: with_profile("PNG"),
    "gamma": lambda: gamma_png(),
}


def gamma_png() -> bytes:
    content = encoded(smooth(40, 30), "PNG")
    return content[:33] + png_chunk(b"gAMA", struct.pack(">I", 100000)) + content[33:]


@pytest.mark.parametrize("kind", PNGS)
def test_png_is_read_as_pillow_reads_it(kind: str, tmp_path: Path) -> None:
    content = PNGS[kind]()
    assert_equal(do_steps(save(tmp_path, content)), as_pillow_reads(content))


def test_16_bit_grey_keeps_its_high_byte(tmp_path: Path) -> None:
    """Pillow 13 cuts it off at 255, which makes nearly all of it white."""
    expected = noise(37, 21, 1, dtype=np.uint16) >> 8
    assert_equal(do_steps(save(tmp_path, deep_png(1))), np.repeat(expected[..., None], 3, axis=2))


JPEGS: dict[str, Callable[[], bytes]] = {
    **{f"{w}x{h}": lambda w=w, h=h: encoded(smooth(w, h), "JPEG", quality=90) for w, h in SIZES},
    **{f"chroma {s}": lambda s=s: encoded(smooth(67, 131), "JPEG", subsampling=s) for s in (0, 1, 2)},
    "progressive": lambda: encoded(smooth(67, 131), "JPEG", progressive=True),
    "optimised": lambda: encoded(smooth(67, 131), "JPEG", optimize=True, quality=30),
    "restart markers": lambda: encoded(smooth(67, 131), "JPEG", restart_marker_blocks=2),
    "grey": lambda: encoded(smooth(67, 131).convert("L"), "JPEG"),
    "rgb kept": lambda: encoded(smooth(67, 131), "JPEG", keep_rgb=True),
    "colour profile": lambda: with_profile("JPEG"),
}


@pytest.mark.parametrize("kind", JPEGS)
def test_jpeg_is_read_as_pillow_reads_it(kind: str, tmp_path: Path) -> None:
    content = JPEGS[kind]()
    assert_equal(do_steps(save(tmp_path, content)), as_pillow_reads(content))


@pytest.mark.parametrize("progressive", (False, True))
def test_cmyk_jpeg_is_read_as_pillow_reads_it(progressive: bool, tmp_path: Path) -> None:
    content = encoded(smooth(67, 131).convert("CMYK"), "JPEG", progressive=progressive, quality=95)
    assert_equal(do_steps(save(tmp_path, content)), as_pillow_reads(content), CMYK_TOLERANCE)


def as_ycck(content: bytes) -> bytes:
    """Says of a CMYK JPEG that its samples are YCCK, by Adobe's marker: another picture, but a valid one."""
    place = content.index(b"Adobe")
    return content[: place + 11] + b"\x02" + content[place + 12 :]


def test_ycck_jpeg_is_read_as_pillow_reads_it(tmp_path: Path) -> None:
    content = as_ycck(encoded(smooth(67, 131).convert("CMYK"), "JPEG", quality=95))
    assert_equal(do_steps(save(tmp_path, content)), as_pillow_reads(content), CMYK_TOLERANCE)


WEBPS: dict[str, Callable[[], bytes]] = {
    **{f"{w}x{h}": lambda w=w, h=h: encoded(smooth(w, h), "WEBP", quality=80) for w, h in SIZES},
    "lossless": lambda: encoded(smooth(67, 131), "WEBP", lossless=True),
    "with alpha": lambda: encoded(Image.fromarray(noise(40, 30, 4)), "WEBP", quality=70),
    "lossless, with alpha": lambda: encoded(Image.fromarray(noise(40, 30, 4)), "WEBP", lossless=True, exact=True),
    "colour profile": lambda: with_profile("WEBP"),
}


@pytest.mark.parametrize("kind", WEBPS)
def test_webp_is_read_as_pillow_reads_it(kind: str, tmp_path: Path) -> None:
    content = WEBPS[kind]()
    assert_equal(do_steps(save(tmp_path, content)), as_pillow_reads(content))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("file_format", ("JPEG", "PNG", "WEBP"))
def test_a_turned_picture_is_set_upright(file_format: str, orientation: int, tmp_path: Path) -> None:
    content = encoded(smooth(67, 31), file_format, exif=with_exif(orientation))
    expected = as_pillow_reads(content)
    assert expected.shape[:2] == ((67, 31) if orientation > 4 else (31, 67))
    assert_equal(do_steps(save(tmp_path, content)), expected)
    assert ask("size", tmp_path / "picture").split() == [str(n) for n in expected.shape[1::-1]]


@pytest.mark.parametrize(
    "form", (' tiff:Orientation="6"/>', "><tiff:Orientation>6</tiff:Orientation></rdf:Description>")
)
@pytest.mark.parametrize("file_format", ("JPEG", "WEBP"))
def test_orientation_in_xmp_counts_where_exif_has_none(file_format: str, form: str, tmp_path: Path) -> None:
    packet = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description{form}</x:xmpmeta>'
    content = encoded(smooth(67, 31), file_format, xmp=packet.encode())
    expected = as_pillow_reads(content)
    assert expected.shape[:2] == (67, 31)
    assert_equal(do_steps(save(tmp_path, content)), expected)


@pytest.mark.parametrize("file_format", ("JPEG", "PNG", "WEBP"))
@pytest.mark.parametrize("share", (0.05, 0.3, 0.9, 0.999))
def test_a_file_that_is_cut_short_is_refused(file_format: str, share: float, tmp_path: Path) -> None:
    content = encoded(Image.fromarray(noise(120, 90)), file_format)
    answer = ask(save(tmp_path, content[: int(len(content) * share)]), tmp_path / "out.png")
    assert answer.startswith("!")
    assert "picture: is cut short: the file ends before the picture does" in answer
    assert not (tmp_path / "out.png").exists()


def bomb(width: int, height: int) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = png_chunk(b"IHDR", head) + png_chunk(b"IDAT", zlib.compress(bytes(1000))) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "is empty; expected a PNG, JPEG or WebP file"),
    "text": (lambda: b"a lighthouse", "is no PNG, JPEG or WebP file; save the picture as one of them"),
    "gif": (lambda: encoded(smooth(8, 8), "GIF"), "is no PNG, JPEG or WebP file"),
    "wide": (lambda: bomb(16385, 1), "has 16385x1 pixels; pictures of at most 16384 on a side and 128 million"),
    "large": (lambda: bomb(16384, 8193), "has 16384x8193 pixels"),
    "largest": (lambda: bomb(2**31 - 1, 2**31 - 1), "has 2147483647x2147483647 pixels"),
    "animated": (
        lambda: encoded(smooth(16, 16), "WEBP", save_all=True, append_images=[smooth(16, 16, 1)]),
        "is an animated WebP; give one picture of it",
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_read_is_refused_in_one_line(kind: str, tmp_path: Path) -> None:
    make, message = REFUSED[kind]
    answer = ask(save(tmp_path, make()), tmp_path / "out.png")
    assert answer.startswith("!")
    assert message in answer


@pytest.mark.parametrize("target", ((64, 64), (67, 31), (67, 200), (131, 31), (1, 1), (8, 300), (300, 8)))
@pytest.mark.parametrize("source", ((67, 31), (640, 400)))
def test_lanczos_is_pillows(source: tuple[int, int], target: tuple[int, int], tmp_path: Path) -> None:
    image = Image.fromarray(noise(*source))
    file = save(tmp_path, encoded(image, "PNG"))
    assert_equal(do_steps(file, "lanczos", *target), np.asarray(image.resize(target, Image.Resampling.LANCZOS)))
    grey = image.convert("L")
    expected = np.asarray(grey.resize(target, Image.Resampling.LANCZOS).convert("RGB"))
    assert_equal(do_steps(file, "gray-lanczos", *target), expected)


@pytest.mark.parametrize("radius", (0, 0.1, 0.5, 1, 2, 4, 4.7, 11, 33.3, 200))
@pytest.mark.parametrize("size", ((1, 1), (5, 64), (67, 31), (200, 150)))
def test_gaussian_blur_is_pillows(radius: float, size: tuple[int, int], tmp_path: Path) -> None:
    image = Image.fromarray(noise(*size))
    file = save(tmp_path, encoded(image, "PNG"))
    blurred = ImageFilter.GaussianBlur(radius)
    assert_equal(do_steps(file, "blur", radius), np.asarray(image.filter(blurred)))
    assert_equal(do_steps(file, "gray-blur", radius), np.asarray(image.convert("L").filter(blurred).convert("RGB")))


@pytest.mark.parametrize("mode", ("fill", "crop"))
@pytest.mark.parametrize("target", ((64, 64), (512, 64), (64, 512), (67, 31), (33, 32), (1000, 8), (2, 2)))
@pytest.mark.parametrize("source", ((67, 31), (31, 67), (16, 16), (300, 200), (3, 1)))
def test_fill_and_crop_are_diffusers(
    mode: str, source: tuple[int, int], target: tuple[int, int], tmp_path: Path
) -> None:
    image = Image.fromarray(noise(*source))
    try:
        expected = np.asarray(VaeImageProcessor().resize(image, target[1], target[0], resize_mode=mode))
    except ValueError as error:
        pytest.skip(f"diffusers refuses it: {error}")
    assert_equal(do_steps(save(tmp_path, encoded(image, "PNG")), mode, *target), expected)


def random_mask(seed: int) -> Image.Image:
    generator = np.random.default_rng(seed)
    width, height = generator.integers(8, 200, 2)
    mask = np.zeros((height, width), np.uint8)
    left, top = generator.integers(0, width), generator.integers(0, height)
    right, bottom = generator.integers(left, width) + 1, generator.integers(top, height) + 1
    mask[top:bottom, left:right] = generator.integers(0, 256, (bottom - top, right - left))
    mask[top, left] = 255
    return Image.fromarray(mask)


@pytest.mark.parametrize("seed", range(40))
def test_crop_region_and_overlay_are_diffusers(seed: int, tmp_path: Path) -> None:
    generator = np.random.default_rng(1000 + seed)
    mask = random_mask(seed)
    width, height = (int(n) * 8 for n in generator.integers(1, 40, 2))
    padding = int(generator.integers(0, 40))
    file = tmp_path / "mask.png"
    mask.save(file)
    box = VaeImageProcessor.get_crop_region(mask, width, height, pad=padding)
    assert ask("region", file, width, height, padding).split() == [str(n) for n in box]

    original, made = Image.fromarray(noise(*mask.size, seed=seed)), Image.fromarray(noise(width, height, seed=seed))
    (tmp_path / "original.png").write_bytes(encoded(original, "PNG"))
    part = np.asarray(original.crop(box))
    assert_equal(do_steps(tmp_path / "original.png", "cut", *box), part)
    try:
        expected = np.asarray(VaeImageProcessor().apply_overlay(mask, original, made, box))
    except ValueError as error:
        pytest.skip(f"diffusers refuses it: {error}")
    picture = save(tmp_path, encoded(made, "PNG"))
    assert_equal(do_steps(picture, "overlay", file, tmp_path / "original.png", *box), expected)


def test_overlay_without_a_box_is_diffusers(tmp_path: Path) -> None:
    mask, original, made = (Image.fromarray(noise(64, 48, seed=n)) for n in range(3))
    mask = mask.convert("L")
    for name, image in (("mask.png", mask), ("original.png", original)):
        image.save(tmp_path / name)
    expected = np.asarray(VaeImageProcessor().apply_overlay(mask, original, made))
    picture = save(tmp_path, encoded(made, "PNG"))
    assert_equal(do_steps(picture, "overlay", tmp_path / "mask.png", tmp_path / "original.png", 0, 0, 0, 0), expected)
