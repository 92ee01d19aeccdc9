"""The tokenizers against transformers and the sentencepiece package: equal ids, token counts and truncated text."""

import gzip
import importlib.util
import json
import random
import subprocess
from pathlib import Path
from typing import Any

import pytest
import sentencepiece
from tokenizer_prompts import WORDS, hard_prompts
from transformers import CLIPTokenizer

MAX_LENGTH = 77
RANDOM_PROMPTS = 3000
VOCABULARY_SIZE = 49408


@pytest.fixture(scope="session")
def prompts() -> list[str]:
    return hard_prompts(RANDOM_PROMPTS, seed=20240131)


@pytest.fixture(scope="session")
def clip_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The vocabulary that CLIP's authors published, as vocab.json and merges.txt (see their SimpleTokenizer)."""
    package = importlib.util.find_spec("open_clip")
    assert package is not None and package.origin is not None, "install scripts/requirements-no-deps.txt"
    published = gzip.decompress((Path(package.origin).parent / "bpe_simple_vocab_16e6.txt.gz").read_bytes())
    merges = published.decode().split("\n")[1 : VOCABULARY_SIZE - 2 * 256 - 2 + 1]
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    letters = [chr(byte) for byte in printable] + [chr(0x100 + i) for i in range(256 - len(printable))]
    pieces = letters + [letter + "</w>" for letter in letters] + [merge.replace(" ", "") for merge in merges]
    pieces += ["<|startoftext|>", "<|endoftext|>"]
    folder = tmp_path_factory.mktemp("clip")
    (folder / "vocab.json").write_text(json.dumps({piece: i for i, piece in enumerate(pieces)}), encoding="utf-8")
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *merges, ""]), encoding="utf-8")
    return folder


def run_ours(build_dir: Path, folder: Path, section: dict[str, Any], prompts: list[str]) -> list[dict[str, Any]]:
    """What tokenize_lines prints for a model folder with this tokenizer section, a dictionary for each prompt."""
    program = build_dir / "tests" / "tokenize_lines"
    assert program.is_file(), f"{program} is not built"
    (folder / "model.json").write_text(json.dumps({"tokenizer": section}), encoding="utf-8")
    run = subprocess.run([program, folder], input=json.dumps(prompts).encode(), capture_output=True, timeout=60)
    assert run.returncode == 0, run.stderr.decode()
    results = [json.loads(line) for line in run.stdout.splitlines()]
    # Python's str.strip, which the decoder of transformers applies, also takes the control characters U+001C to U+001F.
    return [result | {"truncated_text": result["truncated_text"].strip()} for result in results]


def assert_equal(prompts: list[str], ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> None:
    assert len(ours) == len(theirs) == len(prompts)
    different = [(p, a, b) for p, a, b in zip(prompts, ours, theirs, strict=True) if a != b]
    assert not different, f"{len(different)} of {len(prompts)} differ, the first: {different[0]!a}"


@pytest.mark.parametrize("pad_token", ["<|endoftext|>", "!"])
def test_clip(build_dir: Path, clip_folder: Path, prompts: list[str], pad_token: str) -> None:
    reference = CLIPTokenizer(
        vocab=str(clip_folder / "vocab.json"), merges=str(clip_folder / "merges.txt"), pad_token=pad_token
    )
    section = {
        "type": "clip",
        "vocabulary": "vocab.json",
        "merges": "merges.txt",
        "max_length": MAX_LENGTH,
        "bos_id": reference.bos_token_id,
        "eos_id": reference.eos_token_id,
        "pad_id": reference.pad_token_id,
        "unk_id": reference.unk_token_id,
    }
    framed = reference(prompts, padding="max_length", max_length=MAX_LENGTH, truncation=True).input_ids
    whole = reference(prompts).input_ids
    # As diffusers words its warning about a prompt that is too long.
    removed = reference.batch_decode([ids[MAX_LENGTH - 1 : -1] for ids in whole])
    theirs = [
        {"ids": ids, "token_count": len(all_ids) - 2, "truncated_text": text}
        for ids, all_ids, text in zip(framed, whole, removed, strict=True)
    ]
    assert_equal(prompts, run_ours(build_dir, clip_folder, section, prompts), theirs)


@pytest.mark.parametrize("model_type", ["unigram", "bpe"])
@pytest.mark.parametrize("byte_fallback", [False, True])
def test_sentencepiece(
    build_dir: Path, tmp_path: Path, prompts: list[str], model_type: str, byte_fallback: bool
) -> None:
    rng = random.Random(1)
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=(" ".join(rng.choices(WORDS, k=12)) for _ in range(2000)),
        model_prefix=str(tmp_path / "tokenizer"),
        model_type=model_type,
        vocab_size=400,
        byte_fallback=byte_fallback,
        normalization_rule_name="nmt_nfkc_cf",
        hard_vocab_limit=False,
        pad_id=0,
        unk_id=1,
        bos_id=2,
        eos_id=3,
        minloglevel=2,
    )
    section = {"type": "sentencepiece", "model": "tokenizer.model", "max_length": MAX_LENGTH}
    section |= {"bos_id": 2, "eos_id": 3, "pad_id": 0}
    reference = sentencepiece.SentencePieceProcessor(model_file=str(tmp_path / "tokenizer.model"))
    theirs = [framed_pieces(reference, prompt) for prompt in prompts]
    assert_equal(prompts, run_ours(build_dir, tmp_path, section, prompts), theirs)


def framed_pieces(reference: sentencepiece.SentencePieceProcessor, prompt: str) -> dict[str, Any]:
    pieces = reference.encode(prompt)
    kept, rest = pieces[: MAX_LENGTH - 2], pieces[MAX_LENGTH - 2 :]
    padding = [0] * (MAX_LENGTH - 2 - len(kept))
    return {
        "ids": [2, *kept, 3, *padding],
        "token_count": len(pieces),
        "truncated_text": reference.decode(rest).strip(),
    }
