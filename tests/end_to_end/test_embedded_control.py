"""The control net that comes with the embedded model: pictures have the edges that steer them, cached or not."""

import dataclasses
import sys
from pathlib import Path

import numpy as np
import pytest
from expectations import DONE, Run

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts" / "embedded_model"))

from judging.likeness import likeness
from judging.program import read_picture
from measure_control import obedience, write_edges

NET = Path(__file__).resolve().parents[2] / "models" / "scenes-edges"
COUNT = 4


@pytest.fixture
def wanted(tmp_path: Path) -> np.ndarray:
    """The edges of renders that nothing was trained on; lists of captions with these and without are in the folder."""
    orders, edges = write_edges(COUNT, tmp_path)
    (tmp_path / "steered.jsonl").write_text("".join(order.line() for order in orders))
    plain = [dataclasses.replace(order, control_image=None) for order in orders]
    (tmp_path / "plain.jsonl").write_text("".join(order.line() for order in plain))
    return edges


def test_pictures_have_the_edges_and_caching_changes_little(
    run: Run, embedded_model: Path, tmp_path: Path, wanted: np.ndarray
) -> None:
    def made(name: str, prompts: str, *flags: str) -> np.ndarray:
        result = run("-m", embedded_model, "--prompts", prompts, "-o", tmp_path / name / "%d.png", *flags)
        assert result.returncode == DONE, result.stderr
        return np.stack([read_picture(tmp_path / name / f"{index}.png") for index in range(COUNT)])

    steering = ("--control-net", NET)
    plain = made("plain", "plain.jsonl", "--interval", "1")
    steered = made("steered", "steered.jsonl", *steering, "--interval", "1")
    cached = made("cached", "steered.jsonl", *steering, "--interval", "3", "--branch", "0")
    assert obedience(steered, wanted) > obedience(plain, wanted) + 0.15
    assert abs(obedience(cached, wanted) - obedience(steered, wanted)) < 0.1
    assert likeness(cached, steered)["psnr"] > 20
