"""Sums up JUnit files: usage: count_results.py FOLDER FAILED_STAGES

FOLDER holds for every stage that ran tests a file, or a folder with files, also further below.

Prints how many tests were skipped, then, alone on the last line, "N passed, N failed", and exits 1 if any failed or
none passed. Stages that failed beyond those with a failed test (a build, style) count as one failure each.
"""

import sys
from pathlib import Path
from xml.etree import ElementTree


def count(stage: Path) -> tuple[int, int, int]:
    """Passed, failed and skipped tests of one stage."""
    files = stage.rglob("*.xml") if stage.is_dir() else [stage]
    cases = [case for file in files for case in ElementTree.parse(file).iter("testcase")]
    failed = sum(case.find("failure") is not None or case.find("error") is not None for case in cases)
    skipped = sum(case.find("skipped") is not None for case in cases)
    return len(cases) - failed - skipped, failed, skipped


def main() -> int:
    counts = [count(stage) for stage in Path(sys.argv[1]).iterdir()]
    stages_with_failed_tests = sum(failed > 0 for _, failed, _ in counts)
    passed, failed, skipped = (sum(column) for column in zip((0, 0, 0), *counts, strict=True))
    failed += max(0, int(sys.argv[2]) - stages_with_failed_tests)
    if skipped:
        print(f"({skipped} skipped)")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
