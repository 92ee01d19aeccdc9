"""Trains the tokenizer (sentencepiece, byte pair encoding) on captions and writes it in `tokenizer/`.

Text is normalised (NFKC, lower case); letters never seen in training fall back to byte pieces, so
every prompt has a tokenization. A prompt becomes [bos] pieces [eos], cut so that eos stays, and is
padded to MAX_LENGTH.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import sentencepiece
from networks.tokenizer import BOS, EOS, PAD, UNK, load_tokenizer, write_tokenizer_config
from world.captions import caption
from world.dataset import load_scenes


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, required=True, help="folder for data and checkpoints")
    parser.add_argument("--pieces", type=int, default=768, help="256 of them are bytes")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    folder = args.work / "tokenizer"
    folder.mkdir(exist_ok=True)
    rng = np.random.default_rng(args.seed)
    texts = [caption(scene, rng).text for scene in load_scenes(args.work)]
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts),
        model_prefix=str(folder / "tokenizer"),
        model_type="bpe",
        vocab_size=args.pieces,
        normalization_rule_name="nmt_nfkc_cf",
        byte_fallback=True,
        character_coverage=1.0,
        required_chars="abcdefghijklmnopqrstuvwxyz0123456789",
        hard_vocab_limit=False,
        num_threads=1,
        pad_id=PAD,
        unk_id=UNK,
        bos_id=BOS,
        eos_id=EOS,
        minloglevel=1,
    )
    (folder / "tokenizer.vocab").unlink(missing_ok=True)
    write_tokenizer_config(folder)
    tokenizer = load_tokenizer(args.work)
    lengths = [len(tokenizer.encode(text)) + 2 for text in texts[:4000]]
    print(
        f"{tokenizer.get_piece_size()} pieces; tokens a caption: mean {np.mean(lengths):.1f}, "
        f"99 % {np.percentile(lengths, 99):.0f}, most {max(lengths)}",
        file=sys.stderr,
    )


if __name__ == "__main__":
    main()
