"""Every command on README does what it is there for, and the page of options is what the program prints."""

import re
from pathlib import Path

import pytest
from documented_commands import BLOCK, commands, make_checkout, run_commands
from expectations import Run

REPOSITORY = Path(__file__).resolve().parents[2]
README = REPOSITORY / "README.md"
OPTIONS_PAGE = REPOSITORY / "docs" / "options.md"

# What is tested elsewhere, since it takes root, the network or an hour, and where.
SD15 = "stable-diffusion-v1-5/stable-diffusion-v1-5"
TESTED_ELSEWHERE = {
    "scripts/test": "tests/scripts/test_test_command.py",
    f"scripts/export_model.py --source {SD15} --output models/sd15 --dtype float16": "tests/parity/test_exporter.py",
    "scripts/make_packages": "tests/end_to_end/test_debian_package.py",
    "sudo apt install ./packages/deepcache-gen_*.deb": "tests/end_to_end/test_debian_package.py",
}


@pytest.fixture
def checkout(program: Path, tiny_model: Path, embedded_model: Path, tmp_path: Path) -> Path:
    """A folder in which the commands work: the program, the embedded model's files, a tiny model for SD 1.5."""
    return make_checkout(tmp_path, program, {"scenes": embedded_model, "sd15": tiny_model})


def test_every_command_works(checkout: Path) -> None:
    run_here = [line for line in commands(README) if line not in TESTED_ELSEWHERE]
    run_commands(run_here, checkout)
    made = {path.name for path in checkout.glob("*.png")}
    assert made >= set(re.findall(r"-o (\S+\.png)$", "\n".join(run_here), re.MULTILINE))
    assert (checkout / "report" / "index.html").is_file()


@pytest.mark.parametrize(("command", "test"), TESTED_ELSEWHERE.items())
def test_what_is_tested_elsewhere_is(command: str, test: str) -> None:
    assert command in commands(README)
    assert (REPOSITORY / test).is_file()


def test_other_blocks_are_none() -> None:
    """What is no block of commands, nobody would run."""
    text = README.read_text()
    assert text.count("```") == 2 * len(BLOCK.findall(text))
    assert not re.search(r"^ {4}\S", text, re.MULTILINE)


def test_the_page_of_options_is_up_to_date(run: Run) -> None:
    """If it is not: write what `deepcache-gen man --markdown` prints below its introduction."""
    assert OPTIONS_PAGE.read_text().split("<!-- table -->\n\n")[1] == run("man", "--markdown").stdout
