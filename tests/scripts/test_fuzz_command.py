"""scripts/fuzz builds and runs the targets, says what each reached, and fails with the input that one failed at."""

import shutil
import subprocess
from pathlib import Path

import pytest
from fake_checkout import NOTE_CALL, REPOSITORY, FakeCheckout

# `cmake --build` makes every target; FAKE_FINDING names the one that fails.
FAKE_CMAKE = """
[[ $1 == --build ]] || exit 0
[[ ${FAKE_BUILD-} == fail ]] && exit 1
mkdir -p build-fuzz/tests/fuzz
for name in barns boats; do
cat >"build-fuzz/tests/fuzz/${name}_fuzz" <<'END'
#!/usr/bin/env bash
name=${0##*/}
printf '%s %s\\n' "$name" "$*" >>"$FAKE_CALLS"
echo 'INFO: Loaded 1 modules   (900 inline 8-bit counters): 900 [0x5, 0x9)'
echo '#12 DONE   cov: 345 ft: 678 corp: 3/9b lim: 4 exec/s: 0 rss: 38Mb'
echo 'stat::average_exec_per_sec:     4321'
[[ $name != "${FAKE_FINDING-}_fuzz" ]] || { echo 'Test unit written to /x/crash-1'; exit 77; }
END
env chmod +x "build-fuzz/tests/fuzz/${name}_fuzz"
done
"""


@pytest.fixture
def checkout(tmp_path: Path) -> FakeCheckout:
    checkout = FakeCheckout(tmp_path)
    shutil.copy(REPOSITORY / "scripts/fuzz", checkout.root / "scripts")
    checkout.add_command("cmake", NOTE_CALL + FAKE_CMAKE)
    for name in ("barns", "boats"):
        (checkout.root / f"tests/fuzz/seeds/{name}").mkdir(parents=True)
        (checkout.root / f"tests/fuzz/{name}_fuzz.cc").write_text("")
    (checkout.root / "tests/fuzz/boats.dict").write_text("")
    return checkout


def fuzz(checkout: FakeCheckout, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return checkout.run(*arguments, script=checkout.root / "scripts/fuzz", **settings)


def test_every_target_runs_and_tells_its_figures(checkout: FakeCheckout) -> None:
    result = fuzz(checkout)
    assert result.returncode == 0, result.stderr
    lines = sorted(line.split() for line in result.stdout.splitlines())
    assert [line[0] for line in lines] == ["barns", "boats"]
    for line in lines:
        assert " ".join(line[1:]) == "4321 executions/s 345 edges of 900 678 features ok"
    assert all("-max_total_time=60 " in call for call in checkout.calls("b"))


def test_one_target_runs_for_its_seconds_with_its_words_and_seeds(checkout: FakeCheckout) -> None:
    assert fuzz(checkout, "boats", "7").returncode == 0
    (call,) = checkout.calls("b")
    assert "-max_total_time=7 " in call
    assert f"-dict={checkout.root}/tests/fuzz/boats.dict" in call
    assert call.endswith(f" {checkout.root}/build-fuzz/corpus/boats {checkout.root}/tests/fuzz/seeds/boats")


def test_a_finding_names_its_input_and_does_not_stop_the_others(checkout: FakeCheckout) -> None:
    result = fuzz(checkout, FAKE_FINDING="barns")
    assert result.returncode == 1
    assert f"again: {checkout.root}/build-fuzz/tests/fuzz/barns_fuzz /x/crash-1" in result.stdout
    assert len(checkout.calls("b")) == 2
    results = checkout.root / "build-fuzz/results"
    assert "<failure" in (results / "barns.xml").read_text()
    assert "<failure" not in (results / "boats.xml").read_text()


def test_a_failed_build_leaves_no_results(checkout: FakeCheckout) -> None:
    fuzz(checkout)
    result = fuzz(checkout, FAKE_BUILD="fail")
    assert result.returncode == 1
    assert "build-fuzz.log" in result.stderr.splitlines()[-1]
    assert not (checkout.root / "build-fuzz/results").exists()


@pytest.mark.parametrize("arguments", [("barn",), ("all", "x"), ("all", "0"), ("all", "1", "2")])
def test_what_it_does_not_take_is_a_usage_error(checkout: FakeCheckout, arguments: tuple[str, ...]) -> None:
    result = fuzz(checkout, *arguments)
    assert result.returncode == 2
    assert "barns boats" in result.stderr
    assert checkout.calls() == []
