"""The Debian package holds what it should, and the program in it runs without the build, .venv or an environment."""

import ast
import gzip
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
PAGES = {
    "usr/share/man/man1/deepcache-gen.1.gz": ["man"],
    "usr/share/bash-completion/completions/deepcache-gen": ["completion", "bash"],
    "usr/share/zsh/vendor-completions/_deepcache-gen": ["completion", "zsh"],
    "usr/share/fish/vendor_completions.d/deepcache-gen.fish": ["completion", "fish"],
}


def output_of(*command: object, **options: object) -> str:
    words = [str(word) for word in command]
    return subprocess.run(words, check=True, text=True, stdout=subprocess.PIPE, **options).stdout


@pytest.fixture(scope="module")
def package(build_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The package, not compressed: that would take most of the time."""
    missing = [tool for tool in ("cpack", "dpkg-deb", "dpkg-shlibdeps", "file") if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    folder = tmp_path_factory.mktemp("package")
    settings = ["-G", "DEB", "-B", folder, "-D", "CPACK_DEBIAN_COMPRESSION_TYPE=none"]
    output_of("cpack", "--config", build_dir / "CPackConfig.cmake", *settings, cwd=folder)
    shutil.rmtree(folder / "_CPack_Packages")
    (file,) = folder.iterdir()
    yield file
    shutil.rmtree(folder)  # it has LibTorch in it


@pytest.fixture(scope="module")
def root(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The package's files, unpacked as below /."""
    folder = tmp_path_factory.mktemp("root of a system")
    output_of("dpkg-deb", "-x", package, folder)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def version() -> str:
    """The version in the one place where it is written."""
    (text,) = re.findall(r"^project\(deepcache-gen VERSION (\S+)", (REPOSITORY / "CMakeLists.txt").read_text(), re.M)
    return text


def field(package: Path, name: str) -> str:
    return output_of("dpkg-deb", "-f", package, name).strip()


def run(root: Path, *arguments: str, **environment: str) -> str:
    """Runs the packaged program with an otherwise empty environment."""
    return output_of(root / "usr/bin/deepcache-gen", *arguments, env=environment, cwd="/")


def test_name_and_version(package: Path, root: Path, version: str) -> None:
    architecture = output_of("dpkg", "--print-architecture").strip()
    assert package.name == f"deepcache-gen_{version}_{architecture}.deb"
    assert (field(package, "Version"), field(package, "Architecture")) == (version, architecture)
    assert run(root, "--version") == f"deepcache-gen {version}\n"
    page = gzip.decompress((root / "usr/share/man/man1/deepcache-gen.1.gz").read_bytes()).decode()
    assert page.startswith(f'.TH DEEPCACHE\\-GEN 1 "" "deepcache\\-gen {version}"\n')
    changes = gzip.decompress((root / "usr/share/doc/deepcache-gen/changelog.gz").read_bytes()).decode()
    assert changes.startswith(f"deepcache-gen ({version}) ")


def test_what_the_system_has_is_a_dependency_and_not_in_the_package(package: Path, root: Path) -> None:
    dependencies = {word.split(" ")[0] for word in field(package, "Depends").split(", ")}
    expected = ("libc6", "libstdc++6", "libsentencepiece0", "libutf8proc", "libssl3", "zlib1g")
    for name in (*expected, "libpng16-16", "libjpeg", "libwebp7", "libwebpmux3"):
        assert any(dependency.startswith(name) for dependency in dependencies), name
    carried = {path.name.split(".so")[0] for path in (root / "usr/lib/deepcache-gen").iterdir()}
    assert carried - {"libdeepcache_gen_cuda"} == {"libtorch_cpu", "libc10", "libgomp", "libcudart", "libcupti"}


def test_our_cuda_kernels_are_in_it_where_they_were_built(build_dir: Path, root: Path) -> None:
    name = "libdeepcache_gen_cuda.so"
    assert (root / "usr/lib/deepcache-gen" / name).exists() == (build_dir / name).exists()


def test_pages_are_what_the_program_prints(root: Path) -> None:
    for path, arguments in PAGES.items():
        content = (root / path).read_bytes()
        if path.endswith(".gz"):
            content = gzip.decompress(content)
        assert content.decode() == run(root, *arguments), path


def test_documents(root: Path) -> None:
    documents = root / "usr/share/doc/deepcache-gen"
    assert (documents / "README.md").read_bytes() == (REPOSITORY / "README.md").read_bytes()
    assert (documents / "torch/LICENSE").is_file()
    copyrights = (documents / "copyright").read_text()
    for library in (root / "usr/lib/deepcache-gen").iterdir():
        assert f"usr/lib/deepcache-gen/{library.name}" in copyrights
    assert "@licence@" not in copyrights


def test_links_of_every_document_lead_to_files(root: Path) -> None:
    pages = list((root / "usr/share/doc/deepcache-gen").rglob("*.md"))
    assert {"README.md", "installing.md"} <= {page.name for page in pages}
    for page in pages:
        text = re.sub(r"`[^`\n]+`", "", page.read_text())
        for link in re.findall(r"\]\(([^()\s#]+)", text):
            assert link.startswith("http") or (page.parent / link).exists(), f"{page}: {link}"


def test_the_manual_names_documents_that_are_there(root: Path) -> None:
    section = run(root, "man").split(".SH SEE ALSO\n")[1].replace("\\-", "-")
    documents = re.findall(r"^\\fI(\S+\.md)\\fR$", section, re.M)
    assert "docs/installing.md" in documents
    for document in documents:
        assert (root / "usr/share/doc/deepcache-gen" / document).is_file(), document


def test_the_exporter_is_complete_and_sets_nothing_up_for_help(root: Path, tmp_path: Path) -> None:
    scripts = root / "usr/share/deepcache-gen/scripts"
    assert (scripts / "deepcache-gen").resolve() == (root / "usr/bin/deepcache-gen").resolve()
    environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}
    # -S: without what this Python has installed.
    assert "--source" in output_of(sys.executable, "-S", scripts / "export_model.py", "--help", env=environment)
    assert not list(tmp_path.iterdir())
    for file in ("requirements.txt", "requirements-export.txt", "setup/ensure", "setup/installed"):
        assert (scripts / file).is_file()
    assert (scripts.parent / "src/backend/archive/accepted_operators.txt").is_file()
    assert list((scripts.parent / "src/schedulers").glob("*.def"))


def test_what_the_exporter_imports_of_the_checkout_is_there(root: Path) -> None:
    scripts = root / "usr/share/deepcache-gen/scripts"
    imported = set()
    for file in scripts.rglob("*.py"):
        nodes = ast.walk(ast.parse(file.read_text()))
        imported |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
    # A module of a package that is installed by pip has a file of that name nowhere below scripts/.
    ours = {module.replace(".", "/") + ".py" for module in imported}
    ours = {file for file in ours if (REPOSITORY / "scripts" / file).is_file()}
    assert {file.split("/")[0] for file in ours} == {"charts", "exporter", "random_model", "setup"}
    assert not [file for file in ours if not (scripts / file).is_file()]


def test_files_are_root_s_and_writable_by_nobody_else(package: Path) -> None:
    for line in output_of("dpkg-deb", "-c", package).splitlines():
        permissions, owner = line.split()[:2]
        assert owner == "root/root", line
        assert permissions in ("drwxr-xr-x", "-rwxr-xr-x", "-rw-r--r--", "lrwxrwxrwx"), line


def test_libraries_come_from_the_package_or_the_system(root: Path) -> None:
    lines = run(root, LD_TRACE_LOADED_OBJECTS="1").splitlines()
    assert not [line for line in lines if "not found" in line]
    paths = [Path(line.split(" => ")[1].split(" (")[0]).resolve() for line in lines if " => " in line]
    own = {path.name for path in paths if path.is_relative_to(root)}
    opened_later = {"libdeepcache_gen_cuda.so"}
    assert own == {path.name for path in (root / "usr/lib/deepcache-gen").iterdir()} - opened_later
    system = [path for path in paths if not path.is_relative_to(root)]
    assert all(path.is_relative_to("/usr/lib") or path.is_relative_to("/lib") for path in system), system


def test_makes_a_picture_with_the_model_in_the_package(root: Path, tmp_path: Path) -> None:
    image = tmp_path / "image.png"
    run(root, "--prompt", "a lighthouse", "--steps", "2", "--seed", "1", "--output", str(image))
    assert image.read_bytes().startswith(b"\x89PNG")
