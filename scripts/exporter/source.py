"""Where a model comes from: whatever the user names becomes a folder in diffusers' format."""

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from exporter.errors import ExportError, first_line
from exporter.json_file import read_json
from exporter.pickled_weights import require_weights_only
from exporter.source_files import check_pipeline_classes, check_source_files

PICKLED = ".ckpt"
SINGLE_FILES = (".safetensors", PICKLED)
# What `--config` is read for, with diffusers' patterns.
CONFIG_PATTERNS = ["*.json", "**/*.json", "*.txt", "**/*.txt", "**/*.model"]
HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
PIPELINES = (
    "StableDiffusionPipeline",
    "StableDiffusionImg2ImgPipeline",
    "StableDiffusionXLPipeline",
    "StableDiffusionXLImg2ImgPipeline",
    # Of Stable Diffusion 1.5's parts; its UNet takes the guidance scale.
    "LatentConsistencyModelPipeline",
    "LatentConsistencyModelImg2ImgPipeline",
)

# diffusers' names for the contents of a single file.
CHECKPOINT_KINDS = {
    "v1": "StableDiffusionPipeline",
    "v2": "StableDiffusionPipeline",
    "xl_base": "StableDiffusionXLPipeline",
}


@contextmanager
def diffusers_folder(source: str, config: str | None, near: Path) -> Iterator[Path]:
    """A local diffusers folder for a folder, a hub id or a single-file checkpoint.

    config: a diffusers folder or hub id with the settings and tokenizers of a single file, which
    holds weights only. near: where a single file is unpacked, for as long as the body runs.
    Throws ExportError if `source` is none of the three, or is no Stable Diffusion model.
    """
    path = Path(source)
    if path.is_dir():
        yield checked(path, source)
    elif path.is_file():
        with tempfile.TemporaryDirectory(prefix=".unpacked-", dir=near) as unpacked:
            _unpack(path, config, Path(unpacked))
            yield checked(Path(unpacked), source)
    elif HUB_ID.fullmatch(source) and not source.endswith(SINGLE_FILES):
        yield checked(_download(source), source)
    else:
        raise ExportError(f"there is no folder, file or hub id '{source}'")


def source_name(source: str) -> str:
    """How model.json names the source: the hub id, or a path's last part."""
    path = Path(source)
    return path.resolve().name if path.exists() else source


def checked(folder: Path, source: str) -> Path:
    """The folder, if it holds all parts of a model and no more is in them; throws ExportError naming what is wrong."""
    check_source_files(folder)
    pipeline = _pipeline(folder, source)
    if pipeline not in PIPELINES:
        raise ExportError(
            f"'{source}' is a {pipeline}; exported are Stable Diffusion 1.5, 2.1 and SDXL "
            f"text-to-image models ({PIPELINES[0]}, {PIPELINES[2]})"
        )
    for part in _parts(folder):
        if not (folder / part).exists():
            raise ExportError(f"'{source}' has no {part}")
    return folder


def _pipeline(folder: Path, source: str) -> str:
    if (folder / "model_index.json").is_file():
        return str(read_json(folder / "model_index.json").get("_class_name"))
    if (folder / "unet").is_dir():
        return PIPELINES[0]
    if (folder / "config.json").is_file():
        config = read_json(folder / "config.json")
        return str(config.get("_class_name") or config.get("architectures"))
    raise ExportError(f"'{source}' is no model in diffusers' format: it has no model_index.json")


def _parts(folder: Path) -> list[str]:
    parts = ["unet/config.json", "vae/config.json", "scheduler/scheduler_config.json"]
    parts += ["text_encoder/config.json", "tokenizer"]
    if is_xl(folder):
        parts += ["text_encoder_2/config.json", "tokenizer_2"]
    return parts


def is_xl(folder: Path) -> bool:
    """Whether the folder's UNet wants SDXL's pooled text and time ids."""
    config = folder / "unet" / "config.json"
    return config.is_file() and read_json(config).get("addition_embed_type") == "text_time"


def zero_unset_negative_prompt(folder: Path) -> bool:
    """Whether an SDXL pipeline reads an unset negative prompt as zeros (its own default: yes)."""
    index = folder / "model_index.json"
    settings: dict[str, Any] = read_json(index) if index.is_file() else {}
    return bool(settings.get("force_zeros_for_empty_prompt", True))


def _download(hub_id: str) -> Path:
    from diffusers import DiffusionPipeline

    try:
        return Path(DiffusionPipeline.download(hub_id))
    except Exception as error:  # The hub's client raises a dozen unrelated types.
        raise ExportError(
            f"'{hub_id}' is no folder here, and the hub does not give it: {first_line(_root(error))}"
        ) from error


def _root(error: BaseException) -> BaseException:
    """What an error was first caused by."""
    while cause := error.__cause__ or error.__context__:
        error = cause
    return error


def _unpack(checkpoint: Path, config: str | None, folder: Path) -> None:
    if checkpoint.suffix not in SINGLE_FILES:
        raise ExportError(f"'{checkpoint.name}' is no checkpoint; a single file ends in .safetensors or .ckpt")
    if checkpoint.suffix == PICKLED:
        require_weights_only(checkpoint)
    try:
        _convert(checkpoint, {"config": str(_config_folder(config))} if config else {}, folder)
    except ExportError:
        raise
    except Exception as error:  # Conversion raises whatever the checkpoint's shape provokes.
        raise ExportError(
            f"cannot read '{checkpoint.name}' as a Stable Diffusion checkpoint: "
            f"{first_line(error)}; settings and tokenizers come from the hub, or from a diffusers "
            "folder named with --config"
        ) from error


def _config_folder(config: str) -> Path:
    """The folder that a user named for a single file's settings, checked as any source is; of a hub id, its copy."""
    folder = Path(config)
    if not folder.is_dir():
        from huggingface_hub import snapshot_download

        folder = Path(snapshot_download(config, allow_patterns=CONFIG_PATTERNS))
    check_source_files(folder)
    check_pipeline_classes(folder)
    return folder


def _convert(checkpoint: Path, settings: dict[str, Any], folder: Path) -> None:
    import diffusers
    from diffusers.loaders import single_file_utils

    weights = single_file_utils.load_single_file_checkpoint(str(checkpoint))
    kind = single_file_utils.infer_diffusers_model_type(weights)
    if kind not in CHECKPOINT_KINDS:
        raise ExportError(
            f"'{checkpoint.name}' is a checkpoint of kind {kind}; exported are Stable Diffusion 1.5, 2.1 and SDXL base"
        )
    settings["torch_dtype"] = next(iter(weights.values())).dtype
    pipeline = getattr(diffusers, CHECKPOINT_KINDS[kind])
    if kind != "xl_base":
        settings["safety_checker"] = None
    del weights
    pipeline.from_single_file(str(checkpoint), **settings).save_pretrained(str(folder))
