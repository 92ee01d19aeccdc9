"""Measures with the program how far the control net that comes with the model obeys edges, cached and not.

The edges are of renders of scenes that nothing was trained on, the prompts are captions of these. Prints, as JSON, for
pictures without the net and with it, for each cache setting and what the net does on cached steps (--control-cache):
the F1 of the edges of pictures and renders (judging/edge_agreement.py), and how like they are to the pictures without
caching that are steered alike: PSNR and SSIM.
"""

import argparse
import dataclasses
import json
import tempfile
from pathlib import Path

import numpy as np
from drawing.edges import edge_picture, edges
from drawing.renderer import render
from judging.edge_agreement import edge_f1
from judging.evaluation_prompts import questions
from judging.likeness import likeness
from judging.program import PROGRAM, Order, Program
from judging.setting import NO_CACHING, Setting
from PIL import Image

SEED = 1003
CONTROL_CACHES = ("shallow", "full", "held")


def write_edges(count: int, folder: Path) -> tuple[list[Order], np.ndarray]:
    """What to make, picture i with seed i, steered by files in `folder`; and the edges, bool (count, height, width)."""
    orders, wanted = [], []
    for seed, question in enumerate(questions(SEED, count)):
        wanted.append(edges(render(question.scene)))
        path = folder / f"edges-{seed:05d}.png"
        Image.fromarray(edge_picture(wanted[-1])).save(path)
        orders.append(Order(question.caption.text, seed, control_image=path))
    return orders, np.stack(wanted)


def obedience(pictures: np.ndarray, wanted: np.ndarray) -> float:
    """The mean of `edge_f1`; pictures: uint8 (n, height, width, 3)."""
    agreed = [edge_f1(edges(picture), edge) for picture, edge in zip(pictures, wanted, strict=True)]
    return round(float(np.mean(agreed)), 3)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, required=True, help="exported model folder")
    parser.add_argument("--net", type=Path, required=True, help="exported control net")
    parser.add_argument("--count", type=int, default=50, help="pictures of each setting")
    parser.add_argument("--settings", type=Setting.parse, nargs="+", default=[Setting("3/0"), Setting("5/0")])
    parser.add_argument("--control-caches", nargs="+", choices=CONTROL_CACHES, default=["shallow", "held"])
    parser.add_argument("--program", type=Path, default=PROGRAM, help="deepcache-gen (default: %(default)s)")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        orders, wanted = write_edges(args.count, folder)
        plain = Program(args.program, args.model)
        steered = dataclasses.replace(plain, flags=("--control-net", str(args.net)))
        left_alone = [dataclasses.replace(order, control_image=None) for order in orders]
        unsteered = plain.generate(left_alone, folder / "unsteered", NO_CACHING)
        uncached = steered.generate(orders, folder / "uncached", NO_CACHING)
        measured = {
            "pictures": len(orders),
            "not steered": {"edge_f1": obedience(unsteered, wanted)},
            "no caching": {"edge_f1": obedience(uncached, wanted)},
        }
        for setting in args.settings:
            for cache in args.control_caches:
                program = dataclasses.replace(steered, flags=(*steered.flags, "--control-cache", cache))
                cached = program.generate(orders, folder / f"{setting.folder}-{cache}", setting)
                facts = {"edge_f1": obedience(cached, wanted), **likeness(cached, uncached)}
                measured[f"{setting.name}, {cache}"] = facts
            alone = plain.generate(left_alone, folder / f"{setting.folder}-unsteered", setting)
            measured[f"{setting.name}, not steered"] = likeness(alone, unsteered)
    print(json.dumps(measured, indent=2))


if __name__ == "__main__":
    main()
