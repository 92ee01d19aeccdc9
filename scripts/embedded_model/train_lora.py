"""Trains a LoRA for the model: an addition of low rank to its UNet, after which all pictures have one look.

The pictures are encode_look.py's, which have the look; the captions do not tell it. So the look is learned whatever the
prompt, and no word calls it: the weight at which the file is added does.

Writes `lora.pt` (resumable), `lora.jsonl` (log) and at last the file, in the form of kohya's scripts.
"""

import argparse
import json
from pathlib import Path

import torch
from networks.adapter_training import Frozen, train_adapter
from networks.arguments import training_arguments
from networks.lora import SCALE, add_low_ranks, file_tensors
from safetensors.torch import save_file
from train_diffusion import Examples

# The weight that pictures with the look are asked for with; room is left above it.
AT = 0.8


def metadata(args: argparse.Namespace, pictures: int) -> dict[str, str]:
    """What kohya's scripts and the model specification of Stability AI (modelspec) say of a LoRA."""
    return {
        "ss_network_module": "networks.lora",
        "ss_network_dim": str(args.rank),
        "ss_network_alpha": str(SCALE * args.rank),
        "ss_network_args": json.dumps({"conv_dim": str(args.rank), "conv_alpha": str(SCALE * args.rank)}),
        "ss_base_model_version": "scenes",
        "ss_sd_model_name": "scenes",
        "ss_steps": str(args.steps),
        "ss_num_train_images": str(pictures),
        "ss_batch_size_per_device": str(args.batch),
        "ss_learning_rate": str(args.rate),
        "ss_output_name": args.file.stem,
        "modelspec.sai_model_spec": "1.0.0",
        "modelspec.architecture": "scenes/lora",
        "modelspec.title": args.title,
        "modelspec.description": args.says,
        "modelspec.usage_hint": f"No trigger word. What was trained is added at weight {AT}; from 0.5 to 1 is good.",
        "modelspec.license": "the project's, as the model scenes",
        "modelspec.resolution": "256x256",
    }


def train(args: argparse.Namespace) -> None:
    """Runs or resumes the training, and writes the file."""
    examples, frozen = Examples(args.work), Frozen.load(args.model)
    torch.manual_seed(args.seed)
    additions = add_low_ranks(frozen.unet, args.rank).to(frozen.device)
    train_adapter("lora", additions, frozen, examples, args)
    save_file(file_tensors(additions, AT), args.file, metadata(args, len(examples.scenes)))


def main() -> None:
    """Command line."""
    parser = training_arguments(__doc__.splitlines()[0], steps=700, batch=12, examples="pictures")
    parser.add_argument("--model", type=Path, required=True, help="folder in diffusers' layout")
    parser.add_argument("--file", type=Path, required=True, help="the .safetensors to write")
    parser.add_argument("--rank", type=int, default=4)
    parser.add_argument("--title", required=True, help="for the file's metadata")
    parser.add_argument("--says", required=True, help="what it does, for the file's metadata")
    train(parser.parse_args())


if __name__ == "__main__":
    main()
