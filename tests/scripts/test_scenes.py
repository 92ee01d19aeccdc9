"""The data set of the embedded model: scenes, pictures and captions agree and repeat by seed."""

import dataclasses
import re
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts" / "embedded_model"))

import phrases
from captions import Caption, caption
from renderer import render
from scenes import ATTRIBUTES, Scene, sample_scene

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
LIGHTHOUSE = {"building": "lighthouse", "building_colour": "red"}
BALLOON = {"craft": "balloon", "craft_colour": "red"}


def many_scenes(count: int) -> list[Scene]:
    return [sample_scene(np.random.default_rng((5, index))) for index in range(count)]


def captioned_scenes(count: int) -> list[tuple[Scene, Caption]]:
    rng = np.random.default_rng(0)
    return [(scene, caption(scene, rng)) for scene in many_scenes(count)]


def says(text: str, ways: tuple[str, ...]) -> bool:
    return any(re.search(rf"\b{re.escape(way)}\b", text) for way in ways)


def test_a_scene_is_drawn_the_same_every_time():
    first, second = (sample_scene(np.random.default_rng(3)) for _ in range(2))
    assert first == second
    assert np.array_equal(render(first, 64), render(second, 64))


def test_pictures_are_8_bit_colour_of_the_asked_size():
    picture = render(EMPTY, size=64)
    assert picture.shape == (64, 64, 3)
    assert picture.dtype == np.uint8


def test_every_value_is_drawn_and_no_other():
    drawn = {name: set() for name in ATTRIBUTES}
    for scene in many_scenes(400):
        for name, value in scene.labels().items():
            drawn[name].add(value)
    assert drawn == {name: set(values) for name, values in ATTRIBUTES.items()}


def test_labels_are_what_can_be_seen():
    scene = dataclasses.replace(EMPTY, **LIGHTHOUSE, building_place="left")
    assert "trees_place" not in scene.labels() and "craft_colour" not in scene.labels()
    assert scene.labels()["building_colour"] == "red"
    for palette in ("sepia", "neon"):
        assert "building_colour" not in dataclasses.replace(scene, palette=palette).labels()


def test_things_have_a_place_of_their_own_and_boats_are_on_the_sea():
    for scene in many_scenes(300):
        places = [scene.building_place, scene.trees_place]
        places += [scene.craft_place] if scene.craft == "boat" else []
        taken = [place for place in places if place is not None]
        assert len(set(taken)) == len(taken), scene
        assert scene.craft != "boat" or scene.ground == "sea"
        assert scene.craft not in ("balloon", "birds") or scene.craft_place != scene.light


def test_a_mirrored_scene_differs_in_places_only_and_mirrors_back():
    for scene in many_scenes(50):
        other = scene.mirrored()
        assert other.mirrored() == scene
        for name, value in scene.labels().items():
            expected = {"left": "right", "right": "left"}.get(value, value)
            assert other.labels()[name] == expected


@pytest.mark.parametrize("hour", ["dawn", "day", "dusk"])
def test_nights_are_darker_than_any_other_hour(hour):
    night = render(dataclasses.replace(EMPTY, hour="night"), 128).mean()
    assert night < 0.7 * render(dataclasses.replace(EMPTY, hour=hour), 128).mean()


@pytest.mark.parametrize("thing", [LIGHTHOUSE, BALLOON, {"trees": "firs"}])
@pytest.mark.parametrize(("place", "third"), [("left", 0), ("centre", 1), ("right", 2)])
def test_a_thing_changes_mostly_its_own_third_of_the_picture(thing, place, third):
    name = next(iter(thing))
    there = dataclasses.replace(EMPTY, **thing, **{f"{name}_place": place})
    change = np.abs(render(there, 120).astype(int) - render(EMPTY, 120).astype(int))
    by_third = change.sum(axis=(0, 2)).reshape(3, 40).sum(axis=1)
    assert by_third.sum() > 0
    assert by_third[third] > 0.6 * by_third.sum()


@pytest.mark.parametrize(("place", "columns"), [("left", slice(0, 60)), ("right", slice(60, 120))])
def test_the_sun_brightens_its_side_of_the_sky(place, columns):
    sky = render(dataclasses.replace(EMPTY, light=place), 120)[:50].astype(int).sum(axis=2)
    assert sky[:, columns].mean() > sky.mean()


def test_captions_tell_what_can_be_seen_only():
    for scene, words in captioned_scenes(500):
        assert words.told <= set(scene.labels()), words


@pytest.mark.parametrize(
    ("attribute", "ways"), [("building", phrases.BUILDINGS), ("trees", phrases.TREES), ("craft", phrases.CRAFTS)]
)
def test_captions_name_a_thing_exactly_if_they_say_so(attribute, ways):
    for scene, words in captioned_scenes(500):
        nouns = {value: tuple(way.removeprefix("a ") for way in names) for value, names in ways.items()}
        # Other trees are called "trees", too.
        named = {value for value, names in nouns.items() if says(words.text, names)} - {"broadleaf"}
        told = {getattr(scene, attribute)} - {"broadleaf"} if attribute in words.told else set()
        assert named == told, words


def test_captions_name_the_hour_exactly_if_they_say_so():
    for scene, words in captioned_scenes(500):
        ways = phrases.HOURS[scene.hour] + phrases.HOUR_NOUNS[scene.hour]
        if scene.hour == "night":
            ways += phrases.MOONLIGHT + phrases.STARLIGHT
        if "hour" in words.told:
            assert says(words.text, ways), words
        for hour in set(ATTRIBUTES["hour"]) - {scene.hour}:
            assert not says(words.text, phrases.HOURS[hour]), words


def test_captions_name_things_nearly_always():
    scene = dataclasses.replace(EMPTY, ground="sea", **LIGHTHOUSE, building_place="left")
    rng = np.random.default_rng(1)
    texts = [caption(scene, rng).text for _ in range(400)]
    named = sum("lighthouse" in text or "light tower" in text for text in texts)
    assert named > 0.9 * len(texts)
    assert len(set(texts)) > 100


def test_captions_repeat_by_seed():
    scene = dataclasses.replace(EMPTY, trees="palms", trees_place="right")
    first, second = (caption(scene, np.random.default_rng(4)) for _ in range(2))
    assert first == second
