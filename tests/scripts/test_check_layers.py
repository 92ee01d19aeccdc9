"""The layer check accepts the repository and fails on each kind of violation."""

import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]

# Every rule kept: the base to which a test adds one file that breaks one rule.
GOOD = {
    "main.cc": '#include "cli/options/command_line.h"\n#include "pipeline/pipeline.h"\n#include "image/png.h"\n',
    "cli/options/command_line.h": '#pragma once\n#include "pipeline/request.h"\n',
    "cli/output/writer.cc": '#include "image/png.h"\n',
    "cli/options/command_line.cc": '#include "cli/options/command_line.h"\n#include <CLI/CLI.hpp>\n',
    "pipeline/request.h": '#pragma once\n#include <string>\n#include "caching/plan.h"\n',
    "pipeline/pipeline.h": '#pragma once\n#include <ATen/core/Tensor.h>\n#include "pipeline/request.h"\n',
    "caching/plan.h": '#pragma once\n#include "support/error.h"\n',
    "image/png.h": '#pragma once\n#include "support/version.h"\n',
    "backend/module.h": "#pragma once\n#include <ATen/core/Tensor.h>\n",
    "backend/module.cc": '#include "backend/module.h"\n#include <torch/script.h>\n#include <cuda_runtime_api.h>\n',
    "support/error.h": "#pragma once\n",
    "support/version.h.in": "#pragma once\n",
}

BROKEN = {
    "lower layer includes higher": (
        "support/a.h",
        '#pragma once\n#include "backend/module.h"\n',
        "may not include backend",
    ),
    "backend includes a middle layer": (
        "backend/a.cc",
        '#include "caching/plan.h"\n',
        "may not include caching",
    ),
    "siblings": ("image/a.cc", '#include "caching/plan.h"\n', "image may not include caching"),
    "cli brings siblings together": (
        "cli/output/a.cc",
        '#include "image/png.h"\n#include "caching/plan.h"\n',
        "caching and image together",
    ),
    "a lower part of cli includes a higher one": (
        "cli/options/a.cc",
        '#include "cli/output/writer.cc"\n',
        "cli/options may not include cli/output",
    ),
    "a folder of cli that is no part of it": ("cli/misc/a.cc", "", "cli/misc is no part of cli"),
    "pipeline includes cli": (
        "pipeline/a.cc",
        '#include "cli/options/command_line.h"\n',
        "pipeline may not include cli",
    ),
    "main is included": ("cli/output/a.cc", '#include "main.cc"\n', "may not include main.cc"),
    "Torch in caching": (
        "caching/a.cc",
        "#include <ATen/core/Tensor.h>\n",
        "caching knows no Torch",
    ),
    "Torch in text": ("text/a.cc", "#include <c10/core/Device.h>\n", "text knows no Torch"),
    "Torch in image": ("image/a.cc", "#  include <ATen/ATen.h>\n", "image knows no Torch"),
    "Torch through own header": (
        "cli/output/a.cc",
        '#include "pipeline/pipeline.h"\n',
        "cli knows no Torch",
    ),
    "CLI11 outside cli": ("pipeline/a.cc", "#include <CLI/CLI.hpp>\n", "only cli may include"),
    "CLI11 in main": ("main_too.cc", "#include <CLI/App.hpp>\n", "only cli may include"),
    "TorchScript outside backend": (
        "model/a.cc",
        "#include <torch/csrc/jit/api/module.h>\n",
        "only backend may include",
    ),
    "CUDA outside backend": ("model/a.cc", "#include <cuda.h>\n", "only backend may include"),
    "script.h in a second file": ("backend/a.cc", "#include <torch/script.h>\n", "is for one .cc"),
    "script.h in a header": (
        "backend/a.h",
        "#pragma once\n#include <torch/script.h>\n",
        "too heavy for a header",
    ),
    "heavy header": (
        "model/a.h",
        "#pragma once\n#include <ATen/ATen.h>\n",
        "too heavy for a header",
    ),
    "no pragma once": ("model/a.h", "#include <string>\n", "needs #pragma once"),
    "unknown folder": ("utils/a.cc", "", "'utils' is no layer"),
    "relative include": ("caching/a.cc", '#include "plan.h"\n', "is not a file of src/"),
}


def write_tree(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def check(root: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(REPOSITORY / "tests/layers/check_layers.py"), str(root)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_repository_keeps_the_layers() -> None:
    result = check(REPOSITORY / "src")
    assert (result.returncode, result.stdout) == (0, "")


def test_good_tree_passes(tmp_path: Path) -> None:
    write_tree(tmp_path, GOOD)
    result = check(tmp_path)
    assert (result.returncode, result.stdout) == (0, "")


@pytest.mark.parametrize(("name", "text", "complaint"), BROKEN.values(), ids=BROKEN)
def test_violation_is_reported(tmp_path: Path, name: str, text: str, complaint: str) -> None:
    write_tree(tmp_path, GOOD | {name: text})
    result = check(tmp_path)
    assert result.returncode == 1
    assert complaint in result.stdout
    assert name in result.stdout


def test_missing_folder_is_an_error(tmp_path: Path) -> None:
    assert check(tmp_path / "nowhere").returncode == 2
