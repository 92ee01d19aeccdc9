"""Prompts in AUTOMATIC1111's style against an independent reading of its rules: parts, ids, weights, whole pictures."""

import json
import random
import re
import subprocess
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
import test_images
import test_tokenizer
import weighted_prompts
from diffusers_pipeline import CountingHelper, run_diffusers
from generation_case import LARGEST, Case
from test_images import LATENT_TOLERANCE, Generate, relative_difference
from test_tokenizer import MAX_LENGTH
from tokenizer_prompts import HAND_PICKED
from transformers import CLIPTokenizer
from weighted_prompts import FIRST_ADDED, Chunks, Frame
from worst_differences import WorstDifferences

pytestmark = test_images.pytestmark
pipeline_of, generate = test_images.pipeline_of, test_images.generate
clip_folder = test_tokenizer.clip_folder

STYLE = ("--prompt-style", "a1111")
WRITTEN = [
    "normal text",
    "an (important) word",
    "(unbalanced",
    r"\(literal\]",
    "(unnecessary)(parens)",
    "a (((house:1.3)) [on] a (hill:0.5), sun, (((sky))).",
    "(a [b] c:1.2)",
    "((a))",
    "(a:1.3",
    "(a:b:1.3)",
    r"a\b",
    r"a\\b \[c\] \(d:1.5\)",
    "a:1.3)",
    "a ) b ] c",
    "[[[less]]] (((more)))",
    "([(a:1.5) b] c:0.7) d",
    "(a : 1.2 ) (b: -0.5) (c:+.5) (d:1.)",
    "(:1.5)",
    "()",
    "[]",
    "(",
    "",
    " BREAK ",
    "BREAK",
    "BREAK BREAK",
    "a BREAK b",
    "a BREAKb cBREAK d_BREAK BREAK1 éBREAK",
    "a\nBREAK\n\n b",
    "foo:BREAK:bar",
    "BREAK a",
    "a BREAK",
    "(a BREAK b:1.2) c",
    "(a:1.2)BREAK[b]",
    "a, (b, c:1.1), d",
    "cat(s) and do(g)",
    "(a:0) (b:0.0) c",
    "a [b:c] d",
    "[a (b:1.2)]",
    "tree :) :( smile",
]
LONG = [
    ", ".join(["a red cat"] * 40),
    " ".join(["word"] * 200),
    " ".join(["word"] * 75) + ", end",
    " ".join(["word"] * 74) + ", end, more",
    " ".join(["word"] * 60) + ", " + " ".join(["tail"] * 14) + " end",
    " ".join(["word"] * 53) + ", " + " ".join(["tail"] * 21) + " end",
    " ".join(["word"] * 54) + ", " + " ".join(["tail"] * 20) + " end",
    " ".join(["word"] * 55) + ", " + " ".join(["tail"] * 19) + " end",
    ",".join([" "] * 90),
    "(" + " ".join(["deep"] * 80) + ":1.4), [" + " ".join(["shallow"] * 80) + "]",
    " ".join(["word"] * 75) + " BREAK " + " ".join(["next"] * 75) + " BREAK",
    "a BREAK " + ", ".join(["(b c:1.2)"] * 40) + " BREAK BREAK d",
    "a<|endoftext|>b " * 30,
    "wow!!! (so! much!:1.2)",
]
# A word of the alphabet of prompts, for random ones.
SCRAPS = [
    "(",
    ")",
    "[",
    "]",
    ":",
    "\\",
    ":1.2)",
    ":.5 )",
    "BREAK",
    " BREAK ",
    ",",
    ", ",
    "cat",
    " dog",
    "é",
    " ",
    "|>",
    "!",
]


def random_prompts(count: int) -> list[str]:
    rng = random.Random(7)
    return ["".join(rng.choices(SCRAPS, k=rng.randrange(1, 60))) for _ in range(count)]


def read_by_ours(build_dir: Path, folder: Path, section: dict[str, Any], asked: dict[str, Any]) -> list[dict[str, Any]]:
    program = build_dir / "tests" / "chunk_prompts"
    assert program.is_file(), f"{program} is not built"
    (folder / "model.json").write_text(json.dumps({"tokenizer": section}), encoding="utf-8")
    run = subprocess.run([program, folder], input=json.dumps(asked).encode(), capture_output=True, timeout=60)
    assert run.returncode == 0, run.stderr.decode()
    return [json.loads(line) for line in run.stdout.splitlines()]


@pytest.mark.parametrize("added", [{}, {"cat": 3, "red cat": 30, "my style": 1}], ids=["plain", "added"])
@pytest.mark.parametrize("pad_token", ["<|endoftext|>", "!"])
def test_parts_and_chunks(build_dir: Path, clip_folder: Path, pad_token: str, added: dict[str, int]) -> None:
    files = {"vocab": str(clip_folder / "vocab.json"), "merges": str(clip_folder / "merges.txt")}
    # The web UI's tokenizers know no padding token that is also a word.
    cuts = CLIPTokenizer(**files)
    pad = CLIPTokenizer(**files, pad_token=pad_token).pad_token_id
    frame = Frame(cuts.bos_token_id, cuts.eos_token_id, pad, MAX_LENGTH)
    section = {"type": "clip", "vocabulary": "vocab.json", "merges": "merges.txt", "max_length": MAX_LENGTH}
    section |= {"bos_id": frame.start, "eos_id": frame.end, "pad_id": pad, "unk_id": frame.end}

    def tokenize(text: str) -> list[int]:
        return cuts(text, add_special_tokens=False).input_ids

    commas = set(tokenize(","))
    known, first = {}, FIRST_ADDED
    for spelling, vectors in added.items():
        known[tuple(tokenize(spelling))] = list(range(first, first + vectors))
        first += vectors
    prompts = WRITTEN + LONG + [p for p in HAND_PICKED if "\\" not in p] + random_prompts(1000)
    prompts += [f"a photo of my style, {text} red cat" for text in LONG]
    tokens = [{"spelling": spelling, "vectors": vectors} for spelling, vectors in added.items()]
    ours = read_by_ours(build_dir, clip_folder, section, {"prompts": prompts, "added": tokens})
    read = 0
    for prompt, found in zip(prompts, ours, strict=True):
        if "error" in found:
            assert is_refused(prompt, found["error"]), (prompt, found)
            continue
        read += 1
        parts = weighted_prompts.parse(prompt)
        assert [[tuple(text) for text in part] for part in found["parts"]] == parts, prompt
        chunks = Chunks(frame, commas, known).cut(parts, tokenize)
        assert [(chunk["ids"], chunk["weights"]) for chunk in found["chunks"]] == chunks, prompt
    assert read > 0.8 * len(prompts)


def is_refused(prompt: str, message: str) -> bool:
    """Whether the web UI would not have read it as weights, or the program says that it goes too far."""
    if "is no number" in message:
        try:
            weighted_prompts.parse(prompt)
        except ValueError:
            return True
    if "the prompt changes on the way" in message:
        return re.search(r"\[.*:\s*[+-]?\.?\d.*\]", prompt, re.DOTALL) is not None
    if "the words take turns" in message:
        return re.search(r"\[.*\|.*\]", prompt, re.DOTALL) is not None
    return "expected at most 100" in message


REFUSED = {
    "(a:1.2.3)": "'1.2.3'",
    "(a:.)": "'.'",
    "[a:b:0.5]": "'[a:b:0.5]'",
    "a [b:0.5] c": "'[b:0.5]'",
    "[a::10]": "'[a::10]'",
    "[a (b:1.2):c: 0.5 ] d": "'[a (b:1.2):c: 0.5 ]'",
    "a [b|c] d": "'[b|c]'",
    "(a [b|(c:1.1)|d]:1.2)": "'[b|(c:1.1)|d]'",
    "cats AND dogs": "AND",
    "a AND(b:1.2)": "AND",
    "<hypernet:x:1>": "'<hypernet:x:1>'",
    "<lora:x:y>": "'<lora:x:y>'",
    "<lora:x:1:0.5>": "'<lora:x:1:0.5>'",
    "(" * 101: "brackets",
    "(" * 60 + "a": "weighs",
    "(a:1000)": "weighs 1000",
    "BREAK " * 200: "more than 100 chunks",
}


def test_what_means_something_else_is_refused_by_name(build_dir: Path, clip_folder: Path) -> None:
    section = {"type": "clip", "vocabulary": "vocab.json", "merges": "merges.txt", "max_length": MAX_LENGTH}
    section |= {"bos_id": 49406, "eos_id": 49407, "pad_id": 49407, "unk_id": 49407}
    ours = read_by_ours(build_dir, clip_folder, section, {"prompts": list(REFUSED), "added": []})
    for (prompt, named), found in zip(REFUSED.items(), ours, strict=True):
        assert named in found.get("error", ""), (prompt, found)
        assert "\n" not in found["error"]


WEIGHTED = r"a (photo:1.3) of [an] ((astronaut)), riding \(a horse\) BREAK on the (moon:0.6)"
MANY = ", ".join(f"{count} (red:1.2) cats and a [dark] sky at night" for count in range(12))


def cases() -> list[Case]:
    found = []
    for model in ("sd15", "sd21-v", "sdxl"):
        for interval, branch in ((None, None), (3, 0), (3, LARGEST)):
            cached = {"model": model, "interval": interval, "branch": branch}
            found += [
                Case(prompt=WEIGHTED, negative="(ugly:1.4) dog", **cached),
                Case(prompt="a cat", negative=MANY, **cached),
                Case(prompt=MANY, **cached),
            ]
        found += [
            Case(model=model, prompt="", negative=""),
            Case(model=model, prompt=MANY, guidance=1),
            Case(model=model, prompt=f"{WEIGHTED}!!!", negative="!", images=2, interval=3, branch=1),
        ]
    return found


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case}-{crc32(case.prompt.encode()) % 997}")
def test_pictures_equal_the_web_ui(
    case: Case, generate: Generate, pipeline_of: Any, worst_differences: WorstDifferences
) -> None:
    pipeline = pipeline_of(case.model)
    texts = weighted_prompts.told(pipeline, case.prompt, case.negative, case.guidance > 1)
    ours, theirs = generate(case, *STYLE), run_diffusers(pipeline, case, CountingHelper, texts)
    difference = relative_difference(ours.latents, theirs.latents)
    worst_differences.note(f"latents, weighted prompts, {case.model}", difference, str(case))
    assert difference <= LATENT_TOLERANCE


def test_weights_make_a_difference(generate: Generate) -> None:
    weighted, plain = (generate(Case(prompt=prompt), *STYLE).latents for prompt in (WEIGHTED, WEIGHTED.lower()))
    assert relative_difference(weighted, plain) > 0.001
    as_it_stands = generate(Case(prompt=WEIGHTED)).latents
    assert relative_difference(weighted, as_it_stands) > 0.001


def test_without_syntax_both_styles_are_one(generate: Generate) -> None:
    case = Case(prompt="a cat, a dog", negative="a blue house")
    assert (generate(case).latents == generate(case, *STYLE).latents).all()


def test_lists_of_different_lengths_make_each_picture_as_alone(
    program: Path, models_dir: Path, tmp_path: Path, generate: Generate
) -> None:
    prompts = ["a cat", MANY, "a (dog:1.3) BREAK a house", "a cat"]
    (tmp_path / "prompts.txt").write_text("\n".join(prompts))
    command = [
        program,
        "--model",
        models_dir / "sd15",
        "--prompts",
        tmp_path / "prompts.txt",
        *STYLE,
        "--dtype",
        "fp32",
    ]
    command += ["--threads", "1", "--seed", "11", "--steps", "6", "--width", "64", "--height", "64", "--interval", "3"]
    command += ["--cfg-scale", "7.5", "--batch-size", "4", "--output", f"{tmp_path}/list/%d.png"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert result.returncode == 0, result.stderr
    made = sorted((tmp_path / "list").iterdir())
    assert len(made) == len(prompts)
    for prompt, file in zip(prompts, made, strict=True):
        alone = generate(Case(prompt=prompt, interval=3, branch=0), *STYLE)
        assert (test_images.np.asarray(test_images.Image.open(file)) == alone.pictures[0]).all(), prompt
