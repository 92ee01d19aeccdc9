"""Pictures to begin from: every kind of file is what PIL makes of it, and what is no picture is said in one line."""

import io
import os
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from expectations import DONE, USAGE, Run, assert_done, assert_rejects, files_below
from odd_pictures import BAD, EXACT, deep_levels, deep_png, encoded, half, picture, see_through
from PIL import Image, ImageOps

ASKED = ("-p", "a cat", "--steps", 2, "--strength", 0.5, "-s", 7, "--dtype", "fp32")
MEGABYTE = 2**20

Latents = Callable[..., np.ndarray]


def as_pil_has_it(content: bytes) -> Image.Image:
    """Upright and RGB."""
    return ImageOps.exif_transpose(Image.open(io.BytesIO(content))).convert("RGB")


def write(path: Path, content: bytes | Image.Image) -> Path:
    path.write_bytes(encoded(content, "PNG") if isinstance(content, Image.Image) else content)
    return path


@pytest.fixture
def latents_from(draw: Run, tmp_path: Path) -> Latents:
    """The final latents of a picture from this file."""

    def make(name: str, content: bytes | Image.Image, *flags: object) -> np.ndarray:
        path = write(tmp_path / name, content)
        outputs = ("-o", f"made-{name}.png", "--save-latents", f"{name}.npy")
        assert_done(draw(*ASKED, "-i", path, *flags, *outputs), f"made-{name}.png")
        return np.load(tmp_path / f"{name}.npy")

    return make


@pytest.mark.parametrize("name", EXACT)
def test_files_are_what_pil_makes_of_them(latents_from: Latents, name: str) -> None:
    content = EXACT[name]()
    ours, theirs = latents_from(name, content), latents_from("plain.png", as_pil_has_it(content))
    assert np.isfinite(ours).all()
    assert ours.tobytes() == theirs.tobytes()


def test_grey_of_16_bits_is_its_high_byte(latents_from: Latents) -> None:
    """As PIL has colours of 16 bits; of grey it makes white of all above 255, which nobody means."""
    levels = deep_levels()[..., 2]
    grey = Image.fromarray((levels >> 8).astype(np.uint8)).convert("RGB")
    assert latents_from("deep.png", deep_png(levels)).tobytes() == latents_from("plain.png", grey).tobytes()


def test_cmyk_jpeg_is_nearly_what_pil_makes_of_it(latents_from: Latents) -> None:
    """Nearer than a picture of two levels more."""
    content = encoded(picture().convert("CMYK"), "JPEG", quality=95)
    rgb = as_pil_has_it(content)
    lighter = Image.fromarray((np.asarray(rgb).astype(int) + 2).clip(0, 255).astype(np.uint8))
    theirs = latents_from("plain.png", rgb)
    bound = np.abs(latents_from("lighter.png", lighter) - theirs).max()
    assert np.abs(latents_from("cmyk.jpg", content) - theirs).max() <= bound


def test_the_kinds_make_different_pictures(latents_from: Latents) -> None:
    """Else their being equal to PIL's would say nothing."""
    made = [
        latents_from(f"{name}.png", EXACT[name]()) for name in ("rgb.png", "grey.png", "turned-6.png", "coarse.jpg")
    ]
    assert len({latents.tobytes() for latents in made}) == len(made)


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("flag", ["--init-img", "--mask"])
def test_what_is_no_picture_is_said(draw: Run, tmp_path: Path, flag: str, name: str) -> None:
    make, said = BAD[name]
    write(tmp_path / name, make())
    write(tmp_path / "good.png", picture())
    files = ("-i", name) if flag == "--init-img" else ("-i", "good.png", "--mask", name)
    assert_rejects(draw(*ASKED, *files), flag, name, said)
    assert files_below(tmp_path) == sorted(["good.png", name])


def test_what_is_no_file_is_said(draw: Run, tmp_path: Path) -> None:
    """A pipe that nobody writes to would wait for ever, and a device that never ends would fill memory."""
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "folder.png").mkdir()
    for path in ("pipe.png", "folder.png", "not-there.png", "/dev/zero", "/proc/self/mem", ""):
        assert_rejects(draw(*ASKED, "-i", path), "--init-img", path)


def test_a_pipe_that_is_written_to_is_refused_too(draw: Run, tmp_path: Path) -> None:
    """Its content could not be read again when the picture is made."""
    os.mkfifo(tmp_path / "pipe.png")
    # Opened for both, so that neither end waits for the other.
    pipe = os.open(tmp_path / "pipe.png", os.O_RDWR | os.O_NONBLOCK)
    writer = threading.Thread(target=os.write, args=(pipe, encoded(picture((8, 8)), "PNG")))
    writer.start()
    try:
        assert_rejects(draw(*ASKED, "-i", "pipe.png"), "--init-img", "pipe.png")
    finally:
        writer.join()
        os.close(pipe)


def test_control_characters_of_a_name_are_spelled_out(draw: Run, tmp_path: Path) -> None:
    write(tmp_path / "a\n\x1b[31m.png", half(encoded(picture(), "PNG")))
    result = draw(*ASKED, "-i", "a\n\x1b[31m.png")
    assert_rejects(result, "--init-img")
    assert "\x1b" not in result.stderr


def peak_of(program: Path, tiny_model: Path, folder: Path, *arguments: object) -> tuple[int, int]:
    """Exit code and largest resident size in bytes of one run."""
    words = [program, "-m", tiny_model, "-W", 64, "-H", 64, "-t", 1, *ASKED, *arguments]
    with subprocess.Popen([str(word) for word in words], cwd=folder, stdout=-3, stderr=-3) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_maxrss * 1024


@pytest.mark.parametrize("name", ["huge.png", "huge-whole.png", "huge.jpg", "wide.png"])
def test_a_bomb_takes_no_memory(program: Path, tiny_model: Path, tmp_path: Path, name: str) -> None:
    write(tmp_path / "bomb.png", BAD[name][0]())
    write(tmp_path / "good.png", picture())
    bad, with_bomb = peak_of(program, tiny_model, tmp_path, "-i", "bomb.png")
    good, without = peak_of(program, tiny_model, tmp_path, "-i", "good.png", "-o", "a.png")
    assert (bad, good) == (USAGE, DONE)
    assert with_bomb < without + 50 * MEGABYTE


def test_a_large_picture_is_read(latents_from: Latents) -> None:
    large = picture((4000, 3000))
    assert latents_from("large.jpg", encoded(large, "JPEG")).shape == (1, 4, 8, 8)


def test_without_a_size_it_is_the_pictures_own(run: Run, tiny_model: Path, tmp_path: Path) -> None:
    """Floored to multiples of 8, as diffusers does it, and said."""
    write(tmp_path / "begin.png", picture((131, 75)))
    result = run("-m", tiny_model, "-t", 1, *ASKED, "-i", "begin.png", "-o", "a.png")
    assert_done(result, "a.png")
    assert "131x75" in result.stderr and "128x72" in result.stderr
    assert Image.open(tmp_path / "a.png").size == (128, 72)
    write(tmp_path / "fits.png", picture((64, 72)))
    result = run("-m", tiny_model, "-t", 1, *ASKED, "-i", "fits.png", "-o", "b.png")
    assert_done(result, "b.png")
    assert Image.open(tmp_path / "b.png").size == (64, 72)


@pytest.mark.parametrize("size", [(5, 4), (7, 100)], ids=str)
def test_a_picture_too_small_for_a_size_needs_one(run: Run, tiny_model: Path, tmp_path: Path, size: tuple) -> None:
    write(tmp_path / "begin.png", picture(size))
    asked = ("-m", tiny_model, "-t", 1, *ASKED, "-i", "begin.png")
    assert_rejects(run(*asked), f"{size[0]}x{size[1]}", "--width")
    assert_done(run(*asked, "-W", 64, "-H", 64, "-o", "a.png"), "a.png")


def mask_of(levels: object, size: tuple[int, int] = (64, 64)) -> Image.Image:
    """Of the size of what is made, where it isn't another: resized, edges would have other levels."""
    made = Image.new("L", size)
    made.paste(levels, (size[0] // 4, size[1] // 4, size[0], size[1]))
    return made


@pytest.mark.parametrize("level", [0, 127])
def test_a_mask_that_masks_nothing_is_refused(draw: Run, tmp_path: Path, level: int) -> None:
    write(tmp_path / "begin.png", picture())
    write(tmp_path / "mask.png", mask_of(level))
    assert_rejects(draw(*ASKED, "-i", "begin.png", "--mask", "mask.png"), "--mask", "mask.png")


def test_masks_of_every_kind_are_greys(latents_from: Latents, tmp_path: Path) -> None:
    """White is painted anew, from 128 on, in whatever kind of file."""
    grey = mask_of(255)
    kinds = {
        "grey.png": grey,
        "colours.png": grey.convert("RGB"),
        "one-bit.png": grey.convert("1"),
        "barely.png": mask_of(128),
        "see-through.png": Image.merge("RGBA", (*[grey] * 3, Image.linear_gradient("L").resize(grey.size))),
    }
    made = {}
    for name, mask in kinds.items():
        write(tmp_path / f"mask-{name}", mask)
        made[name] = latents_from(f"from-{name}", picture(), "--mask", tmp_path / f"mask-{name}").tobytes()
    assert len(set(made.values())) == 1
    inverted = write(tmp_path / "mask-inverted.png", ImageOps.invert(grey))
    assert latents_from("other.png", picture(), "--mask", inverted).tobytes() != made["grey.png"]


def test_a_mask_of_another_size_is_resized(latents_from: Latents, tmp_path: Path) -> None:
    sizes = {"own": (64, 64), "larger": (192, 128)}
    masks = {name: write(tmp_path / f"mask-{name}.png", mask_of(255, size)) for name, size in sizes.items()}
    made = {name: latents_from(f"{name}.png", picture(), "--mask", mask).tobytes() for name, mask in masks.items()}
    assert made["own"] == made["larger"]


def test_a_see_through_picture_is_its_colours(latents_from: Latents) -> None:
    """As PIL's convert has it: what is transparent is not white."""
    whole = see_through().convert("RGB")
    assert latents_from("rgba.png", encoded(see_through(), "PNG")).tobytes() == latents_from("a.png", whole).tobytes()
