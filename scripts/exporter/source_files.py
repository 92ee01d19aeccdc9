"""What a stranger's folder may hold: regular files that lie in it, bounded, with settings that ask for no code."""

from pathlib import Path
from typing import Any

from exporter.errors import ExportError
from exporter.families import INDEX
from exporter.json_file import LARGEST, read_json

MODELS = ("unet", "vae", "text_encoder", "text_encoder_2")
TOKENIZERS = ("tokenizer", "tokenizer_2")
ROOT_FILES = (INDEX, "config.json", "known_words.json")
TEXTS = (".json", ".txt", ".model", ".jinja")

# With these the libraries import, fetch or run what the folder names.
CODE_SETTINGS = ("auto_map", "custom_pipelines", "quantization_config", "configuration_files", "init_inputs")
ATTENTION_SETTINGS = ("attn_implementation", "_attn_implementation", "_attn_implementation_internal")
ATTENTIONS = (None, "sdpa", "eager")

# Settings that say how many modules are built one by one. The largest known text encoder has 32 layers.
MODULE_COUNTS = (
    "layers_per_block",
    "num_hidden_layers",
    "num_decoder_blocks",
    "num_encoder_blocks",
    "transformer_layers_per_block",
    "reverse_transformer_layers_per_block",
)
MOST_MODULES = 100

# The classes of VAEs: those of the published models, and tiny ones such as TAESD.
AUTOENCODERS = ("AutoencoderKL", "AutoencoderTiny")
# Whose classes the parts of a pipeline may be; the classes are checked where they are loaded.
PART_CLASSES: dict[str, tuple[str, ...]] = {
    "unet": ("UNet2DConditionModel",),
    "vae": AUTOENCODERS,
    "text_encoder": ("CLIPTextModel", "CLIPTextModelWithProjection"),
    "text_encoder_2": ("CLIPTextModelWithProjection",),
    "tokenizer": ("CLIPTokenizer", "CLIPTokenizerFast"),
    "tokenizer_2": ("CLIPTokenizer", "CLIPTokenizerFast"),
    "feature_extractor": ("CLIPImageProcessor", "CLIPFeatureExtractor"),
    "image_encoder": ("CLIPVisionModelWithProjection",),
    "safety_checker": ("StableDiffusionSafetyChecker",),
}
LIBRARIES = ("diffusers", "transformers", "stable_diffusion")


def check_source_files(folder: Path) -> None:
    """Throws ExportError naming the first file of a diffusers folder that is not accepted."""
    roots = _roots(folder)
    for name in ROOT_FILES:
        _check_file(folder / name, roots)
    for part in (*MODELS, *TOKENIZERS, "scheduler"):
        for path in sorted((folder / part).rglob("*")):
            _check_file(path, roots)
    for part in MODELS:
        _check_model(folder / part)
    for part in TOKENIZERS:
        if (folder / part / "tokenizer_config.json").is_file():
            _check_no_code(folder / part / "tokenizer_config.json")


def check_part_files(folder: Path) -> None:
    """The same for a folder that is one part alone, a VAE or a control net, whose files lie in it directly."""
    for path in sorted(folder.glob("*")):
        _check_file(path, _roots(folder))
    _check_model(folder)


def check_pipeline_classes(folder: Path) -> None:
    """Throws ExportError for a pipeline whose parts are of classes that diffusers would import by name."""
    for part, kind in read_json(folder / INDEX).items():
        if not isinstance(kind, list) or kind in ([None, None], []):
            continue
        library, name = kind if len(kind) == 2 else (kind, None)
        # Any scheduler's settings are read; which are run is decided by `scheduler_facts`.
        known = name in PART_CLASSES.get(part, ()) or (part == "scheduler" and str(name).endswith("Scheduler"))
        if library not in LIBRARIES or not known:
            raise ExportError(f"{INDEX} has the {part} {kind!r}; only classes of diffusers and transformers are used")


def _roots(folder: Path) -> list[Path]:
    """Where a folder's files may lie: in it or, of the hub's cache, where that keeps what its folders link to."""
    real = folder.resolve()
    return [real, real.parents[1] / "blobs"] if real.parent.name == "snapshots" else [real]


def _check_file(path: Path, roots: list[Path]) -> None:
    name = f"{path.parent.name}/{path.name}"
    if not path.exists() or (path.is_dir() and not path.is_symlink()):
        return
    if not path.is_file():
        raise ExportError(f"{name} is no regular file; nothing else is read")
    if not any(path.resolve().is_relative_to(root) for root in roots):
        raise ExportError(f"{name} leads out of its folder, to {path.resolve()}; put the file itself there")
    if path.suffix in TEXTS and path.stat().st_size > LARGEST:
        raise ExportError(f"{name} has {path.stat().st_size} bytes; at most {LARGEST} are read")


def _check_model(folder: Path) -> None:
    if (folder / "adapter_config.json").exists():
        raise ExportError(f"{folder.name}/ has an adapter; merge it into the weights first")
    for index in sorted(folder.glob("*.index.json")) + sorted(folder.glob("*.index.*.json")):
        _check_shards(index)
    if not (folder / "config.json").is_file():
        return
    config = _check_no_code(folder / "config.json")
    for key in ATTENTION_SETTINGS:
        if config.get(key) not in ATTENTIONS:
            raise ExportError(f"{folder.name} asks for {config[key]} attention, not sdpa")
    _check_counts(config, folder.name)


def _check_no_code(path: Path) -> dict[str, Any]:
    """The settings in a file; throws ExportError where they ask for code of somebody's."""
    config = read_json(path)
    for key in CODE_SETTINGS:
        if config.get(key):
            raise ExportError(
                f"{path.parent.name}/{path.name} has {key}; only plain models of the libraries' own classes are run"
            )
    return config


def _check_shards(index: Path) -> None:
    files = read_json(index).get("weight_map")
    names = set(map(str, files.values())) if isinstance(files, dict) else {""}
    for name in sorted(names):
        if not name or name != Path(name).name or not (index.parent / name).is_file():
            raise ExportError(f"{index.parent.name}/{index.name} has the file '{name}', which is not in its folder")


def _check_counts(config: dict[str, Any], part: str) -> None:
    for key, value in config.items():
        if isinstance(value, list) and len(value) > MOST_MODULES:
            raise ExportError(f"{part}/config.json has a {key} of {len(value)} entries; at most {MOST_MODULES}")
    for key in MODULE_COUNTS:
        for count in _numbers(config.get(key)):
            if count > MOST_MODULES:
                raise ExportError(f"{part}/config.json has {key} {count}; at most {MOST_MODULES}")


def _numbers(value: Any) -> list[float]:
    """The numbers in a value, which may be a list of lists of them."""
    if isinstance(value, list):
        return [number for each in value for number in _numbers(each)]
    return [value] if isinstance(value, int | float) else []
