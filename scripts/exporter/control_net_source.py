"""Where a control net comes from: a diffusers folder, a hub id, a single file; all else is refused by name."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from random_model.families import FAMILIES

from exporter.errors import ExportError, first_line
from exporter.families import INDEX
from exporter.hub import download, download_part, is_hub_id
from exporter.json_file import read_json
from exporter.pickled_weights import require_weights_only
from exporter.safetensors_files import SUFFIX, read_header
from exporter.source import local_folder
from exporter.source_files import check_part_files

CONTROL_NET_TITLE = "ControlNet"
# diffusers' class, and that of widening_control_net.py.
CONTROL_NETS = ("ControlNetModel", "WideningControlNet")
PICKLED = (".ckpt", ".pth", ".pt", ".bin")
SINGLE_FILES = (".safetensors", *PICKLED)


@dataclass(frozen=True)
class Relative:
    """What is no control net but steers a picture, too: what it is called, its class, and what its keys begin with."""

    title: str
    classes: tuple[str, ...]
    keys: tuple[str, ...]


RELATIVES = (
    Relative("Control-LoRA", (), ("lora_controlnet",)),
    Relative("ControlNet-Union", ("ControlNetUnionModel",), ("task_embedding", "control_add_embedding.")),
    Relative("ControlNet-XS", ("ControlNetXSAdapter", "UNetControlNetXSModel"), ("enc_zero_convs_out.", "ctrl_to")),
    Relative("ControlLLLite", (), ("lllite_",)),
    Relative("T2I-Adapter", ("T2IAdapter", "MultiAdapter"), ("adapter.body.", "body.0.")),
)  # fmt: skip
ACCEPTED = "exported are control nets of Stable Diffusion 1.5, 2.1 and SDXL (diffusers' ControlNetModel)"
# Those whose control nets are known by the width of the text states that they read.
KNOWN = ("sd15", "sd21", "sdxl")
# What a control net's configuration shares with its UNet's.
SHARED = (
    "addition_embed_type", "addition_time_embed_dim", "attention_head_dim", "block_out_channels",
    "cross_attention_dim", "down_block_types", "projection_class_embeddings_input_dim", "transformer_layers_per_block",
    "use_linear_projection",
)  # fmt: skip
ORIGINAL_PREFIX, ORIGINAL_KEY = "control_model.", "time_embed.0.weight"
DIFFUSERS_KEY = "controlnet_cond_embedding.conv_in.weight"
ADDED = {"label_emb.0.0.": "add_embedding.linear_1.", "label_emb.0.2.": "add_embedding.linear_2."}
ADVICE = "if it is not shaped as the published ones, name a diffusers folder with its config.json with --config"
Weights = dict[str, torch.Tensor]


def is_control_net(source: str) -> bool:
    """Whether a folder, file or hub id is a control net, or one of its relatives, and no model.

    False for what is not there or can't be read: that is told by whoever reads it. Throws ExportError where the hub
    does not answer.
    """
    path = Path(source)
    if path.is_file():
        return bool(title_of_keys(_names(path)))
    if path.is_dir():
        return _is_class_of_net(path)
    # What is downloaded is kept by the hub's client, for whoever reads it then.
    return is_hub_id(source, SINGLE_FILES) and _is_class_of_net(download(source))


def title_of_keys(keys: Collection[str]) -> str | None:
    """What a file with weights of these names is called where it steers a UNet: CONTROL_NET_TITLE, or a relative's."""
    bare = [key.removeprefix(ORIGINAL_PREFIX) for key in keys]
    for relative in RELATIVES:
        if any(key.startswith(relative.keys) for key in bare):
            return relative.title
    is_original = ORIGINAL_KEY in bare and any(key.startswith("zero_convs.") for key in bare)
    return CONTROL_NET_TITLE if is_original or DIFFUSERS_KEY in bare else None


def _is_class_of_net(folder: Path) -> bool:
    config = folder / "config.json"
    if (folder / INDEX).is_file() or not config.is_file():
        return False
    classes = {*CONTROL_NETS, *(name for relative in RELATIVES for name in relative.classes)}
    return read_json(config).get("_class_name") in classes


def _names(file: Path) -> Collection[str]:
    """The names of a file's weights; none where they can't be read."""
    if file.suffix == SUFFIX:
        return read_header(file)
    try:
        weights = torch.load(file, map_location="meta", weights_only=True, mmap=True)
    except Exception:  # Whatever broken bytes, or a file of another kind, provoke.
        return ()
    weights = weights.get("state_dict", weights) if isinstance(weights, dict) else {}
    return list(weights) if isinstance(weights, dict) else ()


@contextmanager
def control_net_folder(source: str, config: str | None, near: Path) -> Iterator[Path]:
    """A local diffusers folder of the control net that `source` names.

    config: of a single file, a diffusers folder or hub id with its config.json; None: that of the published ones of
    its family. near: where a single file is unpacked, for as long as the body runs. Throws ExportError.
    """
    with local_folder(source, SINGLE_FILES, download_part, lambda file, to: _unpack(file, config, to), near) as folder:
        yield _checked(folder, source)


def _checked(folder: Path, source: str) -> Path:
    if (folder / INDEX).is_file():
        nets = sorted(path.name for path in folder.glob("controlnet*") if path.is_dir())
        raise ExportError(
            f"'{source}' is a whole pipeline; "
            + (f"name its folder {nets[0]}" if nets else "export it with --source; it has no control net")
        )
    if not (folder / "config.json").is_file():
        raise ExportError(f"'{source}' has no config.json; {ACCEPTED}")
    check_part_files(folder)
    kind = str(read_json(folder / "config.json").get("_class_name"))
    if kind not in CONTROL_NETS:
        title = next((each.title for each in RELATIVES if kind in each.classes), kind)
        raise ExportError(f"'{source}' is a {title}; {ACCEPTED}")
    return folder


def _unpack(file: Path, config: str | None, folder: Path) -> None:
    """Writes a single file as a diffusers folder."""
    # Imported late, as below: it takes seconds.
    from diffusers.loaders import single_file_utils

    if file.suffix not in SINGLE_FILES:
        raise ExportError(f"'{file.name}' is no single file; such end in {', '.join(SINGLE_FILES)}")
    if file.suffix in PICKLED:
        require_weights_only(file)
    try:
        weights = single_file_utils.load_single_file_checkpoint(str(file))
    except Exception as error:  # The loaders raise whatever broken bytes provoke.
        raise ExportError(f"cannot read '{file.name}': {first_line(error)}") from error
    _require_control_net(file, weights)
    settings = read_json(_config_file(config)) if config else None
    _save(file, weights, settings, folder)


def _require_control_net(file: Path, keys: Collection[str]) -> None:
    title = title_of_keys(keys)
    if title is None:
        raise ExportError(f"'{file.name}' is no control net; {ACCEPTED}")
    if title != CONTROL_NET_TITLE:
        raise ExportError(f"'{file.name}' is a {title}; {ACCEPTED}")


def _config_file(config: str) -> Path:
    folder = Path(config)
    return _checked(folder if folder.is_dir() else download_part(config, weights=False), config) / "config.json"


def _save(file: Path, weights: Weights, settings: dict[str, Any] | None, folder: Path) -> None:
    import diffusers

    dtype = next(iter(weights.values())).dtype
    try:
        converted = _converted(weights, (settings or {}).get("layers_per_block", 2))
        net = diffusers.ControlNetModel.from_config(settings or _known_settings(file, converted))
        problems = net.load_state_dict(converted, strict=False)
    except ExportError:
        raise
    except Exception as error:  # Conversion raises whatever the file's shapes provoke.
        raise ExportError(f"cannot read '{file.name}' as a control net: {first_line(error)}; {ADVICE}") from error
    for what, names in (("lacks", problems.missing_keys), ("has beside", problems.unexpected_keys)):
        if names:
            raise ExportError(
                f"'{file.name}' {what} {len(names)} weights of a control net, such as {names[0]}; {ADVICE}"
            )
    net.to(dtype).save_pretrained(str(folder))


def _converted(weights: Weights, layers_per_block: int) -> Weights:
    """The weights by diffusers' names."""
    from diffusers.loaders.single_file_utils import convert_controlnet_checkpoint

    converted = convert_controlnet_checkpoint(weights, {"layers_per_block": layers_per_block})
    for key, weight in weights.items():
        # diffusers' conversion leaves out what SDXL embeds beside the time.
        for original, name in ADDED.items():
            if key.removeprefix(ORIGINAL_PREFIX).startswith(original):
                converted[key.removeprefix(ORIGINAL_PREFIX).replace(original, name)] = weight
    return {key: weight for key, weight in converted.items() if weight is not None}


def _known_settings(file: Path, weights: Weights) -> dict[str, Any]:
    """Those of the published control nets that read text of this width; small ones of SDXL have fewer transformers."""
    name = next((key for key in weights if key.endswith("attn2.to_k.weight")), None)
    width = weights[name].shape[1] if name else 0
    for family in KNOWN:
        unet = FAMILIES[family](False, 0).unet
        if unet["cross_attention_dim"] == width:
            settings = {key: unet[key] for key in SHARED if key in unet}
            return settings | (_transformers(settings, weights) if family == "sdxl" else {})
    raise ExportError(f"'{file.name}' reads text of width {width}, as no published control net does; {ADVICE}")


def _transformers(settings: dict[str, Any], weights: Weights) -> dict[str, Any]:
    """The transformer layers of an SDXL net that are there; a block without any is a plain one."""
    prefixes = [
        f"down_blocks.{block}.attentions.0.transformer_blocks." for block in range(len(settings["block_out_channels"]))
    ]
    counts = [len({key.split(".")[5] for key in weights if key.startswith(prefix)}) for prefix in prefixes]
    kinds = ["CrossAttnDownBlock2D" if count else "DownBlock2D" for count in counts]
    return {"transformer_layers_per_block": [count or 1 for count in counts], "down_block_types": kinds}
