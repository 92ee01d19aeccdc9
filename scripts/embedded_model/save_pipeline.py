"""Writes the trained model as a folder in diffusers' layout, with the averaged weights, float32.

    model_index.json  unet/  vae/  text_encoder/  tokenizer/  scheduler/  recommended.json
    known_words.json

The tokenizer is a bare sentencepiece model with a small config of our own, which diffusers' own
loader does not know; `sample.py` shows how to use it. The folder appears whole or not at all.
"""

import argparse
import json
import shutil
import sys
from pathlib import Path

import torch
from diffusers import __version__
from networks.checkpoint import load_state
from networks.diffusion_model import build_scheduler, build_text_encoder, build_unet
from networks.tokenizer import load_tokenizer
from world.known_words import known_words

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


def save_pipeline(work: Path, out: Path) -> int:
    """Writes the folder `out` from the newest checkpoint in `work` and returns its step."""
    state = load_state(work / "diffusion.pt", torch.device("cpu"))
    if state is None:
        raise SystemExit(f"no diffusion.pt in {work}: run train_diffusion.py first")
    partial = out.with_name(out.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    weights = state["average"]["weights"]
    unet = build_unet()
    unet.load_state_dict(weights["unet"])
    unet.save_pretrained(partial / "unet")
    text_encoder = build_text_encoder(load_tokenizer(work).get_piece_size())
    text_encoder.load_state_dict(weights["text_encoder"])
    text_encoder.save_pretrained(partial / "text_encoder")
    build_scheduler().save_pretrained(partial / "scheduler")
    shutil.copytree(work / "vae", partial / "vae")
    shutil.copytree(work / "tokenizer", partial / "tokenizer")
    (partial / "model_index.json").write_text(json.dumps(INDEX, indent=2) + "\n")
    (partial / "recommended.json").write_text(json.dumps(RECOMMENDED, indent=2) + "\n")
    (partial / "known_words.json").write_text(json.dumps(known_words(), indent=2) + "\n")
    shutil.rmtree(out, ignore_errors=True)
    partial.rename(out)
    return state["step"]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, required=True, help="folder with the checkpoints")
    parser.add_argument("--out", type=Path, help="folder to write (default: WORK/diffusers)")
    args = parser.parse_args()
    out = args.out or args.work / "diffusers"
    step = save_pipeline(args.work, out)
    print(f"wrote {out} from step {step}", file=sys.stderr)


if __name__ == "__main__":
    main()
