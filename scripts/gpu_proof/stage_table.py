"""The stages, in the order of what they tell."""

from collections.abc import Callable
from dataclasses import dataclass

from gpu_proof.stages import compiled, graphs, kernels, memory, pictures, speed, unit_tests
from gpu_proof.work import Work


@dataclass(frozen=True)
class Stage:
    """limit, least: seconds that it may take, and without which it is not begun."""

    name: str
    title: str
    run: Callable[[Work], None]
    limit: float
    least: float


STAGES = (
    Stage("pictures", "Pictures of the embedded model in every dtype", pictures.run, 90, 8),
    Stage("tests", "Unit tests that need a GPU", unit_tests.run, 75, 5),
    Stage("graphs", "CUDA graphs, and waiting for the device", graphs.run, 60, 8),
    Stage("speed", "SD 2.1 size beside diffusers with DeepCache", speed.run_first, 120, 15),
    Stage("kernels", "What the GPU's time goes to", kernels.run, 60, 10),
    Stage("cells", "Other sizes and batches", speed.run_others, 120, 15),
    Stage("sdxl", "SDXL size", speed.run_xl, 90, 15),
    Stage("compiled", "diffusers with torch.compile", compiled.run, 120, 15),
    Stage("memory", "Too little memory, and memory over many pictures", memory.run, 75, 15),
)
