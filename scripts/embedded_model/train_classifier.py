"""Trains the judge (`classifier.py`) on renders alone; it never sees a generated picture.

Every render is seen softened (`softness.py`) and, half of the time, mirrored. The loss is the mean
cross entropy over the attributes; of each, over the pictures to which it applies.

Writes `classifier.pt` (resumable; the judge itself) and `classifier.jsonl` (log), and prints how often
it is right about the first HELD_OUT renders, which it is never trained on.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from judging.accuracy import attribute_accuracy
from judging.classifier import Classifier, Judge, shrink
from judging.softness import soften
from networks.arguments import training_arguments
from networks.attribute_heads import attribute_loss
from networks.checkpoint import Average, Checkpoint, Log, autocast, learning_rate, pick_device, set_rate
from networks.pictures import to_tensor
from networks.workers import Workers
from world.dataset import load_images, load_scenes
from world.scenes import Scene, label_numbers

HELD_OUT = 1000


class Renders:
    """The data set in memory, shrunk, with labels as they are and mirrored."""

    def __init__(self, work: Path) -> None:
        images, self.scenes = load_images(work), load_scenes(work)
        if len(images) <= HELD_OUT:
            raise SystemExit(f"{len(images)} renders in {work}: expected more than the {HELD_OUT} held out")
        starts = range(0, len(images), 256)
        self.pictures = np.concatenate([shrink(images[begin : begin + 256]) for begin in starts])
        mirrored = [scene.mirrored() for scene in self.scenes]
        self.labels = np.stack([labels_of(self.scenes), labels_of(mirrored)])

    def draw(self, rng: np.random.Generator, count: int) -> tuple[torch.Tensor, torch.Tensor]:
        """float32 (count, 3, INPUT, INPUT) and int64 (count, number of attributes)."""
        indices = rng.integers(HELD_OUT, len(self.pictures), count)
        mirrored = rng.integers(0, 2, count)
        pictures = self.pictures[indices]
        pictures[mirrored == 1] = pictures[mirrored == 1][:, :, ::-1]
        return to_tensor(pictures), torch.from_numpy(self.labels[mirrored, indices])

    def accuracy(self, judge: Judge) -> dict:
        """Of the held-out renders, as `attribute_accuracy` has it."""
        seen = judge.look(self.pictures[:HELD_OUT]).values
        return attribute_accuracy(seen, [scene.labels() for scene in self.scenes[:HELD_OUT]])


def labels_of(scenes: list[Scene]) -> np.ndarray:
    """int64 (scenes, number of attributes): which value, or NOT_APPLICABLE."""
    return np.array([label_numbers(scene.labels()) for scene in scenes])


def train(args: argparse.Namespace) -> None:
    """Runs or resumes the training."""
    workers, device = Workers(), pick_device()
    torch.manual_seed(args.seed)
    renders = Renders(args.work)
    model = Classifier().to(device, memory_format=torch.channels_last)
    parameters = list(model.parameters())
    optimizer = torch.optim.AdamW(parameters, lr=args.rate, weight_decay=0.02, fused=True)
    average = Average({"classifier": model}, decay=0.995)
    log = Log(args.work / "classifier.jsonl")
    checkpoint = Checkpoint(args.work / "classifier.pt", model=model, optimizer=optimizer, average=average)
    first = checkpoint.resume(device)
    losses = []
    for step in range(first, args.steps):
        rng = np.random.default_rng((args.seed, step, workers.rank))
        # For softness and dropout: as `rng`, so that a resumed run draws what an uninterrupted one does.
        torch.manual_seed(int(rng.integers(2**31)))
        pictures, labels = renders.draw(rng, args.batch)
        pictures = soften(pictures, torch.default_generator)
        rate = learning_rate(step, args.steps, args.rate, warmup=100)
        set_rate(optimizer, rate)
        with autocast(device):
            logits = model(pictures.to(device))
        loss = attribute_loss(logits, labels.to(device))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        workers.average_gradients(parameters)
        optimizer.step()
        average.update()
        losses.append(loss.item())
        if not workers.leads:
            continue
        if (step + 1) % 50 == 0:
            mean = sum(losses[-50:]) / len(losses[-50:])
            print(log.write(step=step + 1, loss=round(mean, 5), rate=rate), file=sys.stderr)
        if (step + 1) % 300 == 0 or step + 1 == args.steps:
            checkpoint.save(step + 1)
            accuracy = renders.accuracy(Judge.load(checkpoint.path, device))
            print(log.write(step=step + 1, accuracy=accuracy["mean"], lowest=accuracy["lowest"]), file=sys.stderr)
    if workers.leads:
        report(renders.accuracy(Judge.load(checkpoint.path, device)))


def report(accuracy: dict) -> None:
    """Prints the table of `attribute_accuracy` on stderr."""
    for name, row in accuracy["attributes"].items():
        print(f"{name:16s} {row['accuracy']:.4f} of {row['count']}", file=sys.stderr)
    print(f"{'mean':16s} {accuracy['mean']:.4f}, lowest {accuracy['lowest']:.4f}", file=sys.stderr)


def main() -> None:
    """Command line."""
    parser = training_arguments(__doc__.splitlines()[0], steps=900, batch=32, examples="pictures")
    train(parser.parse_args())


if __name__ == "__main__":
    main()
