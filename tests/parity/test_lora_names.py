"""The names of layers in LoRA files: at full size every linear and convolution of every family leads to its weight."""

from pathlib import Path

import pytest
import torch
from diffusers import UNet2DConditionModel
from diffusers.loaders.lora_conversion_utils import (
    _convert_non_diffusers_lora_to_diffusers,
    _maybe_map_sgm_blocks_to_diffusers,
)
from exporter.ladder import Rungs
from exporter.rungs import MidRung, down_rungs, out_rung, up_rungs
from exporter.time_embedding import script_time_embedding
from exporter.weight_names import translated, weight_prefixes
from full_size import family, meta_unet
from lora_files import kohya_name, layers, original_name, pair, resolved, save
from transformers import CLIPTextConfig, CLIPTextModelWithProjection

# As counted in diffusers' own modules (shared/tasks.md).
LAYERS = {"sd15": 282, "sd21": 282, "sdxl": 794, "sdxl-refiner": 554}


@pytest.fixture(scope="module", params=LAYERS)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def unet(name: str) -> UNet2DConditionModel:
    return meta_unet(family(name).unet)


def scales_of(build_dir: Path, file: Path, unet: UNet2DConditionModel) -> dict[str, float]:
    """What the products of a file are multiplied with, by the weight that they are added to."""
    parts = {"unet": {f"{path}.weight": size for path, size in layers(unet).items()}}
    return {line["weight"]: line["scale"] for line in resolved(build_dir, file, parts)}


def test_every_layer_has_one_name_of_kohya(
    name: str, unet: UNet2DConditionModel, build_dir: Path, tmp_path: Path
) -> None:
    sizes = layers(unet)
    assert len(sizes) == len({kohya_name(path) for path in sizes}) == LAYERS[name]
    tensors = {}
    for number, (path, size) in enumerate(sizes.items()):
        down, up = pair(size)
        tensors |= {f"{kohya_name(path)}.lora_down.weight": down, f"{kohya_name(path)}.lora_up.weight": up}
        tensors[f"{kohya_name(path)}.alpha"] = torch.tensor(float(number))
    file = save(tmp_path / "kohya.safetensors", tensors)
    # Each to its own: the rank is 1, so the scale is the number.
    assert scales_of(build_dir, file, unet) == {f"{path}.weight": number for number, path in enumerate(sizes)}


@pytest.mark.parametrize("style", ["original", "peft", "diffusers"])
def test_every_layer_is_found_by_its_other_names(
    unet: UNet2DConditionModel, style: str, build_dir: Path, tmp_path: Path
) -> None:
    tensors = {}
    for number, (path, size) in enumerate(layers(unet).items()):
        down, up = pair(size)
        match style:
            case "original":
                layer = kohya_name(original_name(path, unet))
                tensors |= {f"{layer}.lora_down.weight": down, f"{layer}.lora_up.weight": up}
            case "peft":
                tensors |= {f"unet.{path}.lora_A.weight": down, f"unet.{path}.lora_B.weight": up}
            case "diffusers":
                tensors |= {f"unet.{path}.lora.down.weight": down, f"unet.{path}.lora.up.weight": up}
        prefix = layer if style == "original" else f"unet.{path}"
        tensors[f"{prefix}.alpha"] = torch.tensor(float(number))
    file = save(tmp_path / "other.safetensors", tensors)
    assert scales_of(build_dir, file, unet) == {f"{path}.weight": number for number, path in enumerate(layers(unet))}


def test_the_original_names_are_those_that_diffusers_knows() -> None:
    """Of SDXL, for which diffusers has a converter."""
    unet = meta_unet(family("sdxl").unet)
    named, paths = {}, {}
    for path in layers(unet):
        for part in ("down", "up"):
            tensor = torch.empty(0)
            named[f"{kohya_name(original_name(path, unet))}.lora_{part}.weight"] = tensor
            paths[id(tensor)] = path
    mapped = _maybe_map_sgm_blocks_to_diffusers(dict(named), unet.config)
    converted, _ = _convert_non_diffusers_lora_to_diffusers(mapped)
    theirs = {paths[id(tensor)]: key for key, tensor in converted.items()}
    assert len(theirs) == LAYERS["sdxl"]
    for path, key in theirs.items():
        # Theirs may be of an attention's processor, from which diffusers goes on.
        key = key.removeprefix("unet.").replace(".processor.", ".").replace("to_out_lora", "to_out.0_lora")
        assert key.split(".lora.")[0].split("_lora.")[0] == path


def test_every_layer_has_one_name_in_an_archive(name: str) -> None:
    """The map of model.json, which leads from a rung's weights to the published names and back."""
    # Memory that nobody touches, so that every weight has an address.
    real = meta_unet(family(name).unet).to_empty(device="cpu")
    rungs = Rungs(
        script_time_embedding(real), down_rungs(real), MidRung(real.mid_block), up_rungs(real), out_rung(real)
    )
    prefixes = weight_prefixes(rungs, real)
    archived = {translated(weight, prefixes): weight for weight, _ in rungs.named_parameters()}
    published = {f"{path}.weight" for path in layers(real)}
    assert published <= set(archived) and len(published) == LAYERS[name]
    assert len({archived[weight] for weight in published}) == len(published)


@pytest.mark.parametrize("prefix", ["lora_te", "lora_te1", "lora_te2"])
def test_text_encoders(prefix: str, build_dir: Path, tmp_path: Path) -> None:
    role = "text_encoder_2" if prefix == "lora_te2" else "text_encoder"
    with torch.device("meta"):
        model = CLIPTextModelWithProjection(CLIPTextConfig(**family("sdxl").text_encoders[-1]))
    sizes = {path.removeprefix("text_model."): size for path, size in layers(model).items()}
    sizes = {f"text_model.{path}": size for path, size in sizes.items() if path.startswith("encoder.")}
    parts = {role: {f"{path}.weight": size for path, size in sizes.items()}}
    tensors = {}
    for path, size in sizes.items():
        down, up = pair(size)
        tensors |= {f"{kohya_name(path, prefix)}.lora_down.weight": down}
        tensors |= {f"{kohya_name(path, prefix)}.lora_up.weight": up}
    found = resolved(build_dir, save(tmp_path / "text.safetensors", tensors), parts)
    assert len(found) == 32 * 6
    assert [(line["role"], line["weight"]) for line in found] == [(role, weight) for weight in sorted(parts[role])]
