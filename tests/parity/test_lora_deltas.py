"""What a LoRA file adds to each weight: judged by diffusers' fused weights, PEFT's formulas and kohya's by hand."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from diffusers import StableDiffusionPipeline, StableDiffusionXLPipeline
from lora_files import kohya_name, layers, original_name, pair, resolved, save
from peft.tuners.loha.layer import make_weight, make_weight_cp
from peft.tuners.lokr.layer import make_kron
from peft.tuners.lokr.layer import make_weight_cp as make_tucker
from torch import nn

PIPELINES = {"sd15": StableDiffusionPipeline, "sd21": StableDiffusionPipeline, "sdxl": StableDiffusionXLPipeline}
Models = dict[str, nn.Module]


def published(path: str, role: str) -> str:
    """transformers' own modules no longer have the first word of the names that files have."""
    is_inner = role != "unet" and not path.startswith(("text_model.", "text_projection"))
    return f"text_model.{path}" if is_inner else path


def adaptable(models: Models) -> dict[str, dict[str, list[int]]]:
    """By role and published path the layers that trainers adapt: all of the UNet, of text encoders those of layers."""
    return {
        role: {
            published(path, role): size
            for path, size in layers(model).items()
            if role == "unet" or "encoder.layers." in path
        }
        for role, model in models.items()
    }


def parts_of(found: dict[str, dict[str, list[int]]]) -> dict[str, dict[str, list[int]]]:
    return {role: {f"{path}.weight": size for path, size in sizes.items()} for role, sizes in found.items()}


def weights(models: Models) -> dict[tuple[str, str], torch.Tensor]:
    return {
        (role, f"{published(path, role)}.weight"): module.weight.detach().clone()
        for role, model in models.items()
        for path, module in model.named_modules()
        if isinstance(module, nn.Linear | nn.Conv2d)
    }


def ours(build_dir: Path, file: Path, parts: dict[str, dict[str, list[int]]]) -> dict[tuple[str, str], torch.Tensor]:
    return {
        (line["role"], line["weight"]): torch.tensor(line["numbers"]).view(parts[line["role"]][line["weight"]])
        for line in resolved(build_dir, file, parts, "--numbers")
    }


@pytest.mark.parametrize("form", ["kohya", "peft"])
@pytest.mark.parametrize("family", PIPELINES)
def test_the_weights_that_diffusers_fuses(
    models_dir: Path, family: str, form: str, build_dir: Path, tmp_path: Path
) -> None:
    pipeline = PIPELINES[family].from_pretrained(models_dir / f"{family}-diffusers")
    models = {role: getattr(pipeline, role) for role in ("unet", "text_encoder", "text_encoder_2")
              if getattr(pipeline, role, None) is not None}  # fmt: skip
    found = adaptable(models)
    prefixes = {"unet": "lora_unet", "text_encoder": "lora_te1" if "text_encoder_2" in models else "lora_te",
                "text_encoder_2": "lora_te2"}  # fmt: skip
    torch.manual_seed(3)
    tensors = {}
    for role, sizes in found.items():
        for path, size in sizes.items():
            down, up = pair(size, rank=2)
            if form == "kohya":
                # SDXL's UNet by its original names, as in most files; of the others diffusers drops some.
                is_original = family == "sdxl" and role == "unet"
                name = kohya_name(original_name(path, models[role]) if is_original else path, prefixes[role])
                tensors |= {f"{name}.lora_down.weight": down, f"{name}.lora_up.weight": up}
                # Equal ones: of others diffusers takes the commonest.
                tensors[f"{name}.alpha"] = torch.tensor(1.0)
            else:
                # diffusers wants the names of the modules at hand.
                inner = path if path in layers(models[role]) else path.removeprefix("text_model.")
                tensors |= {f"{role}.{inner}.lora_A.weight": down, f"{role}.{inner}.lora_B.weight": up}
    file = save(tmp_path / "some.safetensors", tensors)
    before = weights(models)
    pipeline.load_lora_weights(tmp_path, weight_name=file.name)
    pipeline.fuse_lora(lora_scale=1.0)
    pipeline.unload_lora_weights()
    after = weights(models)
    deltas = ours(build_dir, file, parts_of(found))
    assert set(deltas) == {(role, f"{path}.weight") for role, sizes in found.items() for path in sizes}
    assert any(delta.abs().max() > 0.1 for delta in deltas.values())
    for place, weight in before.items():
        expected = after[place] - weight
        torch.testing.assert_close(deltas.get(place, torch.zeros(())).expand_as(weight), expected, atol=2e-5, rtol=0)


def random_layers(
    form: Callable[[str, list[int]], tuple[dict[str, torch.Tensor], torch.Tensor]], file: Path
) -> tuple[dict[str, dict[str, list[int]]], dict[tuple[str, str], torch.Tensor]]:
    """A file of layers of all kinds and what it must add to each."""
    parts = {"unet": {"conv_in.weight": [12, 8, 3, 3], "mid_block.attentions.0.proj_in.weight": [6, 8, 1, 1],
                      "mid_block.attentions.0.attn1.to_q.weight": [12, 8]}}  # fmt: skip
    torch.manual_seed(4)
    tensors, expected = {}, {}
    for weight, size in parts["unet"].items():
        own, delta = form(kohya_name(weight.removesuffix(".weight")), size)
        tensors |= own
        expected["unet", weight] = delta.reshape(size)
    save(file, tensors)
    return parts, expected


def loha(name: str, size: list[int]) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    inputs = torch.Size(size[1:]).numel()
    factors = [torch.randn(size[0], 4), torch.randn(4, inputs), torch.randn(size[0], 4), torch.randn(4, inputs)]
    names = [f"{name}.hada_{each}" for each in ("w1_a", "w1_b", "w2_a", "w2_b")]
    delta = make_weight(*factors, torch.tensor(3 / 4))
    return dict(zip(names, factors, strict=True)) | {f"{name}.alpha": torch.tensor(3.0)}, delta


def loha_tucker(name: str, size: list[int]) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    if size[2:] in ([], [1, 1]):
        return loha(name, size)
    shapes = {"t1": (4, 4, *size[2:]), "w1_a": (4, size[0]), "w1_b": (4, size[1]),
              "t2": (4, 4, *size[2:]), "w2_a": (4, size[0]), "w2_b": (4, size[1])}  # fmt: skip
    factors = {part: torch.randn(shape) for part, shape in shapes.items()}
    delta = make_weight_cp(*factors.values(), torch.tensor(5 / 4))
    named = {f"{name}.hada_{part}": factor for part, factor in factors.items()}
    return named | {f"{name}.alpha": torch.tensor(5.0)}, delta


def lokr(name: str, size: list[int]) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    left, first = torch.randn(2, 4), torch.randn(size[0] // 2, 3)
    second = torch.randn(3, torch.Size(size[1:]).numel() // 4)
    named = {f"{name}.lokr_w1": left, f"{name}.lokr_w2_a": first, f"{name}.lokr_w2_b": second}
    return named | {f"{name}.alpha": torch.tensor(2.0)}, make_kron(left, first @ second, 2 / 3)


def lokr_full(name: str, size: list[int]) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    left, right = torch.randn(2, 4), torch.randn(size[0] // 2, size[1] // 4, *size[2:])
    named = {f"{name}.lokr_w1": left, f"{name}.lokr_w2": right, f"{name}.alpha": torch.tensor(7.0)}
    return named, make_kron(left, right, 1)


def lokr_tucker(name: str, size: list[int]) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    if size[2:] in ([], [1, 1]):
        return lokr(name, size)
    left, core = torch.randn(2, 4), torch.randn(3, 3, *size[2:])
    first, second = torch.randn(3, size[0] // 2), torch.randn(3, size[1] // 4)
    named = {f"{name}.lokr_w1": left, f"{name}.lokr_t2": core, f"{name}.lokr_w2_a": first, f"{name}.lokr_w2_b": second}
    return named, make_kron(left, make_tucker(core, first, second), 1)


@pytest.mark.parametrize("form", [loha, loha_tucker, lokr, lokr_full, lokr_tucker])
def test_the_formulas_of_peft(
    form: Callable[[str, list[int]], tuple[dict[str, torch.Tensor], torch.Tensor]], build_dir: Path, tmp_path: Path
) -> None:
    parts, expected = random_layers(form, tmp_path / "some.safetensors")
    deltas = ours(build_dir, tmp_path / "some.safetensors", parts)
    assert set(deltas) == set(expected)
    for place, delta in expected.items():
        torch.testing.assert_close(deltas[place], delta, atol=1e-5, rtol=1e-5)


def test_each_layer_has_its_own_rank_and_alpha(build_dir: Path, tmp_path: Path) -> None:
    """As resized files have them, of which diffusers is no judge: W' = W + alpha / rank * up @ down."""
    ranks = iter([1, 3, 5])

    def resized(name: str, size: list[int]) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
        rank = next(ranks)
        down, up = pair(size, rank)
        delta = (up.double().flatten(1) @ down.double().flatten(1)).float() * (7 / rank)
        named = {f"{name}.lora_down.weight": down, f"{name}.lora_up.weight": up, f"{name}.alpha": torch.tensor(7.0)}
        return named, delta

    parts, expected = random_layers(resized, tmp_path / "some.safetensors")
    deltas = ours(build_dir, tmp_path / "some.safetensors", parts)
    for place, delta in expected.items():
        torch.testing.assert_close(deltas[place], delta, atol=1e-5, rtol=1e-5)
