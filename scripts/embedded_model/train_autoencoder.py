"""Trains the autoencoder (diffusers' AutoencoderKL): 256x256 pictures to 8x32x32 latents.

Three choices make it quick on a CPU:
- every residual branch starts at zero, so the network starts as a linear code and learns the
  smooth part of the pictures at once;
- most steps see 64x64 crops, the last fifth whole pictures, whose statistics the group norms
  and the attention have to know;
- there is no KL term: noise on the latents, in proportion to their spread, does its work
  (a decoder that forgives small errors), and `normalise_latents` then makes them centred and
  decorrelated exactly, by folding a linear map into the two 1x1 convolutions around them.

Writes `autoencoder.pt` (resumable), `autoencoder.jsonl` (log) and `vae/` (diffusers' format).
"""

import argparse
import sys

import numpy as np
import torch
from diffusers import AutoencoderKL
from networks.arguments import training_arguments
from networks.autoencoder import build_autoencoder, encode
from networks.checkpoint import Average, Checkpoint, Log, autocast, learning_rate, pick_device, set_rate
from networks.norm_silu import use_fused_norms
from networks.pictures import to_tensor
from networks.workers import Workers
from world.dataset import HELD_OUT, SIZE, load_images

CROP = 64
WHOLE_FROM = 0.8
NOISE_FROM = 0.3
LATENT_NOISE = 0.05


def draw_batch(images: np.ndarray, rng: np.random.Generator, count: int, size: int) -> torch.Tensor:
    """`count` random crops of size x size, mirrored half of the time."""
    crops = []
    for index in rng.integers(HELD_OUT, len(images), count):
        top, left = rng.integers(0, SIZE - size + 1, 2)
        crop = images[index, top : top + size, left : left + size]
        crops.append(crop[:, ::-1] if rng.random() < 0.5 else crop)
    return to_tensor(np.stack(crops))


def reconstruction_loss(output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """L1 + 2 L2, and L1 of the differences between neighbours, which keeps edges sharp."""
    error = output - target
    edges = (error[..., 1:] - error[..., :-1]).abs().mean()
    edges = edges + (error[..., 1:, :] - error[..., :-1, :]).abs().mean()
    return error.abs().mean() + 2.0 * error.square().mean() + 0.5 * edges


def train_step(model: AutoencoderKL, pictures: torch.Tensor, noise: float, device: torch.device) -> torch.Tensor:
    """Loss of one batch; noise is relative to each latent channel's spread in the batch."""
    with autocast(device):
        latents = encode(model, pictures)
        spread = latents.detach().std(dim=(0, 2, 3), keepdim=True)
        latents = latents + noise * spread * torch.randn_like(latents)
        output = model.decode(latents).sample
    return reconstruction_loss(output.float(), pictures)


@torch.no_grad()
def psnr(model: AutoencoderKL, images: np.ndarray, device: torch.device) -> float:
    """Mean over pictures of the peak signal-to-noise ratio, dB, on held-out pictures."""
    values = []
    for begin in range(0, min(len(images), 64), 16):
        pictures = to_tensor(images[begin : begin + 16]).to(device)
        with autocast(device):
            output = model.decode(encode(model, pictures)).sample.float()
        error = (output.clamp(-1, 1) - pictures).square().mean(dim=(1, 2, 3)) / 4.0
        values.append(-10.0 * error.log10())
    return float(torch.cat(values).mean())


@torch.no_grad()
def normalise_latents(model: AutoencoderKL, images: np.ndarray, device: torch.device) -> None:
    """Makes latents centred and uncorrelated without changing what the autoencoder computes.

    With C = U diag(v) U^T the covariance, z' = diag(v)^(-3/8) U^T (z - mean): the leading
    components keep a little of their greater spread, so a diffusion model settles them first, and
    the last ones are not lost in the noise of the last steps of a short sampling run. The map goes
    into `quant_conv`, its inverse into `post_quant_conv`. `scaling_factor` = 1 / std.
    """
    samples = [
        encode(model, to_tensor(images[begin : begin + 32]).to(device))
        for begin in range(HELD_OUT, min(HELD_OUT + 2048, len(images)), 32)
    ]
    flat = torch.cat(samples).permute(1, 0, 2, 3).flatten(1).double()
    mean = flat.mean(dim=1)
    values, vectors = torch.linalg.eigh(torch.cov(flat))
    values, vectors = values.flip(0), vectors.flip(1)
    forward = (vectors * values.pow(-0.375)).T
    backward = vectors * values.pow(0.375)
    channels = len(mean)
    quant, post = model.quant_conv, model.post_quant_conv
    old = quant.weight[:channels, :, 0, 0].double()
    quant.weight[:channels] = (forward @ old).float()[:, :, None, None]
    quant.bias[:channels] = (forward @ (quant.bias[:channels].double() - mean)).float()
    quant.weight[channels:] = 0.0
    quant.bias[channels:] = -12.0
    old = post.weight[:, :, 0, 0].double()
    post.bias += (old @ mean).float()
    post.weight.copy_((old @ backward).float()[:, :, None, None])
    spread = float(values.pow(0.25).mean().sqrt())
    model.register_to_config(scaling_factor=1.0 / spread)


def train(args: argparse.Namespace) -> None:
    """Runs or resumes the training and writes the result."""
    workers = Workers()
    torch.manual_seed(args.seed)
    device, images = pick_device(), load_images(args.work)
    model = build_autoencoder().to(device, memory_format=torch.channels_last)
    use_fused_norms(model, device)
    parameters = list(model.parameters())
    optimizer = torch.optim.AdamW(parameters, lr=args.rate, betas=(0.9, 0.99))
    average = Average({"vae": model}, decay=0.998)
    log = Log(args.work / "autoencoder.jsonl")
    checkpoint = Checkpoint(args.work / "autoencoder.pt", model=model, optimizer=optimizer, average=average)
    first = checkpoint.resume(device)
    torch.manual_seed(args.seed + 1000 * first + workers.rank)
    for step in range(first, args.steps):
        rng = np.random.default_rng((args.seed, step, workers.rank))
        whole = step >= WHOLE_FROM * args.steps
        count, size = (max(args.batch // 16, 1), SIZE) if whole else (args.batch, CROP)
        pictures = draw_batch(images, rng, count, size).to(device)
        rate = learning_rate(step, args.steps, args.rate, warmup=200)
        set_rate(optimizer, rate)
        noise = LATENT_NOISE if step >= NOISE_FROM * args.steps else 0.0
        loss = train_step(model, pictures, noise, device)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        workers.average_gradients(parameters)
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        average.update()
        if not workers.leads:
            continue
        if (step + 1) % 50 == 0:
            print(log.write(step=step + 1, loss=loss.item(), rate=rate), file=sys.stderr)
        if (step + 1) % 500 == 0 or step + 1 == args.steps:
            print(log.write(step=step + 1, psnr=psnr(model, images, device)), file=sys.stderr)
            checkpoint.save(step + 1)
    if workers.leads:
        finish(args, model, average, images, device)


def finish(
    args: argparse.Namespace,
    model: AutoencoderKL,
    average: Average,
    images: np.ndarray,
    device: torch.device,
) -> None:
    """Writes the averaged weights with normalised latents as `vae/`."""
    model.load_state_dict(average.weights["vae"])
    model.eval()
    before = psnr(model, images, device)
    normalise_latents(model, images, device)
    after = psnr(model, images, device)
    print(f"held-out PSNR {before:.2f} dB, normalised {after:.2f} dB", file=sys.stderr)
    model.save_pretrained(args.work / "vae")


def main() -> None:
    """Command line."""
    parser = training_arguments(__doc__.splitlines()[0], steps=3600, batch=32, examples="crops")
    train(parser.parse_args())


if __name__ == "__main__":
    main()
