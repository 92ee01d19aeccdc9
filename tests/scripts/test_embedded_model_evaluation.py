"""The evaluation of the embedded model: its arithmetic against closed forms, and a whole run with a fake program."""

import json
import math
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKL
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts" / "embedded_model"))

import evaluate
from drawing.contact_sheet import MARGIN, MOST_BYTES, Cell, broken, contact_sheet, save_small
from judging.accuracy import attribute_accuracy, rate, told_values
from judging.classifier import Classifier
from judging.evaluation_prompts import EXCLUSIONS, FEWEST_FACTS, open_questions, questions
from judging.frechet import frechet_distance
from judging.json_text import WIDTH, json_text
from judging.likeness import likeness
from judging.program import Order, Program
from judging.setting import NO_CACHING, Setting, settings_from
from make_sheets import EXAMPLES, Example, compared_settings, comparison_lines, make_comparison
from PIL import ImageFont
from world.captions import Caption
from world.dataset import scene_at
from world.scenes import ATTRIBUTES

# Makes a grey picture for every line of its prompt list, the guidance scale or 7 being the grey, a level brighter with
# an interval and two with a policy; says policies in other words than it was asked in; and notes its calls.
FAKE_PROGRAM = """#!{python}
import json, pathlib, sys
from PIL import Image
from PIL.PngImagePlugin import PngInfo
arguments = sys.argv[1:]
with open(__file__ + ".calls", "a") as calls:
    calls.write(json.dumps(arguments) + "\\n")
def after(flag):
    return [arguments[i + 1] for i, argument in enumerate(arguments) if argument == flag]
if arguments[0] == "bench":
    cells = [{{"setting": str(i), "median_seconds": 2.0 / (i + 1), "ratio": i + 1.0}}
             for i, _ in enumerate(after("--setting"))]
    facts = {{"device": "cpu", "dtype": "fp32", "steps": 20, "sampler": "ddim", "guidance_scale": 4.0}}
    print(json.dumps({{**facts, "cells": cells}}))
    sys.exit()
if arguments[0] == "compare":
    folder, rows = pathlib.Path(*after("-o")), []
    folder.mkdir()
    for i, name in enumerate(["original", *after("--cache-policy")]):
        path = folder / f"{{i}}.png"
        Image.new("RGB", (128, 128), (i, i, i)).save(path)
        rows.append({{"setting": str(i), "path": str(path), "seconds": 2.0 / (i + 1), "speed_up": i + 1.0,
                     "psnr": 30.0 + i, "ssim": 0.9}})
    print(json.dumps({{"settings": rows}}))
    sys.exit()
listed, pattern = pathlib.Path(*after("--prompts")), *after("-o")
shade = 2 if after("--cache-policy") else 0 if after("--interval") == ["1"] else 1
for index, line in enumerate(listed.read_text().splitlines()):
    path = pathlib.Path(pattern % index)
    path.parent.mkdir(exist_ok=True)
    grey = int(json.loads(line).get("cfg-scale", 7)) + shade
    text = PngInfo()
    text.add_text("deepcache-gen", json.dumps({{"full_calls": [0, 4]}} if shade == 2 else {{}}))
    Image.new("RGB", (128, 128), (grey, grey, grey)).save(path, pnginfo=text)
"""


def gaussian(mean: list[float], covariance: np.ndarray, count: int = 200) -> np.ndarray:
    """Rows with exactly this mean and this (sample) covariance."""
    rows = np.random.default_rng(1).standard_normal((count, len(mean)))
    rows -= rows.mean(axis=0)
    whitened = rows @ np.linalg.inv(np.linalg.cholesky(np.cov(rows, rowvar=False))).T
    return whitened @ np.linalg.cholesky(covariance).T + np.array(mean)


def values(**changes: str) -> dict[str, str]:
    """What a judge sees: the first value of every attribute, with changes."""
    return {name: choices[0] for name, choices in ATTRIBUTES.items()} | changes


def test_the_distance_of_gaussians_with_the_same_axes_is_that_of_means_and_deviations():
    first = gaussian([1.0, 2.0, 3.0], np.diag([4.0, 9.0, 1.0]))
    second = gaussian([1.0, 0.0, 6.0], np.diag([1.0, 16.0, 1.0]))
    # |m1 - m2|^2 = 4 + 9; deviations 2, 3, 1 and 1, 4, 1: 1 + 1 + 0.
    assert frechet_distance(first, second) == pytest.approx(15.0, abs=1e-6)


def test_the_distance_of_turned_gaussians():
    a, b = np.array([[2.0, 1.0], [1.0, 3.0]]), np.array([[5.0, -2.0], [-2.0, 1.0]])
    # Of a 2x2 matrix with positive eigenvalues: tr(M^(1/2))^2 = tr(M) + 2 det(M)^(1/2).
    cross = math.sqrt(np.trace(a @ b) + 2.0 * math.sqrt(np.linalg.det(a @ b)))
    expected = np.trace(a) + np.trace(b) - 2.0 * cross
    first, second = gaussian([0.0, 0.0], a), gaussian([0.0, 0.0], b)
    assert frechet_distance(first, second) == pytest.approx(expected, abs=1e-6)
    assert frechet_distance(second, first) == pytest.approx(expected, abs=1e-6)


def test_the_distance_is_zero_to_itself_and_well_defined_with_fewer_rows_than_features():
    rows = np.random.default_rng(2).standard_normal((10, 40))
    assert frechet_distance(rows, rows) == pytest.approx(0.0, abs=1e-5)
    assert frechet_distance(rows, rows + 1.0) == pytest.approx(40.0, abs=1e-4)


def test_accuracy_counts_only_what_is_wanted():
    seen = [values(hour="night", trees="firs"), values(hour="day"), values(hour="day")]
    wanted = [{"hour": "night", "trees": "palms"}, {"hour": "night"}, {"trees": "none"}]
    result = attribute_accuracy(seen, wanted)
    assert result["attributes"] == {
        "hour": {"accuracy": 0.5, "count": 2},
        "trees": {"accuracy": 0.5, "count": 2},
    }
    assert (result["mean"], result["lowest"]) == (0.5, 0.5)


def test_every_attribute_weighs_the_same_in_the_mean():
    seen = [values(hour="night"), values(hour="night"), values(hour="night", trees="firs")]
    wanted = [{"hour": "night"}, {"hour": "night"}, {"hour": "night", "trees": "palms"}]
    result = attribute_accuracy(seen, wanted)
    assert (result["mean"], result["lowest"]) == (0.5, 0.0)
    assert attribute_accuracy([values()], [{}]) == {"mean": None, "lowest": None, "attributes": {}}


def test_only_told_and_visible_attributes_are_wanted():
    scene = next(s for s in (scene_at(1, i) for i in range(500)) if s.palette == "neon" and s.building == "house")
    caption = Caption("a red house", frozenset({"building", "building_colour"}))
    assert told_values(scene, caption) == {"building": "house"}


def test_rate():
    seen = [values(trees="firs"), values(trees="palms"), values(trees="none"), values(trees="none")]
    assert rate(seen, "trees", ("firs", "palms")) == 0.5


def test_questions_depend_on_seed_and_index_alone():
    assert questions(8, 3) == questions(8, 5)[:3]
    assert questions(8, 3) != questions(9, 3)


def test_open_questions_leave_what_is_excluded_open():
    found = open_questions(8, 5, 4)
    assert len(found) == 4
    for question in found:
        assert len(question.caption.told) <= FEWEST_FACTS
        assert not question.caption.told & {exclusion.attribute for exclusion in EXCLUSIONS}
    later = open_questions(8, 5, 6)
    assert later[:4] == found


def test_likeness_leaves_identical_pictures_out_of_the_decibels():
    pictures = np.full((2, 16, 16, 3), 100, dtype=np.uint8)
    others = pictures.copy()
    others[1] += 1
    result = likeness(pictures, others)
    assert result["psnr"] == pytest.approx(20.0 * math.log10(255.0), abs=0.01)
    assert result["identical"] == 1
    assert likeness(pictures, pictures) == {"psnr": None, "ssim": 1.0, "identical": 2}


POLICY = "curve:full=8,branch=0,guidance=held"
STEPS = "steps:full=0+1+3+5+8"


@pytest.mark.parametrize(
    ("name", "flags", "folder", "title"),
    [
        ("original", ["--interval", "1"], "original", "no caching"),
        ("5/1", ["--interval", "5", "--branch", "1"], "5-1", "interval 5, branch 1"),
        (
            POLICY,
            ["--cache-policy", POLICY],
            "curve-full=8,branch=0,guidance=held",
            "curve: full 8, branch 0, guidance held",
        ),
        (STEPS, ["--cache-policy", STEPS], "steps-full=0+1+3+5+8", "steps: full 0+1+3+5+8"),
        ("curve", ["--cache-policy", "curve"], "curve", "curve"),
    ],
)
def test_a_setting_has_flags_a_folder_and_a_title(name: str, flags: list[str], folder: str, title: str):
    setting = Setting.parse(name)
    assert (setting.name, setting.flags(), setting.folder, setting.title) == (name, flags, folder, title)


@pytest.mark.parametrize(
    "text", ["", "3", "0/1", "../x", "..", "/", "curve:", "curve:full", "curve:full=8,", "a:b=../c"]
)
def test_what_is_no_setting_is_refused(text: str):
    with pytest.raises(ValueError, match="setting"):
        Setting.parse(text)


def test_settings_begin_without_caching():
    assert settings_from(["3/0", "original", "1/2", POLICY]) == [NO_CACHING, Setting("3/0"), Setting(POLICY)]
    assert settings_from([]) == [NO_CACHING]
    with pytest.raises(ValueError, match="3/0"):
        settings_from(["3/0", "5/0", "3/0"])


def test_an_order_says_only_what_it_knows():
    assert json.loads(Order("a house", 3).line()) == {"prompt": "a house", "seed": 3}
    full = json.loads(Order("a house", 3, "trees", 1.0).line())
    assert full == {"prompt": "a house", "seed": 3, "negative-prompt": "trees", "cfg-scale": 1.0}


def test_json_text_reads_back_and_has_short_lines():
    report = {
        "a": {f"key{i}": {"accuracy": 0.5, "count": i} for i in range(20)},
        "b": [1, None],
        "c": {},
        "d": "x" * 30,
    }
    text = json_text(report)
    assert json.loads(text) == report
    assert '    "key3": {"accuracy": 0.5, "count": 3},' in text.splitlines()
    assert max(map(len, text.splitlines())) <= WIDTH


def test_a_sheet_has_a_cell_for_every_picture():
    cells = [Cell(np.full((64, 64, 3), 20 * index, dtype=np.uint8), ["a b"]) for index in range(5)]
    sheet = contact_sheet(cells, columns=3, side=256)
    assert sheet.width == 3 * 64 + 4 * MARGIN
    for index in range(5):
        x = MARGIN + index % 3 * (64 + MARGIN)
        y = MARGIN + index // 3 * ((sheet.height - MARGIN) // 2)
        assert sheet.getpixel((x + 32, y + 32)) == (20 * index,) * 3


def test_text_is_broken_between_words_to_the_width_of_a_picture():
    font = ImageFont.load_default(13)
    for example in EXAMPLES:
        lines = broken(example.prompt, font, 192)
        assert " ".join(lines) == example.prompt
        assert max(font.getlength(line) for line in lines) <= 192


def test_sheets_are_made_smaller_until_they_fit(tmp_path):
    rng = np.random.default_rng(0)
    cells = [Cell(rng.integers(0, 256, (256, 256, 3), dtype=np.uint8), ["noise"]) for _ in range(6)]
    size = save_small(lambda side: contact_sheet(cells, 3, side), tmp_path / "sheet.png")
    assert size == (tmp_path / "sheet.png").stat().st_size <= MOST_BYTES
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width < 3 * 256


def test_the_lines_under_a_comparison():
    row = {"seconds": 0.5, "speed_up": 2.0, "psnr": 31.25, "ssim": 0.9512}
    assert comparison_lines(NO_CACHING, row) == ["no caching", "0.50 s"]
    assert comparison_lines(Setting.parse("5/1"), row) == [
        "interval 5, branch 1",
        "0.50 s, 2.0 times as fast",
        "PSNR 31.2 dB, SSIM 0.951",
    ]


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    """A folder with a judge that knows nothing, a tiny autoencoder, a model.json and a fake program."""
    classifier = {"average": {"weights": {"classifier": Classifier().state_dict()}}}
    torch.save(classifier, tmp_path / "classifier.pt")
    AutoencoderKL(block_out_channels=(8,), norm_num_groups=4, mid_block_add_attention=False).save_pretrained(
        tmp_path / "diffusers" / "vae"
    )
    model = {"default_width": 128, "defaults": {"guidance_scale": 4.0}}
    (tmp_path / "model.json").write_text(json.dumps(model))
    program = tmp_path / "program"
    program.write_text(FAKE_PROGRAM.format(python=sys.executable))
    program.chmod(0o755)
    return tmp_path


def calls_of(folders: Path, command: str) -> list[list[str]]:
    """What the fake program was called with for a command, a list of arguments for each call."""
    calls = [json.loads(line) for line in (folders / "program.calls").read_text().splitlines()]
    return [call for call in calls if call[0] == command]


def test_a_comparison_of_settings(folders: Path):
    settings = settings_from(["3/0", POLICY])
    cells = make_comparison(
        Program(folders / "program", folders), folders / "comparison", Example("a house", 3), settings
    )
    assert [cell.picture[0, 0, 0] for cell in cells] == [0, 1, 2]
    assert [cell.text[0] for cell in cells] == [setting.title for setting in settings]
    assert cells[2].text[1:] == ["0.67 s, 3.0 times as fast", "PSNR 32.0 dB, SSIM 0.900"]
    (call,) = calls_of(folders, "compare")
    assert [call[i + 1] for i, argument in enumerate(call) if argument == "--cache-policy"] == ["3/0", POLICY]


def test_the_settings_of_a_comparison(tmp_path: Path):
    def recommending(**defaults: object) -> Path:
        (tmp_path / "model.json").write_text(json.dumps({"defaults": defaults}))
        return tmp_path

    assert compared_settings(["5/0"], recommending()) == settings_from(["5/0"])
    names = [setting.name for setting in compared_settings(None, recommending(cache_policy=POLICY))]
    assert names[:3] == ["original", "3/0", POLICY] and len(names) == 4
    for old in (recommending(interval=3, branch=0), recommending()):
        assert [setting.name for setting in compared_settings(None, old)] == ["original", "3/0", names[3]]


@pytest.fixture
def evaluation(folders: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict]:
    """Runs a small evaluation with more arguments and returns its report."""
    # The pictures are of 128 pixels, and so have to be their renders.
    monkeypatch.setattr(evaluate, "render", render_small)

    def run(*more: object) -> dict:
        arguments = ["--work", folders, "--judge", folders / "classifier.pt", "--model", folders]
        arguments += ["--program", folders / "program", "--pictures", folders / "pictures"]
        arguments += ["--out", folders / "out.json", "--count", 3, "--guidance-count", 2, "--negative-count", 2, *more]
        monkeypatch.setattr(sys, "argv", ["evaluate.py", *map(str, arguments)])
        evaluate.main()
        return json.loads((folders / "out.json").read_text())

    return run


def test_a_whole_evaluation(folders: Path, evaluation: Callable[..., dict]):
    report = evaluation("--setting", "3/0", "--setting", POLICY)
    assert list(report["settings"]) == ["original", "3/0", POLICY]
    assert report["command"].endswith(f" --setting original --setting 3/0 --setting {POLICY}")
    cached, policy = report["settings"]["3/0"], report["settings"][POLICY]
    # The fake's pictures are one grey level off everywhere with an interval, two with a policy.
    assert cached["against_original"]["psnr"] == pytest.approx(20.0 * math.log10(255.0), abs=0.01)
    assert policy["against_original"]["psnr"] == pytest.approx(20.0 * math.log10(255.0 / 2.0), abs=0.01)
    assert policy["full_calls"] == [0, 4] and "full_calls" not in cached
    assert (cached["seconds"], cached["speed_up"]) == (1.0, 2.0)
    assert (policy["seconds"], policy["speed_up"]) == (0.667, 3.0)
    assert report["judge"]["attributes"]["hour"]["count"] == 3
    told = sum(len(question.wanted) for question in questions(1003, 3))
    assert sum(row["count"] for row in cached["accuracy"]["attributes"].values()) == told
    assert set(report["guidance"]["accuracy_by_scale"]) == {"1", "4"}
    assert set(report["negative_prompts"]["rates"]) == {exclusion.negative_prompt for exclusion in EXCLUSIONS}
    assert str(folders) not in report["command"]

    clouds = (folders / "pictures" / "negative-clouds.jsonl").read_text().splitlines()
    assert [json.loads(line)["negative-prompt"] for line in clouds] == ["clouds", "clouds"]
    with Image.open(folders / "pictures" / "guidance-1" / "00001.png") as picture:
        assert picture.getpixel((0, 0)) == (1, 1, 1)


def test_times_are_measured_again_of_what_the_report_has(
    folders: Path, evaluation: Callable[..., dict], capsys: pytest.CaptureFixture[str]
):
    names = ["original", "3/0", POLICY]
    (folders / "out.json").write_text(json.dumps({"settings": {name: {"frechet_distance": 1.5} for name in names}}))
    report = evaluation("--bench-only")
    assert report["settings"][POLICY] == {"frechet_distance": 1.5, "seconds": 0.667, "speed_up": 3.0}
    assert list(report["settings"]) == names and report["hardware"]["sampler"] == "ddim"
    (call,) = calls_of(folders, "bench")
    assert [call[i + 1] for i, argument in enumerate(call) if argument == "--setting"] == names
    with pytest.raises(SystemExit):
        evaluation("--bench-only", "--setting", "5/0")
    assert "5/0" in capsys.readouterr().err


def render_small(scene):
    from drawing.renderer import render

    return render(scene, 128)
