"""A word that a text encoder did not know: vectors of its own behind the vocabulary, all else as it was."""

import torch
from sentencepiece import SentencePieceProcessor
from torch import Tensor, nn
from transformers import CLIPTextModel

from networks.tokenizer import BOS, EOS, MAX_LENGTH, PAD

# In a prompt, what stands for the word.
PLACE = "{}"


class NewWord(nn.Module):
    """A token embedding with the vectors (n, width) of the word behind its own rows."""

    def __init__(self, known: nn.Embedding, vectors: Tensor) -> None:
        super().__init__()
        self.known, self.vectors = known, nn.Parameter(vectors.clone())

    def forward(self, ids: Tensor) -> Tensor:
        """ids (b, tokens) -> vectors (b, tokens, width)."""
        return nn.functional.embedding(ids, torch.cat([self.known.weight, self.vectors]))


def teach(text_encoder: CLIPTextModel, vectors: Tensor) -> NewWord:
    """Puts the word into the text encoder and returns it."""
    embeddings = text_encoder.get_input_embeddings()
    word = NewWord(embeddings, vectors)
    text_encoder.set_input_embeddings(word)
    return word


def encode_with_word(tokenizer: SentencePieceProcessor, prompt: str, vectors: int) -> list[int]:
    """MAX_LENGTH ids as `encode_prompt` makes them, with the word of so many vectors at every PLACE in the prompt."""
    word = [tokenizer.get_piece_size() + index for index in range(vectors)]
    parts = [tokenizer.encode(part) for part in prompt.split(PLACE)]
    ids = [*parts[0]]
    for part in parts[1:]:
        ids += [*word, *part]
    ids = [BOS, *ids[: MAX_LENGTH - 2], EOS]
    return ids + [PAD] * (MAX_LENGTH - len(ids))
