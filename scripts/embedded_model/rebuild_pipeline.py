"""Writes an exported model as a folder in diffusers' layout again, from nothing but its traced archives.

So LoRA and textual inversions can be trained for the model in the repository without the checkpoints that it came from.
"""

import argparse
import sys
from pathlib import Path

from networks.pipeline_folder import write_pipeline
from networks.rebuilt import rebuild

EMBEDDED = Path(__file__).parents[2] / "models" / "scenes"


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, default=EMBEDDED, help="exported model folder (default: %(default)s)")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    args = parser.parse_args()
    networks = rebuild(args.model)
    tokenizer = args.model / "tokenizer" / "tokenizer.model"
    write_pipeline(args.out, networks.unet, networks.text_encoder, networks.vae, tokenizer)
    print(f"wrote {args.out}", file=sys.stderr)


if __name__ == "__main__":
    main()
