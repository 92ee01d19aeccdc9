"""What the embedded model's LoRA and textual inversion are trained with: looks, additions of low rank, a new word."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
sys.path.insert(0, str(Path(__file__).parents[2] / "scripts" / "embedded_model"))

from drawing.look import LOOKS
from drawing.renderer import render
from encode_look import scenes_of
from judging.looks import distance_to_palette, whiteness
from networks.diffusion_model import build_text_encoder
from networks.lora import add_low_ranks, file_tensors, merge
from networks.new_word import PLACE, encode_with_word, teach
from networks.tokenizer import BOS, EOS, MAX_LENGTH, PAD, encode_prompt, load_tokenizer
from world.captions import caption
from world.dataset import scene_at
from world.scenes import Scene

MODEL = Path(__file__).parents[2] / "models" / "scenes"
PROMPT = "a castle in a meadow at night"


def bare_scenes(count: int) -> list[Scene]:
    """Scenes by day without snow, in natural colours."""
    scenes = (scene_at(31, index) for index in range(100 * count))
    return [s for s in scenes if s.hour == "day" and s.ground != "snow" and s.palette == "natural"][:count]


def test_winter_whitens_the_ground_and_leaves_the_sky() -> None:
    for scene in bare_scenes(8):
        plain, winter = render(scene), render(scene, look=LOOKS["winter"])
        assert whiteness(winter) > whiteness(plain) + 0.1, scene
        # But for the tips of things, which stand a little elsewhere.
        assert (plain[:40] == winter[:40]).mean() > 0.8, scene


def test_snow_lies_on_roofs_and_trees() -> None:
    for scene in bare_scenes(40):
        if scene.building == "house" and scene.weather == "clear":
            plain, winter = render(scene).astype(int), render(scene, look=LOOKS["winter"]).astype(int)
            roofs = np.abs(plain - (97, 64, 56)).max(axis=2) < 12
            assert (winter[roofs].min(axis=1) > 180).mean() > 0.25, scene


@pytest.mark.parametrize("name", [name for name, look in LOOKS.items() if look.palette])
def test_a_palette_draws_pictures_nearer_to_itself(name: str) -> None:
    palette = LOOKS[name].palette
    for scene in bare_scenes(5):
        plain, coloured = render(scene), render(scene, look=LOOKS[name])
        assert distance_to_palette(coloured, palette) < 0.5 * distance_to_palette(plain, palette)


def test_captions_of_a_palette_tell_none() -> None:
    rng = np.random.default_rng(0)
    assert all("palette" not in caption(scene, rng).told for scene in scenes_of("dustyrose", 5, 40))
    assert any("palette" in caption(scene, rng).told for scene in scenes_of("winter", 5, 40))


class Attention(nn.Module):
    """Modules with the names of a UNet's."""

    def __init__(self) -> None:
        super().__init__()
        self.attn2 = nn.ModuleDict({"to_q": nn.Linear(6, 4, bias=False), "to_out": nn.ModuleList([nn.Linear(4, 6)])})
        self.conv2, self.other = nn.Conv2d(4, 5, 3), nn.Linear(4, 4)


def test_a_file_merged_gives_the_weights_that_were_trained() -> None:
    torch.manual_seed(0)
    trained, merged = Attention(), Attention()
    merged.load_state_dict(trained.state_dict())
    additions = add_low_ranks(trained, rank=2)
    assert torch.equal(trained.conv2.weight, merged.conv2.weight)
    for addition in additions.values():
        nn.init.normal_(addition.up)
    tensors = file_tensors(additions)
    assert sorted(name for name in tensors if name.endswith("alpha")) == [
        "lora_unet_attn2_to_out_0.alpha",
        "lora_unet_attn2_to_q.alpha",
        "lora_unet_conv2.alpha",
    ]
    merge(merged, tensors, 1.0)
    for module in ("attn2.to_q", "attn2.to_out.0", "conv2", "other"):
        want, got = (model.get_submodule(module).weight for model in (trained, merged))
        assert torch.allclose(got, want, atol=5e-3), module
    assert not torch.allclose(merged.conv2.weight, trained.conv2.parametrizations.weight.original, atol=5e-2)


def test_a_file_for_other_modules_is_refused() -> None:
    tensors = file_tensors(add_low_ranks(Attention(), rank=2))
    with pytest.raises(KeyError, match="lora_unet_attn2_to_out_0"):
        merge(nn.ModuleDict({"conv2": nn.Conv2d(4, 5, 3)}), tensors, 1.0)


def test_a_prompt_without_the_word_is_encoded_as_ever() -> None:
    tokenizer = load_tokenizer(MODEL)
    assert encode_with_word(tokenizer, PROMPT, 3) == encode_prompt(tokenizer, PROMPT)


def test_the_word_stands_where_it_was_put() -> None:
    tokenizer = load_tokenizer(MODEL)
    size = tokenizer.get_piece_size()
    ids = encode_with_word(tokenizer, f"{PROMPT} in {PLACE}", 2)
    ending = [*tokenizer.encode("in"), size, size + 1, EOS]
    told = [BOS, *tokenizer.encode(PROMPT), *ending]
    assert ids == told + [PAD] * (MAX_LENGTH - len(told))


def test_a_taught_word_has_its_vectors_and_the_others_keep_theirs() -> None:
    encoder = build_text_encoder(vocabulary=10)
    before = encoder.get_input_embeddings().weight.clone()
    vectors = torch.randn(2, before.shape[1])
    word = teach(encoder, vectors)
    assert encoder.get_input_embeddings() is word
    assert torch.equal(word(torch.tensor([[3, 10, 11]]))[0], torch.cat([before[3:4], vectors]))
    encoder(torch.tensor([[3, 11, 4]])).last_hidden_state.square().sum().backward()
    assert word.vectors.grad[1].abs().sum() > 0
    assert word.vectors.grad[0].abs().sum() == 0
