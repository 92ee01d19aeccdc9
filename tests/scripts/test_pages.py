"""README and the pages below docs/: their links lead somewhere, and README stays short."""

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
README = REPOSITORY / "README.md"
PAGES = [README, REPOSITORY / "CONTRIBUTING.md", *sorted((REPOSITORY / "docs").glob("*.md"))]
LINK = re.compile(r"\]\(([^)\s]+)\)")  # of pictures, too
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def anchors_of(page: Path) -> set[str]:
    """What GitHub makes of a page's headings: lower case, words joined by hyphens, no punctuation."""
    headings = HEADING.findall(FENCED.sub("", page.read_text()))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def problem_of(link: str, page: Path) -> str | None:
    """Why a link within the repository leads nowhere; None where it leads somewhere, or out of it."""
    if link.startswith(("http://", "https://")):
        return None
    name, _, anchor = link.partition("#")
    target = (page.parent / name).resolve() if name else page
    if not target.exists():
        return f"{link}: there is no such file"
    if not anchor:
        return None
    target = target / "README.md" if target.is_dir() else target
    return None if anchor in anchors_of(target) else f"{link}: there is no such heading"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = LINK.findall(FENCED.sub("", page.read_text()))
    assert [problem for link in links if (problem := problem_of(link, page))] == []


@pytest.mark.parametrize("link", ["nowhere.md", "README.md#nowhere", "#nowhere"])
def test_links_that_lead_nowhere_are_found(link: str) -> None:
    assert problem_of(link, README)


def test_every_page_is_linked_from_readme() -> None:
    links = LINK.findall(README.read_text())
    for page in PAGES[1:]:
        assert str(page.relative_to(REPOSITORY)) in links


def test_readme_is_short() -> None:
    assert len(README.read_text().splitlines()) <= 150
