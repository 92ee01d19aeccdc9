"""Trains the text encoder alone: to tell from a caption what the scene contains.

One linear head per attribute reads the states behind the last word. A UNet that starts with such an
encoder learns from its first step what pictures mean instead of what words mean, which is the
slower part. Needs no pictures: scenes and captions are drawn without end.

Writes `text_encoder.pt` (resumable) and `text_encoder.jsonl` (log); the heads are not used again.
"""

import argparse
import sys

import numpy as np
import torch
from judging.accuracy import told_values
from networks.arguments import training_arguments
from networks.attribute_heads import attribute_loss
from networks.checkpoint import Checkpoint, Log, autocast, learning_rate, pick_device, set_rate
from networks.text_reader import Reader
from networks.tokenizer import encode_prompt, load_tokenizer
from torch import Tensor
from world.captions import Caption, caption
from world.scenes import ATTRIBUTES, NOT_APPLICABLE, Scene, label_numbers, sample_scene


def draw_captions(rng: np.random.Generator, count: int) -> list[tuple[Scene, Caption]]:
    """New scenes, each with a caption."""
    scenes = [sample_scene(rng) for _ in range(count)]
    return [(scene, caption(scene, rng)) for scene in scenes]


def labels_of(pairs: list[tuple[Scene, Caption]]) -> Tensor:
    """What the scenes contain, told or not: int64 (count, number of attributes), rows of `label_numbers`."""
    return torch.tensor([label_numbers(scene.labels()) for scene, _ in pairs])


def told_labels_of(pairs: list[tuple[Scene, Caption]]) -> Tensor:
    """As `labels_of`, of what the captions tell only."""
    return torch.tensor([label_numbers(told_values(scene, text)) for scene, text in pairs])


def train(args: argparse.Namespace) -> None:
    """Runs or resumes the training."""
    torch.manual_seed(args.seed)
    device, tokenizer = pick_device(), load_tokenizer(args.work)
    model = Reader(tokenizer.get_piece_size()).to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.rate, weight_decay=0.01, fused=True)
    log = Log(args.work / "text_encoder.jsonl")
    checkpoint = Checkpoint(args.work / "text_encoder.pt", model=model, optimizer=optimizer)
    first = checkpoint.resume(device)
    for step in range(first, args.steps):
        pairs = draw_captions(np.random.default_rng((args.seed, step)), args.batch)
        ids = torch.tensor([encode_prompt(tokenizer, text.text) for _, text in pairs])
        set_rate(optimizer, learning_rate(step, args.steps, args.rate, warmup=100))
        with autocast(device):
            logits = model(ids.to(device))
        # The sum over attributes, for which the rate and the clipping were chosen.
        loss = len(ATTRIBUTES) * attribute_loss(logits, labels_of(pairs).to(device))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if (step + 1) % 50 == 0 or step + 1 == args.steps:
            found = _accuracy(logits, told_labels_of(pairs))
            print(log.write(step=step + 1, loss=loss.item(), **found), file=sys.stderr)
            checkpoint.save(step + 1)


def _accuracy(logits: dict[str, Tensor], wanted: Tensor) -> dict[str, float]:
    """Share of the told values that are read rightly, of the worst attribute and of all."""
    read = torch.stack([scores.argmax(1).cpu() for scores in logits.values()], dim=1)
    right, told = read == wanted, wanted != NOT_APPLICABLE
    means = {name: float(r[t].float().mean()) for name, r, t in zip(logits, right.T, told.T, strict=True) if t.any()}
    worst = min(means, key=means.get)
    return {"accuracy": float(right[told].float().mean()), f"worst_{worst}": means[worst]}


def main() -> None:
    """Command line."""
    parser = training_arguments(__doc__.splitlines()[0], steps=1500, batch=128, examples="captions")
    train(parser.parse_args())


if __name__ == "__main__":
    main()
