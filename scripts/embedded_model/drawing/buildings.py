"""Lighthouse, house, windmill and castle, each drawn from its base line upwards.

`base` is the (x, y) of the middle of the foot and `height` the size in pixels. Colours are daylight
colours; the brush applies the light of the hour and, for a reflection, the transparency.
"""

import numpy as np

from drawing.canvas import Array, Point, blend, box, ellipse, polygon, segment
from drawing.palette import GRASS, PAINT, ROCK, STONE, WOOD
from drawing.view import Brush, View

HEIGHT = {"lighthouse": 0.56, "house": 0.27, "windmill": 0.42, "castle": 0.35}
# Half the width of what stands on the ground, in heights.
FOOT = {"lighthouse": 0.3, "house": 0.7, "windmill": 0.45, "castle": 0.62}


def draw_building(brush: Brush, kind: str, base: Point, height: float, paint: str) -> None:
    """One building of a kind of scenes.ATTRIBUTES["building"] in a colour of scenes.COLOURS."""
    draw = {
        "lighthouse": _lighthouse,
        "house": _house,
        "windmill": _windmill,
        "castle": _castle,
    }
    draw[kind](brush, base, height, PAINT[paint], paint)


def _tapered(brush: Brush, base: Point, foot: float, top: float, height: float) -> tuple[Array, Array]:
    """A tower that is 2 `foot` wide below and 2 `top` above: half its width in every row, and its signed distance."""
    x, y, (foot_x, foot_y) = brush.x, brush.y, base
    half = foot + (top - foot) * np.clip((foot_y - y) / height, 0.0, 1.0)
    return half, np.maximum(np.abs(x - foot_x) - half, np.maximum(foot_y - height - y, y - foot_y))


def _lighthouse(brush: Brush, base: Point, height: float, colour, paint: str) -> None:
    """A tapered tower with three stripes, a gallery, a lantern room and a roof."""
    x, y, (foot_x, foot_y) = brush.x, brush.y, base
    foot, top, tower = height * 0.13, height * 0.085, height * 0.74
    half, body = _tapered(brush, base, foot, top, tower)
    shade = brush.across(foot_x, half)
    brush.paint(body, (0.45, 0.45, 0.50) if paint == "white" else PAINT["white"], shade)
    for stripe in (0.0, 0.4, 0.8):
        band = np.maximum(foot_y - tower * (stripe + 0.2) - y, y - foot_y + tower * stripe)
        brush.paint(np.maximum(body, band), colour, shade)
    deck = foot_y - tower
    room, room_top = top * 0.75, deck - height * 0.12
    brush.lamp(box(x, y, foot_x - room, room_top, foot_x + room, deck), (0.62, 0.75, 0.82))
    wide, thin = top * 1.4, height * 0.018
    brush.paint(box(x, y, foot_x - wide, deck - thin, foot_x + wide, deck + thin), (0.2, 0.19, 0.21))
    eaves = room * 1.35
    roof = [(foot_x - eaves, room_top), (foot_x, room_top - height * 0.13), (foot_x + eaves, room_top)]
    brush.paint(polygon(x, y, roof), (0.25, 0.25, 0.30) if paint == "white" else colour, 0.85)
    door = foot * 0.32
    brush.paint(box(x, y, foot_x - door, foot_y - height * 0.1, foot_x + door, foot_y), WOOD, 0.6)


def _house(brush: Brush, base: Point, height: float, colour, paint: str) -> None:
    """A cottage: walls, hipped roof, chimney, door and two windows."""
    x, y, (foot_x, foot_y) = brush.x, brush.y, base
    half, wall = height * 0.56, height * 0.54
    eaves = foot_y - wall
    left = foot_x + half * 0.42
    brush.paint(box(x, y, left, foot_y - height, left + height * 0.12, eaves), (0.45, 0.28, 0.24))
    walls = box(x, y, foot_x - half, eaves, foot_x + half, foot_y)
    brush.paint(walls, colour, brush.across(foot_x, half, 0.2))
    roof = [
        (foot_x - half * 1.16, eaves),
        (foot_x - half * 0.62, foot_y - height * 0.95),
        (foot_x + half * 0.62, foot_y - height * 0.95),
        (foot_x + half * 1.16, eaves),
    ]
    brush.paint(polygon(x, y, roof), (0.38, 0.25, 0.22), brush.across(foot_x, half, 0.22))
    door = height * 0.085
    brush.paint(box(x, y, foot_x - door, foot_y - wall * 0.7, foot_x + door, foot_y), WOOD, 0.75)
    for side in (-0.58, 0.58):
        middle, pane = foot_x + half * side, height * 0.105
        top, bottom = eaves + wall * 0.26, eaves + wall * 0.68
        frame = box(x, y, middle - pane * 1.25, top - 1.5, middle + pane * 1.25, bottom + 1.5)
        brush.paint(frame, (0.95, 0.94, 0.9) if paint != "white" else WOOD)
        brush.lamp(box(x, y, middle - pane, top, middle + pane, bottom), (0.38, 0.52, 0.66))


def _windmill(brush: Brush, base: Point, height: float, colour, paint: str) -> None:
    """A stone tower with a coloured cap and a band of that colour, and four sails."""
    x, y, (foot_x, foot_y) = brush.x, brush.y, base
    foot, top, tower = height * 0.2, height * 0.125, height * 0.6
    half, body = _tapered(brush, base, foot, top, tower)
    shade = brush.across(foot_x, half)
    stone = (0.52, 0.47, 0.42) if paint == "white" else (0.90, 0.86, 0.78)
    brush.paint(body, stone, shade)
    band = np.maximum(foot_y - tower * 0.42 - y, y - foot_y + tower * 0.2)
    brush.paint(np.maximum(body, band), colour, shade)
    hub = (foot_x, foot_y - tower - height * 0.03)
    cap = ellipse(x, y, (foot_x, foot_y - tower), top * 1.25, height * 0.15)
    cap = np.maximum(cap, y - foot_y + tower + 0.0 * x)
    brush.paint(cap, colour, brush.across(foot_x, top * 1.25, 0.3))
    brush.lamp(ellipse(x, y, (foot_x, foot_y - tower * 0.72), height * 0.035, height * 0.045), (0.3, 0.4, 0.5))
    door = height * 0.05
    brush.paint(box(x, y, foot_x - door, foot_y - height * 0.13, foot_x + door, foot_y), WOOD, 0.7)
    turn = brush.view.scene.seed % 90 * np.pi / 180.0
    for quarter in range(4):
        _sail(brush, hub, turn + quarter * np.pi / 2, height * 0.42)


def _sail(brush: Brush, hub: Point, angle: float, length: float) -> None:
    """An arm with cloth on one side of it."""
    out = (np.cos(angle), np.sin(angle))
    end = (hub[0] + length * out[0], hub[1] + length * out[1])
    dx, dy = brush.x - hub[0], brush.y - hub[1]
    along, across = dx * out[0] + dy * out[1], -dx * out[1] + dy * out[0]
    cloth = np.maximum(np.maximum(length * 0.22 - along, along - length), np.maximum(-across, across - length * 0.2))
    brush.paint(cloth, (0.97, 0.94, 0.86), 0.95)
    brush.paint(segment(brush.x, brush.y, hub, end, length * 0.022), WOOD, 0.7)


def _castle(brush: Brush, base: Point, height: float, colour, paint: str) -> None:
    """A keep between two towers with pointed roofs and a gate; battlements on the walls."""
    x, y, (foot_x, foot_y) = brush.x, brush.y, base
    stone = (0.50, 0.49, 0.50) if paint == "white" else STONE
    wall, half = foot_y - height * 0.42, height * 0.42
    _battlements(brush, stone, foot_x - half, foot_x + half, wall, height)
    walls = box(x, y, foot_x - half, wall, foot_x + half, foot_y)
    brush.paint(walls, stone, brush.across(foot_x, half, 0.22))
    for middle, wide, top, cone in (
        (foot_x, 0.14, 0.62, 0.38),
        (foot_x - height * 0.46, 0.13, 0.5, 0.3),
        (foot_x + height * 0.46, 0.13, 0.5, 0.3),
    ):
        side, deck = height * wide, foot_y - height * top
        tower = box(x, y, middle - side, deck, middle + side, foot_y)
        brush.paint(tower, stone, brush.across(middle, side, 0.34))
        tip = (middle, deck - height * cone)
        roof = [(middle - side * 1.3, deck), tip, (middle + side * 1.3, deck)]
        brush.paint(polygon(x, y, roof), colour, brush.across(middle, side * 1.3, 0.3))
        slit = height * 0.028
        brush.lamp(
            box(x, y, middle - slit, deck + height * 0.08, middle + slit, deck + height * 0.2),
            (0.2, 0.2, 0.26),
        )
    gate = height * 0.085
    door = np.minimum(
        box(x, y, foot_x - gate, foot_y - height * 0.16, foot_x + gate, foot_y),
        ellipse(x, y, (foot_x, foot_y - height * 0.16), gate, gate),
    )
    brush.paint(door, WOOD, 0.6)


def _battlements(brush: Brush, stone, left: float, right: float, wall: float, height: float) -> None:
    step = (right - left) / 9
    for tooth in range(0, 9, 2):
        begin = left + tooth * step
        shape = box(brush.x, brush.y, begin, wall - height * 0.06, begin + step, wall + 1.0)
        brush.paint(shape, stone, 0.85)


def draw_mound(brush: Brush, base: Point, half: float, grassy: bool) -> None:
    """The rock or grassy islet a thing stands on in the sea; its top is at the base."""
    x, y = brush.x, brush.y
    mound = ellipse(x, y, (base[0], base[1] + half * 0.26), half, half * 0.3)
    mound = np.maximum(mound, y - base[1] - half * 0.26 + 0.0 * x)
    shade = 1.05 - 0.5 * np.clip((y - base[1]) / (half * 0.3), 0.0, 1.0) + 0.0 * x
    brush.paint(mound, GRASS if grassy else ROCK, shade)


def draw_beam(view: View, base: Point, height: float) -> None:
    """Two light cones and a halo around the lamp of a lighthouse, by dusk, night and dawn."""
    glow = view.light.lamps
    if glow <= 0.3:
        return
    dx, dy = view.x - base[0], view.y - (base[1] - height * 0.8)
    far, unit = np.abs(dx) / view.unit, view.unit
    cone = np.exp(-((dy / (unit * (0.012 + far * 0.11))) ** 2)) * np.exp(-far / 0.27)
    halo = np.exp(-np.hypot(dx, dy) / (unit * 0.04))
    alpha = np.clip((cone * 0.55 + halo * 0.8) * glow, 0.0, 1.0)
    blend(view.picture, alpha, (1.0, 0.92, 0.62))
