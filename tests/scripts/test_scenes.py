"""The data set of the embedded model: scenes, pictures and captions agree and repeat by seed."""

import dataclasses
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts" / "embedded_model"))

from drawing.renderer import render
from world import phrases
from world.captions import caption
from world.scenes import ATTRIBUTES, Scene, sample_scene

EMPTY = Scene(
    hour="day",
    weather="clear",
    light="hidden",
    relief="flat",
    ground="meadow",
    building="none",
    building_place=None,
    building_colour=None,
    trees="none",
    trees_place=None,
    craft="none",
    craft_place=None,
    craft_colour=None,
    palette="natural",
    seed=7,
)
NOUNS = {"building": phrases.BUILDINGS, "trees": phrases.TREES, "craft": phrases.CRAFTS}


def many_scenes(count: int) -> list[Scene]:
    return [sample_scene(np.random.default_rng((5, index))) for index in range(count)]


def scene_with(name: str, value: str, place: str) -> Scene:
    changes = {name: value, f"{name}_place": place}
    if name != "trees":
        changes[f"{name}_colour"] = "red"
    ground = "sea" if value == "boat" else "meadow"
    return dataclasses.replace(EMPTY, ground=ground, **changes)


def test_a_scene_is_drawn_the_same_every_time():
    first, second = (sample_scene(np.random.default_rng(3)) for _ in range(2))
    assert first == second
    assert np.array_equal(render(first), render(second))


def test_pictures_are_8_bit_colour_of_the_asked_size():
    picture = render(EMPTY, size=64)
    assert picture.shape == (64, 64, 3)
    assert picture.dtype == np.uint8


def test_every_value_of_every_attribute_occurs_and_no_other():
    labels = [scene.labels() for scene in many_scenes(600)]
    for name, values in ATTRIBUTES.items():
        assert {found[name] for found in labels if name in found} == set(values)


def test_things_on_the_ground_share_no_place_and_boats_are_on_the_sea():
    for scene in many_scenes(300):
        standing = [scene.building_place, scene.trees_place]
        standing += [scene.craft_place] if scene.craft == "boat" else []
        places = [place for place in standing if place is not None]
        assert len(set(places)) == len(places)
        assert scene.craft != "boat" or scene.ground == "sea"


def test_the_sun_stands_behind_no_balloon_and_no_flock():
    for scene in many_scenes(300):
        assert scene.craft in ("none", "boat") or scene.craft_place != scene.light


def test_palettes_without_hues_have_no_labels_for_colours():
    scene = scene_with("building", "house", "left")
    assert scene.labels()["building_colour"] == "red"
    assert "building_colour" not in dataclasses.replace(scene, palette="sepia").labels()


def test_a_mirrored_scene_has_left_and_right_exchanged_and_nothing_else():
    scene = dataclasses.replace(scene_with("building", "house", "left"), light="right")
    mirrored = scene.mirrored()
    assert (mirrored.building_place, mirrored.light, mirrored.trees_place) == ("right", "left", None)
    assert mirrored.mirrored() == scene
    centred = dataclasses.replace(scene, building_place="centre", light="hidden")
    assert centred.mirrored() == centred


@pytest.mark.parametrize("hour", ["dawn", "day", "dusk"])
def test_nights_are_darker_than_any_other_hour(hour):
    night = render(dataclasses.replace(EMPTY, hour="night")).mean()
    assert night < 0.6 * render(dataclasses.replace(EMPTY, hour=hour)).mean()


@pytest.mark.parametrize(("place", "third"), [("left", 0), ("centre", 1), ("right", 2)])
@pytest.mark.parametrize(("name", "value"), [(n, v) for n in NOUNS for v in ATTRIBUTES[n][1:]])
def test_a_thing_changes_mostly_its_own_third_of_the_picture(name, value, place, third):
    scene = scene_with(name, value, place)
    bare = dataclasses.replace(EMPTY, ground=scene.ground)
    change = np.abs(render(scene, 120).astype(int) - render(bare, 120).astype(int))
    thirds = change.sum(axis=(0, 2)).reshape(3, 40).sum(axis=1)
    # Later layers draw other random numbers: the ground may differ a little everywhere.
    assert thirds[third] == thirds.max() > 0


def test_the_sun_is_the_brightest_part_of_its_side():
    for place, columns in (("left", slice(0, 128)), ("right", slice(128, 256))):
        picture = render(dataclasses.replace(EMPTY, light=place)).astype(int)
        brightness = picture[:120].sum(axis=2)
        assert brightness[:, columns].max() == brightness.max()
        assert brightness[:, columns].mean() > brightness.mean()


def test_fog_takes_contrast_from_what_is_far():
    clear = dataclasses.replace(EMPTY, relief="mountains")
    far = [render(scene)[90:150].std() for scene in (clear, dataclasses.replace(clear, weather="foggy"))]
    assert far[1] < 0.7 * far[0]


@pytest.mark.parametrize("palette", ["sepia", "neon"])
def test_sepia_and_neon_leave_one_hue_for_a_brightness(palette):
    picture = render(dataclasses.replace(EMPTY, palette=palette)).reshape(-1, 3).astype(float)
    natural = render(EMPTY).reshape(-1, 3).astype(float)
    same = np.abs(natural @ (0.299, 0.587, 0.114) - 128) < 12
    assert picture[same].std(axis=0).max() < 0.6 * natural[same].std(axis=0).max()


def test_captions_name_nothing_that_is_not_there():
    rng = np.random.default_rng(0)
    for scene in many_scenes(300):
        words = set(caption(scene, rng).text.replace(",", "").split())
        for name, nouns in NOUNS.items():
            for value, ways in nouns.items():
                if getattr(scene, name) == value:
                    continue
                others = {w for v, all_ways in nouns.items() if v != value for way in all_ways for w in way.split()}
                own = {way.split()[-1] for way in ways} - others - {"trees", "balloon"}
                assert not own & words, (scene, words)


def test_captions_tell_only_what_can_be_seen():
    rng = np.random.default_rng(2)
    for scene in many_scenes(500):
        assert caption(scene, rng).told <= set(scene.labels())


def test_what_counts_as_told_stands_in_the_text():
    rng = np.random.default_rng(3)
    scene = scene_with("building", "castle", "left")
    for _ in range(300):
        text = caption(scene, rng)
        words = text.text.replace(",", " ").split()
        assert ("building" in text.told) == any(w in text.text for w in ("castle", "fortress"))
        assert ("building_colour" in text.told) == ("red" in words)
        assert ("building_place" in text.told) == ("left" in words)


def test_captions_name_the_things_nearly_always_and_in_many_ways():
    rng = np.random.default_rng(1)
    scene = scene_with("building", "lighthouse", "left")
    texts = [caption(scene, rng).text for _ in range(400)]
    named = sum("lighthouse" in text or "light tower" in text for text in texts)
    assert named > 0.88 * len(texts)
    assert len(set(texts)) > 200


def test_captions_repeat_by_seed():
    scene = scene_with("building", "house", "right")
    first, second = (caption(scene, np.random.default_rng(4)) for _ in range(2))
    assert first == second
