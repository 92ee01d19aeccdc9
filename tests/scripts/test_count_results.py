"""The last line of scripts/test tells the truth."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts/setup/count_results.py"

PASSED = '<testcase name="a"/>'
FAILED = '<testcase name="b"><failure message="no"/></testcase>'
BROKEN = '<testcase name="c"><error message="no"/></testcase>'
SKIPPED = '<testcase name="d"><skipped/></testcase>'


@pytest.mark.parametrize(
    ("files", "failed_stages", "last_line", "code"),
    [
        ([PASSED * 3, PASSED * 2], 0, "5 passed, 0 failed", 0),
        ([PASSED + FAILED, PASSED + BROKEN + FAILED], 2, "2 passed, 3 failed", 1),
        ([PASSED + SKIPPED], 0, "1 passed, 0 failed", 0),
        ([PASSED], 1, "1 passed, 1 failed", 1),
        ([PASSED + FAILED], 2, "1 passed, 2 failed", 1),
        ([], 4, "0 passed, 4 failed", 1),
    ],
)
def test_totals(tmp_path: Path, files: list[str], failed_stages: int, last_line: str, code: int) -> None:
    for number, cases in enumerate(files):
        (tmp_path / f"{number}.xml").write_text(f"<testsuite>{cases}</testsuite>")
    command = [sys.executable, str(SCRIPT), str(tmp_path), str(failed_stages)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.stdout.splitlines()[-1] == last_line
    assert result.returncode == code


def test_a_stage_may_have_a_folder_of_files(tmp_path: Path) -> None:
    """Two of its files with a failed test are one failed stage: the other one could not run its tests."""
    for file in ("asan/cli_test.xml", "asan/image_2/image_test.xml"):
        (tmp_path / file).parent.mkdir(parents=True)
        (tmp_path / file).write_text(f"<testsuite>{PASSED + FAILED}</testsuite>")
    command = [sys.executable, str(SCRIPT), str(tmp_path), "2"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.stdout.splitlines()[-1] == "2 passed, 3 failed"


def test_no_tests_at_all_is_a_failure(tmp_path: Path) -> None:
    command = [sys.executable, str(SCRIPT), str(tmp_path), "0"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 1
