#!/usr/bin/env python3
"""Prints what a package is made of as a CycloneDX 1.5 bill of materials, in JSON.

usage: bill_of_materials.py VERSION FORM      FORM is deb or tar.gz: which libraries of the system are in it

Components are the rows of third_party/README.md that are linked into the program, LibTorch's and NVIDIA's in the
versions of scripts/requirements.txt, the system's in those of the packages that are installed here. The same input
gives the same bytes: the time is $SOURCE_DATE_EPOCH, and is left out where it is unset.
"""

import json
import os
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
FORMS = ("deb", "tar.gz")
# Names of licences in our table that are identifiers of SPDX as they stand; the others are given as names.
_SPDX = {"BSD-3-Clause", "MIT", "Zlib", "Apache-2.0", "BSL-1.0"}
# Headers and a font: in the program itself, whatever the form.
_COMPILED_IN = {"libcli11-dev", "nlohmann-json3-dev", "libstb-dev", "fonts-dejavu-core", "libkainjow-mustache-dev"}

Component = dict[str, Any]
Row = dict[str, str]


class BillError(Exception):
    """A bill can't be made; the message says why in one line."""


def table_rows() -> list[Row]:
    """The rows of what is linked into the program, by the names of the columns. Throws BillError."""
    text = (REPOSITORY / "third_party" / "README.md").read_text(encoding="utf-8")
    section = re.search(r"^## Linked into the program\n(.*?)^## ", text, re.M | re.S)
    lines = [line for line in section[1].splitlines() if line.startswith("|")] if section else []
    if len(lines) < 3:
        raise BillError("third_party/README.md has no table 'Linked into the program'")
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [dict(zip(cells[0], row, strict=True)) for row in cells[2:]]


def pinned_wheels() -> dict[str, str]:
    """Name and version of what requirements.txt pins."""
    text = (REPOSITORY / "scripts" / "requirements.txt").read_text(encoding="utf-8")
    return dict(re.findall(r"^([\w-]+)==(\S+)$", text, re.M))


def installed_version(package: str) -> str | None:
    """That of a Debian package on this system, or nothing."""
    command = ["dpkg-query", "--show", "--showformat", "${Version}", package]
    try:
        found = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return found.stdout or None


def licences(text: str) -> list[Component]:
    """A cell of the table, `A; B` or `A`, as CycloneDX has licences."""
    return [{"license": {"id": name} if name in _SPDX else {"name": name}} for name in text.split("; ")]


def distribution() -> str:
    """debian, ubuntu …: the namespace of its packages."""
    match = re.search(r'^ID="?([\w.-]+)', Path("/etc/os-release").read_text(encoding="utf-8"), re.M)
    return match[1] if match else "debian"


def wheel_components(row: Row, wheels: dict[str, str]) -> Iterator[Component]:
    """Those of the wheels that the row names."""
    for name in re.findall(r"`([\w-]+)`", row["where it comes from"]):
        if name not in wheels:
            continue
        url = f"pkg:pypi/{name}@{wheels[name]}"
        yield {
            "type": "library",
            "bom-ref": url,
            "name": name,
            "version": wheels[name],
            "description": row["why"],
            "licenses": licences(row["licence"]),
            "purl": url,
        }


def system_components(row: Row, form: str) -> Iterator[Component]:
    """That of the development package that the row names; what is only linked is not in a .deb, but needed by it."""
    for package in re.findall(r"`((?:lib|zlib|nlohmann|fonts)[\w.+-]+)`", row["where it comes from"]):
        version = installed_version(package) or row["version"]
        url = f"pkg:deb/{distribution()}/{package}@{version.replace('+', '%2B').replace(':', '%3A')}"
        yield {
            "type": "library",
            "bom-ref": url,
            "name": row["what"],
            "version": version,
            "description": row["why"],
            "scope": "required",
            "licenses": licences(row["licence"]),
            "purl": url,
            "properties": [{"name": "deepcache-gen:carried", "value": str(is_carried(package, form)).lower()}],
        }


def is_carried(package: str, form: str) -> bool:
    """Whether the package holds it itself."""
    return form == "tar.gz" or package in _COMPILED_IN


def bundled_run_time(row: Row, wheels: dict[str, str]) -> Component:
    """libgomp, a file of the torch wheel."""
    return {
        "type": "library",
        "bom-ref": f"{row['what']}-of-torch-{wheels['torch']}",
        "name": row["what"],
        "version": f"of the torch {wheels['torch']} wheel",
        "description": row["why"],
        "licenses": licences(row["licence"]),
    }


def embedded_model() -> Component:
    """The model that comes with the program, by what its description says."""
    digest = subprocess.run(
        ["sha256sum", str(REPOSITORY / "models/scenes/model.json")], capture_output=True, text=True, check=True
    ).stdout.split()[0]
    return {
        "type": "machine-learning-model",
        "bom-ref": "model-scenes",
        "name": "scenes",
        "version": digest[:16],
        "description": "the embedded model of landscapes; the checksums of its files are in its model.json",
    }


def components(form: str) -> list[Component]:
    """All, by name."""
    wheels, found = pinned_wheels(), [embedded_model()]
    for row in table_rows():
        if row["where it comes from"] == "`torch` wheel":
            found.append(bundled_run_time(row, wheels))
        elif "that it depends on" not in row["where it comes from"]:  # opened where a user has it, in no package
            found += [*wheel_components(row, wheels), *system_components(row, form)]
    return sorted(found, key=lambda component: component["bom-ref"])


def bill(version: str, form: str) -> Component:
    """The whole document. Throws BillError."""
    parts = components(form)
    product = f"pkg:generic/deepcache-gen@{version}"
    metadata: Component = {"component": {"type": "application", "bom-ref": product, "name": "deepcache-gen"}}
    metadata["component"] |= {"version": version, "purl": product}
    if epoch := os.environ.get("SOURCE_DATE_EPOCH"):
        metadata["timestamp"] = datetime.fromtimestamp(int(epoch), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    identity = json.dumps([metadata, parts], sort_keys=True)
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, identity)}",
        "version": 1,
        "metadata": metadata,
        "components": parts,
        "dependencies": [
            {"ref": product, "dependsOn": [part["bom-ref"] for part in parts]},
            *({"ref": part["bom-ref"]} for part in parts),
        ],
    }


def main(arguments: list[str]) -> int:
    """Prints the bill and returns the exit status."""
    if len(arguments) != 2 or arguments[1] not in FORMS:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        print(json.dumps(bill(*arguments), indent=2, ensure_ascii=False))
    except BillError as error:
        print(f"bill_of_materials.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
