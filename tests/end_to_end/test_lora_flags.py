"""LoRA as a user meets them: names, records, and that nothing of one is left in the next picture."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from expectations import DONE, FAILED, USAGE, Run, assert_done, assert_fails, assert_rejects, files_below, warnings_of
from PIL import Image
from safetensors.torch import load_file, save_file

ASKED = ("-p", "a cat", "--steps", 2, "-s", 7, "--dtype", "fp32")
LAYERS = ("attn1.to_q", "attn2.to_k", "attn2.to_out.0", "ff.net.2")

WriteLora = Callable[..., Path]


@pytest.fixture
def write_lora(tiny_model: Path, tmp_path: Path) -> WriteLora:
    """Writes a LoRA for the tiny model into the folder of the run, or one of another width."""
    weights = load_file(next((tiny_model.with_name("tiny-diffusers") / "unet").glob("*.safetensors")))

    def write(name: str, seed: int = 1, rank: int = 2, wider: int = 0) -> Path:
        random = torch.Generator().manual_seed(seed)
        tensors = {}
        for weight, numbers in weights.items():
            path = weight.removesuffix(".weight")
            if not path.endswith(LAYERS):
                continue
            layer = "lora_unet_" + path.replace(".", "_")
            outputs, inputs = numbers.shape
            tensors[f"{layer}.lora_down.weight"] = torch.randn(rank, inputs + wider, generator=random) * 0.3
            tensors[f"{layer}.lora_up.weight"] = torch.randn(outputs, rank, generator=random) * 0.3
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        save_file(tensors, file)
        return file

    return write


def pixels(path: Path) -> bytes:
    return Image.open(path).tobytes()


def settings_in(path: Path) -> dict:
    return json.loads(Image.open(path).text["deepcache-gen"])


def test_it_changes_the_picture_by_its_weight(draw: Run, write_lora: WriteLora, tmp_path: Path) -> None:
    write_lora("x.safetensors")
    for name, flags in {
        "plain": (),
        "one": ("--lora", "x.safetensors"),
        "whole": ("--lora", "x.safetensors:1"),
        "half": ("--lora", "x.safetensors:0.5"),
        "halves": ("--lora", "x.safetensors:0.25", "--lora", tmp_path / "x.safetensors:0.25"),
        "none": ("--lora", "x.safetensors:0"),
        "gone": ("--lora", "x.safetensors:0.5", "--lora", "x.safetensors:-0.5"),
    }.items():
        assert_done(draw(*ASKED, *flags, "-o", f"{name}.png"), f"{name}.png")
    made = {
        name: pixels(tmp_path / f"{name}.png") for name in ("plain", "one", "half", "halves", "none", "gone", "whole")
    }
    assert made["one"] == made["whole"] and made["half"] == made["halves"]
    assert made["none"] == made["gone"] == made["plain"]
    assert len({made["plain"], made["one"], made["half"]}) == 3


def test_pictures_of_a_list_equal_those_made_alone(draw: Run, write_lora: WriteLora, tmp_path: Path) -> None:
    """Whatever was added before; a line's LoRA replace the command's, and an empty one takes them off."""
    write_lora("x.safetensors"), write_lora("y.safetensors", seed=2, rank=3)
    flags = ["--lora x.safetensors:0.8", "", "--lora y.safetensors", '--lora ""', "--lora x.safetensors:0.8"]
    flags += ["--lora y.safetensors --lora x.safetensors:-1", "--lora x.safetensors:0.3"]
    alone = [*flags]
    alone[1] = "--lora y.safetensors:2"  # the command's
    (tmp_path / "list.txt").write_text("".join(f"a cat --seed {i} {flag}\n" for i, flag in enumerate(flags)))
    together = draw(
        *ASKED[2:4], "--dtype", "fp32", "--prompts", "list.txt", "--lora", "y.safetensors:2", "-o", "t/%d.png"
    )
    assert together.returncode == DONE, together.stderr
    for i, flag in enumerate(alone):
        words = flag.replace('""', "").split() if '""' not in flag else []
        made = draw("-p", "a cat", "--steps", 2, "--dtype", "fp32", "-s", i, *words, "-o", f"a/{i}.png")
        assert_done(made, f"a/{i}.png")
        assert pixels(tmp_path / f"a/{i}.png") == pixels(tmp_path / f"t/{i}.png"), flag


@pytest.mark.parametrize("dtype", ["bf16", "fp16"])
def test_nothing_is_left_in_the_next_picture(draw: Run, write_lora: WriteLora, tmp_path: Path, dtype: str) -> None:
    write_lora("x.safetensors")
    lines = ["a cat --lora x.safetensors", "a cat", "a dog --lora x.safetensors:0.2"]
    (tmp_path / "list.txt").write_text("\n".join(f"{line} --seed 7" for line in lines) + "\n")
    made = draw("--prompts", "list.txt", "--steps", 2, "--dtype", dtype, "--batch-size", 1, "-o", "l/%d.png")
    assert made.returncode == DONE, made.stderr
    assert_done(draw("-p", "a cat", "--steps", 2, "--dtype", dtype, "-s", 7, "-o", "alone.png"), "alone.png")
    assert pixels(tmp_path / "l/1.png") == pixels(tmp_path / "alone.png")
    assert pixels(tmp_path / "l/0.png") != pixels(tmp_path / "alone.png")


@pytest.mark.parametrize("name", ["x", "x.safetensors", "sub/x", "sub/x.safetensors"])
def test_names_are_looked_up_in_the_folder(draw: Run, write_lora: WriteLora, tmp_path: Path, name: str) -> None:
    file = write_lora("loras/sub/x.safetensors")
    folder = ("--lora-dir", "loras") if "/" not in name else ("--lora-model-dir", "loras")
    if "/" in name:
        name = f"loras/{name}" if name.endswith("safetensors") else "x"
    assert_done(draw(*ASKED, *folder, "--lora", f"{name}:0.5", "-o", "named.png"), "named.png")
    assert_done(draw(*ASKED, "--lora", f"{file}:0.5", "-o", "path.png"), "path.png")
    assert pixels(tmp_path / "named.png") == pixels(tmp_path / "path.png")


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--lora", "wniter"), ("--lora 'wniter'", "did you mean 'winter'?")),
        (("--lora", "summer-of-love:1"), ("--lora 'summer-of-love:1'", "3 .safetensors files")),
        (("--lora", "..:1"), ("--lora '..:1'", "..")),
        (("--lora", "a\nb"), ("--lora 'a\\nb'", "control characters")),
        (("--lora", "two"), ("--lora 'two'", "two.safetensors", "write which")),
        (("--lora", "loras/winter.safetensors:101"), ("--lora 'loras/winter.safetensors:101'", "-100 to 100")),
        (("--lora", "loras/winter.safetensors:1e999"), ("-100 to 100",)),
        (("--lora", "loras/winter.safetensors:nan"), ("-100 to 100",)),
        (("--lora", "loras/nowhere.safetensors:0.5"), ("there is no file 'loras/nowhere.safetensors'",)),
        (("--lora", "loras/winter.safetensors:half"), ("WEIGHT is a number",)),
        (("--lora", "loras"), ("loras",)),
        (("--lora-dir", "nowhere", "--lora", "x"), ("--lora-dir 'nowhere'", "No such file")),
    ],
    ids=str,
)
def test_what_is_not_to_be_had_is_said(
    draw: Run, write_lora: WriteLora, tmp_path: Path, flags: tuple[str, ...], said: tuple[str, ...]
) -> None:
    for name in ("loras/winter.safetensors", "loras/one/two.safetensors", "loras/other/two.safetensors"):
        write_lora(name)
    before = files_below(tmp_path)
    folder = () if "--lora-dir" in flags else ("--lora-dir", "loras")
    assert_rejects(draw(*ASKED, *folder, *flags), *said)
    assert files_below(tmp_path) == before


def test_one_of_another_family_is_refused_before_anything_is_made(
    draw: Run, write_lora: WriteLora, tmp_path: Path
) -> None:
    write_lora("wide.safetensors", wider=5)
    before = files_below(tmp_path)
    assert_fails(draw(*ASKED, "--lora", "wide.safetensors"), USAGE, "--lora", "wide.safetensors")
    (tmp_path / "list.txt").write_text("a cat\na dog --lora wide.safetensors\n")
    before = files_below(tmp_path)
    made = draw("--prompts", "list.txt", "--steps", 2, "-o", "%d.png")
    assert made.returncode == USAGE and not made.stdout
    assert "list.txt:2: --lora" in made.stderr and "nothing was made" in made.stderr
    assert files_below(tmp_path) == before
    skipping = draw("--prompts", "list.txt", "--steps", 2, "-o", "%d.png", "--skip-bad-lines")
    assert (skipping.returncode, skipping.stdout.splitlines()) == (DONE, ["0.png"])


def test_a_line_of_stdin_that_does_not_fit_leaves_the_others(draw: Run, write_lora: WriteLora, tmp_path: Path) -> None:
    write_lora("wide.safetensors", wider=5), write_lora("x.safetensors")
    lines = ["a cat --lora wide.safetensors", "a dog --lora x.safetensors", '{"no": "json"}']
    made = draw("--prompts", "-", "--steps", 2, "-o", "%d.png", input="\n".join(lines[:2]) + "\n")
    assert (made.returncode, made.stdout.splitlines()) == (FAILED, ["1.png"])
    assert "stdin:1: --lora" in made.stderr


def test_it_is_recorded_and_made_again(draw: Run, write_lora: WriteLora, tmp_path: Path) -> None:
    write_lora("loras/x.safetensors"), write_lora("y.safetensors", seed=2)
    flags = ("--lora-dir", "loras", "--lora", "x:0.5", "--lora", "y.safetensors")
    assert_done(draw(*ASKED, *flags, "-o", "first.png"), "first.png")
    settings = settings_in(tmp_path / "first.png")
    assert settings["lora"] == ["loras/x.safetensors:0.5", "y.safetensors:1"]
    assert [text.partition(":")[2] for text in settings["lora_sha256"]] == ["0.5", "1"]
    parameters = Image.open(tmp_path / "first.png").text["parameters"]
    assert 'Lora hashes: "x: ' in parameters

    assert_done(draw("--from-image", "first.png", "--dtype", "fp32", "-o", "again.png"), "again.png")
    assert pixels(tmp_path / "again.png") == pixels(tmp_path / "first.png")
    without = draw("--from-image", "first.png", "--dtype", "fp32", "--lora", "", "-o", "without.png")
    assert_done(without, "without.png")
    assert pixels(tmp_path / "without.png") != pixels(tmp_path / "first.png")


def test_tags_of_a_prompt(draw: Run, write_lora: WriteLora, tmp_path: Path) -> None:
    """In the style of AUTOMATIC1111: the prompt is recorded with them and read without."""
    write_lora("loras/x.safetensors")
    style = (*ASKED[2:], "--prompt-style", "a1111", "--lora-dir", "loras")
    assert_done(draw(*style, "-p", "a cat", "--lora", "x:0.5", "-o", "flag.png"), "flag.png")
    assert_done(draw(*style, "-p", "a cat<lora:x:0.5>", "-o", "tag.png"), "tag.png")
    assert_done(draw(*style, "-p", "a cat<lora:x:0.25>", "--lora", "x:0.25", "-o", "both.png"), "both.png")
    made = {name: pixels(tmp_path / f"{name}.png") for name in ("flag", "tag", "both")}
    assert made["flag"] == made["tag"] == made["both"]
    settings = settings_in(tmp_path / "tag.png")
    assert settings["prompt"] == "a cat<lora:x:0.5>" and "lora" not in settings
    assert settings["lora_dir"] == "loras"
    assert_done(draw("--from-image", "tag.png", "--dtype", "fp32", "-o", "again.png"), "again.png")
    assert pixels(tmp_path / "again.png") == made["tag"]


def test_tags_that_are_not_followed(draw: Run, write_lora: WriteLora, tmp_path: Path) -> None:
    write_lora("loras/x.safetensors")
    style = (*ASKED[2:], "--prompt-style", "a1111")
    assert_rejects(draw(*style, "-p", "a cat<lora:x:0.5>", "-o", "p.png"), "'x'", "--lora-dir")
    assert_rejects(draw(*style, "--lora-dir", "loras", "-p", "a cat<lora:y>", "-o", "p.png"), "'y'", "did you mean 'x'")
    assert_rejects(draw(*style, "--lora-dir", "loras", "-p", "a cat<lora:../x>", "-o", "p.png"), "'../x'")
    assert_rejects(draw(*style, "--lora-dir", "loras", "-p", "a cat<lora:x:1e6>", "-o", "p.png"), "-100 to 100")
    negative = draw(*style, "--lora-dir", "loras", "-p", "a cat", "-n", "grey<lora:x:0.5>", "-o", "negative.png")
    assert_done(negative, "negative.png")
    assert ["left out" in warning for warning in warnings_of(negative)] == [True]
    assert_done(draw(*style, "-p", "a cat", "-n", "grey", "-o", "grey.png"), "grey.png")
    assert pixels(tmp_path / "negative.png") == pixels(tmp_path / "grey.png")


def test_resume_compares_what_is_in_the_files(draw: Run, write_lora: WriteLora, tmp_path: Path) -> None:
    write_lora("x.safetensors")
    asked = (*ASKED, "--resume", "-o", "p.png")
    assert_done(draw(*asked, "--lora", "x.safetensors:0.5"), "p.png")
    (tmp_path / "x.safetensors").rename(tmp_path / "y.safetensors")
    assert "there already" in draw(*asked, "--lora", "y.safetensors:0.5").stderr
    assert_rejects(draw(*asked, "--lora", "y.safetensors:0.6"), "p.png", "holds something else")
    assert_rejects(draw(*asked), "p.png", "holds something else")
    write_lora("y.safetensors", seed=9)
    assert_rejects(draw(*asked, "--lora", "y.safetensors:0.5"), "p.png", "holds something else")


def test_lists_in_json_and_in_the_configuration(draw: Run, write_lora: WriteLora, tmp_path: Path) -> None:
    write_lora("x.safetensors"), write_lora("y.safetensors", seed=2)
    two = ("--lora", "x.safetensors:0.5", "--lora", "y.safetensors")
    assert_done(draw(*ASKED, *two, "-o", "flags.png"), "flags.png")
    assert_done(draw(*ASKED, "-o", "plain.png"), "plain.png")
    entries = [{"lora": ["x.safetensors:0.5", "y.safetensors"]}, {"lora": []}, {}]
    lines = [json.dumps({"prompt": "a cat", "seed": 7} | entry) for entry in entries]
    (tmp_path / "list.jsonl").write_text("\n".join(lines) + "\n")
    (tmp_path / "c.toml").write_text('lora = ["x.safetensors:0.5", "y.safetensors"]\n')
    made = draw("--config", "c.toml", "--prompts", "list.jsonl", "--steps", 2, "--dtype", "fp32", "-o", "%d.png")
    assert made.returncode == DONE, made.stderr
    flags, plain = pixels(tmp_path / "flags.png"), pixels(tmp_path / "plain.png")
    assert [pixels(tmp_path / f"{i}.png") for i in range(3)] == [flags, plain, flags]


def test_details_say_what_was_added(draw: Run, write_lora: WriteLora) -> None:
    write_lora("x.safetensors")
    made = draw(*ASKED, "--lora", "x.safetensors", "-v", "-o", "p.png")
    assert made.returncode == DONE, made.stderr
    assert "rank 2" in made.stderr and "layers of unet" in made.stderr
    assert not warnings_of(made)


def test_compare_takes_it(draw: Run, write_lora: WriteLora, tmp_path: Path) -> None:
    write_lora("x.safetensors")
    made = draw("compare", *ASKED[:6], "--lora", "x.safetensors", "--interval", 2, "--branch", 0, "-o", "c")
    assert made.returncode == DONE, made.stderr
    texts = [Image.open(path).text for path in (tmp_path / "c").glob("*.png")]
    records = [json.loads(text["deepcache-gen"]) for text in texts if "deepcache-gen" in text]
    assert [record["lora"] for record in records] == [["x.safetensors:1"]] * 2


def test_latents_are_those_of_the_weights(draw: Run, write_lora: WriteLora, tmp_path: Path) -> None:
    """A list of one and a batch of two are the same to a picture."""
    write_lora("x.safetensors")
    flags = ("--lora", "x.safetensors", "--save-latents")
    assert_done(draw(*ASKED, *flags, "one.npy", "-o", "one.png"), "one.png")
    assert draw(*ASKED, "-b", 2, *flags, "two.npy", "-o", "two%d.png").returncode == DONE
    assert np.allclose(np.load(tmp_path / "one.npy")[0], np.load(tmp_path / "two.npy")[0], rtol=1e-4, atol=1e-5)
