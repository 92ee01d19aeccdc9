"""A model that says which words it knows: the program names the others in one line, and makes the picture."""

import shutil
from pathlib import Path

import pytest
from expectations import FAILED, Result, Run, assert_done, assert_fails
from model_files import edit_description, replace_file
from PIL import Image

WORDS = ("a", "at", "boat", "by", "hills", "night", "no", "sea", "the")
SAYS = "scenes: this model only knows seascapes; words it does not know"


@pytest.fixture
def small_world(tiny_model: Path, tmp_path: Path) -> Path:
    """The tiny model with a list of words."""
    folder = tmp_path / "small world"
    shutil.copytree(tiny_model, folder)
    set_words(folder, "".join(f"{word}\n" for word in WORDS))
    return folder


def set_words(folder: Path, text: str) -> None:
    """Gives a model a list of words."""
    known_words = {"subject": "seascapes", "file": "words.txt"}
    replace_file(folder, "words.txt", text.encode())
    edit_description(folder, lambda model: model.update(name="scenes", known_words=known_words))


@pytest.fixture
def draw(run: Run, small_world: Path) -> Run:
    """Runs the program on that model at a small size."""

    def draw_small(*arguments: object, **options: object) -> Result:
        return run("-m", small_world, "-W", 64, "-H", 64, "-t", 1, "--steps", 1, *arguments, **options)

    return draw_small


def said(result: Result) -> list[str]:
    """What the run said about words, without what is the same in every line."""
    return [line.removeprefix(SAYS) for line in result.stderr.splitlines() if line.startswith(SAYS)]


def test_unknown_words_are_named_once_and_the_picture_is_made(draw: Run, tmp_path: Path) -> None:
    result = draw("-p", "A cat playing chess by the sea, a cat", "-o", "a.png", "-b", 2)
    assert_done(result, "a_000.png", "a_001.png")
    assert said(result) == [": 'cat', 'playing', 'chess'"]
    assert Image.open(tmp_path / "a_001.png").size == (64, 64)


def test_known_words_in_other_forms_are_not_named(draw: Run) -> None:
    result = draw("-p", "BOATS at Night, the boat's hill (sea:1.3)", "-n", "no hills", "-o", "a.png")
    assert_done(result, "a.png")
    assert said(result) == []


def test_the_negative_prompt_counts_where_there_is_guidance(draw: Run) -> None:
    asked = ("-p", "the sea", "-n", "people", "-o", "a.png", "--overwrite")
    assert said(draw(*asked, "--cfg-scale", 4)) == [": 'people'"]
    assert said(draw(*asked, "--cfg-scale", 1)) == []


def test_quiet_leaves_it_to_the_log(draw: Run, tmp_path: Path) -> None:
    result = draw("-p", "a cat", "-o", "a.png", "-q", "--log-file", "log", "--json")
    assert (result.returncode, result.stderr) == (0, "")
    assert f" note {SAYS}: 'cat'\n" in (tmp_path / "log").read_text()


def test_a_list_has_one_line_for_all_its_prompts(draw: Run, tmp_path: Path) -> None:
    prompts = "a cat\na boat\none two three four five six seven\na cat\n"
    (tmp_path / "prompts.txt").write_text(prompts)
    expected = [", in 3 of 4 prompts: 'cat', 'one', 'two', 'three', 'four', 'five', 'six', 'seven'"]
    result = draw("--prompts", "prompts.txt", "-o", "out/")
    assert result.returncode == 0 and said(result) == expected
    result = draw("--prompts", "-", "-o", "in/", input=prompts + "an eighth\n")
    assert result.returncode == 0
    assert said(result) == [expected[0].replace("3 of 4", "4 of 5") + " and 2 more"]
    result = draw("--prompts", "prompts.txt", "-o", "out/", "--resume")
    assert result.returncode == 0 and said(result) == [], "all are there already"


def test_compare_names_them_too(run: Run, small_world: Path) -> None:
    small = ("-W", 64, "-H", 64, "-t", 1, "--steps", 2)
    result = run("compare", "-m", small_world, *small, "-p", "a cat", "--interval", 2, "--branch", 0, "-o", "out")
    assert result.returncode == 0 and said(result) == [": 'cat'"]


def test_a_plan_and_a_model_that_says_nothing_name_none(run: Run, draw: Run, tiny_model: Path) -> None:
    result = draw("-p", "a cat", "--plan")
    assert (result.returncode, result.stderr) == (0, "")
    result = run("-m", tiny_model, "-W", 64, "-H", 64, "-t", 1, "--steps", 1, "-p", "a cat", "-o", "a.png")
    assert_done(result, "a.png")
    assert "know" not in result.stderr


def test_inspect_says_what_the_model_knows(run: Run, small_world: Path) -> None:
    result = run("inspect", small_world)
    (line,) = [line for line in result.stdout.splitlines() if "only knows" in line]
    assert "seascapes" in line and "words.txt" in line


@pytest.mark.parametrize(
    ("words", "complaint"), [("a\nBoat\n", "words.txt:2: expected one word in lower case"), ("", "has no words")]
)
def test_a_list_of_words_that_is_none(draw: Run, small_world: Path, words: str, complaint: str) -> None:
    set_words(small_world, words)
    for prompts in (("-p", "a boat"), ("--prompts", "-")):
        assert_fails(draw(*prompts, "-o", "a.png", input="a boat\n"), FAILED, "words.txt", complaint)


def test_a_list_of_words_that_was_changed(draw: Run, small_world: Path) -> None:
    path = small_world / "words.txt"
    path.write_text(path.read_text().replace("boat", "goat"))
    assert_fails(draw("-p", "a boat", "-o", "a.png"), FAILED, "words.txt", "SHA-256")


def test_the_embedded_model_knows_its_own_world_and_no_cats(run: Run, embedded_model: Path) -> None:
    small = ("--steps", 1, "--overwrite", "-o", "a.png")
    result = run("-p", "a lighthouse by the sea at dusk", *small)
    assert_done(result, "a.png")
    assert "only knows" not in result.stderr
    result = run("-p", "a cat playing chess", *small)
    assert_done(result, "a.png")
    (line,) = [line for line in result.stderr.splitlines() if "only knows" in line]
    assert "scenes" in line and line.endswith(": 'cat', 'playing', 'chess'")
