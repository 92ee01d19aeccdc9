"""Control nets that are damaged, or a stranger's: told by name, and nothing is written."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from expectations import DONE, FAILED, Run, assert_fails, files_below
from hostile_archives import OverwritesAFile, RunsWhenItIsLoaded, scripted
from model_files import edit_description, replace_file
from steering import ARCHIVE, ASKED, copy_of, replace_net, steered_by, write_lines
from torch import nn

ONE_STEP = ("-p", "a cat", "--sampling-method", "ddim", "--steps", 1, "-s", 7)
# Of 64x64 pictures, both halves of the guidance.
FIRST_SKIP = [2, 32, 8, 8]
pytestmark = pytest.mark.usefixtures("control_pictures")

Spoil = Callable[[Path], object]


@pytest.fixture
def spoilt(draw: Run, net: Path, tmp_path: Path) -> Callable[..., None]:
    """Checks that a copy of the net, once spoilt, is refused with these words, and that nothing is written."""

    def check(spoil: Spoil, *said: str, beside: tuple[object, ...] = ()) -> None:
        shutil.copytree(net, tmp_path / "bad")
        spoil(tmp_path / "bad")
        before = files_below(tmp_path)
        assert_fails(draw(*ONE_STEP, *beside, *steered_by("bad"), "-o", "a.png"), FAILED, *said)
        assert files_below(tmp_path) == before

    return check


def flip_a_bit(folder: Path) -> None:
    content = bytearray((folder / ARCHIVE).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / ARCHIVE).write_bytes(bytes(content))


def cut_short(folder: Path) -> None:
    (folder / ARCHIVE).write_bytes((folder / ARCHIVE).read_bytes()[:5000])


def hold(content: bytes) -> Spoil:
    return lambda folder: replace_file(folder, ARCHIVE, content)


def test_a_damaged_archive(spoilt: Callable[..., None]) -> None:
    spoilt(flip_a_bit, f"bad/{ARCHIVE}", "SHA-256")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [(cut_short, "bytes, model.json says"), (lambda folder: (folder / ARCHIVE).unlink(), "No such file")],
    ids=["cut short", "missing"],
)
def test_an_incomplete_archive(spoilt: Callable[..., None], spoil: Spoil, said: str) -> None:
    """As with every other part of a model: no wrong usage."""
    spoilt(spoil, f"bad/{ARCHIVE}", said)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [(hold(b"hello\n" * 100), "TorchScript")]
    + [
        (lambda folder, script=script: replace_file(folder, ARCHIVE, scripted(script(), folder.parent)), said)
        for script, said in ((OverwritesAFile, "from_file"), (RunsWhenItIsLoaded, "__getstate__"))
    ],
    ids=["text", "writes a file", "runs when loaded"],
)
def test_an_archive_of_a_stranger(spoilt: Callable[..., None], spoil: Spoil, said: str) -> None:
    spoilt(spoil, f"bad/{ARCHIVE}", said, "nothing of it was run")


def test_archives_of_others(spoilt: Callable[..., None], tiny_model: Path) -> None:
    spoilt(hold((tiny_model / "unet.pt").read_bytes()), f"bad/{ARCHIVE}", "picture")


WRONG: list[tuple[str, Any]] = [
    ("rungs", 11),
    ("picture_scale", -8),
    ("file", "other.pt"),
]


@pytest.mark.parametrize(("field", "value"), WRONG, ids=str)
def test_a_wrong_value_in_the_description(spoilt: Callable[..., None], field: str, value: object) -> None:
    """As with every other part of a model: no wrong usage."""

    def change(folder: Path) -> None:
        edit_description(folder, lambda description: description["parts"]["control_net"].update({field: value}))

    spoilt(change, "bad/model.json", "other.pt" if field == "file" else field)


class Parts(nn.Module):
    """A net of which one part is another module, or which has one down rung less."""

    def __init__(self, net: nn.Module, part: str = "", other: nn.Module | None = None) -> None:
        super().__init__()
        for name in ("time_embedding", "picture", "mid", "mid_residual"):
            setattr(self, name, other if name == part else getattr(net, name))
        residuals = list(net.residuals.children())
        down = list(net.down.children())
        self.down = nn.ModuleList(down if part else down[:-1])
        self.residuals = nn.ModuleList([other, *residuals[1:]] if part == "residuals.0" else residuals)


def with_part(part: str, convolution: nn.Conv2d, side: int) -> Spoil:
    """Replaces a part by a convolution, whose inputs are of this side."""

    def spoil(folder: Path) -> None:
        net = torch.jit.load(str(folder / ARCHIVE))
        other = torch.jit.trace(convolution.eval(), torch.zeros(2, convolution.in_channels, side, side))
        replace_net(folder, torch.jit.script(Parts(net, part, other).eval()))

    return spoil


def test_an_archive_of_another_length(spoilt: Callable[..., None]) -> None:
    """Than its description has it."""

    def shorten(folder: Path) -> None:
        replace_net(folder, torch.jit.script(Parts(torch.jit.load(str(folder / ARCHIVE))).eval()))

    spoilt(shorten, f"bad/{ARCHIVE}", "11 down rungs", "12")


WIDTH = FIRST_SKIP[1]
SHAPES = {
    "one channel": ("residuals.0", nn.Conv2d(WIDTH, 1, 1), 8, [2, 1, 8, 8]),
    "a picture as it is": ("picture", nn.Conv2d(3, WIDTH, 1), 64, [2, WIDTH, 64, 64]),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_part_that_returns_another_shape(spoilt: Callable[..., None], shape: str) -> None:
    part, convolution, side, returned = SHAPES[shape]
    spoilt(with_part(part, convolution, side), str(returned), str(FIRST_SKIP))


def test_another_shape_beside_a_sound_net(spoilt: Callable[..., None], net: Path) -> None:
    """Told before they are added up: what is broadcast would be taken for the right shape."""
    part, convolution, side, returned = SHAPES["one channel"]
    spoilt(with_part(part, convolution, side), str(returned), str(FIRST_SKIP), beside=steered_by(net))


def test_weights_that_are_no_numbers(draw: Run, net: Path, tmp_path: Path) -> None:
    copy_of(net, tmp_path / "bad", lambda weight: weight * torch.nan)
    before = files_below(tmp_path)
    assert_fails(draw(*ONE_STEP, *steered_by("bad"), "-o", "a.png"), FAILED, "not finite")
    assert files_below(tmp_path) == before


def test_a_damaged_net_of_a_line_is_that_lines(draw: Run, net: Path, tmp_path: Path) -> None:
    """As with a LoRA that can't be added: said with its line, and left out where that is asked for."""
    shutil.copytree(net, tmp_path / "bad")
    flip_a_bit(tmp_path / "bad")
    bad = {"control-net": "bad", "control-image": "edges.png"}
    write_lines(tmp_path / "list.jsonl", [{}, bad, bad | {"control-net": str(net)}])
    asked = (*ASKED[2:], "--prompts", "list.jsonl", "-o", "%d.png")
    refused = draw(*asked)
    assert refused.returncode != DONE and not refused.stdout
    assert [line for line in refused.stderr.splitlines() if "list.jsonl:2: " in line and ARCHIVE in line]
    rest = draw(*asked, "--skip-bad-lines")
    assert rest.returncode == DONE, rest.stderr
    assert rest.stdout.splitlines() == ["0.png", "2.png"]
