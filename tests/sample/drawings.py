"""What is drawn in the sample PDF: a formula, the waves of its title page, and the course of figure 1."""

from __future__ import annotations

import math

from reportlab.lib.colors import Color, HexColor, white
from reportlab.platypus import (
    Flowable,
)

from tests.sample.styles import INK, NAVY, SEA, WIDTH


class Fraction(Flowable):
    """A formula `C = a / b`, with b below a line."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.left, over = text.split(" = ")
        self.above, self.below = over.split(" / ")
        self.width, self.height, self.spaceAfter = WIDTH, 30, 8

    def wrap(self, *_: float) -> tuple[float, float]:
        return self.width, self.height

    def draw(self) -> None:
        c = self.canv
        wide = c.stringWidth(self.above, "Times-Italic", 11.5) + 8
        start = (self.width - wide) / 2
        c.setFillColor(INK)
        c.setFont("Times-Italic", 11.5)
        c.setStrokeColor(INK)
        c.setLineWidth(0.6)
        c.drawRightString(start - 4, 11, f"{self.left} =")
        c.drawCentredString(start + wide / 2, 18, self.above)
        c.drawCentredString(start + wide / 2, 3, self.below)
        c.line(start, 14.5, start + wide, 14.5)


class Waves(Flowable):
    """Three lines of waves across the head of the title page."""

    def __init__(self, width: float, height: float) -> None:
        super().__init__()
        self.width, self.height = width, height

    def wrap(self, *_: float) -> tuple[float, float]:
        return self.width, self.height

    def draw(self) -> None:
        for row, colour in enumerate((NAVY, SEA, HexColor("#A9CBD6"))):
            self.canv.setStrokeColor(colour)
            self.canv.setLineWidth(3 - row * 0.6)
            path = self.canv.beginPath()
            y, step = self.height - 12 - row * 11, self.width / 24
            path.moveTo(0, y)
            for i in range(24):
                bend = 7 if i % 2 else -7
                path.curveTo((i + 0.35) * step, y + bend, (i + 0.65) * step, y + bend, (i + 1) * step, y)
            self.canv.drawPath(path)


class Course(Flowable):
    """Figure 1, drawn to scale: 0.29 pt for a metre."""

    SCALE = 0.29
    TURN = math.radians(-2)  # of leg 1 from due east

    def __init__(self, labels: tuple[str, ...]) -> None:
        super().__init__()
        self.labels = dict(zip(("name", "boat", "pin", "line", "leg1", "mark1", "leg2", "mark2", "leg3", "shoal",
                                "station", "scale", "north"), labels, strict=True))  # fmt: skip
        self.width, self.height = WIDTH, 214

    def wrap(self, *_: float) -> tuple[float, float]:
        return self.width, self.height

    def draw(self) -> None:
        c, s = self.canv, self.SCALE
        # The triangle with sides of 1,000, 600 and 900 m: the angle at the line by the law of cosines.
        corner = math.acos((1000**2 + 900**2 - 600**2) / (2 * 1000 * 900))
        start = (64.0, 52.0)
        mark1 = polar(start, 1000 * s, self.TURN)
        mark2 = polar(start, 900 * s, self.TURN + corner)
        c.setFillColor(HexColor("#F5F9FB"))
        c.setStrokeColor(SEA)
        c.setLineWidth(0.5)
        c.roundRect(0, 0, self.width, self.height, 6, fill=1)
        self.write(12, self.height - 20, self.labels["name"], 10, bold=True)
        self.draw_shoal((222, 98))
        for one, other, label in ((start, mark1, "leg1"), (mark1, mark2, "leg2"), (mark2, start, "leg3")):
            self.draw_leg(one, other, self.labels[label])
        self.draw_line(start)
        for at, label, shift in ((mark1, "mark1", (-30, -18)), (mark2, "mark2", (10, 1))):
            self.draw_buoy(at, HexColor("#E8C021"), 5)
            self.write(at[0] + shift[0], at[1] + shift[1], self.labels[label], 8.2)
        self.draw_station((262, 60))
        self.draw_scale_and_north()

    def write(self, x: float, y: float, text: str, size: float, bold: bool = False, colour: Color = INK) -> None:
        self.canv.setFillColor(colour)
        self.canv.setFont("Helvetica-Bold" if bold else "Helvetica", size)
        self.canv.drawString(x, y, text)

    def draw_leg(self, one: tuple[float, float], other: tuple[float, float], label: str) -> None:
        """A line with an arrow on it and its label along it."""
        c = self.canv
        angle = math.atan2(other[1] - one[1], other[0] - one[0])
        middle = ((one[0] + other[0]) / 2, (one[1] + other[1]) / 2)
        c.setStrokeColor(NAVY)
        c.setFillColor(NAVY)
        c.setLineWidth(1.1)
        c.line(*one, *other)
        c.saveState()
        c.translate(*middle)
        c.rotate(math.degrees(angle))
        c.translate(math.dist(one, other) / 5, 0)
        path = c.beginPath()
        path.moveTo(6, 0)
        path.lineTo(-4, 4)
        path.lineTo(-4, -4)
        path.close()
        c.drawPath(path, fill=1, stroke=0)
        c.translate(-math.dist(one, other) / 5, 0)
        upside_down = abs(angle) > math.pi / 2
        if upside_down:
            c.rotate(180)
        c.setFont("Helvetica", 8.6)
        c.drawCentredString(0, 6 if upside_down and angle < 0 else -12, label)
        c.restoreState()

    def draw_line(self, start: tuple[float, float]) -> None:
        """The start and finish line across the first leg, 80 m long, with its dimension."""
        half, c = 40 * self.SCALE, self.canv
        pin, boat = (start[0], start[1] + half), (start[0], start[1] - half)
        c.setStrokeColor(HexColor("#C4472B"))
        c.setLineWidth(1.4)
        c.setDash(3, 2)
        c.line(*pin, *boat)
        c.setDash()
        self.draw_buoy(pin, HexColor("#E57A1F"), 3.5)
        c.setFillColor(NAVY)
        c.rect(boat[0] - 4, boat[1] - 9, 8, 9, fill=1, stroke=0)
        c.setStrokeColor(INK)
        c.setLineWidth(0.4)
        for end in (pin, boat):
            c.line(end[0] - 16, end[1], end[0] - 5, end[1])
        c.line(start[0] - 13, pin[1], start[0] - 13, boat[1])
        self.write(12, pin[1] + 26, self.labels["line"], 8.2)
        c.line(start[0] - 13, start[1], start[0] - 30, pin[1] + 23)
        self.write(pin[0] - 7, pin[1] + 9, self.labels["pin"], 8.2)
        self.write(boat[0] - 30, boat[1] - 19, self.labels["boat"], 8.2)

    def draw_buoy(self, at: tuple[float, float], colour: Color, radius: float) -> None:
        self.canv.setFillColor(colour)
        self.canv.setStrokeColor(INK)
        self.canv.setLineWidth(0.6)
        self.canv.circle(*at, radius, fill=1)

    def draw_shoal(self, at: tuple[float, float]) -> None:
        c = self.canv
        c.setFillColor(HexColor("#DDD3B4"))
        c.setStrokeColor(HexColor("#9C8C57"))
        c.setLineWidth(0.5)
        c.ellipse(at[0] - 34, at[1] - 11, at[0] + 34, at[1] + 13, fill=1)
        self.write(at[0] - 46, at[1] - 21, self.labels["shoal"], 8)

    def draw_station(self, at: tuple[float, float]) -> None:
        c = self.canv
        c.setFillColor(white)
        c.setStrokeColor(SEA)
        c.setLineWidth(1.2)
        c.circle(*at, 5, fill=1)
        c.line(at[0] - 3, at[1], at[0] + 3, at[1])
        c.line(at[0], at[1] - 3, at[0], at[1] + 3)
        self.write(at[0] + 9, at[1] - 3, self.labels["station"], 8)

    def draw_scale_and_north(self) -> None:
        c, length = self.canv, 200 * self.SCALE
        x, y = self.width - length - 16, 8
        c.setStrokeColor(INK)
        c.setLineWidth(0.8)
        c.line(x, y, x + length, y)
        for end in (x, x + length / 2, x + length):
            c.line(end, y - 3, end, y + 3)
        self.write(x - 72, y - 3, self.labels["scale"], 8)
        top = self.height - 14
        c.line(self.width - 24, top - 28, self.width - 24, top - 8)
        c.line(self.width - 24, top - 8, self.width - 27, top - 15)
        c.line(self.width - 24, top - 8, self.width - 21, top - 15)
        self.write(self.width - 27, top - 5, self.labels["north"], 9, bold=True)


def polar(origin: tuple[float, float], length: float, angle: float) -> tuple[float, float]:
    return origin[0] + length * math.cos(angle), origin[1] + length * math.sin(angle)
