"""Trains a textual inversion for the model: vectors that stand in a prompt as a word of their own, and call a look.

The pictures are encode_look.py's, and every caption has the new word somewhere; nothing of the model changes.

Writes `embedding.pt` (resumable), `embedding.jsonl` (log) and, at the end, the vectors: {"emb_params": (n, width)}. The
word is the name of that file.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from networks.adapter_training import Frozen, train_adapter
from networks.arguments import training_arguments
from networks.new_word import PLACE, encode_with_word, teach
from safetensors.torch import save_file
from train_diffusion import Examples
from world.captions import caption

# Where the word stands: behind the caption, before it.
WAYS = (f"%s, {PLACE}", f"%s in {PLACE}", f"%s, {PLACE} colours", f"{PLACE}, %s", f"a {PLACE} picture of %s")


class Told(Examples):
    """The examples, each caption with the word of so many vectors; none is empty."""

    def __init__(self, work: Path, vectors: int) -> None:
        super().__init__(work)
        self.vectors = vectors

    def ids(self, index: int, mirrored: bool, rng: np.random.Generator) -> list[int]:
        """See `Examples`."""
        scene = self.scenes[index]
        told = caption(scene.mirrored() if mirrored else scene, rng)
        way = WAYS[int(rng.integers(len(WAYS)))]
        return encode_with_word(self.tokenizer, way % told.text, self.vectors)


def train(args: argparse.Namespace) -> None:
    """Runs or resumes the training, and writes the file."""
    examples, frozen = Told(args.work, len(args.like)), Frozen.load(args.model)
    torch.manual_seed(args.seed)
    known = frozen.text_encoder.get_input_embeddings().weight
    like = torch.stack([known[examples.tokenizer.encode(word)].mean(0) for word in args.like])
    word = teach(frozen.text_encoder, like)
    train_adapter("embedding", word.to(frozen.device), frozen, examples, args)
    save_file({"emb_params": word.vectors.detach().cpu().contiguous()}, args.file)


def main() -> None:
    """Command line."""
    parser = training_arguments(__doc__.splitlines()[0], steps=220, batch=12, examples="pictures")
    parser.set_defaults(rate=2e-2)
    parser.add_argument("--model", type=Path, required=True, help="folder in diffusers' layout")
    parser.add_argument("--file", type=Path, required=True, help="the .safetensors to write, named like the word")
    parser.add_argument(
        "--like", nargs="+", required=True, help="known words, one for each vector: what it is at first"
    )
    train(parser.parse_args())


if __name__ == "__main__":
    main()
