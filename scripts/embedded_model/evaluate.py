"""Evaluates an exported model folder by running the program, and writes the figures as JSON.

Prompts are captions of scenes that no training has seen; each picture is judged by the classifier of
`train_classifier.py`, on the attributes that its caption tells. Parts of the report:

    judge             how often the judge is right about the renders of these scenes
    autoencoder       what encoding and decoding these renders (fp32) leaves of them
    settings          every cache setting: accuracy, likeness to no caching, distance to the renders, time, and where
                      its full calls lie if not at intervals
    guidance          accuracy without guidance and with, on the first prompts
    negative_prompts  how often a thing comes up in pictures whose prompt leaves it open, without and with

Pictures are kept in --pictures, so an interrupted run goes on where it stopped. Times are of single
pictures, measured by the program's `bench`: run it on an idle machine, or again with --bench-only.
"""

import argparse
import json
import multiprocessing
import os
import sys
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from drawing.renderer import render
from judging.accuracy import attribute_accuracy, rate
from judging.classifier import Judge, Judgement
from judging.evaluation_prompts import EXCLUSIONS, Question, open_questions, questions
from judging.frechet import frechet_distance
from judging.json_text import json_text
from judging.likeness import likeness
from judging.program import PROGRAM, Order, Program, full_calls
from judging.reconstruction import reconstruct
from judging.setting import NO_CACHING, Setting, settings_from
from networks.checkpoint import pick_device
from world.scenes import Scene

SETTINGS = ("original", "3/0", "5/0", "5/1")


class Evaluation:
    """The parts of the report, with what they share: prompts, renders of their scenes, the judge."""

    def __init__(self, args: argparse.Namespace, program: Program) -> None:
        self.args, self.program = args, program
        self.judge = Judge.load(args.judge, pick_device())
        self.questions = questions(args.seed, args.count)
        self.renders = render_all([question.scene for question in self.questions])
        self.rendered = self.judge.look(self.renders)

    def judge_itself(self) -> dict:
        """Of all attributes that the renders show."""
        return attribute_accuracy(self.rendered.values, [question.scene.labels() for question in self.questions])

    def autoencoder(self) -> dict:
        """Pictures that went through the autoencoder: PSNR, SSIM, and what the judge still sees in them."""
        count = min(self.args.reconstructions, len(self.renders))
        pictures = reconstruct(self.args.vae, self.renders[:count])
        seen = self.judge.look(pictures)
        labels = [question.scene.labels() for question in self.questions[:count]]
        accuracy = attribute_accuracy(seen.values, labels)
        return {"count": count, **likeness(pictures, self.renders[:count]), "accuracy": accuracy}

    @cached_property
    def original(self) -> np.ndarray:
        """The pictures without caching: uint8 (n, size, size, 3)."""
        return self._answer(self.questions, NO_CACHING.folder)

    def settings(self) -> dict:
        """By name: everything but times."""
        report = {}
        for setting in self.args.settings:
            pictures = self.original
            if setting.caches:
                pictures = self._answer(self.questions, setting.folder, setting=setting)
            seen = self.judge.look(pictures)
            row: dict[str, Any] = {}
            calls = full_calls(self.args.pictures / setting.folder / "00000.png")
            if calls is not None:
                row["full_calls"] = calls
            row["accuracy"] = _accuracy(seen, self.questions)
            row["frechet_distance"] = round(frechet_distance(seen.features, self.rendered.features), 3)
            if setting.caches:
                row["against_original"] = likeness(pictures, self.original)
            report[setting.name] = row
        return report

    def guidance(self) -> dict:
        """Accuracy on the first prompts without caching, without guidance and with the given scale."""
        asked = self.questions[: self.args.guidance_count]
        without = self.judge.look(self._answer(asked, "guidance-1", guidance_scale=1.0))
        given = self.judge.look(self.original[: len(asked)])
        rows = {"1": _accuracy(without, asked), f"{self.args.guidance:g}": _accuracy(given, asked)}
        return {"count": len(asked), "accuracy_by_scale": rows}

    def negative_prompts(self) -> dict:
        """How often what a negative prompt names comes up without it and with it, at the same seeds; and
        how often the pictures still have what the prompt itself tells."""
        asked = open_questions(self.args.seed, self.args.count, self.args.negative_count)
        without = self.judge.look(self._answer(asked, "negative-none"))
        rows = {}
        for exclusion in EXCLUSIONS:
            words = exclusion.negative_prompt
            given = self.judge.look(self._answer(asked, f"negative-{words}", negative_prompt=words))
            rows[words] = {
                "rate_without": rate(without.values, exclusion.attribute, exclusion.values),
                "rate_with": rate(given.values, exclusion.attribute, exclusion.values),
                "accuracy_without": _accuracy(without, asked)["mean"],
                "accuracy_with": _accuracy(given, asked)["mean"],
            }
        return {"count": len(asked), "rates": rows}

    def _answer(self, asked: list[Question], folder: str, setting: Setting = NO_CACHING, **order: Any) -> np.ndarray:
        """A picture for each question; picture i has seed i. `order`: what else each `Order` says."""
        say(f"{folder}: {len(asked)} pictures")
        orders = [Order(question.caption.text, seed, **order) for seed, question in enumerate(asked)]
        return self.program.generate(orders, self.args.pictures / folder, setting)


def _accuracy(seen: Judgement, asked: list[Question]) -> dict:
    return attribute_accuracy(seen.values, [question.wanted for question in asked])


def render_all(scenes: list[Scene]) -> np.ndarray:
    """uint8 (n, size, size, 3)."""
    say(f"{len(scenes)} renders")
    with multiprocessing.Pool(os.cpu_count()) as pool:
        return np.stack(pool.map(render, scenes, chunksize=8))


def rendered_floor(evaluation: Evaluation) -> float:
    """The distance between the renders and as many of other scenes: what perfect pictures would have."""
    count, seed = evaluation.args.count, evaluation.args.seed
    others = render_all([question.scene for question in questions(seed + 1, count)])
    return round(frechet_distance(evaluation.judge.look(others).features, evaluation.rendered.features), 3)


def times(program: Program, args: argparse.Namespace) -> tuple[dict, dict]:
    """Median seconds of a picture and how many times faster that is than no caching, by setting; where it ran."""
    say(f"times: {args.rounds} rounds")
    record = program.bench(args.settings, args.size, args.rounds)
    rows = {
        setting.name: {"seconds": round(cell["median_seconds"], 3), "speed_up": round(cell["ratio"], 2)}
        for setting, cell in zip(args.settings, record["cells"], strict=True)
    }
    return rows, {key: record[key] for key in ("device", "dtype", "steps", "sampler", "guidance_scale")}


def command_text(args: argparse.Namespace) -> str:
    """The command that makes the report again, with short names for folders that differ between machines."""
    text = "python evaluate.py --work $W --judge $W/classifier.pt --model $MODEL --pictures $P --out evaluation.json"
    numbers = ("seed", "count", "guidance_count", "negative_count", "reconstructions", "rounds")
    text += "".join(f" --{name.replace('_', '-')} {getattr(args, name)}" for name in numbers)
    names = tuple(setting.name for setting in args.settings)
    if names != SETTINGS:
        text += "".join(f" --setting {name}" for name in names)
    return text + "".join(f" {flag}" for flag in program_flags(args))


def program_flags(args: argparse.Namespace) -> list[str]:
    """The flags of every call of the program that were given here."""
    given = {"--steps": args.steps, "--cfg-scale": args.cfg_scale, "--threads": args.threads, "--dtype": args.dtype}
    return [part for name, value in given.items() if value is not None for part in (name, str(value))]


def evaluate(args: argparse.Namespace, program: Program) -> dict:
    """The whole report but for times."""
    evaluation = Evaluation(args, program)
    return {
        "command": command_text(args),
        "prompts": args.count,
        "judge": {"count": args.count, **evaluation.judge_itself()},
        "autoencoder": evaluation.autoencoder(),
        "settings": evaluation.settings(),
        "frechet_distance_of_other_renders": rendered_floor(evaluation),
        "guidance": evaluation.guidance(),
        "negative_prompts": evaluation.negative_prompts(),
    }


def add_times(report: dict, args: argparse.Namespace, program: Program) -> None:
    """Puts times into the rows of the settings, and where they were measured."""
    rows, facts = times(program, args)
    report["hardware"] = {"cpu_cores": os.cpu_count(), "threads": args.threads or "default", **facts}
    for name, row in rows.items():
        report["settings"][name].update(row)


def chosen_settings(args: argparse.Namespace) -> list[Setting]:
    """What --setting says, or SETTINGS; with --bench-only those of the report, of which a part may be said.
    ValueError as `settings_from`, and for one that the report does not have."""
    if not args.bench_only:
        return settings_from(args.setting or SETTINGS)
    reported = json.loads(args.out.read_text())["settings"]
    settings = settings_from(args.setting or reported)
    for setting in settings:
        if setting.name not in reported:
            raise ValueError(f"setting {setting.name}: expected one of {args.out}: {', '.join(reported)}")
    return settings


def say(text: str) -> None:
    print(f"evaluate: {text}", file=sys.stderr, flush=True)


def parse_arguments() -> argparse.Namespace:
    """Command line; the model's recommended guidance where none is given."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, required=True, help="work folder of the model's training, for its vae")
    parser.add_argument("--judge", type=Path, required=True, help="classifier.pt of train_classifier.py")
    parser.add_argument("--model", type=Path, required=True, help="exported model folder")
    parser.add_argument("--pictures", type=Path, required=True, help="folder for the pictures")
    parser.add_argument("--out", type=Path, required=True, help="JSON file to write")
    parser.add_argument("--program", type=Path, default=PROGRAM, help="deepcache-gen (default: %(default)s)")
    parser.add_argument("--count", type=int, default=500, help="prompts")
    parser.add_argument("--seed", type=int, default=1003, help="of the scenes: not one of a training's data set")
    parser.add_argument(
        "--setting",
        action="append",
        metavar="SPEC",
        help="to evaluate beside no caching, as the program's `bench` takes it: 3/0, or a policy such as "
        f"curve:full=8,guidance=held; may be repeated (default: {' '.join(SETTINGS)})",
    )
    parser.add_argument("--guidance-count", type=int, default=100, help="prompts for the effect of guidance")
    parser.add_argument("--negative-count", type=int, default=60, help="prompts for each negative prompt")
    parser.add_argument("--reconstructions", type=int, default=256, help="renders for the autoencoder")
    parser.add_argument("--rounds", type=int, default=5, help="how often each setting's time is measured")
    parser.add_argument("--steps", type=int, help="default: the model's")
    parser.add_argument("--cfg-scale", type=float, help="default: the model's")
    parser.add_argument("--threads", type=int, help="default: the program's")
    parser.add_argument("--dtype", help="default: the program's")
    parser.add_argument("--bench-only", action="store_true", help="only measure times, and put them into --out")
    args = parser.parse_args()
    model = json.loads((args.model / "model.json").read_text())
    args.guidance = args.cfg_scale if args.cfg_scale is not None else float(model["defaults"]["guidance_scale"])
    args.size = model["default_width"]
    args.vae = args.work / "diffusers" / "vae"
    try:
        args.settings = chosen_settings(args)
    except ValueError as error:
        parser.error(str(error))
    return args


@torch.no_grad()
def main() -> None:
    """Command line."""
    args = parse_arguments()
    program = Program(args.program, args.model, tuple(program_flags(args)))
    if args.bench_only:
        report = json.loads(args.out.read_text())
    else:
        report = evaluate(args, program)
        args.out.write_text(json_text(report))
    add_times(report, args, program)
    args.out.write_text(json_text(report))


if __name__ == "__main__":
    main()
