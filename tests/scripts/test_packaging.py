"""What packages are made of besides the program: linked documents, a bill of materials, container files."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGING = REPOSITORY / "scripts" / "packaging"
sys.path.insert(0, str(REPOSITORY / "scripts"))

from package_checks.dockerfile_steps import DockerfileError, read_container  # noqa: E402


def run(script: str, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-B", str(PACKAGING / script), *map(str, arguments)]
    known = {name: text for name, text in os.environ.items() if name != "SOURCE_DATE_EPOCH"}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=known | environment)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A few pages that link to each other."""
    for name, text in {
        "README.md": "[a](docs/a.md#x) ![p](p.png) [w](https://example.org) `[no](link.md)`\n```\n[n](o.md)\n```\n",
        "docs/a.md": "[back](../README.md) [folder](../models)\n",
        "models/README.md": "",
        "p.png": "picture",
        "unlinked.md": "",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_documents_come_with_what_they_link_to(checkout: Path, tmp_path: Path) -> None:
    result = run("linked_documents.py", checkout, tmp_path / "there", "README.md")
    assert result.returncode == 0, result.stderr
    there = {str(path.relative_to(tmp_path / "there")) for path in (tmp_path / "there").rglob("*") if path.is_file()}
    assert there == {"README.md", "docs/a.md", "models/README.md", "p.png"}


@pytest.mark.parametrize("link", ["gone.md", "../outside.md"])
def test_a_link_to_nothing_of_the_checkout_is_an_error(checkout: Path, tmp_path: Path, link: str) -> None:
    (checkout.parent / "outside.md").touch()
    (checkout / "docs/a.md").write_text(f"[x](../{link})")
    result = run("linked_documents.py", checkout, tmp_path / "there", "README.md")
    assert result.returncode == 1
    assert "docs/a.md links to" in result.stderr and link in result.stderr
    assert not (tmp_path / "there").exists()


@pytest.mark.parametrize("form", ["deb", "tar.gz"])
def test_the_bill_of_materials_is_what_cyclonedx_demands(form: str) -> None:
    """Of https://cyclonedx.org/docs/1.5/json: what is required, formats, and references that exist and are unique."""
    text = run("bill_of_materials.py", "1.2.3", form, SOURCE_DATE_EPOCH="86400").stdout
    bill = json.loads(text)
    assert (bill["bomFormat"], bill["specVersion"], bill["version"]) == ("CycloneDX", "1.5", 1)
    uuid = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    assert re.fullmatch(f"urn:uuid:{uuid}", bill["serialNumber"])
    assert bill["metadata"]["timestamp"] == "1970-01-02T00:00:00Z"
    product = bill["metadata"]["component"]
    assert (product["type"], product["name"], product["version"]) == ("application", "deepcache-gen", "1.2.3")
    references = [product["bom-ref"], *(part["bom-ref"] for part in bill["components"])]
    assert len(references) == len(set(references))
    for part in bill["components"]:
        assert part["type"] in ("library", "machine-learning-model") and part["name"] and part["version"]
        for licence in part.get("licenses", []):
            assert len(licence["license"]) == 1 and next(iter(licence["license"])) in ("id", "name")
    for dependency in bill["dependencies"]:
        assert {dependency["ref"], *dependency.get("dependsOn", [])} <= set(references)
    assert text == run("bill_of_materials.py", "1.2.3", form, SOURCE_DATE_EPOCH="86400").stdout


def test_the_bill_has_every_row_of_dependencies_and_the_pinned_versions() -> None:
    bill = json.loads(run("bill_of_materials.py", "1", "deb").stdout)
    assert "timestamp" not in bill["metadata"]
    parts = {part["name"]: part for part in bill["components"]}
    for pin in re.findall(r"^([\w-]+)==(\S+)$", (REPOSITORY / "scripts/requirements.txt").read_text(), re.M):
        assert (pin[0], parts[pin[0]]["version"]) == pin
    table = (REPOSITORY / "third_party/README.md").read_text().split("## Linked into the program")[1].split("\n## ")[0]
    rows = [line.split("|")[1].strip() for line in table.splitlines() if line.startswith("| ")][1:]
    by_wheels = {"LibTorch", "CUDA runtime and CUPTI"}
    opened_later = [name for name in rows if name.startswith("LibTorch's CUDA library")]
    assert len(opened_later) == 1
    assert set(rows) - by_wheels - set(opened_later) <= set(parts)
    carried = {name: part["properties"][0]["value"] for name, part in parts.items() if "properties" in part}
    assert (carried["CLI11"], carried["zlib"]) == ("true", "false")


@pytest.mark.parametrize("arguments", [(), ("1", "rpm")])
def test_the_bill_of_an_unknown_form_is_refused(arguments: tuple[str, ...]) -> None:
    assert run("bill_of_materials.py", *arguments).returncode == 2


@pytest.mark.parametrize("name", ["cpu", "cuda"])
def test_container_files_can_be_followed(name: str) -> None:
    container = read_container(REPOSITORY / "containers" / f"{name}.Dockerfile")
    assert container.base == "debian:12-slim"
    assert container.user != "root"
    assert container.entrypoint == ["deepcache-gen"]
    assert container.steps[0][0] == "COPY" and container.steps[0][1].startswith("deepcache-gen_*.deb ")
    assert any("/tmp/deepcache-gen_*.deb" in words for step, words in container.steps if step == "RUN")
    where = container.environment.get("DEEPCACHE_GEN_LIBTORCH")
    assert (where == "/opt/deepcache-gen/venv") == (name == "cuda")


def test_container_files_join_lines_and_refuse_what_is_not_known(tmp_path: Path) -> None:
    file = tmp_path / "Dockerfile"
    file.write_text('# why\nFROM x\nRUN a \\\n  b\nENV A=1 B="2 3"\nENTRYPOINT ["p", "-v"]\n')
    container = read_container(file)
    assert [(name, words.split()) for name, words in container.steps] == [("RUN", ["a", "b"])]
    assert container.environment == {"A": "1", "B": "2 3"}
    assert container.entrypoint == ["p", "-v"]
    for wrong in ("FROM x\nADD y z\n", "FROM x\n"):
        file.write_text(wrong)
        with pytest.raises(DockerfileError):
            read_container(file)
