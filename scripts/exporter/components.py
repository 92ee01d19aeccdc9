"""Loads one part of a diffusers folder at a time, in float32, and checks that it loaded whole."""

import re
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, AutoencoderTiny, ControlNetModel, UNet2DConditionModel
from transformers import CLIPTextModel, CLIPTextModelWithProjection

from exporter.archive import round_weights
from exporter.errors import ExportError, first_line
from exporter.json_file import read_json
from exporter.pickled_weights import require_weights_only
from exporter.source_files import AUTOENCODERS
from exporter.widening_control_net import WideningControlNet

Autoencoder = AutoencoderKL | AutoencoderTiny

WEIGHTS = re.compile(
    r"(?:diffusion_pytorch_model|model|pytorch_model)"
    r"(?:\.(?P<variant>\w+))?(?:-\d+-of-\d+)?\.(?:safetensors|bin)"
)


def load_unet(folder: Path, dtype: torch.dtype) -> UNet2DConditionModel:
    """The UNet with weights rounded to `dtype`; throws ExportError if anything is missing."""
    return _load(UNet2DConditionModel, folder / "unet", dtype)


def load_vae(folder: Path, dtype: torch.dtype) -> Autoencoder:
    """The VAE in a pipeline's folder, or of a folder that is one, with weights rounded to `dtype`.

    Throws ExportError if anything is missing.
    """
    path = vae_folder(folder)
    name = _class_name(path) or AUTOENCODERS[0]
    if name not in AUTOENCODERS:
        raise ExportError(f"{path.name}/ holds a {name}; exported are {' and '.join(AUTOENCODERS)}")
    return _load(AutoencoderTiny if name == AutoencoderTiny.__name__ else AutoencoderKL, path, dtype)


def load_control_net(folder: Path, dtype: torch.dtype) -> ControlNetModel:
    """The control net in a folder of its own with weights rounded to `dtype`; throws as `load_unet` does."""
    return _load(control_net_class(folder), folder, dtype)


def control_net_class(folder: Path) -> type[ControlNetModel]:
    """The class of the control net in `folder`: diffusers' own, or that of a narrower one."""
    is_narrower = _class_name(folder) == WideningControlNet.__name__
    return WideningControlNet if is_narrower else ControlNetModel


def vae_folder(folder: Path) -> Path:
    """Where the VAE of a diffusers folder is: the folder itself may be one."""
    return folder / "vae" if (folder / "vae").is_dir() else folder


def load_text_encoder(
    folder: Path, name: str, projected: bool, dtype: torch.dtype
) -> CLIPTextModel | CLIPTextModelWithProjection:
    """A text encoder with weights rounded to `dtype`; `projected`: with its pooled projection."""
    kind = CLIPTextModelWithProjection if projected else CLIPTextModel
    return _load(kind, folder / name, dtype)


def _load(kind: type, folder: Path, dtype: torch.dtype) -> Any:
    _check_class(kind, folder)
    variant = _variant(folder)
    pickles = _pickles(folder, variant)
    for path in pickles:
        require_weights_only(path)
    try:
        model, report = kind.from_pretrained(
            str(folder),
            torch_dtype=torch.float32,
            output_loading_info=True,
            variant=variant,
            use_safetensors=not pickles,
            local_files_only=True,
        )
    except Exception as error:  # Each loader has its own types for a broken file.
        raise ExportError(f"cannot load {folder.name}/: {first_line(error)}") from error
    for problem in ("missing_keys", "mismatched_keys"):
        if report.get(problem):
            names = ", ".join(sorted(map(str, report[problem]))[:3])
            raise ExportError(f"{folder.name}/: {len(report[problem])} {problem.replace('_', ' ')}, e.g. {names}")
    round_weights(model, dtype)
    return model.eval()


def _check_class(kind: type, folder: Path) -> None:
    name = _class_name(folder)
    # A projected CLIP encoder serves as a plain one; its projection is not read then.
    accepted = {kind.__name__, kind.__name__ + "WithProjection", "CLIPModel"}
    if name not in accepted and name is not None:
        raise ExportError(f"{folder.name}/ holds a {name}; only {kind.__name__} is exported")


def _class_name(folder: Path) -> str | None:
    config = read_json(folder / "config.json")
    return config.get("_class_name") or next(iter(config.get("architectures") or []), None)


def _variant(folder: Path) -> str | None:
    found = [match for path in folder.iterdir() if (match := WEIGHTS.fullmatch(path.name))]
    if not found:
        raise ExportError(f"{folder.name}/ has no weights (.safetensors or .bin)")
    variants = {match["variant"] for match in found}
    return None if None in variants else sorted(variants)[0]


def _pickles(folder: Path, variant: str | None) -> list[Path]:
    """The pickled weights that are read: none where the same are there as .safetensors."""
    matches = [match for path in folder.iterdir() if (match := WEIGHTS.fullmatch(path.name))]
    names = sorted(match[0] for match in matches if match["variant"] == variant)
    return [] if any(name.endswith(".safetensors") for name in names) else [folder / name for name in names]
