"""A script of ours that is started with a bare Python goes on in .venv."""

import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]

SCRIPT = """
from setup.in_environment import ensure_environment
ensure_environment("export")
import sys
print(sys.prefix, sys.argv[1:])
"""

# Stands in for scripts/setup/ensure: installs one package, as far as package metadata goes.
ENSURE = """#!/bin/sh
echo "ensure $*" >&2
[ ! -e "$0.fails" ] || exit 1
packages=$(echo "${0%/scripts/*}"/.venv/lib/python3*/site-packages)
[ ! -e "$0.installs" ] || cp -r "$0.installs" "$packages/pin-1.2.dist-info"
"""


class Checkout:
    """A checkout with one script, whose requirement is pin==1.2, and an empty .venv."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "check out"
        self.setup = self.root / "scripts/setup"
        self.setup.mkdir(parents=True)
        shutil.copy(REPOSITORY / "scripts/setup/in_environment.py", self.setup)
        self.script = self.root / "scripts/script.py"
        self.script.write_text(SCRIPT)
        (self.setup.parent / "requirements.txt").write_text("# why\npin==1.2\n")
        (self.setup.parent / "requirements-export.txt").write_text("")
        (self.setup.parent / "requirements-no-deps.txt").write_text("")
        self.ensure = self.setup / "ensure"
        self.ensure.write_text(ENSURE)
        self.ensure.chmod(0o755)
        venv.create(self.root / ".venv", with_pip=False)

    def ensure_installs(self, version: str) -> None:
        metadata = self.setup / "ensure.installs"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: pin\nVersion: {version}\n")

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(self.script), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_script_goes_on_in_the_environment(checkout: Checkout) -> None:
    checkout.ensure_installs("1.2")
    result = checkout.run("a b", "")
    assert result.stdout == f"{checkout.root / '.venv'} ['a b', '']\n"
    assert result.stderr == "ensure export\n"


def test_python_with_the_requirements_is_kept(checkout: Checkout) -> None:
    (checkout.setup.parent / "requirements.txt").write_text("")
    result = checkout.run()
    assert (result.stdout, result.stderr) == (f"{sys.prefix} []\n", "")


def test_failed_set_up_ends_the_script(checkout: Checkout) -> None:
    (checkout.setup / "ensure.fails").touch()
    result = checkout.run()
    assert (result.returncode, result.stdout) == (1, "")


@pytest.mark.parametrize(
    ("name", "arguments", "code"),
    [
        ("export_model.py", ["--help"], 0),
        ("export_model.py", ["--source", "x"], 2),
        ("make_random_model.py", ["--help"], 0),
        ("plot_trace.py", ["--help"], 0),
        ("plot_trace.py", ["x"], 2),
        ("plot_bench.py", ["--help"], 0),
        ("make_random_model.py", ["--family", "none", "--output", "x"], 2),
    ],
)
def test_help_and_wrong_flags_set_up_nothing(tmp_path: Path, name: str, arguments: list[str], code: int) -> None:
    """By a Python without any package, from a checkout whose set-up would say so."""
    scripts = tmp_path / "scripts"
    shutil.copytree(REPOSITORY / "scripts", scripts, ignore=shutil.ignore_patterns("__pycache__", "embedded_model"))
    (tmp_path / "src/schedulers").mkdir(parents=True)
    for table in (REPOSITORY / "src/schedulers").glob("*.def"):
        shutil.copy(table, tmp_path / "src/schedulers")
    (scripts / "setup/ensure").write_text("#!/bin/sh\necho set-up; exit 1\n")
    command = [sys.executable, "-S", str(scripts / name), *arguments]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert result.returncode == code, result.stderr
    assert "usage:" in (result.stderr if code else result.stdout)
    assert "set-up" not in result.stdout + result.stderr


def test_a_build_of_the_version_for_certain_machines_counts(checkout: Checkout) -> None:
    """As torch 2.11.0+cpu of PyTorch's own index does for pip."""
    checkout.ensure_installs("1.2+cpu")
    assert checkout.run().returncode == 0


def test_a_chart_needs_its_own_packages_only(checkout: Checkout) -> None:
    checkout.script.write_text(SCRIPT.replace("export", "plot"))
    (checkout.setup.parent / "requirements-plot.txt").write_text("")
    result = checkout.run()
    assert (result.stdout, result.stderr) == (f"{sys.prefix} []\n", ""), "pin, which all others need, is not there"
    (checkout.setup.parent / "requirements-plot.txt").write_text("pin==1.2\n")
    checkout.ensure_installs("1.2")
    assert checkout.run().stderr == "ensure plot\n"


@pytest.mark.parametrize("version", ["1.1", None])
def test_environment_that_stays_incomplete_is_an_error_and_no_loop(checkout: Checkout, version: str | None) -> None:
    if version:
        checkout.ensure_installs(version)
    result = checkout.run()
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.count("ensure export") == 1
    assert "pin==1.2" in result.stderr


def test_an_installed_script_goes_on_in_the_users_environment(checkout: Checkout, tmp_path: Path) -> None:
    """Which this stand-in of set-up, that knows .venv only, leaves incomplete."""
    (checkout.setup / "installed").touch()
    environment = tmp_path / "data/deepcache-gen/venv"
    environment.parent.mkdir(parents=True)
    (checkout.root / ".venv").rename(environment)
    checkout.ensure.write_text("#!/bin/sh\n")
    command = [sys.executable, str(checkout.script)]
    variables = {"XDG_DATA_HOME": str(tmp_path / "data"), "PATH": "/usr/bin:/bin"}
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=variables)
    assert result.returncode == 1
    assert f"{environment} still lacks pin==1.2" in result.stderr
