"""Writes the trained model as a folder in diffusers' layout, with the averaged weights, float32."""

import argparse
import sys
from pathlib import Path

import torch
from diffusers import AutoencoderKL
from networks.checkpoint import load_state
from networks.diffusion_model import build_text_encoder, build_unet
from networks.pipeline_folder import write_pipeline
from networks.tokenizer import load_tokenizer


def save_pipeline(work: Path, out: Path) -> int:
    """Writes the folder `out` from the newest checkpoint in `work` and returns its step."""
    state = load_state(work / "diffusion.pt", torch.device("cpu"))
    if state is None:
        raise SystemExit(f"no diffusion.pt in {work}: run train_diffusion.py first")
    weights = state["average"]["weights"]
    unet = build_unet()
    unet.load_state_dict(weights["unet"])
    text_encoder = build_text_encoder(load_tokenizer(work).get_piece_size())
    text_encoder.load_state_dict(weights["text_encoder"])
    vae = AutoencoderKL.from_pretrained(work / "vae")
    write_pipeline(out, unet, text_encoder, vae, work / "tokenizer" / "tokenizer.model")
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
