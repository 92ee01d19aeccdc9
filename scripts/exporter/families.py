"""The families of models, and which one a diffusers folder is of."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exporter.json_file import read_json

INDEX = "model_index.json"
AUTOENCODER = "autoencoder"
# A role, not a family: a control net has that of the models it goes with.
CONTROL_NET = "control_net"


@dataclass(frozen=True)
class Family:
    """In what the models of a family are alike, beyond what their configurations say.

    encoders: roles of the text encoders, with what the source's names of them and their tokenizers end in.
    time_ids: how many numbers about sizes the UNet embeds; 0: it embeds no pooled text either.
    """

    name: str
    title: str
    encoders: dict[str, str]
    time_ids: int

    @property
    def is_xl(self) -> bool:
        """Whether it is one of SDXL's, whose pipelines read other layers and may run their VAE in float32."""
        return self.time_ids > 0


STABLE_DIFFUSION = Family("stable-diffusion", "Stable Diffusion", {"text_encoder": ""}, 0)
XL = Family("stable-diffusion-xl", "SDXL base", {"text_encoder": "", "text_encoder_2": "_2"}, 6)
# It reads what SDXL's second encoder makes, and an aesthetic score in place of the target size.
XL_REFINER = Family("stable-diffusion-xl-refiner", "SDXL refiner", {"text_encoder": "_2"}, 5)
FAMILIES = {family.name: family for family in (STABLE_DIFFUSION, XL, XL_REFINER)}


def family_of(folder: Path) -> Family:
    """The family of a diffusers folder with a UNet."""
    if not _embeds_pooled_text(folder):
        return STABLE_DIFFUSION
    has_first = (folder / "text_encoder").is_dir() or _is_named(folder, "text_encoder")
    return XL if has_first else XL_REFINER


def zero_unset_negative_prompt(folder: Path) -> bool:
    """Whether an SDXL pipeline reads an unset negative prompt as zeros (its own default: yes)."""
    return bool(_index(folder).get("force_zeros_for_empty_prompt", True))


def _embeds_pooled_text(folder: Path) -> bool:
    config = folder / "unet" / "config.json"
    return config.is_file() and read_json(config).get("addition_embed_type") == "text_time"


def _is_named(folder: Path, part: str) -> bool:
    """Whether the pipeline has the part; what it has not stands there as [null, null]."""
    return any(_index(folder).get(part) or [])


def _index(folder: Path) -> dict[str, Any]:
    return read_json(folder / INDEX) if (folder / INDEX).is_file() else {}
