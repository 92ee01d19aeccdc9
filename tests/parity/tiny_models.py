"""Random models in miniature, their exports, and passes through an exported UNet."""

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from exporter.command_line import main as export
from exporter.judgement import Tensors
from exporter.ladder import Ladder
from made_once import alone_with
from random_model.folder import make_model

EXPORTED = ("sd15", "sd21-v", "sdxl")
MADE = (*EXPORTED, "sd21")


def make_and_export(folder: Path) -> None:
    """Writes NAME-diffusers for every family of MADE, and its export NAME for those of EXPORTED.

    What another process makes at the same time is left to it, and waited for at the end.
    """
    for wait in (False, True):
        for name in MADE:
            with alone_with(folder, name, wait) as alone:
                if alone:
                    _make(folder, name)
                if alone and name in EXPORTED:
                    _export(folder, name)


def exported(folder: Path, name: str, *options: str) -> Path:
    """The export of a tiny model of any family, made and exported into `folder` where it is not there yet."""
    with alone_with(folder, name):
        _make(folder, name)
        _export(folder, name, *options)
    return folder / name


def _make(folder: Path, name: str) -> None:
    if not (folder / f"{name}-diffusers").exists():
        make_model(folder / f"{name}-diffusers", name, tiny=True, seed=0, dtype=torch.float32)


def _export(folder: Path, name: str, *options: str) -> None:
    if not (folder / name).exists():
        flag = "--controlnet" if name.startswith("control-") else "--source"
        arguments = [flag, folder / f"{name}-diffusers", "--output", folder / name, *options]
        assert export([str(argument) for argument in arguments]) == 0


def copy_model(source: Path, target: Path) -> Path:
    """A copy of a diffusers folder, to be spoilt; returns the copy."""
    return Path(shutil.copytree(source, target))


def edit_json(path: Path, **changes: Any) -> None:
    """Changes fields of a JSON file."""
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def full_pass(ladder: Ladder, inputs: Tensors, branch: int) -> tuple[torch.Tensor, torch.Tensor]:
    """A full step: the model output, and the hidden state that enters the up rung of skip `branch`."""
    latents, timesteps, context, *added = inputs
    emb = ladder.time_embedding(timesteps, *added)
    hidden, skips = latents, []
    for rung in ladder.down.children():
        hidden = rung(hidden, emb, context)
        skips.append(hidden)
    hidden = ladder.mid(hidden, emb, context)
    output, deep = _ascend(ladder, hidden, skips, emb, context, branch)
    return output, deep


def cached_pass(ladder: Ladder, inputs: Tensors, branch: int, deep: torch.Tensor) -> torch.Tensor:
    """A cached step: the rungs of skips 0..branch only, starting from a full step's hidden state."""
    latents, timesteps, context, *added = inputs
    emb = ladder.time_embedding(timesteps, *added)
    hidden, skips = latents, []
    for rung in list(ladder.down.children())[: branch + 1]:
        hidden = rung(hidden, emb, context)
        skips.append(hidden)
    return _ascend(ladder, deep, skips, emb, context, branch)[0]


def _ascend(
    ladder: Ladder,
    hidden: torch.Tensor,
    skips: list[torch.Tensor],
    emb: torch.Tensor,
    context: torch.Tensor,
    branch: int,
) -> tuple[torch.Tensor, torch.Tensor]:
    deep = hidden
    for rung in list(ladder.up.children())[-len(skips) :]:
        skip = skips.pop()
        if len(skips) == branch:
            deep = hidden
        hidden = rung(hidden, skip, emb, context, skips[-1] if skips else skip)
    return ladder.out(hidden), deep
