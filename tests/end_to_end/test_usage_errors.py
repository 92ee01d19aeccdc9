"""A wrong command line: exit code 2, one line that names the value and what is accepted, and nothing written."""

from pathlib import Path

import pytest
from expectations import FAILED, Run, assert_fails, assert_rejects, files_below

INTEGER = "whole number"
FINITE = "finite number"

REJECTED: list[tuple[list[str], list[str]]] = [
    (["--steps", "ten"], ["--steps 'ten'", INTEGER]),
    (["--steps", "10abc"], ["--steps '10abc'", INTEGER]),
    (["--steps", ""], ["--steps ''", INTEGER]),
    (["--steps", "1e3"], ["--steps '1e3'", INTEGER]),
    (["--steps", "2.5"], ["--steps '2.5'", INTEGER]),
    (["--steps", " 2"], ["--steps ' 2'", INTEGER]),
    (["--steps", "1\n2"], ["--steps '1\\n2'", INTEGER]),
    (["--steps", "99999999999999999999"], ["99999999999999999999", "does not fit", "2147483647"]),
    (["--steps", "0"], ["--steps 0", "1 to 1000"]),
    (["--steps", "-3"], ["--steps -3", "1 to 1000"]),
    (["--steps", "1001"], ["--steps 1001", "1 to 1000"]),
    (["--width", "0"], ["--width 0", "8 to 8192"]),
    (["--width", "-64"], ["--width -64", "8 to 8192"]),
    (["--width", "513"], ["--width 513", "divisible by 8", "512", "520"]),
    (["--height", "100000"], ["--height 100000", "8 to 8192"]),
    (["--height", "0x40"], ["--height '0x40'", INTEGER]),
    (["--cfg-scale", "nan"], ["--cfg-scale 'nan'", FINITE]),
    (["--cfg-scale", "inf"], ["--cfg-scale 'inf'", FINITE]),
    (["--cfg-scale", "1e999"], ["--cfg-scale '1e999'", FINITE]),
    (["--cfg-scale", "strong"], ["--cfg-scale 'strong'", FINITE]),
    (["--cfg-scale", "7,5"], ["--cfg-scale '7,5'", FINITE]),
    (["--cfg-scale", "-1"], ["--cfg-scale -1", "0 or more"]),
    (["--seed", "1.5"], ["--seed '1.5'", INTEGER]),
    (["--seed", "9223372036854775808"], ["--seed '9223372036854775808'", "does not fit"]),
    (["--seed", "9223372036854775807", "-b", "2"], ["--seed 9223372036854775807"]),
    (["--interval", "0"], ["--interval 0", "1 to 4"]),
    (["--interval", "5"], ["--interval 5", "1 to 4", "number of steps"]),
    (["--interval", "-2"], ["--interval -2", "1 to 4"]),
    (["--interval", "2", "--branch", "12"], ["--branch 12", "0 to 11", "model"]),
    (["--interval", "2", "--branch", "-1"], ["--branch -1", "0 to 11"]),
    (["--cache-interval", "2", "--cache-branch-id", "99"], ["--branch 99", "0 to 11"]),
    (["--branch", "1"], ["--branch 1", "--interval"]),
    (["-b", "0"], ["--batch-count 0", "1 to"]),
    (["-b", "many"], ["--batch-count 'many'", INTEGER]),
    (["--batch-size", "0"], ["--batch-size 0", "1 to"]),
    (["--sampling-method", "eulr"], ["'eulr'", "did you mean 'euler'?", "pndm, ddim, euler, euler_a, dpm++2m"]),
    (["--sampling-method", "unipc_bh2_x"], ["'unipc_bh2_x'", "pndm, ddim, euler, euler_a, dpm++2m"]),
    (["--scheduler", "karas"], ["'karas'", "did you mean 'karras'?", "discrete, karras"]),
    (["--sampling-method", "ddim", "--scheduler", "karras"], ["'ddim'", "'karras'", "euler", "dpm++2m"]),
    (["--stpes", "3"], ["'--stpes'", "did you mean '--steps'?"]),
    (["--no-such-flag-at-all"], ["'--no-such-flag-at-all'", "--help"]),
    (["-x"], ["'-x'"]),
    (["cat"], ["'cat'"]),
    (["--steps"], ["--steps", "missing"]),
    (["--steps", "--json"], ["--steps", "missing"]),
    (["--steps", "3", "--steps", "4"], ["--steps", "once"]),
    (["--json=yes"], ["--json", "takes no value"]),
    (["-q", "-v"], ["--quiet", "--verbose"]),
    (["-o", ""], ["--output ''"]),
    (["-o", "cat.gif"], ["cat.gif", ".png, .jpg, .jpeg or .webp"]),
    (["-o", "a%s.png"], ["a%s.png", "%03d"]),
    (["-o", "%d-%d.png"], ["%d-%d.png", "at most one"]),
    (["--save-latents", "latents.bin"], ["latents.bin", ".npy"]),
    (["--batch-count", "-1"], ["--batch-count -1", "1 to"]),
    (["--threads", "0"], ["--threads 0", "1 to"]),
    (["--threads", "99999"], ["--threads 99999", "1 to"]),
    (["--cudnn-benchmark", "--device", "cpu"], ["--cudnn-benchmark", "--device cuda"]),
    (["--tf32", "--device", "cpu", "--dtype", "fp32"], ["--tf32", "fp32 on cpu", "--device cuda"]),
    (["--dtype", "fp8"], ["'fp8'", "auto, fp32, fp16, bf16"]),
    (["--device", "cpuu"], ["'cpuu'", "did you mean 'cpu'?", "cuda:N"]),
    (["--device", "cuda:x"], ["'cuda:x'", "cuda:N"]),
    (["--device", "cuda:99"], ["--device cuda:99"]),
]


@pytest.mark.parametrize(("arguments", "said"), REJECTED, ids=lambda value: " ".join(value) if value else "")
def test_rejected(run: Run, tiny_model: Path, tmp_path: Path, arguments: list[str], said: list[str]) -> None:
    steps = [] if "--steps" in arguments else ["--steps", 4]
    assert_rejects(run("-m", tiny_model, "-p", "a cat", *steps, *arguments), *said)
    assert files_below(tmp_path) == []


def test_no_arguments(run: Run) -> None:
    assert_rejects(run(), "--prompt", "--help")


def test_empty_model_name(run: Run) -> None:
    assert_rejects(run("-p", "a cat", "-m", ""), "--model ''", "path")


def test_no_cuda_device_is_said(draw: Run, tmp_path: Path) -> None:
    """A device list that is empty hides the GPUs of a machine that has some."""
    result = draw("-p", "a cat", "--steps", 1, "--device", "cuda", env={"CUDA_VISIBLE_DEVICES": ""})
    assert_rejects(result, "--device cuda", "--device cpu")
    assert files_below(tmp_path) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["inspect"], ["inspect MODEL"]),
        (["inspect", "there", "--steps", "3"], ["--steps", "inspect"]),
        (["inspetc", "there"], ["'inspetc'", "did you mean 'inspect'?"]),
    ],
    ids=lambda value: " ".join(value),
)
def test_inspect_rejected(run: Run, arguments: list[str], said: list[str]) -> None:
    assert_rejects(run(*arguments), *said)


def test_inspect_of_nothing_fails(run: Run) -> None:
    assert_rejects(run("inspect", "not-there"), "unknown model 'not-there'", "no such folder")
    assert_fails(run("inspect", "./not-there"), FAILED, "./not-there", "no such folder")
