"""Every command on README does what it is there for, and the page of options is what the program prints."""

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from expectations import Run

REPOSITORY = Path(__file__).resolve().parents[2]
README = REPOSITORY / "README.md"
OPTIONS_PAGE = REPOSITORY / "docs" / "options.md"
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)

# What is tested elsewhere, since it takes root, the network or an hour, and where.
SD15 = "stable-diffusion-v1-5/stable-diffusion-v1-5"
TESTED_ELSEWHERE = {
    "scripts/test": "tests/scripts/test_test_command.py",
    f"scripts/export_model.py --source {SD15} --output models/sd15 --dtype float16": "tests/parity/test_exporter.py",
    "scripts/make_packages": "tests/end_to_end/test_debian_package.py",
    "sudo apt install ./packages/deepcache-gen_*.deb": "tests/end_to_end/test_debian_package.py",
}


def commands() -> list[str]:
    """The lines of README's blocks."""
    return [line for block in BLOCK.findall(README.read_text()) for line in block.splitlines() if line.strip()]


@pytest.fixture
def checkout(program: Path, tiny_model: Path, embedded_model: Path, tmp_path: Path) -> Path:
    """A folder in which the commands work: the program, the embedded model's files, a tiny model for SD 1.5."""
    scripts, models = tmp_path / "scripts", tmp_path / "models"
    scripts.mkdir()
    models.mkdir()
    starter = scripts / "deepcache-gen"
    starter.write_text(f'#!/bin/sh\nexec "{program}" "$@"\n')
    starter.chmod(starter.stat().st_mode | stat.S_IXUSR)
    (models / "scenes").symlink_to(embedded_model)
    (models / "sd15").symlink_to(tiny_model)
    return tmp_path


def test_every_command_works(checkout: Path) -> None:
    run_here = [line for line in commands() if line not in TESTED_ELSEWHERE]
    environment = os.environ | {"PATH": f"{checkout / 'scripts'}:{Path(sys.executable).parent}:{os.environ['PATH']}"}
    for line in run_here:
        script = ["bash", "-euo", "pipefail", "-c", line]
        result = subprocess.run(
            script, cwd=checkout, env=environment, capture_output=True, text=True, timeout=300, check=False
        )
        assert result.returncode == 0, f"{line}\n{result.stderr}"
    made = {path.name for path in checkout.glob("*.png")}
    assert made >= set(re.findall(r"-o (\S+\.png)$", "\n".join(run_here), re.MULTILINE))
    assert (checkout / "report" / "index.html").is_file()


@pytest.mark.parametrize(("command", "test"), TESTED_ELSEWHERE.items())
def test_what_is_tested_elsewhere_is(command: str, test: str) -> None:
    assert command in commands()
    assert (REPOSITORY / test).is_file()


def test_other_blocks_are_none() -> None:
    """What is no block of commands, nobody would run."""
    text = README.read_text()
    assert text.count("```") == 2 * len(BLOCK.findall(text))
    assert not re.search(r"^ {4}\S", text, re.MULTILINE)


def test_the_page_of_options_is_up_to_date(run: Run) -> None:
    """If it is not: write what `deepcache-gen man --markdown` prints below its introduction."""
    assert OPTIONS_PAGE.read_text().split("<!-- table -->\n\n")[1] == run("man", "--markdown").stdout
