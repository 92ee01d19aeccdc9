"""Models of the hub, copied to this machine."""

import re
from pathlib import Path

from exporter.errors import ExportError, first_line

HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
PART_FILES = ["config.json", "diffusion_pytorch_model*.safetensors*"]
PICKLED_PART_FILES = ["config.json", "diffusion_pytorch_model*.bin*"]


def is_hub_id(source: str, single_files: tuple[str, ...]) -> bool:
    """Whether what is no path here may be one; what ends as `single_files` do is a file that is missing."""
    return bool(HUB_ID.fullmatch(source)) and not source.endswith(single_files)


def download(hub_id: str) -> Path:
    """The folder of a pipeline, or of an autoencoder alone; throws ExportError with the reason if it can't be had."""
    from diffusers import DiffusionPipeline
    from huggingface_hub.errors import EntryNotFoundError

    try:
        try:
            return Path(DiffusionPipeline.download(hub_id))
        except Exception as error:
            if not isinstance(_root(error), EntryNotFoundError):
                raise
            # It has no model_index.json, and so is no pipeline.
            return _part(hub_id, weights=True)
    except Exception as error:  # The hub's client raises a dozen unrelated types.
        raise _not_given(hub_id, error) from error


def download_part(hub_id: str, weights: bool = True) -> Path:
    """The folder of one part alone, such as a control net; without its weights if they are not asked for.

    Throws ExportError with the reason if it can't be had.
    """
    try:
        return _part(hub_id, weights)
    except Exception as error:
        raise _not_given(hub_id, error) from error


def _part(hub_id: str, weights: bool) -> Path:
    from huggingface_hub import snapshot_download

    folder = Path(snapshot_download(hub_id, allow_patterns=PART_FILES if weights else PART_FILES[:1]))
    if weights and not list(folder.glob("*.safetensors")):
        folder = Path(snapshot_download(hub_id, allow_patterns=PICKLED_PART_FILES))
    return folder


def _not_given(hub_id: str, error: BaseException) -> ExportError:
    return ExportError(f"'{hub_id}' is no folder here, and the hub does not give it: {first_line(_root(error))}")


def _root(error: BaseException) -> BaseException:
    """What an error was first caused by."""
    while cause := error.__cause__ or error.__context__:
        error = cause
    return error
