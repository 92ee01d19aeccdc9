"""diffusers' UNet compiled by OpenVINO for one shape."""

import sys
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

import torch
from exporter.judgement import Tensors

from cpu_benchmark.case import PeerSetup
from cpu_benchmark.turn_clock import Answers, separate_passes
from cpu_benchmark.unet_passes import CachedPass, FullPass, deep_feature, load_unet, pass_inputs

# OpenVINO casts float32 weights itself.
PRECISIONS = {"fp32": "f32", "bf16": "bf16"}


def start(setup: PeerSetup) -> Answers:
    """What answers requests with timed passes.

    Full and cached passes are two compiled models. The full one does not even hand out the deep
    feature: what an engine on OpenVINO would pay for that is left out, in its favour.
    """
    torch.set_num_threads(setup.threads)
    torch.set_grad_enabled(False)
    unet = load_unet(setup.model, "fp32")
    inputs = pass_inputs(unet, setup.case, setup.tokens)
    options = compile_options(setup.case.dtype, setup.threads)
    cached = {}
    for branch in setup.branches:
        deep = deep_feature(unet, inputs, branch)
        cached[branch] = compiled(CachedPass(unet, branch), (deep, *inputs), options)
    full = compiled(FullPass(unet), inputs, options)
    return separate_passes(full, cached)


def compile_options(dtype: str, threads: int) -> dict[str, Any]:
    """How OpenVINO is to run a model: in this dtype, on these threads, one inference after the other."""
    return {
        "INFERENCE_PRECISION_HINT": PRECISIONS[dtype],
        "INFERENCE_NUM_THREADS": threads,
        "PERFORMANCE_HINT": "LATENCY",
    }


def compiled(module: torch.nn.Module, inputs: Tensors, options: dict[str, Any]) -> Callable[[], Any]:
    """A function that runs the module on these inputs, compiled for their shapes."""
    return partial(compiled_request(module, inputs, options), [tensor.numpy() for tensor in inputs])


def compiled_request(module: torch.nn.Module, inputs: Tensors, options: dict[str, Any]) -> Callable[[list[Any]], Any]:
    """A function from arrays of these inputs' shapes to the module's one output, compiled for these shapes."""
    shapes = [tensor.shape for tensor in inputs]
    openvino = silent_openvino()
    model = openvino.convert_model(module, example_input=inputs, input=shapes)
    request = openvino.Core().compile_model(model, "CPU", options).create_infer_request()
    return lambda arrays: request.infer(arrays)[0]


def silent_openvino() -> ModuleType:
    """The openvino package, which without this would report its use to its makers."""
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    import openvino

    return openvino
