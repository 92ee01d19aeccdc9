"""The rungs of the ladder, made of diffusers' own modules, under one signature on each side."""

import torch
import torch.nn.functional as F
from diffusers import UNet2DConditionModel
from torch import nn


class ConvRung(nn.Module):
    """`conv_in` or a downsampler, under the signature of every down rung."""

    def __init__(self, conv: nn.Module) -> None:
        super().__init__()
        self.conv = conv

    def forward(self, hidden: torch.Tensor, emb: torch.Tensor, context: torch.Tensor) -> torch.Tensor:
        return self.conv(hidden)


class DownRung(nn.Module):
    """A resnet and its transformer, if it has one."""

    def __init__(self, resnet: nn.Module, transformer: nn.Module | None) -> None:
        super().__init__()
        self.resnet, self.transformer = resnet, transformer

    def forward(self, hidden: torch.Tensor, emb: torch.Tensor, context: torch.Tensor) -> torch.Tensor:
        return attend(self.transformer, self.resnet(hidden, emb), context)


class MidRung(nn.Module):
    """The whole middle block."""

    def __init__(self, block: nn.Module) -> None:
        super().__init__()
        self.block = block

    def forward(self, hidden: torch.Tensor, emb: torch.Tensor, context: torch.Tensor) -> torch.Tensor:
        return self.block(hidden, emb, encoder_hidden_states=context)


class UpRung(nn.Module):
    """A resnet on hidden state and skip, its transformer and, at a block's end, the upsampler.

    The upsampler takes its size from the skip that the next up rung will consume, so that sizes
    which do not halve evenly come back as they were.
    """

    def __init__(self, resnet: nn.Module, transformer: nn.Module | None, upsampler: nn.Module | None) -> None:
        super().__init__()
        self.resnet, self.transformer = resnet, transformer
        self.upsample_conv = upsampler.conv if upsampler is not None else None

    def forward(
        self,
        hidden: torch.Tensor,
        skip: torch.Tensor,
        emb: torch.Tensor,
        context: torch.Tensor,
        next_skip: torch.Tensor,
    ) -> torch.Tensor:
        hidden = self.resnet(torch.cat([hidden, skip], dim=1), emb)
        hidden = attend(self.transformer, hidden, context)
        if self.upsample_conv is None:
            return hidden
        hidden = F.interpolate(hidden, size=next_skip.shape[2:], mode="nearest")
        return self.upsample_conv(hidden)


def attend(transformer: nn.Module | None, hidden: torch.Tensor, context: torch.Tensor) -> torch.Tensor:
    """The transformer's output, or the hidden state itself where a rung has none."""
    if transformer is None:
        return hidden
    return transformer(hidden, encoder_hidden_states=context, return_dict=False)[0]


def down_rungs(unet: UNet2DConditionModel) -> list[nn.Module]:
    """The down rungs, outermost first."""
    rungs: list[nn.Module] = [ConvRung(unet.conv_in)]
    for block in unet.down_blocks:
        rungs += [DownRung(*layer) for layer in _layers(block)]
        rungs += [ConvRung(downsampler) for downsampler in block.downsamplers or []]
    return rungs


def up_rungs(unet: UNet2DConditionModel) -> list[nn.Module]:
    """The up rungs, innermost first."""
    rungs: list[nn.Module] = []
    for block in unet.up_blocks:
        *inner, last = _layers(block)
        rungs += [UpRung(*layer, upsampler=None) for layer in inner]
        rungs.append(UpRung(*last, upsampler=(block.upsamplers or [None])[0]))
    return rungs


def _layers(block: nn.Module) -> list[tuple[nn.Module, nn.Module | None]]:
    transformers = getattr(block, "attentions", [None] * len(block.resnets))
    return list(zip(block.resnets, transformers, strict=True))


def out_rung(unet: UNet2DConditionModel) -> nn.Module:
    """Everything after the last up rung."""
    norm = [unet.conv_norm_out, unet.conv_act] if unet.conv_norm_out is not None else []
    return nn.Sequential(*norm, unet.conv_out)
