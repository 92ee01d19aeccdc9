"""Models of the hub, copied to this machine."""

from pathlib import Path

from exporter.errors import ExportError, first_line

AUTOENCODER_FILES = ["config.json", "diffusion_pytorch_model*.safetensors*"]
PICKLED_AUTOENCODER_FILES = ["config.json", "diffusion_pytorch_model*.bin*"]


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
            return _download_autoencoder(hub_id)
    except Exception as error:  # The hub's client raises a dozen unrelated types.
        raise ExportError(
            f"'{hub_id}' is no folder here, and the hub does not give it: {first_line(_root(error))}"
        ) from error


def _download_autoencoder(hub_id: str) -> Path:
    from huggingface_hub import snapshot_download

    folder = Path(snapshot_download(hub_id, allow_patterns=AUTOENCODER_FILES))
    if not list(folder.glob("*.safetensors")):
        folder = Path(snapshot_download(hub_id, allow_patterns=PICKLED_AUTOENCODER_FILES))
    return folder


def _root(error: BaseException) -> BaseException:
    """What an error was first caused by."""
    while cause := error.__cause__ or error.__context__:
        error = cause
    return error
