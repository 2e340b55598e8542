"""Blurhash: a picture as some thirty characters, to be shown as a blur until the picture is there.

After the algorithm that Wolt published (github.com/woltapp/blurhash, Algorithm.md). Our own, because it is sixty
lines: the one package on the index that is kept up compiles C for the same.
"""

from collections.abc import Sequence
from math import cos, pi

COMPONENTS_X, COMPONENTS_Y = 4, 3

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"

Colour = tuple[float, float, float]
"""Linear light from 0 to 1, but for factors, which may be negative."""


def encode(pixels: Sequence[tuple[int, int, int]], width: int, height: int) -> str:
    """The hash of sRGB `pixels`, row by row from the top left. A few hundred pixels say as much as millions."""
    linear = [(_linear(red), _linear(green), _linear(blue)) for red, green, blue in pixels]
    across = [[cos(pi * i * x / width) for x in range(width)] for i in range(COMPONENTS_X)]
    down = [[cos(pi * j * y / height) for y in range(height)] for j in range(COMPONENTS_Y)]
    average, *factors = [
        _factor(linear, across[i], down[j], 1 if i == j == 0 else 2)
        for j in range(COMPONENTS_Y)
        for i in range(COMPONENTS_X)
    ]
    largest = max(abs(value) for factor in factors for value in factor)
    scale = max(0, min(82, int(largest * 166 - 0.5)))
    maximum = (scale + 1) / 166
    parts = [
        _base83(COMPONENTS_X - 1 + (COMPONENTS_Y - 1) * 9, 1),
        _base83(scale, 1),
        _base83(sum(_srgb(value) << shift for value, shift in zip(average, (16, 8, 0), strict=True)), 4),
        *(_base83(_quantised(factor, maximum), 2) for factor in factors),
    ]
    return "".join(parts)


def _factor(pixels: Sequence[Colour], across: Sequence[float], down: Sequence[float], weight: int) -> Colour:
    """How much of one pair of waves is in the picture."""
    red = green = blue = 0.0
    basis = (x * y for y in down for x in across)
    for share, pixel in zip(basis, pixels, strict=True):
        red += share * pixel[0]
        green += share * pixel[1]
        blue += share * pixel[2]
    scale = weight / len(pixels)
    return red * scale, green * scale, blue * scale


def _quantised(factor: Colour, maximum: float) -> int:
    number = 0
    for value in factor:
        part = value / maximum
        root = abs(part) ** 0.5 * (1 if part >= 0 else -1)
        number = number * 19 + max(0, min(18, int(root * 9 + 9.5)))
    return number


def _linear(value: int) -> float:
    part = value / 255
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def _srgb(value: float) -> int:
    part = max(0.0, min(1.0, value))
    return int((part * 12.92 if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055) * 255 + 0.5)


def _base83(number: int, length: int) -> str:
    return "".join(_DIGITS[number // 83 ** (length - place) % 83] for place in range(1, length + 1))
