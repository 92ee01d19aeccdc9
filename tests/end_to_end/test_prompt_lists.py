"""Many prompts in one run: text files, JSON lines, stdin, shards, batches."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from expectations import DONE, ERROR, FAILED, USAGE, Run, assert_done, assert_fails, files_below, warnings_of
from PIL import Image

SMALL = ("--steps", 1, "-s", 7)


def pixels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path)).astype(int)


def write(folder: Path, text: str, name: str = "prompts.txt") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_text_file_with_options_comments_and_blank_lines(draw: Run, tmp_path: Path) -> None:
    text = '# barns\n\na red barn --seed 3 -n "two people" --steps 2 -W 72\n  a blue barn\na barn -- -s 5 -b 2\n'
    result = draw(*SMALL, "--prompts", write(tmp_path, text), "-o", "out/", "--json")
    assert result.returncode == DONE, result.stderr
    records = {record["path"]: record for record in map(json.loads, result.stdout.splitlines())}
    assert sorted(records) == ["out/00000.png", "out/00001.png", "out/00002_000.png", "out/00002_001.png"]
    first, second = records["out/00000.png"], records["out/00001.png"]
    assert (first["prompt"], first["negative_prompt"], first["seed"]) == ("a red barn", "two people", 3)
    assert (first["steps"], first["width"], first["height"]) == (2, 72, 64)
    assert (first["item"], first["source"]) == (0, f"{tmp_path}/prompts.txt:3")
    assert (second["prompt"], second["seed"], second["steps"], second["width"]) == ("a blue barn", 7, 1, 64)
    assert records["out/00002_001.png"]["seed"] == 6
    assert files_below(tmp_path / "out") == sorted(Path(path).name for path in records)


def test_json_lines(draw: Run, tmp_path: Path) -> None:
    lines = [
        {"prompt": "a barn -- not a flag", "seed": 3, "output": "barn.png"},
        {"prompt": "a cat", "negative_prompt": "a dog", "cfg-scale": 2.5, "width": None},
    ]
    path = write(tmp_path, "".join(json.dumps(line) + "\n" for line in lines), "prompts.jsonl")
    result = draw(*SMALL, "--prompts", path, "-o", "out/%d.png", "--json")
    first, second = sorted(map(json.loads, result.stdout.splitlines()), key=lambda record: record["item"])
    assert (first["path"], first["prompt"], first["seed"]) == ("barn.png", "a barn -- not a flag", 3)
    assert (second["path"], second["negative_prompt"], second["seed"]) == ("out/1.png", "a dog", 7)
    assert "CFG scale: 2.5," in Image.open(tmp_path / "out/1.png").text["parameters"]


def test_all_bad_lines_are_reported_at_once_and_nothing_is_made(draw: Run, tmp_path: Path) -> None:
    text = "a cat\na dog --setps 3\na cow --steps ten\na pig --width 63\na hen --model other\na fox -n x\n"
    path = write(tmp_path, text)
    result = draw(*SMALL, "--prompts", path, "-o", "out/")
    lines = result.stderr.splitlines()
    assert (result.returncode, result.stdout, len(lines)) == (USAGE, "", 6)
    said = ["did you mean '--steps'", "--steps 'ten'", "--width 63", "--model", "-n"]
    for number, (line, part) in enumerate(zip(lines, said, strict=False), start=2):
        assert line.startswith(f"{ERROR}{path}:{number}: ") and part in line
    assert "5 prompts are not accepted, so nothing was made" in lines[-1]
    assert files_below(tmp_path) == ["prompts.txt"]


def test_a_line_nested_too_deep_is_a_bad_line(draw: Run, tmp_path: Path) -> None:
    """Below 1 MiB; what goes through it level by level would overflow the stack."""
    deep = '{"prompt": ' + "[" * 500_000 + "]" * 500_000 + "}"
    path = write(tmp_path, '{"prompt": "a cat"}\n' + deep + "\n", "prompts.jsonl")
    result = draw(*SMALL, "--prompts", path, "-o", "out/", "--skip-bad-lines")
    assert_done(result, "out/00000.png")
    assert len(warnings_of(result)) == 1 and f"{path}:2: " in warnings_of(result)[0]
    assert "nested more than 100 levels deep" in warnings_of(result)[0]


def test_bad_lines_can_be_skipped(draw: Run, tmp_path: Path) -> None:
    path = write(tmp_path, "a cat\na dog --setps 3\na hen\n")
    result = draw(*SMALL, "--prompts", path, "-o", "out/", "--skip-bad-lines")
    assert_done(result, "out/00000.png", "out/00002.png")
    assert [f"{path}:2: " in warning for warning in warnings_of(result)] == [True]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no prompt"),
        ("# only a comment\n\n", "no prompt"),
        ("a cat -o x.png\n", "-o"),
        ("a --output x.gif", ".png"),
    ],
    ids=repr,
)
def test_lists_that_make_no_sense(draw: Run, tmp_path: Path, text: str, said: str) -> None:
    result = draw(*SMALL, "--prompts", write(tmp_path, text))
    assert result.returncode == USAGE and said in result.stderr
    assert files_below(tmp_path) == ["prompts.txt"]


def test_a_list_that_is_not_there(draw: Run) -> None:
    assert_fails(draw(*SMALL, "--prompts", "none.txt"), FAILED, "none.txt", "No such file")


def test_two_prompts_for_one_file(draw: Run, tmp_path: Path) -> None:
    result = draw(*SMALL, "--prompts", write(tmp_path, "a cat --output x.png\na dog --output ./x.png\n"))
    assert result.returncode == USAGE
    assert "prompts.txt:2" in result.stderr and "same file" in result.stderr


def test_a_picture_is_the_same_alone_and_in_any_batch(draw: Run, tmp_path: Path) -> None:
    """Prompts that agree share UNet calls; in fp32 that changes no sample by more than one level."""
    prompts = ["a cat -s 1", "a dog -s 2 -W 72", 'a cow -s 3 -n "grass" --cfg-scale 3', "a hen -s 4", "an owl -s 5"]
    path = write(tmp_path, "\n".join(prompts).replace(" -", " -- -", 1) + "\n")
    path.write_text("\n".join(prompt.replace(" -s", " -- -s") for prompt in prompts), encoding="utf-8")
    asked = ("--steps", 4, "--interval", 2, "--branch", 0, "--dtype", "fp32", "--prompts", path)
    for size in (1, 4):
        result = draw(*asked, "--batch-size", size, "-o", f"batch{size}/")
        assert result.returncode == DONE and len(result.stdout.splitlines()) == len(prompts), result.stderr
    for name in files_below(tmp_path / "batch1"):
        difference = np.abs(pixels(tmp_path / "batch1" / name) - pixels(tmp_path / "batch4" / name)).max()
        assert difference <= 1, name
    alone = ["-p", "a cow", "-s", 3, "-n", "grass", "--cfg-scale", 3, *asked[:8], "-o", "alone.png"]
    assert_done(draw(*alone), "alone.png")
    assert np.array_equal(pixels(tmp_path / "alone.png"), pixels(tmp_path / "batch1/00002.png"))


def test_prompts_that_agree_share_batches(draw: Run, tmp_path: Path) -> None:
    """Seen in the progress: three of one size go together though another stands between them."""
    path = write(tmp_path, "a cat\na dog -- -W 72\na cow\na hen\n")
    result = draw(*SMALL, "--prompts", path, "--batch-size", 8, "-o", "out/")
    assert "images 1-3/4" in result.stderr and "image 4/4" in result.stderr


def test_shards_make_all_of_a_list_once(draw: Run, tmp_path: Path) -> None:
    path = write(tmp_path, "".join(f"cat number {i}\n" for i in range(7)))
    made = []
    for number in (1, 2, 3):
        result = draw(*SMALL, "--prompts", path, "--shard", f"{number}/3", "-o", "out/")
        assert result.returncode == DONE
        made.append(result.stdout.splitlines())
    assert made[0] == ["out/00000.png", "out/00003.png", "out/00006.png"]
    assert sorted(path for shard in made for path in shard) == [f"out/{i:05d}.png" for i in range(7)]


def test_one_failing_item_does_not_stop_the_rest(program: Path, tiny_model: Path, tmp_path: Path) -> None:
    """The folder of the second picture becomes a file while the first, a slow one, is made."""
    write(tmp_path, "a cat --steps 400 --output one/x.png\na dog --output two/x.png\na hen --output three/x.png\n")
    words = [program, "-m", tiny_model, "-W", 64, "-H", 64, "-t", 1, *SMALL, "--prompts", "prompts.txt", "--json"]
    process = subprocess.Popen(
        [str(word) for word in [*words, "--batch-size", 1]],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    process.stderr.readline()
    (tmp_path / "two").rmdir()
    (tmp_path / "two").write_text("no folder any more")
    results, said = process.communicate(timeout=120)
    assert process.returncode == FAILED
    records = [json.loads(line) for line in results.splitlines()]
    assert [(record["item"], "error" in record) for record in records] == [(0, False), (1, True), (2, False)]
    assert "two/x.png" in records[1]["error"] and records[1]["prompt"] == "a dog"
    assert said.splitlines()[-1] == f"{ERROR}1 of 3 images could not be made: prompts.txt:2"
    assert Image.open(tmp_path / "three/x.png").size == (64, 64)


class Worker:
    """The program as a resident worker that reads prompts from a pipe."""

    def __init__(self, program: Path, model: Path, folder: Path, *flags: object) -> None:
        words = [program, "-m", model, "-W", 64, "-H", 64, "-t", 1, "--steps", 1, "--prompts", "-", *flags]
        self.process = subprocess.Popen(
            [str(word) for word in words],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ask(self, line: str) -> str:
        """Sends a line and waits for its result."""
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().rstrip("\n")


def test_stdin_is_made_line_by_line(program: Path, tiny_model: Path, tmp_path: Path) -> None:
    worker = Worker(program, tiny_model, tmp_path, "--json", "-o", "out/")
    first = json.loads(worker.ask("a cat --seed 3"))
    assert (first["path"], first["item"], first["source"]) == ("out/00000.png", 0, "stdin:1")
    assert Image.open(tmp_path / "out/00000.png").size == (64, 64)
    wrong = json.loads(worker.ask("a dog --setps 3"))
    assert wrong["item"] == 1 and "did you mean '--steps'" in wrong["error"]
    assert json.loads(worker.ask("a hen --output hen.png"))["path"] == "hen.png"
    rest, said = worker.process.communicate(timeout=60)
    assert (worker.process.returncode, rest) == (FAILED, "")
    assert said.splitlines()[-1] == f"{ERROR}1 of 3 images could not be made: stdin:2"


def test_stdin_json_lines_that_end_without_a_newline(draw: Run) -> None:
    result = draw(*SMALL, "--prompts", "-", "-o", "%d.png", input='\n{"prompt": "a cat"}\n{"prompt": "a dog"}')
    assert_done(result, "0.png", "1.png")


def test_empty_stdin_makes_nothing(draw: Run, tmp_path: Path) -> None:
    assert_done(draw(*SMALL, "--prompts", "-", input=""))
    assert files_below(tmp_path) == []


def test_interrupted_while_waiting_for_stdin(program: Path, tiny_model: Path, tmp_path: Path) -> None:
    worker = Worker(program, tiny_model, tmp_path, "-o", "out/")
    assert worker.ask("a cat") == "out/00000.png"
    worker.process.send_signal(2)
    assert worker.process.wait(timeout=30) == 130
    _, said = worker.process.communicate()
    assert "1 image made" in said and said.splitlines()[-1] == "deepcache-gen: interrupted"
