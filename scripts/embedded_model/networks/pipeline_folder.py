"""The model as a folder in diffusers' layout, which `export_model.py` reads.

    model_index.json  unet/  vae/  text_encoder/  tokenizer/  scheduler/  recommended.json
    known_words.json

The tokenizer is a bare sentencepiece model with a small config of our own, which diffusers' own
loader does not know; `sample.py` shows how to use it.
"""

import json
import shutil
from pathlib import Path

from diffusers import AutoencoderKL, UNet2DConditionModel, __version__
from transformers import CLIPTextModel
from world.known_words import known_words

from networks.diffusion_model import build_scheduler
from networks.tokenizer import write_tokenizer_config

INDEX = {
    "_class_name": "StableDiffusionPipeline",
    "_diffusers_version": __version__,
    "unet": ["diffusers", "UNet2DConditionModel"],
    "vae": ["diffusers", "AutoencoderKL"],
    "text_encoder": ["transformers", "CLIPTextModel"],
    "tokenizer": ["sentencepiece", "SentencePieceProcessor"],
    "scheduler": ["diffusers", "DDIMScheduler"],
    "safety_checker": [None, None],
    "feature_extractor": [None, None],
    "requires_safety_checker": False,
}
RECOMMENDED = {
    "steps": 30,
    "guidance_scale": 5.0,
    "sampler": "ddim",
    "interval": 3,
    "branch": 0,
}


def write_pipeline(
    out: Path, unet: UNet2DConditionModel, text_encoder: CLIPTextModel, vae: AutoencoderKL, tokenizer: Path
) -> None:
    """Writes the folder `out` with these networks and the sentencepiece model `tokenizer`; whole or not at all."""
    partial = out.with_name(out.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    unet.save_pretrained(partial / "unet")
    text_encoder.save_pretrained(partial / "text_encoder")
    vae.save_pretrained(partial / "vae")
    build_scheduler().save_pretrained(partial / "scheduler")
    write_tokenizer_config(partial / "tokenizer")
    shutil.copyfile(tokenizer, partial / "tokenizer" / tokenizer.name)
    (partial / "model_index.json").write_text(json.dumps(INDEX, indent=2) + "\n")
    (partial / "recommended.json").write_text(json.dumps(RECOMMENDED, indent=2) + "\n")
    (partial / "known_words.json").write_text(json.dumps(known_words(), indent=2) + "\n")
    shutil.rmtree(out, ignore_errors=True)
    partial.rename(out)
