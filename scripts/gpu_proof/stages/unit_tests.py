"""The C++ tests that need a GPU."""

import re
import shutil

from gpu_proof.errors import Missing
from gpu_proof.place import EMBEDDED_MODEL
from gpu_proof.work import Work

# Lines on the page, and characters for who looks closer.
LONGEST, KEPT = 40, 200_000


def run(work: Work) -> None:
    """`ctest -L gpu` where there is ctest, else the executable itself."""
    folder = work.place.pack / "tests"
    if not (folder / "gpu_test").is_file():
        raise Missing("gpu_test is not in the pack")
    where = {"EMBEDDED_MODEL_DIR": str(EMBEDDED_MODEL)}
    if shutil.which("ctest"):
        # ctest has its own libraries; those of the test are in the test's own variable.
        where["GPU_TEST_LIBRARIES"] = work.place.libraries["LD_LIBRARY_PATH"]
        ended = work.run(["ctest", "--test-dir", folder, "-L", "gpu", "--output-on-failure", "--verbose"], **where)
    else:
        ended = work.run([folder / "gpu_test"], **where, **work.place.libraries)
    text = ended.stdout + ended.stderr
    passed, skipped, failed = (re.findall(rf"\[ +{word} +\] (\w+\.[\w/]+)(?: \(|$)", text, re.MULTILINE)
                               for word in ("OK", "SKIPPED", "FAILED"))  # fmt: skip
    work.results.value("counts", {"passed": len(passed), "skipped": len(skipped), "failed": len(failed)})
    found = f"{len(passed)} passed, {len(skipped)} skipped, {len(failed)} failed"
    if ended.code != 0:
        work.results.value("output", text[-KEPT:])
        for line in [line for line in text.splitlines() if line.strip()][-LONGEST:]:
            work.results.note(f"`{line.strip()[:200]}`")
    work.results.check("the tests pass", ended.code == 0, found)
    if work.place.device == "cuda":
        work.results.check("none is skipped", not skipped, ", ".join(sorted(set(skipped))) or "none")
