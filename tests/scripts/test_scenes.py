"""The data set of the embedded model: scenes, pictures and captions agree and repeat by seed."""

import dataclasses
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts" / "embedded_model"))

from captions import HOUR_PHRASES, NOUNS, STAR_PHRASES, caption
from renderer import render
from scenes import Scene, sample_scene

EMPTY = Scene(
    hour="day",
    ground="meadow",
    relief="flat",
    clouds="none",
    stars=False,
    light=None,
    lighthouse=None,
    house=None,
    boat=None,
    trees=None,
    lighthouse_colour="red",
    house_colour="red",
    boat_colour="white",
    seed=7,
)


def many_scenes(count: int) -> list[Scene]:
    return [sample_scene(np.random.default_rng((5, index))) for index in range(count)]


def test_a_scene_is_drawn_the_same_every_time():
    first, second = (sample_scene(np.random.default_rng(3)) for _ in range(2))
    assert first == second
    assert np.array_equal(render(first), render(second))


def test_pictures_are_8_bit_colour_of_the_asked_size():
    picture = render(EMPTY, size=64)
    assert picture.shape == (64, 64, 3)
    assert picture.dtype == np.uint8


def test_no_two_objects_share_a_place_and_boats_are_on_the_sea():
    for scene in many_scenes(300):
        places = [getattr(scene, name) for name in scene.objects()]
        assert len(set(places)) == len(places)
        assert scene.boat is None or scene.ground == "sea"
        assert not scene.stars or scene.hour == "night"


@pytest.mark.parametrize("hour", ["dawn", "day", "dusk"])
def test_nights_are_darker_than_any_other_hour(hour):
    night = render(dataclasses.replace(EMPTY, hour="night")).mean()
    assert night < 0.6 * render(dataclasses.replace(EMPTY, hour=hour)).mean()


@pytest.mark.parametrize("name", ["lighthouse", "house", "trees"])
@pytest.mark.parametrize(("place", "third"), [("left", 0), ("centre", 1), ("right", 2)])
def test_an_object_changes_mostly_its_own_third_of_the_picture(name, place, third):
    without = render(EMPTY, size=120).astype(int)
    with_object = render(dataclasses.replace(EMPTY, **{name: place}), size=120).astype(int)
    change = np.abs(with_object - without).sum(axis=(0, 2)).reshape(3, 40).sum(axis=1)
    assert change[third] > 0.6 * change.sum()
    assert change[third] > 0


def test_the_sun_is_the_brightest_part_of_its_side():
    for place, columns in (("left", slice(0, 64)), ("right", slice(64, 128))):
        picture = render(dataclasses.replace(EMPTY, light=place)).astype(int)
        brightness = picture[:60].sum(axis=2)
        assert brightness[:, columns].max() == brightness.max()
        assert brightness[:, columns].mean() > brightness.mean()


def test_captions_name_nothing_that_is_not_there():
    rng = np.random.default_rng(0)
    for scene in many_scenes(300):
        words = caption(scene, rng)
        for name, nouns in NOUNS.items():
            if getattr(scene, name) is None:
                assert not set(nouns) & set(words.replace(",", "").split()), (scene, words)
        if not scene.stars:
            assert not any(phrase in words for phrase in STAR_PHRASES)
        for hour, phrases in HOUR_PHRASES.items():
            if hour != scene.hour:
                assert not any(f" {phrase}," in f" {words}," for phrase in phrases), words


def test_captions_name_the_objects_nearly_always():
    rng = np.random.default_rng(1)
    scene = dataclasses.replace(EMPTY, ground="sea", lighthouse="left")
    texts = [caption(scene, rng) for _ in range(400)]
    named = sum("lighthouse" in text or "light tower" in text for text in texts)
    assert 0.9 * len(texts) < named
    assert len(set(texts)) > 100


def test_captions_repeat_by_seed():
    scene = dataclasses.replace(EMPTY, house="right")
    first, second = (caption(scene, np.random.default_rng(4)) for _ in range(2))
    assert first == second
