"""Settings of the models that single files are known of: a file holds weights alone, and these need no network.

The numbers are those of random_model/families.py, the published models' configuration files at full size.
"""

import inspect
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from random_model.families import FAMILIES, UNCHECKED, Family

from exporter.clip_vocabulary import SIZE, write_clip_tokenizer

# diffusers' names for the contents of a single file, and whose settings they have.
KNOWN = {
    "v1": "sd15",
    "v2": "sd21",
    "inpainting": "sd15-inpaint",
    "inpainting_v2": "sd21-inpaint",
    "xl_base": "sdxl",
    "xl_inpaint": "sdxl-inpaint",
    "xl_refiner": "sdxl-refiner",
}
SECOND = ("v2", "inpainting_v2")
# Latent pixels: Stable Diffusion 2.1 was published for 512 pixels and, predicting v, for 768.
V_SIDE = 96
VAE_TYPES = {"down_block_types": ["DownEncoderBlock2D"] * 4, "up_block_types": ["UpDecoderBlock2D"] * 4}
V_PREDICTION = "v_prediction"
CLIP = {"model_type": "clip_text_model", "layer_norm_eps": 1e-05, "attention_dropout": 0.0}


def known_family(kind: str) -> Family:
    """The settings of a kind of single file, at full size."""
    family = FAMILIES[KNOWN[kind]](False, SIZE)
    # Of the published ones: the second's text encoder was trained by open_clip, which fills prompts up with the id 0.
    return replace(family, pad_tokens=["!"]) if kind in SECOND else family


def write_configuration(folder: Path, kind: str, prediction: str, zero_snr: bool, tokenizer: Path | None) -> None:
    """Writes a diffusers folder without weights.

    kind: a key of KNOWN. prediction: epsilon or v_prediction. zero_snr: whether the noise schedule was rescaled to end
    in pure noise. tokenizer: as `write_clip_tokenizer` takes it. Throws ExportError.
    """
    family, is_xl = known_family(kind), kind.startswith("xl_")
    side = V_SIDE if kind in SECOND and prediction == V_PREDICTION else family.unet["sample_size"]
    _write(folder / "unet/config.json", _complete("UNet2DConditionModel", family.unet | {"sample_size": side}))
    vae = family.vae | VAE_TYPES | {"sample_size": side * 8, "force_upcast": is_xl}
    _write(folder / "vae/config.json", _complete("AutoencoderKL", vae))
    scheduler, settings = family.scheduler
    _write(folder / "scheduler/scheduler_config.json", _scheduler(scheduler, settings, prediction, zero_snr))
    index: dict[str, Any] = {
        "_class_name": family.pipeline,
        "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"],
        "scheduler": ["diffusers", scheduler],
    }
    # Named even where it is missing: SDXL's refiner has the second encoder alone.
    suffixes = ("", "_2") if is_xl else ("",)
    index |= {f"{part}{suffix}": [None, None] for part in ("text_encoder", "tokenizer") for suffix in suffixes}
    index |= family.index if is_xl else UNCHECKED | {"feature_extractor": [None, None]}
    for suffix, encoder, pad in zip(family.encoder_suffixes, family.text_encoders, family.pad_tokens, strict=True):
        name = "CLIPTextModelWithProjection" if suffix else "CLIPTextModel"
        _write(folder / f"text_encoder{suffix}/config.json", {"architectures": [name], **CLIP, **encoder})
        write_clip_tokenizer(folder / f"tokenizer{suffix}", pad, tokenizer)
        index |= {f"text_encoder{suffix}": ["transformers", name]}
        index |= {f"tokenizer{suffix}": ["transformers", "CLIPTokenizer"]}
    _write(folder / "model_index.json", index)


def _complete(name: str, settings: dict[str, Any]) -> dict[str, Any]:
    """The settings of a model with the class's defaults, which diffusers' conversion reads from the file itself."""
    # Imported late: it takes seconds.
    import diffusers

    parameters = inspect.signature(getattr(diffusers, name)).parameters.values()
    defaults = {each.name: each.default for each in parameters if each.default is not inspect.Parameter.empty}
    return {"_class_name": name, **defaults, **settings}


def _scheduler(name: str, settings: dict[str, Any], prediction: str, zero_snr: bool) -> dict[str, Any]:
    changed = {"prediction_type": prediction}
    if zero_snr:
        changed |= {"rescale_betas_zero_snr": True, "timestep_spacing": "trailing"}
    return {"_class_name": name, **settings, **changed}


def _write(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2), encoding="utf-8")
