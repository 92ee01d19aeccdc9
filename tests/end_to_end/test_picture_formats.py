"""Pictures as JPEG and WebP: named by their endings, with the settings where viewers look, found again by --resume."""

import io
import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest
from expectations import Run, assert_done, assert_rejects, files_below
from PIL import ExifTags, Image

CAT = ("-p", 'a cat, "caf\u00e9" & <\u6d77>', "--steps", 1, "-s", 7)
KINDS = {"jpg": "JPEG", "jpeg": "JPEG", "webp": "WEBP"}
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"


def pixels(file: Path) -> np.ndarray:
    return np.asarray(Image.open(file).convert("RGB")).astype(int)


def comment(file: Path) -> str:
    """As AUTOMATIC1111's web UI reads it (piexif: big-endian UTF-16)."""
    value = Image.open(file).getexif().get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment]
    assert value[:8] == b"UNICODE\0"
    return value[8:].decode("utf-16-be")


def settings(file: Path) -> dict:
    """The property of the XMP packet, read by an XML parser."""
    packet = Image.open(file).info["xmp"]
    found = ElementTree.fromstring(packet).find(f".//{RDF}Description/{{urn:deepcache-gen}}settings")
    assert found is not None and found.text is not None
    return json.loads(found.text)


@pytest.mark.parametrize("ending", [*KINDS, "JPG", "WebP"])
def test_the_ending_says_what_is_written(draw: Run, tmp_path: Path, ending: str) -> None:
    assert_done(draw(*CAT, "-o", f"a.{ending}"), f"a.{ending}")
    assert_done(draw(*CAT, "-o", "a.png"), "a.png")
    written, png = Image.open(tmp_path / f"a.{ending}"), Image.open(tmp_path / "a.png")
    assert written.format == KINDS[ending.lower()]
    assert written.size == png.size
    # The tiny model's picture is noise, the hardest there is for both.
    assert np.abs(pixels(tmp_path / f"a.{ending}") - pixels(tmp_path / "a.png")).mean() < 20
    assert comment(tmp_path / f"a.{ending}") == png.info["parameters"]
    assert settings(tmp_path / f"a.{ending}") == json.loads(png.info["deepcache-gen"])


@pytest.mark.parametrize("ending", ["jpg", "webp"])
def test_resume_finds_them(draw: Run, tmp_path: Path, ending: str) -> None:
    asked = (*CAT, "-b", 2, "-o", f"x-%03d.{ending}")
    assert_done(draw(*asked), f"x-000.{ending}", f"x-001.{ending}")
    before = (tmp_path / f"x-000.{ending}").read_bytes()
    assert_done(draw(*asked, "--resume"))
    assert_done(draw(*asked, "--resume", "--quality", 20))
    (tmp_path / f"x-001.{ending}").write_bytes(before[:-9])
    assert_rejects(draw(*asked, "--resume"), f"x-001.{ending}", "--overwrite")
    assert_done(draw(*asked, "--resume", "--overwrite"), f"x-001.{ending}")
    assert (tmp_path / f"x-000.{ending}").read_bytes() == before


def test_a_file_of_another_kind_is_another_picture(draw: Run, tmp_path: Path) -> None:
    assert_done(draw(*CAT, "-o", "a.png"), "a.png")
    (tmp_path / "a.png").rename(tmp_path / "a.jpg")
    assert_rejects(draw(*CAT, "-o", "a.jpg", "--resume"), "a.jpg", "--overwrite")


@pytest.mark.parametrize("ending", ["jpg", "webp"])
def test_quality_is_that_of_the_file(draw: Run, tmp_path: Path, ending: str) -> None:
    sizes = []
    for quality in (10, 60, 95, 100):
        name = f"{quality}.{ending}"
        assert_done(draw(*CAT, "-o", name, "--quality", quality), name)
        texts = (Image.open(tmp_path / name).info.get(kind, b"") for kind in ("exif", "xmp"))
        sizes.append((tmp_path / name).stat().st_size - sum(map(len, texts)))
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[2] / 2
    assert_done(draw(*CAT, "-o", f"usual.{ending}"), f"usual.{ending}")
    assert (tmp_path / f"usual.{ending}").read_bytes() == (tmp_path / f"95.{ending}").read_bytes()


def test_webp_of_quality_100_is_lossless(draw: Run, tmp_path: Path) -> None:
    assert_done(draw(*CAT, "-o", "a.webp", "--quality", 100), "a.webp")
    assert_done(draw(*CAT, "-o", "a.png"), "a.png")
    assert np.array_equal(pixels(tmp_path / "a.webp"), pixels(tmp_path / "a.png"))


def test_jpeg_is_what_pillow_makes_of_the_picture(draw: Run, tmp_path: Path) -> None:
    """Both have libjpeg-turbo's quality; ours keeps colours at full size from 90 up."""
    assert_done(draw(*CAT, "-o", "a.png"), "a.png")
    for quality, subsampling in ((50, "4:2:0"), (95, "4:4:4")):
        name = f"{quality}.jpg"
        assert_done(draw(*CAT, "-o", name, "--quality", quality), name)
        stream = io.BytesIO()
        Image.open(tmp_path / "a.png").convert("RGB").save(stream, "JPEG", quality=quality, subsampling=subsampling)
        assert np.array_equal(pixels(tmp_path / name), np.asarray(Image.open(stream)).astype(int))


@pytest.mark.parametrize("quality", [0, 101, -1, "high", 1.5])
def test_quality_must_be_one(draw: Run, quality: object) -> None:
    assert_rejects(draw(*CAT, "-o", "a.jpg", f"--quality={quality}"), "--quality", str(quality))


def test_quality_needs_a_file_that_has_it(draw: Run, tmp_path: Path) -> None:
    assert_rejects(draw(*CAT, "-o", "a.png", "--quality", 80), "--quality", "a.png", ".jpg")
    (tmp_path / "config.toml").write_text("quality = 80\n")
    assert_done(draw(*CAT, "-o", "a.png", "--config", "config.toml"), "a.png")


def test_settings_that_do_not_fit_are_refused_before_anything_is_made(draw: Run, tmp_path: Path) -> None:
    prompt = "cat " * 12_000
    refused = draw("-p", prompt, "--steps", 1, "-s", 7, "-o", "a.jpg")
    assert_rejects(refused, "a.jpg", "64 KiB", ".webp")
    assert files_below(tmp_path) == []
    assert_done(draw("-p", prompt, "--steps", 1, "-s", 7, "-o", "a.webp"), "a.webp")
    assert comment(tmp_path / "a.webp").startswith(prompt.strip())
    assert_done(draw("-p", prompt, "--steps", 1, "-s", 7, "-o", "a.webp", "--resume"))


def test_a_list_may_have_each_its_own(draw: Run, tmp_path: Path) -> None:
    lines = ("a cat --output a.jpg --quality 30", "a dog --output b.webp", "a cow --output c.png", "a sow")
    (tmp_path / "list.txt").write_text("\n".join(lines))
    made = draw("--prompts", "list.txt", "--steps", 1, "-s", 7, "-o", "x-%d.webp")
    assert_done(made, "a.jpg", "b.webp", "c.png", "x-3.webp")
    assert [Image.open(tmp_path / line).format for line in made.stdout.splitlines()] == ["JPEG", "WEBP", "PNG", "WEBP"]
