"""scripts/test runs every stage whatever fails, adds all results up, and fails if anything failed."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from fake_checkout import NOTE_CALL, REPOSITORY, FakeCheckout

PASSED = '<testsuite><testcase name="a"/><testcase name="b"/></testsuite>'
FAILED = '<testsuite><testcase name="a"/><testcase name="b"><failure/></testcase></testsuite>'

# FAKE_FAILURES names the tools that fail. The last line of scripts/test is made by the real count_results.py.
FAKE_PYTHON = f"""
case $* in
  *"/count_results.py "*) exec "{sys.executable}" "$@" ;;
  "-m pytest "*) tool=pytest results=$4 ;;
  "-m ruff "*) tool=ruff results=/dev/null ;;
  *"/check_layers.py") tool=layers results=/dev/null ;;
esac
printf '%s %s\\n' "$tool" "$*" >>"$FAKE_CALLS"
"""
FAKE_CTEST = NOTE_CALL + 'tool=ctest results=${GTEST_OUTPUT#xml:}cli_test.xml; mkdir -p "${results%/*}"\n'
FAKE_FUZZ = """
printf 'fuzz %s\\n' "$*" >>"$FAKE_CALLS"
results=${0%/scripts/fuzz}/build-fuzz/results tool=fuzz
mkdir -p "$results" && results+=/target.xml
"""
FAIL_IF_TOLD = f"""
[[ " ${{FAKE_FAILURES-}} " == *" $tool "* ]] && echo '{FAILED}' >"$results" && exit 1
echo '{PASSED}' >"$results"
"""


@pytest.fixture
def checkout(tmp_path: Path) -> FakeCheckout:
    checkout = FakeCheckout(tmp_path)
    shutil.copy(REPOSITORY / "scripts/test", checkout.root / "scripts")
    ensure = checkout.run("test", script=checkout.root / "scripts/setup/ensure")
    assert ensure.returncode == 0, ensure.stderr
    checkout.add_command("ctest", FAKE_CTEST + FAIL_IF_TOLD)
    checkout.add_command("python", FAKE_PYTHON + FAIL_IF_TOLD)
    checkout.add_command("shellcheck", "")
    checkout.add_command("fuzz", FAKE_FUZZ + FAIL_IF_TOLD)
    shutil.move(checkout.commands / "fuzz", checkout.root / "scripts/fuzz")
    for name in ("python", "shellcheck"):
        shutil.move(checkout.commands / name, checkout.root / ".venv/bin" / name)
    checkout.calls()
    return checkout


def run_tests(checkout: FakeCheckout, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return checkout.run(*arguments, script=checkout.root / "scripts/test", **settings)


def tools(checkout: FakeCheckout) -> list[str]:
    return [call.split()[0] for call in checkout.calls()]


def test_all_stages_pass(checkout: FakeCheckout) -> None:
    result = run_tests(checkout)
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1] == "12 passed, 0 failed"
    builds = ["cmake", "cmake", "ctest"] * 4
    assert tools(checkout) == ["ruff", "layers", *builds, "fuzz", "pytest"]


def test_a_clean_clone_compiles_fuzz_targets_while_it_is_set_up(checkout: FakeCheckout) -> None:
    shutil.rmtree(checkout.root / ".venv")
    result = run_tests(checkout)
    assert "set-up is complete" in result.stderr
    calls = checkout.calls()
    assert any(call.startswith("pip ") for call in calls)
    presets = [call.split()[3] for call in calls if call.startswith("cmake --build ")]
    assert presets[:3] == ["fuzz", "asan-plain", "test"]


def test_nothing_is_tested_where_set_up_fails(checkout: FakeCheckout) -> None:
    shutil.rmtree(checkout.root / ".venv")
    result = run_tests(checkout, FAKE_PIP="fail")
    assert result.returncode == 1
    assert "===" not in result.stdout
    assert "cmake --preset test" not in checkout.calls()


def test_quick_leaves_out_sanitizers_and_parity(checkout: FakeCheckout) -> None:
    result = run_tests(checkout, "--quick")
    assert result.stdout.splitlines()[-1] == "4 passed, 0 failed"
    calls = checkout.calls()
    assert not any(word in call for call in calls for word in ("asan", "tsan", "fuzz", "tests/parity"))


@pytest.mark.parametrize(
    ("settings", "last_line"),
    [
        ({"FAKE_FAILURES": "ruff"}, "12 passed, 1 failed"),
        ({"FAKE_FAILURES": "layers"}, "12 passed, 1 failed"),
        ({"FAKE_FAILURES": "ctest"}, "8 passed, 4 failed"),
        ({"FAKE_FAILURES": "fuzz"}, "11 passed, 1 failed"),
        ({"FAKE_FAILURES": "pytest"}, "11 passed, 1 failed"),
        ({"FAKE_BUILD": "fail"}, "4 passed, 3 failed"),
    ],
)
def test_a_failure_does_not_stop_the_others(checkout: FakeCheckout, settings: dict[str, str], last_line: str) -> None:
    result = run_tests(checkout, **settings)
    assert result.returncode == 1
    assert result.stdout.splitlines()[-1] == last_line
    assert tools(checkout)[-1] == "pytest"


def test_unknown_option_is_a_usage_error(checkout: FakeCheckout) -> None:
    assert run_tests(checkout, "--slow").returncode == 2
    assert checkout.calls() == []
