"""Packs a diffusers folder of Stable Diffusion 1.5, or of SDXL's refiner, into one file with the original's key names.

The names are those of the CompVis release (ldm/modules/diffusionmodules), and of open_clip for the
refiner's text encoder, written down here on their own, so that diffusers' reading of them is not its
own witness.
"""

import re
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

Weights = dict[str, torch.Tensor]

UNET_ENDS = {
    "conv_in.": "input_blocks.0.0.",
    "time_embedding.linear_1.": "time_embed.0.",
    "time_embedding.linear_2.": "time_embed.2.",
    "add_embedding.linear_1.": "label_emb.0.0.",
    "add_embedding.linear_2.": "label_emb.0.2.",
    "mid_block.resnets.0.": "middle_block.0.",
    "mid_block.attentions.0.": "middle_block.1.",
    "mid_block.resnets.1.": "middle_block.2.",
    "conv_norm_out.": "out.0.",
    "conv_out.": "out.2.",
}
UNET_RESNET = {
    "norm1.": "in_layers.0.",
    "conv1.": "in_layers.2.",
    "time_emb_proj.": "emb_layers.1.",
    "norm2.": "out_layers.0.",
    "conv2.": "out_layers.3.",
    "conv_shortcut.": "skip_connection.",
}
VAE_NAMES = {
    "mid_block.attentions.0.group_norm": "mid.attn_1.norm",
    "mid_block.attentions.0.to_q": "mid.attn_1.q",
    "mid_block.attentions.0.to_k": "mid.attn_1.k",
    "mid_block.attentions.0.to_v": "mid.attn_1.v",
    "mid_block.attentions.0.to_out.0": "mid.attn_1.proj_out",
    "mid_block.resnets.0": "mid.block_1",
    "mid_block.resnets.1": "mid.block_2",
    "conv_norm_out": "norm_out",
    "conv_shortcut": "nin_shortcut",
}


TEXT_NAMES = {
    "embeddings.token_embedding.weight": "token_embedding.weight",
    "embeddings.position_embedding.weight": "positional_embedding",
    "final_layer_norm.": "ln_final.",
    "encoder.layers.": "transformer.resblocks.",
    "layer_norm1.": "ln_1.",
    "layer_norm2.": "ln_2.",
    "mlp.fc1.": "mlp.c_fc.",
    "mlp.fc2.": "mlp.c_proj.",
    "self_attn.out_proj.": "attn.out_proj.",
}


def pack(folder: Path, path: Path) -> None:
    """Writes the UNet, VAE and text encoder of a diffusers folder as one .safetensors file."""
    text = load_file(folder / "text_encoder" / "model.safetensors")
    prefix = "cond_stage_model.transformer.text_model."
    _pack(folder, path, {prefix + key.removeprefix("text_model."): weight for key, weight in text.items()})


def pack_refiner(folder: Path, path: Path) -> None:
    """The same of a refiner, whose text encoder is open_clip's."""
    text = load_file(folder / "text_encoder_2" / "model.safetensors")
    text = {key.removeprefix("text_model."): weight for key, weight in text.items()}
    packed = {"text_projection": text.pop("text_projection.weight").T}
    for key in [key for key in text if ".q_proj." in key]:
        parts = [text.pop(key.replace("q_proj", name)) for name in ("q_proj", "k_proj", "v_proj")]
        name = key.replace("self_attn.q_proj.", "attn.in_proj_").replace("encoder.layers.", "transformer.resblocks.")
        packed[name] = torch.cat(parts)
    for key, weight in text.items():
        name = key
        for ours, theirs in TEXT_NAMES.items():
            name = name.replace(ours, theirs)
        packed[name] = weight
    _pack(folder, path, {f"conditioner.embedders.0.model.{key}": weight for key, weight in packed.items()})


def _pack(folder: Path, path: Path, text: Weights) -> None:
    unet, vae = (load_file(folder / part / "diffusion_pytorch_model.safetensors") for part in ("unet", "vae"))
    packed = {f"model.diffusion_model.{unet_name(key)}": weight for key, weight in unet.items()} | text
    packed |= {f"first_stage_model.{vae_name(key)}": vae_weight(key, weight) for key, weight in vae.items()}
    save_file({key: weight.contiguous() for key, weight in packed.items()}, path)


def unet_name(key: str) -> str:
    if ".resnets." in key:
        for ours, theirs in UNET_RESNET.items():
            key = key.replace(ours, theirs)
    for ours, theirs in UNET_ENDS.items():
        if key.startswith(ours):
            return theirs + key.removeprefix(ours)
    side, block, kind, layer, rest = re.fullmatch(
        r"(down|up)_blocks\.(\d)\.(resnets|attentions|downsamplers|upsamplers)\.(\d)\.(.*)", key
    ).groups()
    index, part = int(block) * 3 + int(layer), 1 if kind == "attentions" else 0
    if side == "down":
        name = f"input_blocks.{index + 1}.{part}.{rest}"
        return f"input_blocks.{index + 3}.0.op.{rest.removeprefix('conv.')}" if kind == "downsamplers" else name
    if kind == "upsamplers":
        return f"output_blocks.{index + 2}.{1 if block == '0' else 2}.{rest}"
    return f"output_blocks.{index}.{part}.{rest}"


def vae_name(key: str) -> str:
    for ours, theirs in VAE_NAMES.items():
        key = key.replace(ours, theirs)
    key = re.sub(r"down_blocks\.(\d)\.resnets\.", r"down.\1.block.", key)
    key = re.sub(r"down_blocks\.(\d)\.downsamplers\.0\.", r"down.\1.downsample.", key)
    key = re.sub(r"up_blocks\.(\d)\.resnets\.", lambda match: f"up.{3 - int(match[1])}.block.", key)
    return re.sub(r"up_blocks\.(\d)\.upsamplers\.0\.", lambda match: f"up.{3 - int(match[1])}.upsample.", key)


def vae_weight(key: str, weight: torch.Tensor) -> torch.Tensor:
    """The original's attention is made of 1x1 convolutions."""
    is_matrix = "attentions" in key and key.endswith("weight") and "group_norm" not in key
    return weight[:, :, None, None] if is_matrix else weight


def control_net_name(key: str) -> str:
    """A control net's, in the original (cldm/cldm.py): it has the encoder of a UNet."""
    if found := re.fullmatch(r"controlnet_down_blocks\.(\d+)\.(.*)", key):
        return f"zero_convs.{found[1]}.0.{found[2]}"
    if found := re.fullmatch(r"controlnet_cond_embedding\.blocks\.(\d)\.(.*)", key):
        return f"input_hint_block.{2 * int(found[1]) + 2}.{found[2]}"
    ends = {
        "controlnet_mid_block.": "middle_block_out.0.",
        "controlnet_cond_embedding.conv_in.": "input_hint_block.0.",
        "controlnet_cond_embedding.conv_out.": "input_hint_block.14.",
    }
    for ours, theirs in ends.items():
        if key.startswith(ours):
            return theirs + key.removeprefix(ours)
    return unet_name(key)
