"""The judge of the embedded model: its labels, its loss, what it is trained on, and that it learns."""

import dataclasses
import math
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts" / "embedded_model"))

from drawing.renderer import render
from judging.classifier import FEATURES, INPUT, Classifier, Judge, shrink
from judging.softness import soften
from networks.attribute_heads import attribute_loss
from networks.pictures import to_tensor
from train_classifier import labels_of
from world.dataset import scene_at
from world.scenes import ATTRIBUTES, NOT_APPLICABLE

CPU = torch.device("cpu")


def uniform_logits(count: int) -> dict[str, torch.Tensor]:
    return {name: torch.zeros(count, len(values)) for name, values in ATTRIBUTES.items()}


def test_labels_number_the_values_and_leave_out_what_does_not_apply():
    scenes = [scene_at(3, index) for index in range(50)]
    labels = labels_of(scenes)
    for scene, row in zip(scenes, labels, strict=True):
        read = {
            name: ATTRIBUTES[name][index]
            for name, index in zip(ATTRIBUTES, row, strict=True)
            if index != NOT_APPLICABLE
        }
        assert read == scene.labels()


def test_the_loss_of_a_guess_is_the_logarithm_of_the_number_of_values():
    labels = torch.zeros(4, len(ATTRIBUTES), dtype=torch.int64)
    expected = np.mean([math.log(len(values)) for values in ATTRIBUTES.values()])
    assert attribute_loss(uniform_logits(4), labels).item() == pytest.approx(expected, abs=1e-6)


def test_what_does_not_apply_has_no_part_in_the_loss():
    labels = torch.zeros(2, len(ATTRIBUTES), dtype=torch.int64)
    masked = list(ATTRIBUTES).index("building_colour")
    labels[1, masked] = NOT_APPLICABLE
    logits = uniform_logits(2)
    before = attribute_loss(logits, labels).item()
    logits["building_colour"][1] = torch.tensor([-50.0, 50.0, 0.0, 0.0, 0.0])
    assert attribute_loss(logits, labels).item() == before
    labels[:, masked] = NOT_APPLICABLE
    assert math.isfinite(attribute_loss(logits, labels).item())


def test_pictures_are_shrunk_to_means_of_squares():
    small = np.random.default_rng(0).integers(0, 256, (2, INPUT, INPUT, 3), dtype=np.uint8)
    assert np.array_equal(shrink(small), small)
    large = small.repeat(2, axis=1).repeat(2, axis=2)
    assert np.array_equal(shrink(large), small)
    large[0, 0, 0] = 10
    large[0, 0, 1] = 20
    large[0, 1, 0] = 30
    large[0, 1, 1] = 40
    assert shrink(large)[0, 0, 0].tolist() == [25, 25, 25]


@pytest.mark.parametrize("size", [(64, 64), (INPUT, 2 * INPUT), (200, 200)])
def test_pictures_of_another_shape_are_refused(size):
    with pytest.raises(ValueError, match=f"{size[1]}x{size[0]}"):
        shrink(np.zeros((1, *size, 3), dtype=np.uint8))


def test_softening_changes_most_pictures_a_little_and_repeats_by_seed():
    pictures = to_tensor(np.stack([shrink(render(scene_at(1, index))[None])[0] for index in range(4)] * 8))
    first, second = (soften(pictures, torch.Generator().manual_seed(2)) for _ in range(2))
    assert torch.equal(first, second)
    assert first.abs().max() <= 1.0
    change = (first - pictures).square().mean(dim=(1, 2, 3)).sqrt()
    # Each of three changes spares half of the pictures, so all three an eighth: 4 of 32.
    assert 1 <= (change < 1e-3).sum() <= 12
    assert 0.005 < change.max() < 0.3


def test_the_judge_learns_what_it_is_shown():
    torch.manual_seed(0)
    scenes = [scene_at(2, index) for index in range(4)]
    images = np.stack([render(scene, INPUT) for scene in scenes])
    pictures, labels = to_tensor(images), torch.from_numpy(labels_of(scenes))
    model = Classifier()
    for module in model.modules():
        # So few steps: the statistics that it judges with have to follow faster.
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 0.5
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    for _ in range(12):
        loss = attribute_loss(model(pictures), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    judgement = Judge(model, CPU).look(images)
    assert judgement.features.shape == (4, FEATURES)
    wanted = [(row, name, value) for row, scene in enumerate(scenes) for name, value in scene.labels().items()]
    right = sum(judgement.values[row][name] == value for row, name, value in wanted)
    assert right > 0.95 * len(wanted)


def test_mirrored_labels_belong_to_the_mirrored_picture():
    scene = next(s for s in (scene_at(4, i) for i in range(100)) if s.building_place == "left" and s.light != "centre")
    other = scene.mirrored()
    assert (other.building_place, other.building) == ("right", scene.building)
    assert labels_of([other.mirrored()]).tolist() == labels_of([scene]).tolist()
    assert labels_of([other]).tolist() == labels_of([dataclasses.replace(other, seed=0)]).tolist()


def test_a_judge_that_is_not_there_is_asked_for(tmp_path):
    with pytest.raises(SystemExit, match=r"train_classifier\.py"):
        Judge.load(tmp_path / "classifier.pt", CPU)
