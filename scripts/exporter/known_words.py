"""The words that a model knows, where its source says so in `known_words.json`.

That file holds {"subject": TEXT, "words": [WORD, ...]} and may say the "sizes" of pictures that the model was
trained on, [[WIDTH, HEIGHT], ...].
"""

from pathlib import Path
from typing import Any

from exporter.errors import ExportError
from exporter.json_file import read_json

SOURCE_FILE = "known_words.json"
WORDS_FILE = "words.txt"


def export_known_words(source: Path, output: Path) -> dict[str, Any] | None:
    """Writes the words that folder `source` lists to `output`/words.txt, one a line in alphabetical order.

    Returns the facts for model.json, or None where the source says nothing. Throws ExportError for a subject that is
    not one line of text, and for anything in the list that is not one word in lower case.
    """
    if not (source / SOURCE_FILE).is_file():
        return None
    content = read_json(source / SOURCE_FILE)
    subject, words = content.get("subject"), content.get("words")
    if not isinstance(subject, str) or not subject.strip() or not subject.isprintable():
        raise ExportError(f"{SOURCE_FILE} has subject {subject!r}; expected a few words, such as 'landscapes'")
    if not isinstance(words, list) or not words:
        raise ExportError(f"{SOURCE_FILE} has no list of words")
    for word in words:
        if not _is_word(word):
            raise ExportError(f"{SOURCE_FILE} has {word!r} among its words; expected one word in lower case")
    (output / WORDS_FILE).write_text("".join(f"{word}\n" for word in sorted(set(words))), encoding="utf-8")
    sizes = content.get("sizes")
    if sizes is not None and not _are_sizes(sizes):
        raise ExportError(f"{SOURCE_FILE} has sizes {sizes!r}; expected pairs of width and height, as [[256, 256]]")
    return {"subject": subject, "file": WORDS_FILE} | ({"sizes": sizes} if sizes else {})


def _are_sizes(sizes: object) -> bool:
    """Whether it is a list of pairs of whole numbers of pixels, as the program reads it (src/model/model_info.cc)."""
    return isinstance(sizes, list) and all(
        isinstance(size, list) and len(size) == 2 and all(type(side) is int and 8 <= side <= 1 << 14 for side in size)
        for size in sizes
    )


def _is_word(word: object) -> bool:
    """Whether the program takes it for one word (src/text/prompt_words.h), with nothing to change.

    It takes a few more, with marks that Python has no test for.
    """
    if not isinstance(word, str) or word != word.lower() or word.endswith("'s"):
        return False
    return all(part.isalnum() for part in word.split("'")) and any(letter.isalpha() for letter in word)
