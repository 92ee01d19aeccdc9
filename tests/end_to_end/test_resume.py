"""Existing pictures: refused, skipped by --resume, replaced by --overwrite; and runs that were killed."""

import json
import random
import re
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from expectations import DONE, USAGE, Run, assert_done, assert_rejects, files_below
from PIL import Image

CAT = ("-p", "a cat", "--steps", 1, "-s", 7, "-o", "a.png")
KILLS = 20


def modified(path: Path) -> int:
    return path.stat().st_mtime_ns


@pytest.mark.parametrize(
    "other",
    [("-p", "a dog"), ("-s", 8), ("--steps", 2), ("-n", ""), ("--cfg-scale", 2), ("-W", 72), ("--branch", 0)],
    ids=str,
)
def test_another_picture_is_not_replaced(draw: Run, run: Run, tiny_model: Path, tmp_path: Path, other: tuple) -> None:
    assert_done(draw(*CAT), "a.png")
    before = (tmp_path / "a.png").read_bytes()
    asked = {"-p": "a cat", "--steps": 1, "-s": 7, "-W": 64, "-H": 64, "-t": 1, "-o": "a.png", other[0]: other[1]}
    if "--branch" in asked:
        asked |= {"--interval": 2, "--steps": 2}
    words = [word for pair in asked.items() for word in pair]
    for flags in ([], ["--resume"]):
        assert_rejects(run("-m", tiny_model, *words, *flags), "a.png", "--overwrite")
    assert (tmp_path / "a.png").read_bytes() == before
    assert_done(run("-m", tiny_model, *words, "--overwrite"), "a.png")
    assert (tmp_path / "a.png").read_bytes() != before


@pytest.mark.parametrize("content", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n"], ids=repr)
def test_files_that_are_no_pictures_of_ours(draw: Run, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.png").write_bytes(content)
    assert_rejects(draw(*CAT), "a.png", "--overwrite")
    assert_rejects(draw(*CAT, "--resume"), "a.png", "--overwrite")
    assert (tmp_path / "a.png").read_bytes() == content


def test_a_picture_cut_short_is_not_taken_for_made(draw: Run, tmp_path: Path) -> None:
    assert_done(draw(*CAT), "a.png")
    whole = (tmp_path / "a.png").read_bytes()
    (tmp_path / "a.png").write_bytes(whole[:-20])
    assert_rejects(draw(*CAT, "--resume"), "a.png")
    assert_done(draw(*CAT, "--resume", "--overwrite"), "a.png")
    assert (tmp_path / "a.png").read_bytes() == whole


def test_resume_skips_what_is_made(draw: Run, tmp_path: Path) -> None:
    asked = (*CAT[:-1], "%d.png", "-b", 3)
    assert_done(draw(*asked), "0.png", "1.png", "2.png")
    (tmp_path / "1.png").unlink()
    before = modified(tmp_path / "0.png")
    result = draw(*asked, "--resume", "--json")
    records = [json.loads(line) for line in result.stdout.splitlines()]
    assert {record["path"]: record.get("skipped", False) for record in records} == {
        "0.png": True,
        "1.png": False,
        "2.png": True,
    }
    assert modified(tmp_path / "0.png") == before
    assert_done(draw(*asked, "--resume"))


def test_resume_takes_any_seed_where_none_is_chosen(draw: Run, tmp_path: Path) -> None:
    asked = ("-p", "a cat", "--steps", 1, "-o", "a.png")
    assert_done(draw(*asked), "a.png")
    assert_done(draw(*asked, "--resume"))
    assert_rejects(draw(*asked, "-s", 3, "--resume"), "a.png")


def test_the_same_run_again_makes_the_same_file(draw: Run, tmp_path: Path) -> None:
    assert_done(draw(*CAT), "a.png")
    before = (tmp_path / "a.png").read_bytes()
    assert_done(draw(*CAT), "a.png")
    assert (tmp_path / "a.png").read_bytes() == before


def test_a_list_stops_before_it_replaces_anything(draw: Run, tmp_path: Path) -> None:
    (tmp_path / "prompts.txt").write_text("a cat\na dog\na hen\n")
    (tmp_path / "out").mkdir()
    (tmp_path / "out/00001.png").write_text("mine")
    result = draw("--prompts", "prompts.txt", "--steps", 1, "-s", 1, "-o", "out/")
    assert result.returncode == USAGE and "prompts.txt:2" in result.stderr
    assert files_below(tmp_path / "out") == ["00001.png"]


OLDER = Path(__file__).resolve().parents[1] / "golden" / "pictures"
# How version 0.1.0 was asked for them.
OLDER_ASKED = {
    "cached.png": """-p "a lighthouse by the sea at dusk" -n 'people, "boats"' --steps 2 -W 64 -H 64 -s 7
        --interval 2 --branch 1 --sampler dpm++2m --scheduler karras --cfg-scale 5.5""",
    "plain.png": "-p 'a snowy mountain at night' --steps 2 -W 64 -H 72 -s 9007199254740993 --interval 1",
    "unicode.png": "-p 'eine Hütte im Wald, 森 🌲' -n '' --steps 1 -W 64 -H 64 -s 0 --cfg-scale 1 --sampler euler_a",
}
# And later, when pictures said all of their model and settings were not yet rows of a table. The embedded model
# recommended 3/0 then, as far as there were steps.
RECOMMENDED = "--interval 3 --branch 0"
WHOLE_ASKED = {
    "whole_pndm.png": """-p "a red barn by the lake" -n 'people, boats' --steps 2 -W 64 -H 64 -s 3 --sampler pndm
        --interval 2 --branch 3""",
    "whole_euler.png": """-p "a lighthouse: at dusk" --steps 3 -W 64 -H 64 -s 9007199254740993 --sampler euler
        --scheduler karras --cfg-scale 2.25 """
    + RECOMMENDED,
    "whole_defaults.png": "-p 'a snowy mountain' -n '' --steps 4 -W 72 -H 64 -s 0 --cfg-scale 1 " + RECOMMENDED,
    "whole_1.png": "-p 'a lake' --steps 2 -W 64 -H 64 -s 6 --sampler euler_a --interval 1",
    "whole_dpmpp.png": "-p 'a lake' --steps 2 -W 64 -H 64 -s 5 --sampler dpm++2m --interval 2 --branch 0",
}
ALL_ASKED = OLDER_ASKED | WHOLE_ASKED


@pytest.mark.parametrize("name", ALL_ASKED)
def test_pictures_of_an_older_version_stay_valid(run: Run, embedded_model: Path, tmp_path: Path, name: str) -> None:
    """The oldest know no other checksum than the UNet's."""
    unet = json.loads((embedded_model / "model.json").read_text())["files"]["unet.pt"]
    made_by = json.loads(Image.open(OLDER / name).text["deepcache-gen"])["unet_sha256"]
    if made_by not in (unet["sha256"], *unet.get("same_as", [])):
        pytest.skip("the embedded model is another now")
    shutil.copyfile(OLDER / name, tmp_path / name)
    asked = shlex.split(ALL_ASKED[name])
    assert_done(run(*asked, "-t", 1, "-o", name, "--resume"))
    assert (tmp_path / name).read_bytes() == (OLDER / name).read_bytes()
    asked[asked.index("-H") + 1] = "80"
    assert_rejects(run(*asked, "-t", 1, "-o", name, "--resume"), name, "--overwrite")


@pytest.fixture
def own_model(tiny_model: Path, tmp_path: Path) -> Path:
    """A copy of the tiny model."""
    folder = tmp_path / "model"
    shutil.copytree(tiny_model, folder)
    return folder


def edit(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    description = json.loads((folder / "model.json").read_text())
    change(description)
    (folder / "model.json").write_text(json.dumps(description))


PARTS = ["unet.pt", "vae_decoder.pt", "text_encoder.pt", "tokenizer/vocab.json", "tokenizer/merges.txt"]


@pytest.mark.parametrize("part", PARTS)
def test_another_part_makes_another_model(draw: Run, run: Run, own_model: Path, part: str) -> None:
    assert_done(draw(*CAT), "a.png")
    resumed = ("-m", own_model, "-W", 64, "-H", 64, "-t", 1, *CAT, "--resume")
    assert_done(run(*resumed))
    before = json.loads((own_model / "model.json").read_text())["files"][part]["sha256"]
    edit(own_model, lambda model: model["files"][part].update(sha256="0" * 64))
    assert_rejects(run(*resumed), "a.png", "--overwrite")
    edit(own_model, lambda model: model["files"][part].update(same_as=[before]))
    assert_done(run(*resumed))


@pytest.mark.parametrize(
    "change", [{"prediction_type": "v_prediction"}, {"beta_end": 0.02}, {"steps_offset": 5}], ids=str
)
def test_another_scheduler_in_the_model_makes_another_model(
    draw: Run, run: Run, own_model: Path, change: dict[str, object]
) -> None:
    assert_done(draw(*CAT), "a.png")
    edit(own_model, lambda model: model["scheduler"].update(change))
    assert_rejects(run("-m", own_model, "-W", 64, "-H", 64, *CAT, "--resume"), "a.png", "--overwrite")


def test_what_decides_no_picture_makes_no_other_model(draw: Run, run: Run, own_model: Path) -> None:
    """Names of files, defaults, and the encoder, which no picture needs."""
    assert_done(draw(*CAT), "a.png")

    def change(model: dict[str, Any]) -> None:
        model["parts"]["unet"]["file"] = "ladder.pt"
        model["files"]["ladder.pt"] = model["files"].pop("unet.pt")
        model["files"]["vae_encoder.pt"]["sha256"] = "0" * 64
        model["defaults"]["steps"] = 3
        model["default_width"] = 8

    (own_model / "unet.pt").rename(own_model / "ladder.pt")
    edit(own_model, change)
    assert_done(run("-m", own_model, "-W", 64, "-H", 64, "-t", 1, *CAT, "--resume"))


@pytest.fixture
def long_list(tmp_path: Path) -> Path:
    """Thirty prompts, two images each, sizes and steps mixed."""
    lines = [f"cat {i} --seed {i} --steps {6 + i % 3} --width {64 + 8 * (i % 2)} --batch-count 2" for i in range(30)]
    path = tmp_path / "prompts.txt"
    path.write_text("\n".join(lines))
    return path


def test_killed_and_resumed_it_makes_the_same_bytes(
    draw: Run, program: Path, tiny_model: Path, tmp_path: Path, long_list: Path
) -> None:
    """Killed at twenty random moments; in the end every file is as if nothing had happened, and none is left over."""
    asked = ["--prompts", str(long_list), "--batch-size", "1", "--interval", "2", "--branch", "0"]
    whole = draw(*asked, "-o", "whole/")
    assert whole.returncode == DONE, whole.stderr
    names = files_below(tmp_path / "whole")
    assert len(names) == 60

    command = [program, "-m", tiny_model, "-W", "64", "-H", "64", "-t", "1", *asked, "-o", "killed/", "--resume"]
    chance = random.Random(20)
    kills = 0
    while kills < KILLS:
        process = subprocess.Popen(
            command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
        )
        # From the first sign of work on, so that some runs get far enough to make something.
        if chance.random() < 0.7:
            process.stdout.readline()
        time.sleep(chance.uniform(0, 0.3))
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            kills += 1
        elif process.returncode == 0:
            # All is made: take some away, so that there is work again.
            for name in chance.sample(names, 30):
                (tmp_path / "killed" / name).unlink()
        process.communicate()
    assert draw(*asked, "-o", "killed/", "--resume").returncode == DONE
    made = [name for name in files_below(tmp_path / "killed") if not name.startswith(".")]
    assert made == names
    for name in names:
        assert (tmp_path / "killed" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name


def test_resumed_in_other_batches_it_makes_the_same_pictures(draw: Run, tmp_path: Path, long_list: Path) -> None:
    asked = ["--prompts", long_list, "--batch-size", 4, "--dtype", "fp32"]
    assert draw(*asked, "-o", "whole/").returncode == DONE
    names = files_below(tmp_path / "whole")
    for name in names:
        (tmp_path / "part").mkdir(exist_ok=True)
        if names.index(name) % 3:
            (tmp_path / "part" / name).write_bytes((tmp_path / "whole" / name).read_bytes())
    assert draw(*asked, "-o", "part/", "--resume").returncode == DONE
    for name in names:
        one, other = (np.asarray(Image.open(tmp_path / folder / name)).astype(int) for folder in ("whole", "part"))
        assert np.abs(one - other).max() <= 1, name


def resident_kilobytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1])


def test_a_thousand_prompts_take_no_more_memory_than_fifty(program: Path, tiny_model: Path, tmp_path: Path) -> None:
    # Fifty more, so that the program is still at work when the thousandth is told: their records overfill the pipe.
    lines = [f"cat number {i} with {'fur ' * (i % 7)} --seed {i}" for i in range(1050)]
    (tmp_path / "prompts.txt").write_text("\n".join(lines))
    words = [program, "-m", tiny_model, "-W", 64, "-H", 64, "-t", 1, "--steps", 1, "--batch-size", 4]
    words += ["--prompts", "prompts.txt", "-o", "out/", "-q", "--json"]
    command = [str(word) for word in words]
    resident = {}
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, pipesize=4096, text=True) as process:
        for count, _ in enumerate(process.stdout, start=1):
            if count in (50, 1000):
                resident[count] = resident_kilobytes(process.pid)
    assert process.returncode == DONE
    assert len(files_below(tmp_path / "out")) == 1050
    assert resident[1000] <= 1.05 * resident[50]
