"""The HTML page of compare --report, as a browser shows it."""

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from expectations import DONE, Run, files_below, find_part
from PIL import Image

PROMPT = 'a cat <script>document.title="x"</script> & "more"'
SETTINGS = ["original", "interval 3, branch 0", "interval 3, branch 2"]
PIXELS, ENLARGED = 64, 512  # the side of a picture, and of its enlargement in the viewer

Browser = list[str]


@pytest.fixture
def page(run: Run, tiny_model: Path, tmp_path: Path) -> Path:
    """A report about two settings."""
    arguments = ["compare", "-m", tiny_model, "-W", PIXELS, "-H", PIXELS, "-t", 1, "--steps", 6, "--cfg-scale", 3]
    result = run(*arguments, "-p", PROMPT, "-s", 3, "--interval", 3, "--branch", "0,2", "-o", "out", "--report", "page")
    assert result.returncode == DONE, result.stderr
    assert "page/index.html" in result.stderr
    return tmp_path / "page/index.html"


@pytest.fixture
def browser(tmp_path: Path) -> Browser:
    """A browser without a window, as the beginning of a command line."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no chromium is installed")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-color-profile=srgb"]
    return [program, *flags, "--virtual-time-budget=5000", f"--user-data-dir={tmp_path / 'browser'}"]


class Page(HTMLParser):
    """What tests ask of a page: its title, headings of the table's rows, sources of pictures, ids of what is hidden."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.title, self.rows, self.sources, self.hidden = "", [], [], []
        self._reads: str | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = dict(attributes)
        if tag == "img":
            self.sources.append(values.get("src"))
        if "hidden" in values:
            self.hidden.append(values.get("id"))
        self._reads = tag if tag == "title" or values.get("scope") == "row" else None

    def handle_endtag(self, tag: str) -> None:
        self._reads = None

    def handle_data(self, data: str) -> None:
        if self._reads == "th":
            self.rows.append(data)
        if self._reads == "title":
            self.title = self.title or data


def rendered(browser: Browser, page: Path) -> Page:
    """The page as it is after its scripts have run."""
    command = [*browser, "--dump-dom", page.as_uri()]
    return Page(subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout)


def test_report_is_one_file_that_loads_nothing(page: Path) -> None:
    """Nor does it need a script for the pictures: only the viewer waits for one."""
    assert files_below(page.parent) == ["index.html"]
    html = page.read_text(encoding="utf-8")
    assert not re.search(r"""(src|href)\s*=\s*["']?\s*(https?:|//)""", html)
    plain = Page(html)
    pictures = [source for source in plain.sources if source is not None]
    assert len(pictures) == 3 and all(picture.startswith("data:image/png;base64,") for picture in pictures)
    assert plain.rows == SETTINGS and plain.hidden == ["viewer"]


def test_report_shows_what_it_should(browser: Browser, page: Path) -> None:
    shown = rendered(browser, page)
    assert shown.rows == SETTINGS
    assert shown.title.startswith(PROMPT), "the script in the prompt is text"
    assert not shown.hidden
    in_viewer, pictures = shown.sources[:2], shown.sources[2:]
    assert len(set(pictures)) == 3
    assert in_viewer == pictures[:2]


def test_report_compares_pixel_by_pixel(browser: Browser, page: Path, tmp_path: Path) -> None:
    """The left of the viewer shows the original, the right the first cached picture, both enlarged by eight."""
    file = tmp_path / "page.png"
    command = [*browser, "--window-size=1200,1000", f"--screenshot={file}", page.as_uri()]
    subprocess.run(command, capture_output=True, timeout=60, check=True)
    screen = np.asarray(Image.open(file).convert("RGB"))
    enlarged = [
        np.asarray(Image.open(tmp_path / "out" / name)).repeat(ENLARGED // PIXELS, 0).repeat(ENLARGED // PIXELS, 1)
        for name in ("original.png", "interval3-branch0.png")
    ]
    handle = slice(ENLARGED // 2 - 24, ENLARGED // 2 + 24)
    rows = slice(1, -1)  # the page may place a picture between two pixels, which mixes its edge with the background
    left = find_part(enlarged[0][rows, : handle.start], screen)
    right = find_part(enlarged[1][rows, handle.stop :], screen)
    assert left is not None and right == (left[0], left[1] + handle.stop)
