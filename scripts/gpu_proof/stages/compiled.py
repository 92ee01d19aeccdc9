"""What torch.compile makes of diffusers' UNet, without caching."""

from gpu_proof.stages.speed import GUIDANCE
from gpu_proof.work import Work


def run(work: Work) -> None:
    """The first cell, as the speed stage measured it."""
    peer = work.place.peer("sd21", work.deadline)
    pixels, batch = work.scale.first_cell
    request = {"size": pixels, "batch": batch, "steps": work.scale.model_steps, "rounds": work.scale.turns,
               "guidance_scale": GUIDANCE["sd21"], "interval": 1, "branch": 0,
               "backend": work.scale.backend}  # fmt: skip
    answer = peer.ask(request, work.deadline.require())
    rows = work.results.table(
        f"torch.compile, backend {work.scale.backend}: seconds of {work.scale.model_steps} DDIM steps",
        ["px", "batch", "compiling", *(f"round {number + 1}" for number in range(work.scale.turns))],
    )
    rows.append([str(pixels), str(batch), f"{answer['warm_up']:.1f}", *(f"{value:.3f}" for value in answer["seconds"])])
    work.results.value("seconds", answer)
