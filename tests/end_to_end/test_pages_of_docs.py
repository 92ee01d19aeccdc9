"""The commands of docs/caching.md, docs/control.md and docs/scripting.md work."""

import re
import shutil
from pathlib import Path

import pytest
from documented_commands import commands, make_checkout, run_commands

REPOSITORY = Path(__file__).resolve().parents[2]
CACHING, CONTROL, SCRIPTING = (REPOSITORY / "docs" / name for name in ("caching.md", "control.md", "scripting.md"))
# What takes GPUs or a cluster, or never ends: what it begins with, and the test that does it without.
TESTED_ELSEWHERE = {"seq 4 | parallel ": "test_shards.py", "scripts/slurm_array.sh ": "test_shards.py"}
# On a tiny model instead of an hour's, and on what a list holds instead of what will ever be appended to it.
SMALLER = {"--size 512,768 --batch 4,1": "--size 64 --batch 2,1 --rounds 1 --steps 10", "tail -f": "cat"}


def run_here(page: Path) -> list[str]:
    """The page's commands that are run here, as they are run."""
    lines = [line for line in commands(page) if not line.startswith(tuple(TESTED_ELSEWHERE))]
    for words, smaller in SMALLER.items():
        assert any(words in line for page in (CACHING, SCRIPTING) for line in commands(page))
        lines = [line.replace(words, smaller) for line in lines]
    return lines


@pytest.fixture
def checkout(program: Path, tiny_model: Path, embedded_model: Path, tmp_path: Path) -> Path:
    """A folder in which the commands work; a tiny model stands for SD 2.1."""
    return make_checkout(tmp_path, program, {"scenes": embedded_model, "sd21": tiny_model})


def test_caching(checkout: Path) -> None:
    (checkout / "scripts/plot_trace.py").symlink_to(REPOSITORY / "scripts/plot_trace.py")
    run_commands(run_here(CACHING), checkout)
    for name in ("report/index.html", "barn/contact-sheet.png", "steps.jsonl", "steps.png", "now.png"):
        assert (checkout / name).stat().st_size > 0


def test_control(checkout: Path) -> None:
    (checkout / "models/scenes-edges").symlink_to(REPOSITORY / "models/scenes-edges")
    run_commands(commands(CONTROL), checkout)
    assert {path.name for path in checkout.glob("*.png")} == {"steered.png", "cached.png"}


def test_scripting(checkout: Path) -> None:
    if shutil.which("jq") is None:
        pytest.skip("jq is not installed")
    (prompts,) = re.findall(r"^```text\n# prompts.txt\n(.*?)^```$", SCRIPTING.read_text(), re.MULTILINE | re.DOTALL)
    (checkout / "prompts.txt").write_text(prompts)
    run_commands(run_here(SCRIPTING), checkout)
    made = {str(path.relative_to(checkout)) for path in checkout.rglob("*.png")}
    assert made == {*(f"out/{k:03}.png" for k in range(4)), "list/00000.png", "lighthouse.png", "made/00000.png"}


@pytest.mark.parametrize(("beginning", "test"), TESTED_ELSEWHERE.items())
def test_what_is_tested_elsewhere_is(beginning: str, test: str) -> None:
    assert any(line.startswith(beginning) for line in commands(SCRIPTING))
    assert (REPOSITORY / "tests/end_to_end" / test).is_file()


@pytest.mark.parametrize("page", [CACHING, CONTROL, SCRIPTING], ids=lambda page: page.name)
def test_other_blocks_are_none(page: Path) -> None:
    """What is no block of commands, nobody would run."""
    assert not re.search(r"^ {4}\S", page.read_text(), re.MULTILINE)
