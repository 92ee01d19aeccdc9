"""A control net that is narrower than the UNet which it steers: its last convolutions widen.

diffusers' ControlNetModel is a copy of the UNet's encoder, as wide. Where that is too large for what it has to say, as
with the model in the repository, the rungs may have fewer channels, of which the 1x1 convolutions behind them make as
many as the UNet's skips have.
"""

from collections.abc import Sequence
from typing import Any

from diffusers import ControlNetModel
from torch import nn

WIDTHS = "residual_widths"


class WideningControlNet(ControlNetModel):
    """diffusers' class but for the widths of what it returns, which the configuration names: `residual_widths`, of the
    skips, outermost first, and of mid."""

    @classmethod
    def from_config(cls, config: dict[str, Any], **options: Any) -> Any:
        """As diffusers' own; KeyError without widths."""
        plain = {key: value for key, value in config.items() if key != WIDTHS}
        made = super().from_config(plain, **options)
        # With the options that are left over, where the caller wants to see them.
        net = made[0] if isinstance(made, tuple) else made
        net.widen(config[WIDTHS])
        return made

    def widen(self, widths: Sequence[int]) -> None:
        """Replaces the convolutions behind the rungs by such that return `widths` channels, and begin with nothing."""
        *skips, mid = widths
        narrow = list(self.controlnet_down_blocks)
        self.controlnet_down_blocks = nn.ModuleList(_zero(*pair) for pair in zip(narrow, skips, strict=True))
        self.controlnet_mid_block = _zero(self.controlnet_mid_block, mid)
        self.register_to_config(**{WIDTHS: list(widths)})


def _zero(narrow: nn.Conv2d, width: int) -> nn.Conv2d:
    conv = nn.Conv2d(narrow.in_channels, width, 1, dtype=narrow.weight.dtype, device=narrow.weight.device)
    nn.init.zeros_(conv.weight)
    nn.init.zeros_(conv.bias)
    return conv
