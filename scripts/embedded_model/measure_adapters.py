"""Measures with the program what the LoRA and the embedding that come with the model do to unseen prompts.

The prompts are captions of scenes by day, without snow, that nothing was trained on. Prints, as JSON, for pictures
without and with: the whiteness of the ground and the distance to the palette (judging/looks.py), means over all; and
those of renders of the same scenes as they should look.
"""

import argparse
import dataclasses
import json
import tempfile
from pathlib import Path

import numpy as np
from drawing.look import AS_TOLD, LOOKS, Look
from drawing.renderer import render
from judging.evaluation_prompts import Question, questions
from judging.looks import distance_to_palette, whiteness
from judging.program import PROGRAM, Order, Program

SEED = 1003


def asked(count: int) -> list[Question]:
    """The first of evaluate.py's questions that tell a day and a ground without snow, in natural colours."""
    found = []
    for question in questions(SEED, 50 * count):
        scene, told = question.scene, question.caption.told
        if scene.hour == "day" and scene.ground != "snow" and scene.palette == "natural" and {"hour", "ground"} <= told:
            found.append(question)
    return found[:count]


def generate(program: Program, prompts: list[str], flags: tuple[str, ...]) -> np.ndarray:
    """One picture a prompt, picture i with seed i."""
    program = dataclasses.replace(program, flags=flags)
    orders = [Order(prompt, seed) for seed, prompt in enumerate(prompts)]
    with tempfile.TemporaryDirectory() as name:
        return program.generate(orders, Path(name) / "pictures", None)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, required=True, help="exported model folder")
    parser.add_argument("--count", type=int, default=20, help="prompts")
    parser.add_argument("--lora", default="winter", help="(default: %(default)s)")
    parser.add_argument("--weights", type=float, nargs="+", default=[0.4, 0.8, 1.0])
    parser.add_argument("--word", default="dustyrose", help="(default: %(default)s)")
    parser.add_argument("--program", type=Path, default=PROGRAM, help="deepcache-gen (default: %(default)s)")
    args = parser.parse_args()
    program, found = Program(args.program, args.model), asked(args.count)
    prompts = [question.caption.text for question in found]
    lora, embedding = (args.model / f"{kind}.safetensors" for kind in (f"lora/{args.lora}", f"embeddings/{args.word}"))
    told = [f"{prompt}, {args.word}" for prompt in prompts]

    def facts(pictures: list[np.ndarray] | np.ndarray) -> dict[str, float]:
        distances = [distance_to_palette(picture, LOOKS[args.word].palette) for picture in pictures]
        whites = [whiteness(picture) for picture in pictures]
        return {"whiteness": round(np.mean(whites), 3), "distance_to_palette": round(np.mean(distances), 3)}

    def rendered(look: Look) -> dict[str, float]:
        return facts([render(question.scene, look=look) for question in found])

    measured = {
        "prompts": len(prompts),
        "without": facts(generate(program, prompts, ())),
        **{
            f"{args.lora}:{weight}": facts(generate(program, prompts, ("--lora", f"{lora}:{weight}")))
            for weight in args.weights
        },
        args.word: facts(generate(program, told, ("--embedding", str(embedding)))),
        "renders": {"as told": rendered(AS_TOLD), **{name: rendered(LOOKS[name]) for name in (args.lora, args.word)}},
    }
    print(json.dumps(measured, indent=2))


if __name__ == "__main__":
    main()
