"""--vae: another model's VAE, which is verified, recorded and identified as strictly as a model's own."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from expectations import FAILED, Run, assert_done, assert_fails, assert_rejects, files_below
from model_files import edit_description
from PIL import Image

CAT = ("-p", "a cat", "--steps", 1, "-s", 7)
HALVES = ("vae_decoder", "vae_encoder")


@pytest.fixture
def lone_vae(tiny_model: Path, tmp_path: Path) -> Path:
    """A folder with the tiny model's VAE and nothing else."""
    folder = tmp_path / "models" / "lone"
    folder.mkdir(parents=True)

    def strip(description: dict) -> None:
        description["name"] = "lone"
        description["parts"] = {role: description["parts"][role] for role in HALVES}
        files = {part["file"] for part in description["parts"].values()}
        description["files"] = {name: facts for name, facts in description["files"].items() if name in files}
        for field in ("scheduler", "defaults"):
            del description[field]

    shutil.copy(tiny_model / "model.json", folder)
    edit_description(folder, strip)
    for name in json.loads((folder / "model.json").read_text())["files"]:
        shutil.copy(tiny_model / name, folder)
    return folder


def change_vae(folder: Path, **facts: object) -> None:
    edit_description(folder, lambda description: description["vae"].update(facts))


def pixels(path: Path) -> bytes:
    return Image.open(path).tobytes()


@pytest.mark.parametrize("flag", ["--vae", "--taesd"])
def test_the_same_vae_makes_the_same_picture(draw: Run, lone_vae: Path, tmp_path: Path, flag: str) -> None:
    assert_done(draw(*CAT, "-o", "own.png"), "own.png")
    result = draw(*CAT, "-o", "lent.png", flag, lone_vae, "--json")
    assert json.loads(result.stdout)["vae"] == "lone"
    assert pixels(tmp_path / "own.png") == pixels(tmp_path / "lent.png")
    assert "VAE: lone," in Image.open(tmp_path / "lent.png").text["parameters"]
    own, lent = (json.loads(Image.open(tmp_path / f"{name}.png").text["deepcache-gen"]) for name in ("own", "lent"))
    assert lent.pop("vae") == "lone"
    assert own == lent


def test_its_numbers_come_with_it(draw: Run, lone_vae: Path, tmp_path: Path) -> None:
    assert_done(draw(*CAT, "-o", "a.png"), "a.png")
    before = pixels(tmp_path / "a.png")
    change_vae(lone_vae, scaling_factor=1.5)
    assert_rejects(draw(*CAT, "-o", "a.png", "--vae", lone_vae, "--resume"), "a.png", "--overwrite")
    assert_done(draw(*CAT, "-o", "a.png", "--vae", lone_vae, "--overwrite"), "a.png")
    assert pixels(tmp_path / "a.png") != before
    skipped = draw(*CAT, "-o", "a.png", "--vae", lone_vae, "--resume", "--json")
    assert json.loads(skipped.stdout)["skipped"] is True
    assert_rejects(draw(*CAT, "-o", "a.png", "--resume"), "a.png", "--overwrite")


def test_a_name_will_do_and_a_configuration_file(draw: Run, lone_vae: Path, tmp_path: Path) -> None:
    plain = draw(*CAT, "-o", "a.png", "--models-dir", lone_vae.parent, "--vae", "lone", "--json")
    assert json.loads(plain.stdout)["vae"] == "lone"
    (tmp_path / "config.toml").write_text(f'vae = "{lone_vae}"\n')
    configured = draw(*CAT, "-o", "b.png", "--config", "config.toml", "--json")
    assert json.loads(configured.stdout)["vae"] == "lone"


def test_other_latents_are_refused_with_both_numbers(run: Run, draw: Run, tmp_path: Path, lone_vae: Path) -> None:
    assert_rejects(draw(*CAT, "--vae", "scenes"), "--vae", "/scenes': has 8 latent channels", "has 4")
    change_vae(lone_vae, scale=4)
    assert_rejects(draw(*CAT, "--vae", lone_vae), "--vae", "has 4 pixels per latent", "has 8")
    assert files_below(tmp_path) == ["models/lone/model.json", *(f"models/lone/{half}.pt" for half in HALVES)]


def test_a_model_without_one_is_refused(draw: Run, lone_vae: Path) -> None:
    def keep_encoder(description: dict) -> None:
        del description["parts"]["vae_decoder"]

    edit_description(lone_vae, keep_encoder)
    assert_rejects(draw(*CAT, "--vae", lone_vae), f"--vae '{lone_vae}': has no VAE decoder")


def test_a_picture_that_is_given_goes_through_its_encoder(draw: Run, lone_vae: Path, tmp_path: Path) -> None:
    assert_done(draw(*CAT, "-o", "a.png"), "a.png")
    half = ("-i", "a.png", "--strength", 0.5, "-p", "a cat", "--steps", 2, "-s", 7)
    assert_done(draw(*half, "-o", "own.png"), "own.png")
    assert_done(draw(*half, "-o", "lent.png", "--vae", lone_vae), "lent.png")
    assert pixels(tmp_path / "own.png") == pixels(tmp_path / "lent.png")

    def drop_encoder(description: dict) -> None:
        del description["parts"]["vae_encoder"]

    edit_description(lone_vae, drop_encoder)
    result = draw(*half, "-o", "b.png", "--vae", lone_vae)
    assert_fails(result, FAILED, "model lone has no vae_encoder")


def spoil(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def lead_out(path: Path) -> None:
    elsewhere = path.parents[2] / "elsewhere.pt"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [(spoil, "SHA-256"), (cut_short, "bytes, model.json says"), (lead_out, "link"), (Path.unlink, "No such file")],
)
def test_its_files_are_verified(draw: Run, lone_vae: Path, spoilt: Callable[[Path], object], said: str) -> None:
    spoilt(lone_vae / "vae_decoder.pt")
    result = draw(*CAT, "-o", "a.png", "--vae", lone_vae)
    assert_fails(result, FAILED, "lone/vae_decoder.pt", said)


def test_inspect_says_what_it_is(run: Run, lone_vae: Path) -> None:
    result = run("inspect", lone_vae)
    assert result.returncode == 0, result.stderr
    assert "--vae, beside another model with 4 latent channels" in result.stdout


def test_a_vae_alone_is_no_model(run: Run, lone_vae: Path) -> None:
    assert_fails(run("-m", lone_vae, *CAT), FAILED, "model lone has no")
