"""scripts/deepcache-gen sets up what is missing, once, and survives what can go wrong."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from fake_checkout import FakeCheckout

HAS_GPU = Path("/proc/driver/nvidia/version").exists()


@pytest.fixture
def checkout(tmp_path: Path) -> FakeCheckout:
    return FakeCheckout(tmp_path)


@pytest.fixture
def ready(checkout: FakeCheckout) -> FakeCheckout:
    assert checkout.run().returncode == 0
    checkout.calls()
    return checkout


def test_first_call_sets_up_and_runs_the_program(checkout: FakeCheckout) -> None:
    result = checkout.run("-p", "a red circle", "")
    assert result.returncode == 0
    assert result.stdout == "<-p><a red circle><>"
    assert "installing" in result.stderr and "compiling" in result.stderr
    calls = checkout.calls()
    assert [call.split()[0] for call in calls] == ["python3", "pip", "cmake", "cmake"]


@pytest.mark.skipif(HAS_GPU, reason="there is an NVIDIA driver here")
def test_without_a_driver_only_the_libraries_are_installed(checkout: FakeCheckout) -> None:
    checkout.run()
    (pip,) = checkout.calls("pip")
    assert "--no-deps" in pip


def test_a_driver_brings_the_cuda_libraries_and_a_compiler(checkout: FakeCheckout) -> None:
    checkout.add_command("nvidia-smi", "")
    checkout.run()
    libraries, compiler = checkout.calls("pip")
    assert "--no-deps" not in libraries
    assert "--no-deps" in compiler and compiler.endswith("/requirements-nvcc.txt")
    checkout.run()
    assert checkout.calls() == []


@pytest.mark.parametrize(("release", "pip_calls"), [("13.2", 1), ("12.9", 2)])
def test_a_toolkit_of_libtorch_s_release_is_compiler_enough(
    checkout: FakeCheckout, release: str, pip_calls: int
) -> None:
    checkout.add_command("nvidia-smi", "")
    checkout.add_command("nvcc", f"echo 'Cuda compilation tools, release {release}, V{release}.51'\n")
    checkout.run()
    assert len(checkout.calls("pip")) == pip_calls


@pytest.mark.skipif(HAS_GPU, reason="there is an NVIDIA driver here")
def test_a_driver_that_comes_later_is_noticed(ready: FakeCheckout) -> None:
    ready.add_command("nvidia-smi", "")
    assert ready.run().returncode == 0
    assert [call.split()[0] for call in ready.calls()] == ["pip", "pip", "cmake", "cmake"]


def test_second_call_does_nothing(ready: FakeCheckout) -> None:
    result = ready.run("x")
    assert (result.stdout, result.stderr) == ("<x>", "")
    assert ready.calls() == []


def test_stdin_is_left_to_the_program(checkout: FakeCheckout) -> None:
    assert checkout.run("-", stdin="a prompt\n").stdout == "<->a prompt\n"


def test_runs_through_a_symlink(ready: FakeCheckout, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(ready.root / "scripts/deepcache-gen")
    assert ready.run("x", script=link).stdout == "<x>"


@pytest.mark.parametrize(
    ("changed", "redone"),
    [
        ("src/main.cc", ["cmake", "cmake"]),
        ("third_party/CMakeLists.txt", ["cmake", "cmake"]),
        ("scripts/requirements.txt", ["pip", "cmake", "cmake"]),
        ("scripts/requirements-test.txt", []),
    ],
)
def test_only_what_changed_is_redone(ready: FakeCheckout, changed: str, redone: list[str]) -> None:
    ready.change(changed)
    assert ready.run().returncode == 0
    assert [call.split()[0] for call in ready.calls()] == redone


def test_moved_checkout_is_built_anew(ready: FakeCheckout, tmp_path: Path) -> None:
    cache = ready.root / "build/CMakeCache.txt"
    cache.write_text(f"CMAKE_HOME_DIRECTORY:INTERNAL={ready.root}\n")
    ready.root = ready.root.rename(tmp_path / "else where")
    assert ready.run("x").stdout == "<x>"
    assert [call.split()[0] for call in ready.calls()] == ["pip", "cmake", "cmake"]
    assert not (ready.root / "build/CMakeCache.txt").exists()


@pytest.mark.parametrize("lost", [".venv", "build"])
def test_deleted_folder_is_made_again(ready: FakeCheckout, lost: str) -> None:
    (ready.root / lost).rename(ready.root / "gone")
    assert ready.run("x").stdout == "<x>"
    assert ready.calls() != []


def test_failed_pip_says_what_to_do_and_is_repaired(checkout: FakeCheckout) -> None:
    result = checkout.run(FAKE_PIP="fail")
    assert (result.returncode, result.stdout) == (1, "")
    assert str(checkout.root / ".setup/pip.log") in result.stderr.splitlines()[-1]
    assert "run this again" in result.stderr.splitlines()[-1]
    assert checkout.run("x").stdout == "<x>"


def test_half_installed_package_is_installed_again(checkout: FakeCheckout) -> None:
    checkout.run(FAKE_PIP="fail")
    packages = checkout.root / ".venv/lib/python3.11/site-packages"
    half, whole = packages / "torch-2.11.0.dist-info", packages / "numpy-2.4.6.dist-info"
    for folder in (half, whole):
        folder.mkdir()
        (folder / "METADATA").write_text("Name: x\n")
    (whole / "RECORD").write_text("x\n")
    assert checkout.run().returncode == 0
    assert (half.exists(), whole.exists()) == (False, True)


def test_failed_build_names_its_log_and_is_tried_again(checkout: FakeCheckout) -> None:
    result = checkout.run(FAKE_BUILD="fail")
    assert (result.returncode, result.stdout) == (1, "")
    assert "error: no such thing" in result.stderr
    log = checkout.root / ".setup/build-release.log"
    assert str(log) in result.stderr.splitlines()[-1]
    assert "error: no such thing" in log.read_text()
    assert checkout.run("x").stdout == "<x>"


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_interrupted_set_up_goes_on_at_the_next_call(checkout: FakeCheckout, signal_number: int) -> None:
    process = checkout.start(FAKE_PIP="hang")
    hangs = checkout.calls_file.with_suffix(".hangs")
    deadline = time.monotonic() + 30
    while not hangs.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(process.pid, signal_number)
    stdout, _ = process.communicate(timeout=30)
    assert process.returncode != 0
    assert stdout == ""
    assert checkout.run("x").stdout == "<x>"


def test_two_first_calls_set_up_once(checkout: FakeCheckout) -> None:
    processes = [checkout.start("x", FAKE_BUILD_SECONDS="1") for _ in range(2)]
    outputs = [process.communicate(timeout=60) for process in processes]
    assert [stdout for stdout, _ in outputs] == ["<x>", "<x>"]
    assert sum("waiting" in stderr for _, stderr in outputs) == 1
    assert len(checkout.calls("cmake --build")) == 1


def test_missing_package_is_installed_by_root(checkout: FakeCheckout) -> None:
    (checkout.commands / "g++").unlink()
    result = checkout.run("x")
    assert (result.returncode, result.stdout) == (0, "<x>"), result.stderr
    calls = checkout.calls("apt-get")
    assert [call.split()[3] for call in calls] == ["install", "update", "install"]
    assert all(call.endswith("--no-install-recommends g++") for call in calls if " install " in call)


def test_missing_package_without_root_prints_the_command(checkout: FakeCheckout) -> None:
    (checkout.commands / "g++").unlink()
    result = checkout.run(FAKE_UID="1000")
    assert (result.returncode, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert line.endswith("apt-get update && apt-get install -y --no-install-recommends g++")
    assert checkout.calls() == []


def test_missing_package_is_installed_through_sudo(checkout: FakeCheckout) -> None:
    (checkout.commands / "g++").unlink()
    checkout.add_command("sudo", '[[ $1 != -n ]] || shift\nexec "$@"\n')
    assert checkout.run("x", FAKE_UID="1000").stdout == "<x>"


def test_unknown_level_is_a_usage_error(checkout: FakeCheckout) -> None:
    result = checkout.run("everything", script=checkout.root / "scripts/setup/ensure")
    assert (result.returncode, result.stdout) == (2, "")
    assert "usage" in result.stderr


@pytest.mark.parametrize(("level", "pip_calls"), [("cuda", 2), ("export", 2), ("test", 2)])
def test_higher_level_includes_the_program_s_libraries(checkout: FakeCheckout, level: str, pip_calls: int) -> None:
    ensure = checkout.root / "scripts/setup/ensure"
    assert checkout.run(level, script=ensure).returncode == 0
    assert len(checkout.calls("pip")) == pip_calls
    assert checkout.run().returncode == 0
    assert checkout.calls("pip") == []


def test_a_chart_brings_no_torch(checkout: FakeCheckout) -> None:
    ensure = checkout.root / "scripts/setup/ensure"
    for level, files in (("plot", ["plot"]), ("plot", [])):
        assert checkout.run(level, script=ensure).returncode == 0
        calls = checkout.calls("pip")
        assert len(calls) == len(files) and all("requirements-plot.txt" in call for call in calls)
        assert not any("requirements.txt" in call for call in calls)
    assert checkout.run("test", script=ensure).returncode == 0
    assert checkout.run("plot", script=ensure).returncode == 0
    assert not any("requirements-plot" in call for call in checkout.calls("pip"))


# apt-get makes a command of the name of each package, unless told to fail. apt-cache knows them after `update`.
FAKE_INSTALL = """printf 'apt-get %s\\n' "$*" >>"$FAKE_CALLS"
case $* in *' update') exec touch "$FAKE_CALLS.updated" ;; esac
[[ -z ${FAKE_APT-} ]] || exit 100
for word; do
  case $word in
    zsh | fish | parallel | chromium) printf '#!/bin/bash\\n' >"${0%/*}/$word" && chmod +x "${0%/*}/$word" ;;
  esac
done
"""
FAKE_FACTS = """[[ -e $FAKE_CALLS.updated ]] || exit 100
case ${!#} in
  zsh | fish) printf 'Package: x\\nVersion: 5.9-4\\nDepends: libc6 (>= 2.34)\\n' ;;
  chromium) printf 'Package: x\\nVersion: %s\\n' "$FAKE_CHROMIUM" ;;
  *) exit 100 ;;
esac
"""
CHROMIUM = "156.0.8078.79-1\nDepends: libc6, libsnappy1v5 (>= 1.1)"
STUBS = ["2:1snap1-0ubuntu2\nDepends: debconf", "1:85.0\nPre-Depends: debconf, snapd (>= 2.54)"]


class OptionalTools:
    """`ensure test` in a checkout in which apt has zsh and fish, and chromium in the version asked for."""

    def __init__(self, checkout: FakeCheckout) -> None:
        self.checkout = checkout
        checkout.add_command("apt-get", FAKE_INSTALL)
        checkout.add_command("apt-cache", FAKE_FACTS)
        self.ensure = checkout.root / "scripts/setup/ensure"

    def set_up(self, chromium: str = CHROMIUM, **settings: str) -> tuple[str, list[str]]:
        """What it says, and its calls of apt-get."""
        result = self.checkout.run("test", script=self.ensure, FAKE_CHROMIUM=chromium, **settings)
        assert result.returncode == 0, result.stderr
        return result.stderr, self.checkout.calls("apt-get")

    def installed(self) -> set[str]:
        return {name for name in ("zsh", "fish", "parallel", "chromium") if (self.checkout.commands / name).exists()}


@pytest.fixture
def tools(checkout: FakeCheckout) -> OptionalTools:
    return OptionalTools(checkout)


def test_tools_of_tests_are_installed_in_one_call(tools: OptionalTools) -> None:
    said, calls = tools.set_up()
    assert [call.split()[3] for call in calls] == ["update", "install"]
    assert tools.installed() == {"zsh", "fish", "chromium"}
    (line,) = [line for line in said.splitlines() if "not installed" in line]
    assert "parallel" in line and "zsh" not in line and "apt has no such package" in line
    assert tools.set_up() == ("", [])


@pytest.mark.parametrize("stub", STUBS, ids=["by version", "by dependency"])
def test_a_stub_that_fetches_a_snap_is_not_installed(tools: OptionalTools, stub: str) -> None:
    tools.set_up(chromium=stub)
    assert tools.installed() == {"zsh", "fish"}


def test_set_up_goes_on_without_tools_that_fail_to_install(tools: OptionalTools) -> None:
    said, _ = tools.set_up(FAKE_APT="fail")
    (line,) = [line for line in said.splitlines() if "not installed" in line]
    assert "zsh" in line and str(tools.checkout.root / ".setup/apt-optional.log") in line
    assert "set-up is complete" in said
    tools.set_up()  # tried again
    assert "zsh" in tools.installed()


def test_tools_are_not_installed_without_root(tools: OptionalTools) -> None:
    said, calls = tools.set_up(FAKE_UID="1000")
    (line,) = [line for line in said.splitlines() if "not installed" in line]
    assert "zsh" in line and "takes root" in line
    assert calls == []


def test_only_tests_bring_their_tools(tools: OptionalTools) -> None:
    assert tools.checkout.run("x").stdout == "<x>"
    assert tools.checkout.calls("apt-get") == []


@pytest.mark.parametrize(
    ("call", "passed_on"),
    [
        (["invoke-rc.d", "munge", "start"], False),
        (["update-rc.d", "slurmctld", "defaults"], False),
        (["deb-systemd-helper", "--quiet", "was-enabled", "slurmd.service"], False),
        (["deb-systemd-invoke", "start", "dbus.service"], True),
        (["invoke-rc.d", "mungefs", "start"], True),
    ],
    ids=str,
)
def test_no_service_of_a_tool_is_started(tools: OptionalTools, call: list[str], passed_on: bool) -> None:
    """As dpkg calls it: by name, from the path that it was given."""
    _, calls = tools.set_up()
    (path,) = [call.partition("DPkg::Path=")[2].partition(" zsh")[0] for call in calls if "DPkg::Path=" in call]
    folder, _, rest = path.partition(":")
    assert rest.split(":")[-4:] == ["/usr/sbin", "/usr/bin", "/sbin", "/bin"]
    real = tools.checkout.commands / call[0]
    real.write_text('#!/bin/sh\necho "really $*"\n')
    real.chmod(0o755)
    variables = {"PATH": f"{folder}:{tools.checkout.commands}:/usr/bin:/bin"}
    result = subprocess.run(
        ["sh", "-c", '"$@"', "sh", *call], env=variables, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout == (f"really {' '.join(call[1:])}\n" if passed_on else "")


def test_installed_scripts_write_into_the_users_data_folder(checkout: FakeCheckout, tmp_path: Path) -> None:
    (checkout.root / "scripts/setup/installed").touch()
    before = sorted(checkout.root.rglob("*"))
    ensure, data = checkout.root / "scripts/setup/ensure", tmp_path / "user's data"
    for level, calls in (("cuda", 1), ("export", 2), ("plot", 1)):
        result = checkout.run(level, script=ensure, XDG_DATA_HOME=str(data))
        assert result.returncode == 0, result.stderr
        assert f"into {data}/deepcache-gen/venv" in result.stderr
        assert len(checkout.calls("pip")) == calls
        assert (data / "deepcache-gen/venv/setup" / level).is_file()
    assert sorted(checkout.root.rglob("*")) == before
    refused = checkout.run("program", script=ensure, XDG_DATA_HOME=str(data))
    assert refused.returncode == 2 and "usage: ensure cuda|export|plot" in refused.stderr
