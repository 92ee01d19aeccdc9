"""Image to image, inpainting, hires: in lists, resumed, planned, traced, recorded; and what doesn't go together."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from expectations import DONE, USAGE, Run, assert_done, assert_fails, assert_rejects, files_below, warnings_of
from odd_pictures import encoded, picture
from PIL import Image

ASKED = ("-p", "a cat", "--steps", 8, "-s", 7)
FROM = ("-i", "photo.png")
MASKED = (*FROM, "--mask", "mask.png")


def pixels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB")).astype(int)


@pytest.fixture(autouse=True)
def pictures(tmp_path: Path) -> list[str]:
    """Two pictures and two masks."""
    (tmp_path / "photo.png").write_bytes(encoded(picture(), "PNG"))
    (tmp_path / "other.png").write_bytes(encoded(picture((70, 64)).rotate(90), "PNG"))
    for name, box in (("mask", (20, 20, 70, 60)), ("elsewhere", (0, 0, 40, 40))):
        mask = Image.new("L", (90, 70))
        mask.paste(255, box)
        mask.save(tmp_path / f"{name}.png")
    return files_below(tmp_path)


REJECTED: list[tuple[list[object], list[str]]] = [
    (["--strength", 0.5], ["--strength", "--init-img"]),
    (["--mask", "mask.png"], ["--mask", "--init-img"]),
    (["--mask-blur", 2], ["--mask-blur", "--mask"]),
    ([*FROM, "--mask-blur", 2], ["--mask-blur", "--mask"]),
    ([*FROM, "--mask-only", 8], ["--mask-only", "--mask"]),
    ([*FROM, "--keep-unmasked"], ["--keep-unmasked", "--mask"]),
    ([*FROM, "--strength", 0], ["--strength 0", "above 0", "1"]),
    ([*FROM, "--strength", -0.5], ["--strength -0.5", "above 0", "1"]),
    ([*FROM, "--strength", 1.01], ["--strength 1.01", "above 0", "1"]),
    ([*FROM, "--strength", "nan"], ["--strength 'nan'", "finite number"]),
    ([*FROM, "--strength", "half"], ["--strength 'half'", "finite number"]),
    ([*FROM, "--strength", 0.1], ["--strength 0.1", "8 steps"]),
    ([*FROM, "--strength", 0.9, "--steps", 1], ["--strength 0.9", "1 step"]),
    ([*MASKED, "--mask-blur", -1], ["--mask-blur -1", "0 to"]),
    ([*MASKED, "--mask-only", -1], ["--mask-only -1", "0 to"]),
    ([*MASKED, "--mask-only", 2.5], ["--mask-only '2.5'", "whole number"]),
    ([*FROM, "--hires-scale", 2], ["--hires-scale", "--init-img"]),
    ([*MASKED, "--hires-strength", 0.5], ["--hires", "--init-img"]),
    (["--hires-scale", 0.5], ["--hires-scale 0.5", "1 to"]),
    (["--hires-scale", 100], ["--hires-scale 100", "1 to"]),
    (["--hires-scale", "nan"], ["--hires-scale 'nan'", "finite number"]),
    (["--hires-scale", 4, "-W", 4096], ["--hires-scale 4", "4096", "8192"]),
    (["--hires-scale", 2, "--hires-steps", 0], ["--hires-steps 0", "1 to"]),
    (["--hires-scale", 2, "--hires-strength", 0], ["--hires-strength 0", "above 0"]),
    (["--hires-scale", 2, "--hires-strength", 1.5], ["--hires-strength 1.5", "above 0"]),
    (["--hires-scale", 2, "--hires-strength", 0.1], ["--hires-strength 0.1", "8 steps"]),
    (["--hires-scale", 2, "--hires-steps", 3, "--hires-strength", 0.3], ["--hires-strength 0.3", "3 steps"]),
    (["--hires-upscaler", "lanczo"], ["'lanczo'", "did you mean 'lanczos'?", "latent, latent-nearest, lanczos"]),
    (["--refiner-start", 0.5], ["--refiner-start", "--refiner"]),
    (["--refiner", "not-there"], ["'not-there'"]),
]


@pytest.mark.parametrize(("flags", "said"), REJECTED, ids=lambda value: " ".join(map(str, value)))
def test_what_does_not_go_together_is_refused(
    run: Run, tiny_model: Path, tmp_path: Path, pictures: list[str], flags: list, said: list[str]
) -> None:
    given = {"-p": "a cat", "--steps": 8, "-s": 7, "-W": 64, "-H": 64, "-t": 1}
    words = [word for flag, value in given.items() if flag not in flags for word in (flag, value)]
    assert_rejects(run("-m", tiny_model, *words, *flags), *said)
    assert files_below(tmp_path) == pictures


def test_a_refiner_with_other_latents_is_refused(draw: Run, embedded_model: Path) -> None:
    assert_rejects(draw(*ASKED, "--refiner", embedded_model), "--refiner", "latents")


def test_steps_are_the_int_of_the_product(draw: Run) -> None:
    """50 x 0.58 is a little less than 29 in binary; so diffusers makes 28."""
    for steps, strength, calls in ((50, 0.58, 28), (8, 0.75, 6), (10, 0.3, 3), (8, 1, 8)):
        asked = ("-p", "a cat", "--sampling-method", "ddim", "--steps", steps, *FROM, "--strength", strength)
        plan = json.loads(draw(*asked, "--plan", "--json").stdout)["plan"]
        assert len(plan) == calls
        assert plan[0]["kind"] == "full"


def test_the_plan_has_every_pass(draw: Run) -> None:
    asked = ("-p", "a cat", "--sampling-method", "ddim", "--steps", 5, "--interval", 2, "--branch", 0)
    second = ("--hires-scale", 2, "--hires-steps", 8, "--hires-strength", 0.5)
    plan = json.loads(draw(*asked, *second, "--plan", "--json").stdout)["plan"]
    assert [step["kind"] for step in plan] == [
        "full",
        "cached",
        "full",
        "cached",
        "full",
        "full",
        "cached",
        "full",
        "cached",
    ]
    shown = draw(*asked, *second, "--plan")
    assert shown.returncode == DONE
    assert "128x128" in shown.stdout + shown.stderr


def test_a_record_has_what_was_asked_for(draw: Run, tmp_path: Path) -> None:
    asked = ("--mask-blur", 2.5, "--mask-only", 4, "--keep-unmasked", "--strength", 0.5)
    record = json.loads(draw(*ASKED, "--sampling-method", "ddim", *MASKED, *asked, "--json", "-o", "a.png").stdout)
    expected = {"init_img": "photo.png", "strength": 0.5, "mask": "mask.png", "mask_blur": 2.5, "mask_only": 4}
    assert {key: record[key] for key in expected} == expected
    assert record["keep_unmasked"] is True
    assert all(re.fullmatch("[0-9a-f]{64}", record[key]) for key in ("init_img_sha256", "mask_sha256"))
    assert record["full_steps"] + record["cached_steps"] == 4
    said = Image.open(tmp_path / "a.png").text["parameters"]
    assert all(text in said for text in ("Denoising strength: 0.5", "Mask blur: 2.5", "Masked area padding: 4"))


def test_a_record_of_two_passes(draw: Run, tmp_path: Path) -> None:
    flags = ("--hires-scale", 1.5, "--hires-steps", 6, "--hires-strength", 0.5, "--hires-upscaler", "lanczos")
    record = json.loads(draw(*ASKED, "--sampling-method", "ddim", *flags, "--json", "-o", "a.png").stdout)
    expected = {"hires_scale": 1.5, "hires_steps": 6, "hires_strength": 0.5, "hires_upscaler": "lanczos"}
    assert {key: record[key] for key in expected} == expected
    assert record["full_steps"] == 8 + 3
    assert Image.open(tmp_path / "a.png").size == (96, 96)
    said = Image.open(tmp_path / "a.png").text["parameters"]
    assert all(text in said for text in ("Hires upscale: 1.5", "Hires steps: 6", "Hires upscaler: Lanczos"))


def test_text_to_image_says_nothing_of_it(draw: Run, tmp_path: Path) -> None:
    record = json.loads(draw(*ASKED, "--json", "-o", "a.png").stdout)
    assert not [key for key in record if re.search("init|strength|mask|hires|refiner", key)]
    assert "Denoising strength" not in Image.open(tmp_path / "a.png").text["parameters"]


def test_one_of_the_hires_flags_is_enough(draw: Run, tmp_path: Path) -> None:
    """And the others are as usual: twice as large, of the same steps, strength 0.7."""
    record = json.loads(draw(*ASKED, "--hires-upscaler", "latent", "--json", "-o", "a.png").stdout)
    assert (record["hires_scale"], record["hires_steps"], record["hires_strength"]) == (2, 8, 0.7)
    assert Image.open(tmp_path / "a.png").size == (128, 128)


def test_strength_is_three_quarters_unless_given(draw: Run) -> None:
    assert json.loads(draw(*ASKED, *FROM, "--json", "-o", "a.png").stdout)["strength"] == 0.75


def test_a_list_has_pictures_of_its_own(draw: Run, tmp_path: Path) -> None:
    """Each line as it would be alone, whatever it shares batches with."""
    lines = [
        "a cat --init-img photo.png --strength 0.5",
        "a dog --init-img other.png --strength 0.5",
        "a cow -- -i photo.png --mask mask.png --strength 0.5",
        "a hen -- -i photo.png --mask elsewhere.png --mask-blur 2 --strength 0.5",
        "a pig",
        "an owl --hires-scale 1.5",
    ]
    (tmp_path / "prompts.txt").write_text("\n".join(lines))
    asked = ("--steps", 8, "-s", 7, "--dtype", "fp32")
    result = draw(*asked, "--prompts", "prompts.txt", "-o", "out/", "--json")
    assert result.returncode == DONE, result.stderr
    records = {record["item"]: record for record in map(json.loads, result.stdout.splitlines())}
    assert [records[item].get("init_img") for item in range(5)] == [
        "photo.png", "other.png", "photo.png", "photo.png", None,
    ]  # fmt: skip
    alone = [
        ("a cat", *FROM, "--strength", 0.5),
        ("a dog", "-i", "other.png", "--strength", 0.5),
        ("a cow", *MASKED, "--strength", 0.5),
        ("a hen", *FROM, "--mask", "elsewhere.png", "--mask-blur", 2, "--strength", 0.5),
        ("a pig",),
        ("an owl", "--hires-scale", 1.5),
    ]
    for item, flags in enumerate(alone):
        assert_done(draw(*asked, "-p", *flags, "-o", f"{item}.png"), f"{item}.png")
        assert np.abs(pixels(tmp_path / f"{item}.png") - pixels(tmp_path / records[item]["path"])).max() <= 1


def test_json_lines_have_pictures_of_their_own(draw: Run, tmp_path: Path) -> None:
    lines = [
        {"prompt": "a cat", "init_img": "photo.png", "strength": 0.5, "mask": "mask.png", "keep_unmasked": True},
        {"prompt": "a dog", "init-img": "other.png", "mask": None, "keep_unmasked": False},
    ]
    (tmp_path / "prompts.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    result = draw("--steps", 8, "-s", 7, "--prompts", "prompts.jsonl", "-o", "out/", "--json")
    assert result.returncode == DONE, result.stderr
    first, second = sorted(map(json.loads, result.stdout.splitlines()), key=lambda record: record["item"])
    assert (first["init_img"], first["strength"], first["keep_unmasked"]) == ("photo.png", 0.5, True)
    assert (second["init_img"], second["strength"]) == ("other.png", 0.75)
    assert "mask" not in second and "keep_unmasked" not in second


def test_a_bad_picture_is_a_bad_line(draw: Run, tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "prompts.txt").write_text(
        "a cat\na dog --init-img text.png\na cow --strength 0.5\na hen -- -i gone.png\n"
    )
    asked = ("--steps", 2, "-s", 7, "--prompts", "prompts.txt", "-o", "out/")
    result = draw(*asked)
    assert result.returncode == USAGE
    for number, said in ((2, "text.png"), (3, "--strength"), (4, "gone.png")):
        assert [line for line in result.stderr.splitlines() if f"prompts.txt:{number}: " in line and said in line]
    assert files_below(tmp_path / "out") == []
    result = draw(*asked, "--skip-bad-lines")
    assert_done(result, "out/00000.png")
    assert len(warnings_of(result)) == 3


Change = Callable[[Path], tuple[object, ...]]


def another_photo(folder: Path) -> tuple[object, ...]:
    (folder / "photo.png").write_bytes((folder / "other.png").read_bytes())
    return MASKED


def another_mask(folder: Path) -> tuple[object, ...]:
    (folder / "mask.png").write_bytes((folder / "elsewhere.png").read_bytes())
    return MASKED


CHANGES: dict[str, Change] = {
    "picture": another_photo,
    "mask": another_mask,
    "no mask": lambda _: FROM,
    "no picture": lambda _: (),
    "strength": lambda _: (*MASKED, "--strength", 0.5),
    "blur": lambda _: (*MASKED, "--mask-blur", 3),
    "part": lambda _: (*MASKED, "--mask-only", 4),
    "kept": lambda _: (*MASKED, "--keep-unmasked"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_another_picture_is_not_taken_for_made(draw: Run, tmp_path: Path, change: Change) -> None:
    """The same path with another content is another picture."""
    assert_done(draw(*ASKED, *MASKED, "-o", "a.png"), "a.png")
    before = (tmp_path / "a.png").read_bytes()
    assert_done(draw(*ASKED, *MASKED, "-o", "a.png", "--resume"))
    flags = change(tmp_path)
    for more in ([], ["--resume"]):
        assert_rejects(draw(*ASKED, *flags, "-o", "a.png", *more), "a.png", "--overwrite")
    assert (tmp_path / "a.png").read_bytes() == before
    assert_done(draw(*ASKED, *flags, "-o", "a.png", "--resume", "--overwrite"), "a.png")
    assert (tmp_path / "a.png").read_bytes() != before


def test_the_same_picture_elsewhere_is_the_same(draw: Run, tmp_path: Path) -> None:
    assert_done(draw(*ASKED, *MASKED, "-o", "a.png"), "a.png")
    for name in ("photo", "mask"):
        (tmp_path / f"{name}.png").rename(tmp_path / f"moved-{name}.png")
    moved = ("-i", "moved-photo.png", "--mask", "moved-mask.png")
    assert_done(draw(*ASKED, *moved, "-o", "a.png", "--resume"))


@pytest.mark.parametrize(
    "flags", [("--hires-scale", 1.5), ("--hires-steps", 5), ("--hires-upscaler", "lanczos"), ("--hires-strength", 0.5)]
)
def test_another_second_pass_is_another_picture(draw: Run, tmp_path: Path, flags: tuple) -> None:
    hires = {"--hires-scale": 2, "--hires-steps": 4}
    assert_done(draw(*ASKED, *[word for pair in hires.items() for word in pair], "-o", "a.png"), "a.png")
    other = [word for pair in (hires | {flags[0]: flags[1]}).items() for word in pair]
    assert_rejects(draw(*ASKED, *other, "-o", "a.png", "--resume"), "a.png", "--overwrite")


def test_the_same_run_again_makes_the_same_file(draw: Run, tmp_path: Path) -> None:
    for flags in (FROM, (*MASKED, "--mask-only", 4), ("--hires-scale", 1.5, "--hires-upscaler", "lanczos")):
        made = []
        for name in "ab":
            assert_done(draw(*ASKED, *flags, "-o", f"{name}.png", "--overwrite"), f"{name}.png")
            made.append((tmp_path / f"{name}.png").read_bytes())
        assert made[0] == made[1]


def test_interval_1_is_no_caching_byte_for_byte(draw: Run, tmp_path: Path) -> None:
    for flags in (FROM, MASKED, ("--hires-scale", 1.5)):
        for name, more in (("a", ()), ("b", ("--interval", 1))):
            asked = (*ASKED, *flags, *more, "-o", f"{name}.png", "--overwrite", "--save-latents", f"{name}.npy")
            assert_done(draw(*asked), f"{name}.png")
        assert (tmp_path / "a.npy").read_bytes() == (tmp_path / "b.npy").read_bytes()


def test_a_trace_has_a_line_for_every_call(draw: Run, tmp_path: Path) -> None:
    """Of every pass, as planned."""
    for number, flags in enumerate((FROM, MASKED, ("--hires-scale", 1.5, "--hires-steps", 5))):
        asked = (*ASKED, "--interval", 2, "--branch", 1, *flags)
        name = f"{number}.jsonl"
        assert_done(draw(*asked, "-o", f"{number}.png", "--trace", name), f"{number}.png")
        planned = json.loads(draw(*asked, "--plan", "--json").stdout)["plan"]
        traced = [json.loads(line) for line in (tmp_path / name).read_text().splitlines()]
        assert [(step["kind"], step["timestep"]) for step in traced] == [
            (step["kind"], step["timestep"]) for step in planned
        ]


def test_a_preview_is_of_every_pass(draw: Run, tmp_path: Path) -> None:
    """It ends in the size of the last."""
    assert_done(draw(*ASKED, "--hires-scale", 2, "--preview", "now.png", "-o", "a.png"), "a.png")
    first, both = Image.open(tmp_path / "now.png").size, Image.open(tmp_path / "a.png").size
    assert first[0] / first[1] == both[0] / both[1]
    assert_done(draw(*ASKED, *FROM, "--preview", "from.png", "-o", "b.png"), "b.png")
    assert Image.open(tmp_path / "from.png").size[0] > 0


def test_batches_from_one_picture(draw: Run, tmp_path: Path) -> None:
    """Each image its own noise, also that of the encoder."""
    asked = ("-p", "a cat", "--steps", 8, "--dtype", "fp32", *MASKED)
    assert_done(draw(*asked, "-s", 7, "-b", 3, "-o", "%d.png"), "0.png", "1.png", "2.png")
    assert_done(draw(*asked, "-s", 9, "-o", "alone.png"), "alone.png")
    assert np.abs(pixels(tmp_path / "alone.png") - pixels(tmp_path / "2.png")).max() <= 1
    assert np.abs(pixels(tmp_path / "0.png") - pixels(tmp_path / "2.png")).max() > 1


def test_a_picture_that_goes_while_the_run_lasts(program: Path, tiny_model: Path, draw: Run, tmp_path: Path) -> None:
    """The second line's picture is another when its turn comes: that one fails, and the rest is made."""
    lines = ["a cat --steps 400", "a dog --init-img photo.png --steps 8", "a hen --steps 2"]
    (tmp_path / "prompts.txt").write_text("\n".join(lines))
    words = [program, "-m", tiny_model, "-W", 64, "-H", 64, "-t", 1, "-s", 7, "--prompts", "prompts.txt"]
    command = [str(word) for word in [*words, "-o", "out/", "--json", "--batch-size", 1]]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stderr.readline()
        (tmp_path / "photo.png").write_bytes((tmp_path / "other.png").read_bytes())
        results, said = process.communicate(timeout=120)
    assert process.returncode == 1, said
    records = {record["item"]: record for record in map(json.loads, results.splitlines())}
    assert ["error" in records[item] for item in range(3)] == [False, True, False]
    assert "photo.png" in records[1]["error"]


def test_compare_and_bench_say_what_they_do_not_take(run: Run, tiny_model: Path, tmp_path: Path) -> None:
    """Done, or refused in one line: never a picture that was not begun with what was asked for."""
    small = ("-m", tiny_model, "-t", 1, "--steps", 4)
    for command, flags in (("compare", ("-p", "a cat", "-W", 64, "-H", 64, "--interval", 2)), ("bench", ())):
        result = run(command, *small, *flags, *FROM, *(("--report", "report") if command == "compare" else ()))
        if result.returncode != DONE:
            assert_fails(result, USAGE, "--init-img")
