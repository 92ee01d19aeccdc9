"""Trains a control net for the model: a net that steers its UNet by the edges of a picture.

What is learned from are encode_look.py's pictures with their edges. Half of the captions are empty, so that what the
edges say is learned from them, and not from the words.

Writes `control_net.pt` (resumable), `control_net.jsonl` (log) and at last a folder in diffusers' layout, which
export_model.py --controlnet takes.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
from diffusers import ControlNetModel
from networks.adapter_training import Frozen, train_adapter
from networks.arguments import training_arguments
from networks.control_net import build_control_net
from networks.denoising_loss import denoising_loss
from networks.muon import Muon
from networks.norm_silu import use_fused_norms
from networks.tokenizer import encode_prompt
from torch import Tensor
from train_diffusion import Examples

UNTOLD = 0.5


class Outlined(Examples):
    """The examples with the edges of each."""

    def __init__(self, work: Path) -> None:
        super().__init__(work)
        self.edges = np.load(work / "edges.npy", mmap_mode="r")

    def ids(self, index: int, mirrored: bool, rng: np.random.Generator) -> list[int]:
        """See `Examples`."""
        told = rng.random() >= UNTOLD
        return super().ids(index, mirrored, rng) if told else encode_prompt(self.tokenizer, "")

    def picture(self, row: int) -> Tensor:
        """float32 (3, height, width) in 0..1."""
        bits = np.unpackbits(self.edges[row], axis=1)
        return torch.from_numpy(bits.astype(np.float32)).expand(3, -1, -1)

    def beside(self, rows: np.ndarray) -> tuple[Tensor, ...]:
        """See `Examples`."""
        return (torch.stack([self.picture(row) for row in rows]),)


@dataclass(frozen=True)
class Steered:
    """The model's networks, none of whose weights is trained, and the net that is."""

    frozen: Frozen
    net: ControlNetModel

    @property
    def device(self) -> torch.device:
        return self.frozen.device

    def loss(self, latents: Tensor, ids: Tensor, pictures: Tensor) -> Tensor:
        """See `denoising_loss`; pictures: of the edges, (n, 3, height, width)."""
        pictures = pictures.to(self.device, memory_format=torch.channels_last)
        text = self.frozen.text_encoder(ids.to(self.device)).last_hidden_state

        def predict(noisy: Tensor, steps: Tensor, text: Tensor) -> SimpleNamespace:
            skips, mid = self.net(noisy, steps, text, pictures, return_dict=False)
            return self.frozen.unet(
                noisy, steps, text, down_block_additional_residuals=skips, mid_block_additional_residual=mid
            )

        return denoising_loss(predict, self.frozen.scheduler, latents.to(self.device), text)


def train(args: argparse.Namespace) -> None:
    """Runs or resumes the training, and writes the folder."""
    examples, frozen = Outlined(args.work), Frozen.load(args.model)
    torch.manual_seed(args.seed)
    net = build_control_net(frozen.unet).to(frozen.device)
    use_fused_norms(net, frozen.device)
    train_adapter("control_net", net, Steered(frozen, net), examples, args, Muon([net], args.rate))
    net.half().save_pretrained(args.folder)


def main() -> None:
    """Command line."""
    parser = training_arguments(__doc__.splitlines()[0], steps=1700, batch=16, examples="pictures")
    parser.add_argument("--model", type=Path, required=True, help="folder in diffusers' layout")
    parser.add_argument("--folder", type=Path, required=True, help="to write, in diffusers' layout")
    train(parser.parse_args())


if __name__ == "__main__":
    main()
