"""AUTOMATIC1111's reading of prompts, for its own sake: weights, BREAK, chunks, and what the UNet is told of them.

Written from a description of the web UI's rules, apart from the program's code. `tokenize` is any function from a text
to the ids of its pieces; added tokens are told by the ids of their spellings, as there.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

MORE, LESS = 1.1, 1 / 1.1
MOVED = 20
FIRST_ADDED = 1 << 30
BREAK = re.compile(r"\s*\bBREAK\b\s*")
SYNTAX = re.compile(
    r"(?P<escaped>\\[()\[\]\\])|(?P<backslash>\\)|(?P<opener>[(\[])|:\s*(?P<number>[+-]?[.0-9]+)\s*\)|(?P<closer>[)\]])"
    r"|(?P<text>[^\\()\[\]:]+|:)"
)

Tokenize = Callable[[str], list[int]]
Part = list[tuple[str, float]]


@dataclass
class Piece:
    """A text and its weight; None is a BREAK."""

    text: str | None
    weight: float = 1.0


def parse(prompt: str) -> list[Part]:
    """The parts between the BREAKs, each of texts with their weights. Raises ValueError for a malformed number."""
    pieces: list[Piece] = []
    open_at: dict[str, list[int]] = {"(": [], "[": []}

    def close(bracket: str, factor: float) -> None:
        for piece in pieces[open_at[bracket].pop() :]:
            piece.weight *= factor

    for match in SYNTAX.finditer(prompt):
        kind, whole = match.lastgroup, match.group()
        if kind in ("escaped", "backslash"):
            pieces.append(Piece(whole[1:]))
        elif kind == "opener":
            open_at[whole].append(len(pieces))
        elif kind == "number" and open_at["("]:
            close("(", float(match["number"]))
        elif whole == ")" and open_at["("]:
            close("(", MORE)
        elif whole == "]" and open_at["["]:
            close("[", LESS)
        else:
            for number, text in enumerate(BREAK.split(whole)):
                if number > 0:
                    pieces.append(Piece(None))
                pieces.append(Piece(text))
    for bracket, factor in (("(", MORE), ("[", LESS)):
        for start in open_at[bracket]:
            for piece in pieces[start:]:
                piece.weight *= factor
    return _joined(pieces)


def _joined(pieces: list[Piece]) -> list[Part]:
    parts: list[Part] = [[]]
    last: Piece | None = None
    for piece in pieces:
        if piece.text is None:
            parts.append([])
        elif last is not None and last.text is not None and last.weight == piece.weight:
            parts[-1][-1] = (parts[-1][-1][0] + piece.text, piece.weight)
        else:
            parts[-1].append((piece.text, piece.weight))
        last = piece
    return [[(text, weight) for text, weight in part if text] for part in parts]


@dataclass
class Frame:
    """What surrounds the pieces of a chunk."""

    start: int
    end: int
    pad: int
    length: int

    def wrap(self, ids: Sequence[int]) -> list[int]:
        """The chunk as the encoder reads it."""
        framed = [self.start, *ids] + [self.end] * (self.length - 1 - len(ids))
        if self.pad != self.end:
            first = framed.index(self.end)
            framed[first + 1 :] = [self.pad] * (self.length - first - 1)
        return framed


@dataclass
class Chunks:
    """A prompt of any length, cut as the web UI's `tokenize_line` does."""

    frame: Frame
    commas: set[int]
    added: dict[tuple[int, ...], list[int]] = field(default_factory=dict)
    done: list[tuple[list[int], list[float]]] = field(default_factory=list)
    ids: list[int] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    comma: int | None = None

    def cut(self, parts: list[Part], tokenize: Tokenize) -> list[tuple[list[int], list[float]]]:
        """Ids and weights of each chunk, framed."""
        for number, part in enumerate(parts):
            if number > 0:
                self._end()
            for text, weight in part:
                self._add(tokenize(text), weight)
        if self.ids or not self.done:
            self._end()
        return self.done

    def _add(self, tokens: list[int], weight: float) -> None:
        room, position = self.frame.length - 2, 0
        while position < len(tokens):
            if tokens[position] in self.commas:
                self.comma = len(self.ids)
            elif len(self.ids) == room and self.comma is not None and room - self.comma <= MOVED:
                cut = self.comma + 1
                moved = self.ids[cut:], self.weights[cut:]
                self.ids, self.weights = self.ids[:cut], self.weights[:cut]
                self._end()
                self.ids, self.weights = moved
            if len(self.ids) == room:
                self._end()
            spelling, vectors = self._added_at(tokens, position)
            if len(self.ids) + len(vectors) > room:
                self._end()
            self.ids += vectors
            self.weights += [weight] * len(vectors)
            position += len(spelling)

    def _added_at(self, tokens: list[int], position: int) -> tuple[tuple[int, ...], list[int]]:
        for spelling in sorted(self.added, key=len, reverse=True):
            if tuple(tokens[position : position + len(spelling)]) == spelling:
                return spelling, self.added[spelling]
        return (tokens[position],), [tokens[position]]

    def _end(self) -> None:
        padding = self.frame.length - 1 - len(self.weights)
        self.done.append((self.frame.wrap(self.ids), [1.0, *self.weights] + [1.0] * padding))
        self.ids, self.weights, self.comma = [], [], None


@dataclass
class Reader:
    """A tokenizer and the text encoder behind it, of a diffusers pipeline."""

    tokenizer: Any
    encoder: Any
    is_xl: bool
    text_of: Any  # the tokenizer that cuts texts: one that takes no padding token for a word

    def chunks(self, prompt: str) -> list[tuple[list[int], list[float]]]:
        """Of the prompt."""
        special = self.tokenizer
        frame = Frame(special.bos_token_id, special.eos_token_id, special.pad_token_id, special.model_max_length)
        vocabulary = special.get_vocab()
        chunks = Chunks(frame, {vocabulary[",</w>"]} if ",</w>" in vocabulary else set())
        return chunks.cut(parse(prompt), lambda text: self.text_of(text, add_special_tokens=False).input_ids)

    def encode(self, chunk: tuple[list[int], list[float]]) -> tuple[torch.Tensor, torch.Tensor | None]:
        """The weighted states of a chunk, and its pooled text."""
        ids, weights = chunk
        made = self.encoder(torch.tensor([ids]), output_hidden_states=True)
        hidden = made.hidden_states[-2] if self.is_xl else made.last_hidden_state
        weighed = hidden * torch.tensor(weights, dtype=torch.float32)[None, :, None]
        if any(weight != 1 for weight in weights):
            weighed = weighed * (hidden.mean() / weighed.mean())
        return weighed, getattr(made, "text_embeds", None)


def readers_of(pipeline: Any) -> list[Reader]:
    """Those of a pipeline, in their order."""
    is_xl = hasattr(pipeline, "text_encoder_2")
    suffixes = [name for name in ("", "_2") if getattr(pipeline, f"text_encoder{name}", None) is not None]
    cuts_texts = getattr(pipeline, "tokenizer", None) or pipeline.tokenizer_2
    return [
        Reader(getattr(pipeline, f"tokenizer{name}"), getattr(pipeline, f"text_encoder{name}"), is_xl, cuts_texts)
        for name in suffixes
    ]


@torch.no_grad()
def told(pipeline: Any, prompt: str, negative: str | None, guided: bool = True) -> dict[str, torch.Tensor]:
    """What a diffusers pipeline is given for the two prompts: states of equal lengths, and for SDXL the pooled texts.

    The shorter is filled up with the empty prompt's chunk. SDXL reads zeros where there is no negative prompt.
    """
    readers = readers_of(pipeline)
    is_zero = negative is None and readers[0].is_xl
    texts = {"": prompt} if is_zero or not guided else {"": prompt, "negative_": negative or ""}
    cut = {name: [reader.chunks(text) for reader in readers] for name, text in texts.items()}
    most = max(len(chunks) for of_text in cut.values() for chunks in of_text)
    given: dict[str, torch.Tensor] = {}
    for name, of_text in cut.items():
        states, pooled = [], None
        for reader, chunks in zip(readers, of_text, strict=True):
            empty = reader.chunks("")
            made = [reader.encode(chunk) for chunk in chunks + empty * (most - len(chunks))]
            states.append(torch.cat([hidden for hidden, _ in made], dim=1))
            pooled = made[0][1]
        given[f"{name}prompt_embeds"] = torch.cat(states, dim=-1)
        if pooled is not None and readers[0].is_xl:
            given[f"{name}pooled_prompt_embeds"] = pooled
    if is_zero and guided:
        given |= {f"negative_{name}": torch.zeros_like(value) for name, value in list(given.items())}
    return given
