"""Draws a `Scene`: sky, relief, ground or water, things with reflections, fog, and the palette."""

import numpy as np
from world.dataset import SIZE
from world.scenes import Scene

from drawing.buildings import FOOT, HEIGHT, draw_beam, draw_building, draw_mound
from drawing.canvas import Array, Point
from drawing.crafts import BALLOON_HEIGHT, BOAT_HEIGHT, draw_balloon, draw_birds, draw_boat
from drawing.look import AS_TOLD, Look
from drawing.palette import grade
from drawing.sky import paint_fog, paint_sky
from drawing.terrain import paint_ground, paint_relief
from drawing.trees import FOOT as TREES_FOOT
from drawing.trees import HEIGHT as TREES_HEIGHT
from drawing.trees import draw_trees
from drawing.view import PLACE_X, Brush, View

# How far below the horizon a thing stands, as a share of the ground.
DEPTH = {"building": 0.2, "trees": 0.3, "boat": 0.45}


# How deep snow lies on buildings, trees and mounds, and on a boat, as a share of the picture.
SNOW_DEPTH, BOAT_SNOW = 0.06, 0.03


def render(scene: Scene, size: int = SIZE, look: Look = AS_TOLD) -> Array:
    """The picture of a scene: uint8 (size, size, 3), sRGB. The same scene and look, the same picture."""
    view = View.of(scene, size, look.winter)
    paint_sky(view)
    paint_relief(view)
    paint_fog(view, 0.0)
    _sky_craft(view)
    paint_ground(view)
    paint_fog(view, 0.5)
    _things(view)
    paint_fog(view, 0.82)
    picture = grade(view.picture, look.palette or scene.palette)
    return (np.clip(picture, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)


def _sky_craft(view: View) -> None:
    scene, rng = view.scene, view.rng
    if scene.craft not in ("balloon", "birds"):
        return
    x = (PLACE_X[scene.craft_place] + rng.uniform(-0.03, 0.03)) * view.unit
    y = view.horizon * rng.uniform(0.14, 0.3)
    if scene.craft == "birds":
        draw_birds(view, (x, y + view.unit * 0.04), rng)
        return
    height = view.unit * BALLOON_HEIGHT * rng.uniform(0.9, 1.1)
    y *= 0.6
    brush = Brush(view, (x, y + height / 2), height)
    draw_balloon(brush, (x, y), height, scene.craft_colour)


def _things(view: View) -> None:
    """Things from far to near: the ones that stand higher in the picture first."""
    scene = view.scene
    if scene.building != "none":
        height = HEIGHT[scene.building] * view.unit * view.rng.uniform(0.92, 1.08)
        base = _base(view, scene.building_place, "building")
        _building(view, base, height)
    if scene.trees != "none":
        height = TREES_HEIGHT * view.unit * view.rng.uniform(0.92, 1.12)
        _trees(view, _base(view, scene.trees_place, "trees"), height)
    if scene.craft == "boat":
        height = BOAT_HEIGHT * view.unit * view.rng.uniform(0.9, 1.1)
        _boat(view, _base(view, scene.craft_place, "boat"), height)


def _base(view: View, place: str, name: str) -> Point:
    depth = DEPTH[name] + view.rng.uniform(0.0, 0.12)
    x = (PLACE_X[place] + view.rng.uniform(-0.03, 0.03)) * view.unit
    return x, view.horizon + depth * (view.unit - view.horizon)


def _brushes(view: View, base: Point, height: float, floor: float) -> list[Brush]:
    """On the sea a brush for the mirror image, and always one for the thing itself."""
    middle, reach = (base[0], base[1] - height * 0.5), height * 1.1
    brushes = [Brush(view, middle, reach)]
    if view.land == "sea":
        brushes.insert(0, Brush(view, middle, reach, mirror=floor))
    return brushes


def _building(view: View, base: Point, height: float) -> None:
    scene = view.scene
    half = height * FOOT[scene.building] * 1.15
    for brush in _brushes(view, base, height, base[1] + half * 0.26):
        if scene.ground == "sea":
            draw_mound(brush, base, half, grassy=scene.building != "lighthouse")
            _snow(brush, SNOW_DEPTH)
        draw_building(brush, scene.building, base, height, scene.building_colour)
        _snow(brush, SNOW_DEPTH)
    if scene.building == "lighthouse":
        draw_beam(view, base, height)


def _trees(view: View, base: Point, height: float) -> None:
    scene, seed = view.scene, int(view.rng.integers(2**31))
    half = height * TREES_FOOT * 1.1
    for brush in _brushes(view, base, height, base[1] + half * 0.26):
        if scene.ground == "sea":
            draw_mound(brush, base, half, grassy=True)
            _snow(brush, SNOW_DEPTH)
        draw_trees(brush, scene.trees, base, height, np.random.default_rng(seed))
        _snow(brush, SNOW_DEPTH)


def _boat(view: View, base: Point, height: float) -> None:
    for brush in _brushes(view, base, height, base[1]):
        draw_boat(brush, base, height, view.scene.craft_colour)
        _snow(brush, BOAT_SNOW)


def _snow(brush: Brush, depth: float) -> None:
    if brush.view.winter:
        brush.snow(depth * brush.view.unit)
