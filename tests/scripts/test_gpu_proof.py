"""What scripts/gpu_check makes of what it is told, without a GPU and without running the program."""

import json
import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

from gpu_proof import child, pack, requirements, wheels
from gpu_proof.budget import RESERVE, Deadline, allowance
from gpu_proof.errors import CheckError, Missing, OutOfTime
from gpu_proof.kernels import group_of, short_name, usage
from gpu_proof.libraries import library_folders, missing_libraries, same_build
from gpu_proof.multiply_adds import pass_multiply_adds
from gpu_proof.results import DONE, FAILED, LEFT_OUT, OVERDUE, Results
from gpu_proof.session import _outcome
from gpu_proof.stage_table import STAGES, Stage
from gpu_proof.stages.memory import peak
from gpu_proof.stages.speed import row_of
from gpu_proof.trace import Span, timeline
from gpu_proof.waits import waits

REPOSITORY = Path(__file__).resolve().parents[2]
LINUX = wheels.marker_variables("3.12.3")

# A timeline of two calls on thread 7. The first launches two kernels, one of which runs after the call has returned.
# The second launches a graph, whose two kernels and one copy have the launch's correlation, and waits twice.


def event(kind: str, name: str, start: float, duration: float, thread: int = 7, **arguments: object) -> dict:
    return {"ph": "X", "cat": kind, "name": name, "ts": start, "dur": duration, "pid": 1, "tid": thread,
            "args": arguments}  # fmt: skip


EVENTS = [
    {"ph": "M", "name": "process_name", "pid": 1, "tid": 7, "args": {"name": "x"}},
    event("kernel", "void flash_fwd(Params)", 130, 40, 0, correlation=12),
    event("user_annotation", "denoising", 90, 410),
    event("user_annotation", "full call", 100, 50),
    event("user_annotation", "cached call", 200, 80),
    event("cuda_runtime", "cudaLaunchKernel", 105, 5, correlation=11),
    event("cuda_runtime", "cudaLaunchKernel", 115, 5, correlation=12),
    event("kernel", "sm90_xmma_fprop_implicit_gemm", 110, 10, 0, correlation=11),
    event("cuda_runtime", "cudaLaunchKernel", 120, 5, thread=8, correlation=99),
    event("kernel", "another thread's", 125, 5, 0, correlation=99),
    event("cuda_runtime", "cudaGraphLaunch", 210, 10, correlation=21),
    event("kernel", "group_norm_apply<half>", 215, 20, 0, correlation=21),
    event("kernel", "vectorized_elementwise_kernel", 225, 30, 0, correlation=21),
    event("gpu_memcpy", "Memcpy DtoD (Device -> Device)", 265, 10, 0, correlation=21),
    event("cuda_runtime", "cudaStreamSynchronize", 230, 10, correlation=22),
    event("cuda_runtime", "cudaMemcpyAsync", 245, 5, correlation=23),
    event("gpu_memcpy", "Memcpy HtoD (Pageable -> Device)", 280, 2, 0, correlation=23),
    event("cuda_runtime", "cudaDeviceSynchronize", 600, 10, correlation=24),
]


def test_work_belongs_to_the_call_that_launched_it() -> None:
    """By correlation and not by time: work runs on while the CPU is at something else; a graph's is its launch's."""
    trace = timeline(EVENTS)
    [full], [cached] = trace.of("full call"), trace.of("cached call")
    assert [work.name for work in trace.work_of(full)] == ["sm90_xmma_fprop_implicit_gemm", "void flash_fwd(Params)"]
    assert [work.start for work in trace.work_of(cached)] == [215, 225, 265, 280]


def test_waits_are_counted_within_the_loop_only() -> None:
    trace = timeline(EVENTS)
    [loop] = trace.of("denoising")
    assert waits(trace, loop) == {"cudaStreamSynchronize": 1, "Memcpy HtoD (Pageable -> Device)": 1}
    assert not waits(trace, trace.of("full call")[0])


def test_usage_counts_what_runs_side_by_side_once() -> None:
    trace = timeline(EVENTS)
    found = usage(trace.work_of(trace.of("cached call")[0])[:3])
    # 215..235 and 225..255 are 40, 265..275 are 10; the span is 215..275.
    assert (found.busy, found.span, found.launches) == pytest.approx((50e-6, 60e-6, 3))
    assert found.busy_share == pytest.approx(5 / 6)
    assert found.groups == pytest.approx({"norms": 20e-6, "elementwise": 30e-6, "copies": 10e-6})
    assert [row[:3] for row in found.kernels] == [
        ("vectorized_elementwise_kernel", "elementwise", 1),
        ("group_norm_apply<half>", "norms", 1),
        ("Memcpy DtoD (Device -> Device)", "copies", 1),
    ]
    assert usage([]).span == 0 and usage([]).busy_share == 0


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("cudnn_generated_fort_native_sdpa_sm90_flash_fprop", "attention"),
        ("void pytorch_flash::flash_fwd_kernel<Traits>(Params)", "attention"),
        ("fmha_cutlassF_f16_aligned_64x64_rf_sm80", "attention"),
        ("sm80_xmma_fprop_implicit_gemm_indexed_f16f16_f16f32_nhwckrsc_nhwc", "convolution"),
        ("void cudnn::engines_precompiled::nchwToNhwcKernel<__half>", "convolution"),
        ("nvjet_hsh_128x256_64x4_1x2_h_bz_coopA_TNT", "GEMM"),
        ("void cutlass::Kernel2<cutlass_80_tensorop_f16_s16816gemm>", "GEMM"),
        ("void at::native::RowwiseMomentsCUDAKernel<c10::Half>", "norms"),
        ("void at::native::(anonymous namespace)::vectorized_layer_norm_kernel<c10::Half>", "norms"),
        ("void at::native::vectorized_elementwise_kernel<4, at::native::AddFunctor>", "elementwise"),
        ("void at::native::(anonymous namespace)::CatArrayBatchedCopy<int>", "elementwise"),
        ("void at::native::elementwise_kernel<128, at::native::direct_copy_kernel_cuda>", "copies"),
        ("something new", "other"),
    ],
)
def test_kernels_are_grouped_by_name(name: str, group: str) -> None:
    assert group_of(Span(name, "kernel", 0, 1)) == group


def test_long_names_fit_a_table() -> None:
    assert short_name("void f<int>(int, char)") == "f<int>"
    assert len(short_name("x" * 400)) == 90


def test_multiply_adds_are_those_of_the_published_sizes() -> None:
    """The embedded model's description, summed by hand for the parts that a cached pass runs."""
    model = json.loads((REPOSITORY / "models" / "scenes" / "model.json").read_text())
    costs, pixels = model["parts"]["unet"]["multiply_adds"], 32 * 32
    cost = [a + b * pixels + c * pixels**2
            for a, b, c in (costs["time_embedding"], costs["down"][0], costs["up"][-1], costs["out"])]  # fmt: skip
    assert pass_multiply_adds(model, 256, 256, 0) == sum(cost)
    everything = [costs["time_embedding"], *costs["down"], costs["mid"], *costs["up"], costs["out"]]
    assert pass_multiply_adds(model, 256, 128) == sum(a + b * 512 + c * 512**2 for a, b, c in everything)


# Requirements and wheels


@pytest.mark.parametrize(
    ("text", "version", "accepted"),
    [
        ("x<3.0,>=1.32.0", "1.33.0", True),
        ("x<3.0,>=1.32.0", "1.31.9", False),
        ("x (>=1.32.0,<2)", "2.0", False),
        ("x!=2019.12.17", "2019.12.17", False),
        ("x==1.0", "1", True),
        ("x==2.*", "2.5", True),
        ("x!=2.*", "2.5", False),
        ("x~=1.4", "1.9", True),
        ("x~=1.4", "2.0", False),
        ("x>=2.11", "2.11.0+cu130", True),
        ("x", "0.0.1", True),
    ],
)
def test_bounds(text: str, version: str, accepted: bool) -> None:
    assert requirements.parse(text).accepts(version) == accepted


@pytest.mark.parametrize(
    ("marker", "applies"),
    [
        ('python_version < "3.15"', True),
        ('python_version < "3.11"', False),
        ('extra == "quality"', False),
        ('platform_machine == "x86_64" or platform_machine == "arm64"', True),
        ('sys_platform == "win32" and python_version >= "3.9"', False),
        ("(python_version >= '3.10') and sys_platform != 'win32'", True),
    ],
)
def test_markers(marker: str, applies: bool) -> None:
    assert requirements.parse(f"x>1; {marker}").applies(LINUX) == applies


def make_wheel(folder: Path, name: str, version: str, *wanted: str, python: str = ">=3.8") -> wheels.Wheel:
    path = folder / f"{name}-{version}-py3-none-any.whl"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", f"Requires-Python: {python}"]
    lines += [f"Requires-Dist: {requirement}" for requirement in wanted]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}-{version}.dist-info/METADATA", "\n".join([*lines, "", "Requires-Dist: of the text"]))
        archive.writestr(f"{name}/__init__.py", f"VERSION = {version!r}\n")
    return wheels.read_wheel(path)


@pytest.fixture
def packed(tmp_path: Path) -> dict[str, wheels.Wheel]:
    make_wheel(tmp_path, "diffusers", "0.42.1", "hub<3,>=1.32", "Import_Metadata", "numpy", 'black; extra == "dev"')
    make_wheel(tmp_path, "hub", "1.33.0", "click>=8", 'tomli; python_version < "3.11"')
    make_wheel(tmp_path, "import_metadata", "10.2", "zipp>=3.20")
    return wheels.read_wheels(tmp_path)


THERE = {"numpy": "2.0", "hub": None, "click": "8.1"}


def test_what_a_pack_lacks_is_named(packed: dict, tmp_path: Path) -> None:
    lacking = wheels.closure_problems(packed, THERE, "3.12.0")
    assert lacking == ["import-metadata: zipp>=3.20 is not there"]
    make_wheel(tmp_path, "zipp", "3.19", python=">=3.13")
    complete = wheels.read_wheels(tmp_path)
    assert wheels.closure_problems(complete, THERE | {"click": "7"}, "3.12.0") == [
        "hub: click>=8 is 7", "import-metadata: zipp>=3.20 is 3.19", "zipp: python>=3.13 is 3.12.0",
    ]  # fmt: skip


def test_wheels_are_used_where_the_machines_packages_will_not_do(packed: dict, tmp_path: Path) -> None:
    make_wheel(tmp_path, "zipp", "4.1")
    packed = wheels.read_wheels(tmp_path)
    new, old = {"numpy": "2.0", "hub": "1.40", "click": "8.1"}, {"numpy": "2.0", "hub": "1.5", "click": "8.1"}
    names = [[wheel.name for wheel in wheels.needed(packed, there.get, "3.12.3", ["diffusers"])[0]]
             for there in (new, old, old | {"diffusers": "0.42.1"})]  # fmt: skip
    assert names == [["diffusers", "import-metadata", "zipp"], ["diffusers", "hub", "import-metadata", "zipp"], []]
    _, problems = wheels.needed(packed, {"hub": "1.40"}.get, "3.12.3", ["diffusers", "torch"])
    assert problems == ["torch is not there", "numpy is not there"]


def test_unpacked_wheels_are_packages(packed: dict, tmp_path: Path) -> None:
    folder = wheels.unpack([packed["hub"]], tmp_path / "unpacked")
    command = [sys.executable, "-c", "import hub; print(hub.VERSION)"]
    ended = subprocess.run(command, env={"PYTHONPATH": str(folder)}, capture_output=True, text=True, check=True)
    assert ended.stdout == "1.33.0\n"


LISTING = """
\tlinux-vdso.so.1 (0x00007ffd)
\tlibcrypto.so.3 => /lib/x86_64-linux-gnu/libcrypto.so.3 (0x1)
\tlibtorch_cpu.so => /venv/site-packages/torch/lib/libtorch_cpu.so (0x2)
\tlibgomp.so.1 => /venv/site-packages/torch/lib/libgomp.so.1 (0x3)
\tlibcudart.so.13 => /venv/site-packages/torch/lib/../../nvidia/cu13/lib/libcudart.so.13 (0x4)
\tlibstdc++.so.6 => /lib/x86_64-linux-gnu/libstdc++.so.6 (0x5)
\tlibm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x6)
\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x7)
\t/lib64/ld-linux-x86-64.so.2 (0x8)
\tlibcrypt.so.1 => /lib/x86_64-linux-gnu/libcrypt.so.1 (0x9)
\tlibgone.so.2 => not found
"""


def test_libraries_that_travel() -> None:
    assert sorted(pack.shared_libraries(LISTING)) == ["libcrypt.so.1", "libcrypto.so.3", "libgomp.so.1"]
    assert pack.missing_libraries(LISTING) == ["libgone.so.2"]


def test_libtorch_is_found_beside_the_package(tmp_path: Path) -> None:
    for name in ("torch/lib", "nvidia/cu13/lib", "nvidia/cudnn/lib", "nvidia/cudnn/include"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "torch/lib/libtorch_cpu.so").touch()
    folders = [str(folder.relative_to(tmp_path)) for folder in library_folders(tmp_path / "torch")]
    assert folders == ["torch/lib", "nvidia/cu13/lib", "nvidia/cudnn/lib"]
    assert missing_libraries(tmp_path / "torch", "cpu") == ["libc10.so"]
    assert missing_libraries(tmp_path / "torch", "cuda") == ["libc10.so", "libtorch_cuda.so", "libc10_cuda.so"]
    assert same_build("2.11.0+cu130", "2.11.0") and not same_build("2.11.1", "2.11.0") and not same_build(None, "2")


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "deepcache-gen").touch()
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "letter.txt").write_text("dear")
    with pytest.raises(CheckError, match="holds something else than a pack"):
        pack.make_pack(folder, tmp_path)
    assert (folder / "letter.txt").read_text() == "dear"


# Time


def test_what_a_stage_may_take() -> None:
    assert allowance(left=480, limit=90, least=10) == 90
    assert allowance(left=50, limit=90, least=10) == 50 - RESERVE
    assert allowance(left=10 + RESERVE - 1, limit=90, least=10) == 0


def test_a_deadline() -> None:
    now = [100.0]
    deadline = Deadline(5, lambda: now[0])
    now[0] = 103
    assert deadline.left() == deadline.require() == 2
    now[0] = 106
    assert deadline.left() == 0
    with pytest.raises(OutOfTime):
        deadline.require()


def test_a_child_that_takes_too_long_ends_with_all_that_it_began(tmp_path: Path) -> None:
    """Also one that would not end when asked to."""
    script = "trap '' TERM; (trap '' TERM; echo $BASHPID > inner; sleep 60) & sleep 60"
    begin = time.monotonic()
    with pytest.raises(OutOfTime, match="longer than 1 s"):
        child.run(["bash", "-c", script], environment=os.environ, seconds=1, folder=tmp_path)
    assert time.monotonic() - begin < 20
    inner = int((tmp_path / "inner").read_text())
    status = Path(f"/proc/{inner}/status")
    assert not status.exists() or "State:\tZ" in status.read_text()


def test_a_child_that_fails_is_told_of(tmp_path: Path) -> None:
    ended = child.run(["sh", "-c", "echo a; echo b >&2; exit 3"], environment=os.environ, seconds=60, folder=tmp_path)
    assert (ended.code, ended.stdout, ended.stderr, child.reason(ended)) == (3, "a\n", "b\n", "b")
    with pytest.raises(CheckError, match="cannot start nothing-of-that-name"):
        child.run(["nothing-of-that-name"], environment=os.environ, seconds=60, folder=tmp_path)


# Results


def test_results_are_whole_files_at_any_time(tmp_path: Path) -> None:
    results = Results(tmp_path / "out", {"device": "a GPU | of ours"})
    stage = results.begin("speed", "How fast")
    rows = stage.table("Seconds", ["px", "s"])
    rows.append(["512", "1.5"])
    stage.rows_changed()
    content = json.loads((tmp_path / "out/gpu_check.json").read_text())
    assert content["stages"][0]["state"] == "running"
    assert content["stages"][0]["tables"] == [{"title": "Seconds", "header": ["px", "s"], "rows": [["512", "1.5"]]}]
    assert "| 512 | 1.5 |" in (tmp_path / "out/gpu_check.md").read_text()
    assert stage.end(DONE) == DONE and results.all_is_well()
    late = results.begin("late", "Late")
    late.check("two is one", False, "it is two")
    assert late.end(DONE) == FAILED and not results.all_is_well()
    content = json.loads((tmp_path / "out/gpu_check.json").read_text())
    assert [stage["reason"] for stage in content["stages"]] == [None, "two is one"]
    page = (tmp_path / "out/gpu_check.md").read_text()
    assert "**does not hold**: two is one (it is two)" in page
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["gpu_check.json", "gpu_check.md"]


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (OutOfTime("late"), OVERDUE),
        (Missing("late"), LEFT_OUT),
        (CheckError("late"), FAILED),
        (KeyError("late"), FAILED),
    ],
)
def test_no_stage_stops_the_next(error: Exception, state: str) -> None:
    def run(_: object) -> None:
        raise error

    found = _outcome(Stage("a", "A", run, 1, 1), None)
    assert found[0] == state and "late" in found[1]


def test_a_row_of_speeds_as_they_come() -> None:
    ours = {"original": [2.0, 4.0, 3.0], "3/0": [1.0]}
    cell = {"ideal_ratio": 2.43, "reference_ratio": None}
    assert row_of(512, 1, "3/0", ours, {}, cell) == ["512", "1", "3/0", "1.000", "", "", "3.00", "", "2.43", ""]
    theirs = {"original": [6.0], "3/0": [3.0]}
    row = ["512", "1", "3/0", "1.000", "3.000", "3.00", "3.00", "2.00", "2.43", ""]
    assert row_of(512, 1, "3/0", ours, theirs, cell) == row


def test_the_most_memory_between_two_moments() -> None:
    samples = [(0, 5), (3, 9), (6, 7), (9, 8)]
    assert (peak(samples, 1, 6), peak(samples, 6, 9), peak(samples, 10, 12)) == (9, 8, None)


def test_all_stages_fit_the_machines_time() -> None:
    """Those that come first have their whole limit."""
    limits = [stage.limit for stage in STAGES]
    assert sum(limits[:5]) + RESERVE <= 480
    assert len({stage.name for stage in STAGES}) == len(STAGES)


def test_wrong_flags_are_refused_with_a_line() -> None:
    command = [sys.executable, REPOSITORY / "scripts/gpu_check", "--stages", "speed,none"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "--stages none: expected any of pictures, tests" in ended.stderr


def test_a_folder_that_is_no_pack(tmp_path: Path) -> None:
    command = [
        sys.executable,
        REPOSITORY / "scripts/gpu_check",
        "--pack-folder",
        tmp_path,
        "--output",
        tmp_path / "out",
    ]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "is no pack: it has no bin/deepcache-gen" in ended.stderr
