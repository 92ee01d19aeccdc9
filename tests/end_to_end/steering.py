"""What tests of control nets have in common: flags, control pictures, and nets that are changed."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from exporter.archive import write_archive
from model_files import replace_file
from odd_pictures import encoded, picture
from PIL import Image
from torch import nn

ARCHIVE = "control_net.pt"
ASKED = ("-p", "a cat", "--steps", 4, "-s", 7, "--dtype", "fp32")


def steered_by(*nets: object) -> tuple[object, ...]:
    """The flags for these nets, all by the same picture."""
    return tuple(word for each in nets for word in ("--control-net", each, "--control-image", "edges.png"))


def write_lines(file: Path, lines: list[dict[str, Any]]) -> None:
    file.write_text("".join(json.dumps({"prompt": "a cat"} | line) + "\n" for line in lines))


def write_pictures(folder: Path) -> None:
    """Two to steer by, one to begin with, and its mask."""
    (folder / "edges.png").write_bytes(encoded(picture((64, 64)), "PNG"))
    (folder / "other.png").write_bytes(encoded(picture((70, 64)).rotate(90), "PNG"))
    (folder / "photo.png").write_bytes(encoded(picture(), "PNG"))
    mask = Image.new("L", (90, 70))
    mask.paste(255, (20, 20, 70, 60))
    mask.save(folder / "mask.png")


def replace_net(folder: Path, module: nn.Module) -> None:
    """Puts a module into the folder of a net, as the exporter would have written it."""
    made = folder.parent / "made.pt"
    write_archive(module, made, torch.float32)
    replace_file(folder, ARCHIVE, made.read_bytes())
    made.unlink()


def copy_of(net: Path, folder: Path, change: Callable[[torch.Tensor], torch.Tensor]) -> Path:
    """A net with other weights."""
    shutil.copytree(net, folder)
    module = torch.jit.load(str(net / ARCHIVE))
    for weight in module.parameters():
        weight.data = change(weight.data)
    replace_net(folder, module)
    return folder
