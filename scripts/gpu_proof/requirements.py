"""Requirements as packages' METADATA has them (PEP 508 and 440), as far as released versions go."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_REQUIREMENT = re.compile(
    r"\s*(?P<name>[A-Za-z0-9][\w.-]*)\s*(\[[^\]]*\])?\s*\(?(?P<bounds>[^;()]*)\)?\s*(;(?P<marker>.*))?"
)
_BOUND = re.compile(r"\s*(~=|==|!=|<=|>=|<|>)\s*([\w.*+!-]+)\s*")
_COMPARISON = re.compile(r"""\(?\s*(\w+)\s*(~=|==|!=|<=|>=|<|>)\s*["']([^"']*)["']\s*\)?""")
_VERSIONS = ("python_version", "python_full_version")


@dataclass(frozen=True)
class Requirement:
    """name: normalised. bounds: operator and version, all of which must hold. marker: where it applies; "": always."""

    name: str
    bounds: tuple[tuple[str, str], ...] = ()
    marker: str = ""

    def __str__(self) -> str:
        return self.name + ",".join(operator + version for operator, version in self.bounds)

    def accepts(self, version: str) -> bool:
        """Whether a version is within the bounds."""
        return all(_holds(version, operator, bound) for operator, bound in self.bounds)

    def applies(self, environment: dict[str, str]) -> bool:
        """Whether its marker is true where these variables have these values; an extra is never asked for."""
        return not self.marker or any(
            all(_is_true(term, environment) for term in re.split(r"\band\b", either))
            for either in re.split(r"\bor\b", self.marker)
        )


def parse(text: str) -> Requirement:
    """A line of METADATA or of a requirements file."""
    match = _REQUIREMENT.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is no requirement")
    bounds = tuple(_BOUND.fullmatch(bound).groups() for bound in match["bounds"].split(",") if bound.strip())
    return Requirement(normalised(match["name"]), bounds, (match["marker"] or "").strip())


def normalised(name: str) -> str:
    """A package's name as all spellings of it have in common."""
    return re.sub(r"[-_.]+", "-", name).lower()


def requirements_of(metadata: str) -> list[Requirement]:
    """All that a package's METADATA asks for."""
    lines = metadata.split("\n\n", 1)[0].splitlines()
    return [parse(line.split(":", 1)[1]) for line in lines if line.startswith("Requires-Dist:")]


def python_bounds(metadata: str) -> Requirement:
    """The Python that a package's METADATA asks for, as a requirement of `python`."""
    lines = metadata.split("\n\n", 1)[0].splitlines()
    found = [line.split(":", 1)[1] for line in lines if line.startswith("Requires-Python:")]
    return parse(f"python {found[0]}") if found else Requirement("python")


def unmet(wanted: Iterable[Requirement], versions: dict[str, str | None], environment: dict[str, str]) -> list[str]:
    """What of these requirements is not met by packages of these versions, where None is one that nobody knows."""
    problems = []
    for requirement in wanted:
        if not requirement.applies(environment):
            continue
        if requirement.name not in versions:
            problems.append(f"{requirement} is not there")
        elif (version := versions[requirement.name]) is not None and not requirement.accepts(version):
            problems.append(f"{requirement} is {version}")
    return problems


def _numbers(version: str) -> tuple[int, ...]:
    """The release of a version without trailing zeros, so that 1.0 is 1."""
    numbers = [int(part) for part in re.match(r"v?([0-9]+(?:\.[0-9]+)*)", version)[1].split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def _holds(version: str, operator: str, bound: str) -> bool:
    if bound.endswith(".*"):
        prefix = [int(part) for part in bound[:-2].split(".")]
        own = list(_numbers(version.split("+")[0]))
        own += [0] * (len(prefix) - len(own))
        return (own[: len(prefix)] == prefix) == (operator == "==")
    own, other = _numbers(version.split("+")[0]), _numbers(bound)
    if operator == "~=":
        return own >= other and _holds(version, "==", ".".join(bound.split(".")[:-1]) + ".*")
    return {"==": own == other, "!=": own != other, "<": own < other, ">": own > other, "<=": own <= other,
            ">=": own >= other}[operator]  # fmt: skip


def _is_true(term: str, environment: dict[str, str]) -> bool:
    match = _COMPARISON.fullmatch(term.strip())
    if not match or match[1] not in environment:
        return False
    value = environment[match[1]]
    if match[1] in _VERSIONS:
        return _holds(value, match[2], match[3])
    return (value == match[3]) == (match[2] == "==")
