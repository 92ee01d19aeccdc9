"""Single-file checkpoints: weights alone, which diffusers converts to its own names."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exporter.errors import ExportError, first_line
from exporter.known_configurations import KNOWN, SECOND, write_configuration
from exporter.pickled_weights import require_weights_only
from exporter.prediction import EPSILON, V_PREDICTION, Prediction, predicts_v, stated_prediction
from exporter.progress import say
from exporter.safetensors_files import read_header
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


@dataclass(frozen=True)
class FileSettings:
    """What a single file does not say itself.

    config: a diffusers folder or hub id with settings and tokenizers; None: those of the published models.
    tokenizer: a folder with CLIP's vocabulary; None: the one of a package. prediction: epsilon or v_prediction; None:
    found out. The last two have no meaning beside `config`.
    """

    config: str | None = None
    tokenizer: Path | None = None
    prediction: str | None = None


def unpack(checkpoint: Path, settings: FileSettings, folder: Path) -> None:
    """Writes a checkpoint as a diffusers folder; throws ExportError for a file that is none of a known kind."""
    if checkpoint.suffix not in SINGLE_FILES:
        raise ExportError(f"'{checkpoint.name}' is no checkpoint; a single file ends in .safetensors or .ckpt")
    if checkpoint.suffix == PICKLED:
        require_weights_only(checkpoint)
    try:
        _convert(checkpoint, settings, folder)
    except ExportError:
        raise
    except Exception as error:  # Conversion raises whatever the checkpoint's shape provokes.
        raise ExportError(
            f"cannot read '{checkpoint.name}' as a Stable Diffusion checkpoint: "
            f"{first_line(error)}; if it is not shaped as the published models, name a diffusers folder with its "
            "settings and tokenizers with --config"
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


def _convert(checkpoint: Path, settings: FileSettings, folder: Path) -> None:
    from diffusers.loaders import single_file_utils

    weights = single_file_utils.load_single_file_checkpoint(str(checkpoint))
    kind = single_file_utils.infer_diffusers_model_type(weights)
    if kind not in CHECKPOINT_KINDS:
        raise ExportError(
            f"'{checkpoint.name}' is a checkpoint of kind {kind}; exported are Stable Diffusion 1.5, 2.1, SDXL base "
            "and refiner, and those for inpainting"
        )
    dtype, names = next(iter(weights.values())).dtype, set(weights)
    del weights
    if settings.config:
        _save(checkpoint, kind, _config_folder(settings.config), dtype, folder)
        return
    metadata = read_header(checkpoint).get("__metadata__", {}) if checkpoint.suffix != PICKLED else {}
    stated = stated_prediction(settings.prediction, names, metadata)
    prediction = stated or Prediction(EPSILON, False, "no word of another")
    with tempfile.TemporaryDirectory(prefix=".settings-", dir=folder) as known:
        write_configuration(Path(known), kind, prediction.kind, prediction.zero_snr, settings.tokenizer)
        unet = _save(checkpoint, kind, Path(known), dtype, folder)
        if stated is None and kind in SECOND:
            prediction = _ask(unet)
            _write_prediction(folder, kind, prediction, settings.tokenizer)
    say(f"settings: those of {KNOWN[kind]}, which predicts {prediction.kind} ({prediction.reason})")


def _ask(unet: Any) -> Prediction:
    kind = V_PREDICTION if predicts_v(unet) else EPSILON
    return Prediction(kind, False, "as its UNet answers; --prediction-type says otherwise")


def _write_prediction(folder: Path, kind: str, prediction: Prediction, tokenizer: Path | None) -> None:
    """Puts right the settings that were written before the UNet could be asked."""
    with tempfile.TemporaryDirectory(prefix=".settings-", dir=folder) as known:
        write_configuration(Path(known), kind, prediction.kind, prediction.zero_snr, tokenizer)
        for name in ("unet/config.json", "vae/config.json", "scheduler/scheduler_config.json"):
            (Path(known) / name).replace(folder / name)


def _save(checkpoint: Path, kind: str, config: Path, dtype: Any, folder: Path) -> Any:
    """Writes the diffusers folder and returns its UNet."""
    import diffusers

    settings: dict[str, Any] = {"config": str(config), "torch_dtype": dtype, "local_files_only": True}
    if not kind.startswith("xl_"):
        settings["safety_checker"] = None
    pipeline = getattr(diffusers, CHECKPOINT_KINDS[kind]).from_single_file(str(checkpoint), **settings)
    pipeline.save_pretrained(str(folder))
    return pipeline.unet
