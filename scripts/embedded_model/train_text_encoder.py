"""Trains the text encoder alone: to tell from a caption what the scene contains.

One linear head per attribute reads the states behind the last word. A UNet that starts with such an
encoder learns from its first step what pictures mean instead of what words mean, which is the
slower part. Needs no pictures: scenes and captions are drawn without end.

Writes `text_encoder.pt` (resumable) and `text_encoder.jsonl` (log); the heads are not used again.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from networks.checkpoint import Log, autocast, learning_rate, load_state, pick_device, save_state
from networks.text_reader import Reader
from networks.tokenizer import encode_prompt, load_tokenizer
from torch import Tensor, nn
from world.captions import Caption, caption
from world.scenes import ATTRIBUTES, Scene, sample_scene

UNSEEN = -100


def draw_captions(rng: np.random.Generator, count: int) -> list[tuple[Scene, Caption]]:
    """New scenes, each with a caption."""
    scenes = [sample_scene(rng) for _ in range(count)]
    return [(scene, caption(scene, rng)) for scene in scenes]


def targets(pairs: list[tuple[Scene, Caption]], only_told: bool) -> dict[str, Tensor]:
    """The number of each attribute's value, int64 (count,); UNSEEN where it does not count."""
    rows = []
    for scene, text in pairs:
        labels = scene.labels()
        rows.append(
            [
                values.index(labels[name]) if name in labels and (name in text.told or not only_told) else UNSEEN
                for name, values in ATTRIBUTES.items()
            ]
        )
    return dict(zip(ATTRIBUTES, torch.tensor(rows).unbind(1), strict=True))


def train(args: argparse.Namespace) -> None:
    """Runs or resumes the training."""
    torch.manual_seed(args.seed)
    device, tokenizer = pick_device(), load_tokenizer(args.work)
    model = Reader(tokenizer.get_piece_size()).to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.rate, weight_decay=0.01, fused=True)
    log, path, first = Log(args.work / "text_encoder.jsonl"), args.work / "text_encoder.pt", 0
    state = load_state(path, device)
    if state is not None:
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        first = state["step"]
    for step in range(first, args.steps):
        pairs = draw_captions(np.random.default_rng((args.seed, step)), args.batch)
        ids = torch.tensor([encode_prompt(tokenizer, text.text) for _, text in pairs])
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, args.steps, args.rate, warmup=100)
        with autocast(device):
            logits = model(ids.to(device))
        loss = sum(
            nn.functional.cross_entropy(logits[name].float(), wanted.to(device), ignore_index=UNSEEN)
            for name, wanted in targets(pairs, only_told=False).items()
        )
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if (step + 1) % 50 == 0 or step + 1 == args.steps:
            found = _accuracy(logits, targets(pairs, only_told=True))
            print(log.write(step=step + 1, loss=loss.item(), **found), file=sys.stderr)
            parts = {"model": model.state_dict(), "optimizer": optimizer.state_dict()}
            save_state(path, {**parts, "step": step + 1})


def _accuracy(logits: dict[str, Tensor], wanted: dict[str, Tensor]) -> dict[str, float]:
    """Share of the told values that are read rightly, of the worst attribute and of all."""
    right = {name: (logits[name].argmax(1).cpu() == w)[w != UNSEEN].float() for name, w in wanted.items()}
    means = {name: float(values.mean()) for name, values in right.items() if len(values)}
    worst = min(means, key=means.get)
    return {"accuracy": float(torch.cat(list(right.values())).mean()), f"worst_{worst}": means[worst]}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, required=True, help="folder for data and checkpoints")
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=1)
    train(parser.parse_args())


if __name__ == "__main__":
    main()
