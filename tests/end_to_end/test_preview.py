"""The picture in the making, as a file."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from expectations import DONE, FAILED, Run, assert_done, assert_fails, assert_rejects, files_below
from PIL import Image

PROMPT = ("-p", "a lighthouse by the sea at dusk", "-s", 12, "--steps", 10)


@pytest.fixture
def show(run: Run, embedded_model: Path) -> Run:
    def run_with_preview(*arguments: object, **options: object) -> object:
        return run("-m", embedded_model, *PROMPT, "--preview", "preview.png", *arguments, **options)

    return run_with_preview


def small(path: Path, box: tuple[int, int, int, int] | None = None) -> np.ndarray:
    """A picture or a part of it as 8x8 coarse colours."""
    image = Image.open(path).convert("RGB")
    return np.asarray((image.crop(box) if box else image).resize((8, 8), Image.Resampling.BOX), dtype=float)


def test_the_last_preview_looks_like_the_picture(show: Run, tmp_path: Path) -> None:
    assert_done(show("-o", "picture.png", "--preview-every", 100), "picture.png")
    assert files_below(tmp_path) == ["picture.png", "preview.png"]
    preview, picture = small(tmp_path / "preview.png"), small(tmp_path / "picture.png")
    assert np.corrcoef(preview.ravel(), picture.ravel())[0, 1] > 0.8
    with Image.open(tmp_path / "preview.png") as image, Image.open(tmp_path / "picture.png") as made:
        assert image.size == made.size, "8 pixels per latent"


def test_a_batch_stands_side_by_side(show: Run, tmp_path: Path) -> None:
    assert_done(show("-b", 3, "-o", "x_%d.png"), "x_0.png", "x_1.png", "x_2.png")
    width, height = Image.open(tmp_path / "x_0.png").size
    for index in range(3):
        own = small(tmp_path / "preview.png", (width * index, 0, width * (index + 1), height))
        near = [np.abs(own - small(tmp_path / f"x_{other}.png")).mean() for other in range(3)]
        assert int(np.argmin(near)) == index


def test_the_picture_is_the_same_with_and_without(show: Run, run: Run, embedded_model: Path, tmp_path: Path) -> None:
    assert show("-o", "with.png", "--preview-every", 1).returncode == DONE
    assert run("-m", embedded_model, *PROMPT, "-o", "without.png").returncode == DONE
    assert (tmp_path / "with.png").read_bytes() == (tmp_path / "without.png").read_bytes()


def test_another_file_of_that_name_is_kept(show: Run, tmp_path: Path) -> None:
    (tmp_path / "preview.png").write_text("a photo")
    assert_rejects(show(), "--preview 'preview.png'", "is no preview", "--overwrite")
    assert (tmp_path / "preview.png").read_text() == "a photo"
    assert show("--overwrite", "-o", "x.png").returncode == DONE
    assert show("-o", "x.png").returncode == DONE, "an earlier preview may be replaced"


def test_bad_values(show: Run) -> None:
    assert_rejects(show("--preview-every", 0), "--preview-every 0", "1 or more")
    assert_rejects(show("--preview-every", "often"), "--preview-every", "'often'")


def test_a_model_without_a_map(show: Run, run: Run, embedded_model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "old"
    shutil.copytree(embedded_model, folder)
    model = json.loads((folder / "model.json").read_text())
    del model["vae"]["preview"]
    (folder / "model.json").write_text(json.dumps(model))
    assert_rejects(run("-m", folder, *PROMPT, "--preview", "preview.png"), "no map", "scripts/describe_model.py")


def test_a_preview_that_can_not_be_written_is_refused_at_once(show: Run, tmp_path: Path) -> None:
    (tmp_path / "preview.png").mkdir()
    assert_fails(show("-o", "x.png"), FAILED, "preview.png")
    assert files_below(tmp_path) == []
