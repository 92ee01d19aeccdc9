"""Muon for the matrices and convolutions of a network, AdamW for everything else.

Muon (Jordan et al., 2024; `torch.optim.Muon`) makes every update a nearly orthogonal matrix. PyTorch's
takes matrices only: a convolution is handed to it as the matrix (out channels, in channels x height x
width) over the same memory.
"""

import torch
from torch import nn

# Layers at the ends of a network, whose columns are no features, and biases, norms and embeddings.
ENDS = ("conv_in", "conv_out", "embedding", "embeddings")


class Muon:
    """An optimizer with the methods that the trainings use."""

    def __init__(self, modules: list[nn.Module], rate: float, weight_decay: float = 0.01) -> None:
        named = [pair for module in modules for pair in module.named_parameters()]
        self.hidden = [p for name, p in named if _is_hidden(name, p)]
        others = [p for name, p in named if not _is_hidden(name, p)]
        self.matrices = [nn.Parameter(p.data.view(len(p), -1)) for p in self.hidden]
        self.parts = (
            torch.optim.Muon(
                self.matrices,
                lr=rate,
                weight_decay=weight_decay,
                adjust_lr_fn="match_rms_adamw",
            ),
            torch.optim.AdamW(others, lr=rate, betas=(0.9, 0.99), weight_decay=0.0),
        )

    @property
    def param_groups(self) -> list[dict]:
        """Of both parts, whose updates are of one size and so share a learning rate."""
        return [group for part in self.parts for group in part.param_groups]

    def zero_grad(self) -> None:
        """Forgets all gradients."""
        self.parts[1].zero_grad(set_to_none=True)
        for parameter in self.hidden:
            parameter.grad = None

    def step(self) -> None:
        """One update of every parameter from its gradient."""
        for matrix, parameter in zip(self.matrices, self.hidden, strict=True):
            matrix.grad = None if parameter.grad is None else parameter.grad.reshape(matrix.shape)
        for part in self.parts:
            part.step()

    def state_dict(self) -> list[dict]:
        """What `load_state_dict` needs to go on."""
        return [part.state_dict() for part in self.parts]

    def load_state_dict(self, state: list[dict]) -> None:
        """Takes up a state written by `state_dict`."""
        for part, saved in zip(self.parts, state, strict=True):
            part.load_state_dict(saved)


def _is_hidden(name: str, parameter: nn.Parameter) -> bool:
    return parameter.dim() >= 2 and not any(end in name for end in ENDS)
