"""Single-file checkpoints: weights alone, which diffusers converts to its own names."""

from pathlib import Path
from typing import Any

from exporter.errors import ExportError, first_line
from exporter.pickled_weights import require_weights_only
from exporter.source_files import check_pipeline_classes, check_source_files

PICKLED = ".ckpt"
SINGLE_FILES = (".safetensors", PICKLED)
# What `--config` is read for, with diffusers' patterns.
CONFIG_PATTERNS = ["*.json", "**/*.json", "*.txt", "**/*.txt", "**/*.model"]

# diffusers' names for the contents of a single file.
CHECKPOINT_KINDS = {
    "v1": "StableDiffusionPipeline",
    "v2": "StableDiffusionPipeline",
    "inpainting": "StableDiffusionInpaintPipeline",
    "inpainting_v2": "StableDiffusionInpaintPipeline",
    "xl_base": "StableDiffusionXLPipeline",
    "xl_inpaint": "StableDiffusionXLInpaintPipeline",
    "xl_refiner": "StableDiffusionXLImg2ImgPipeline",
}


def unpack(checkpoint: Path, config: str | None, folder: Path) -> None:
    """Writes a checkpoint as a diffusers folder.

    config: a diffusers folder or hub id with the settings and tokenizers; None: diffusers looks for them on the hub.
    Throws ExportError for a file that is none of a known kind.
    """
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
            f"'{checkpoint.name}' is a checkpoint of kind {kind}; exported are Stable Diffusion 1.5, 2.1, SDXL base "
            "and refiner, and those for inpainting"
        )
    settings["torch_dtype"] = next(iter(weights.values())).dtype
    pipeline = getattr(diffusers, CHECKPOINT_KINDS[kind])
    if not kind.startswith("xl_"):
        settings["safety_checker"] = None
    del weights
    pipeline.from_single_file(str(checkpoint), **settings).save_pretrained(str(folder))
