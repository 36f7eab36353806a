"""The charts of a week, drawn for the mail by the job that makes the rollup.

No other module imports matplotlib, and the web process imports this one never: it shows what the job
has kept. Letters are large, for on a telephone a chart is shown at two thirds of its width.
"""

import io
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal

import msgspec
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from observability import wording
from observability.rollup.document import Picture
from observability.rollup.report import Cell, Report

WIDTH, HEIGHT, SCALE = 480, 330, 2
SHOWN = 5
"""Names with a colour of their own."""
# Okabe and Ito's colours, which stay apart for the colour-blind, darkest first so that neighbours
# differ in lightness too: https://jfly.uni-koeln.de/color/
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9")
OTHERS = "#8A8F94"
INK, PAPER, GRID = "#24292E", "#F7F8F8", "#D5D9DC"


class Layer(msgspec.Struct, frozen=True):
    """One colour of the columns: its name and a value for each day."""

    name: str
    values: tuple[Decimal, ...]

    @property
    def sum(self) -> Decimal:
        """All days together."""
        return sum(self.values, Decimal(0))


def pictures(report: Report) -> tuple[Picture, ...]:
    """The charts of a week: none where there is nothing to see."""
    days = [day.date for day in report.days]
    labels = _labels(report)
    costs = _layers(report.cells, days, lambda cell: (labels(cell.model), cell.cost_usd))
    turns = _layers(report.cells, days, lambda cell: (cell.intent, Decimal(cell.turns)))
    charts = []
    if costs:
        each = [wording.cost(day.figures, "≥ ") for day in report.days]
        alt = _alt_text("Cost per day", days, each, wording.cost(report.week), costs)
        charts.append(
            _picture("cost_per_day", alt, _draw("Cost per day by model", days, costs, unit="$"))
        )
    if turns:
        each = [f"{day.figures.turns:,}" for day in report.days]
        alt = _alt_text("Turns per day", days, each, f"{report.week.turns:,}", turns)
        charts.append(_picture("turns_per_day", alt, _draw("Turns per day by intent", days, turns)))
    return tuple(charts)


def _labels(report: Report) -> Callable[[str], str]:
    """What people call a model, where no other is called so."""
    taken = Counter(line.label for line in report.models)
    labels = {line.key: line.label for line in report.models if taken[line.label] == 1}
    return lambda model: labels.get(model, model)


def _layers(
    cells: Sequence[Cell], days: Sequence[date], read: Callable[[Cell], tuple[str, Decimal]]
) -> list[Layer]:
    """The largest names, and all others as one; none if there is nothing at all."""
    sums: dict[str, list[Decimal]] = {}
    for cell in cells:
        name, value = read(cell)
        if cell.date in days:
            sums.setdefault(name, [Decimal(0)] * len(days))[days.index(cell.date)] += value
    layers = [Layer(name, tuple(values)) for name, values in sums.items() if any(values)]
    layers.sort(key=lambda layer: (-layer.sum, layer.name))
    if len(layers) <= SHOWN + 1:
        return layers
    rest = layers[SHOWN:]
    together = tuple(
        sum(values, Decimal(0)) for values in zip(*(one.values for one in rest), strict=True)
    )
    return [*layers[:SHOWN], Layer(f"{len(rest)} others", together)]


def _alt_text(
    what: str, days: Sequence[date], each: Sequence[str], all_: str, layers: Sequence[Layer]
) -> str:
    """The chart in words, with its numbers."""
    daily = ", ".join(f"{wording.day(day)} {said}" for day, said in zip(days, each, strict=True))
    whole = sum((layer.sum for layer in layers), Decimal(0))
    parts = ", ".join(
        f"{wording.name(layer.name) or 'none'} {wording.share(layer.sum, whole)}"
        for layer in layers
    )
    return f"{what}: {daily}. Of the week's {all_}: {parts}."


def _picture(name: str, alt: str, png: bytes) -> Picture:
    return Picture(name=name, alt=alt, png=png, width=WIDTH, height=HEIGHT)


def _draw(title: str, days: Sequence[date], layers: Sequence[Layer], *, unit: str = "") -> bytes:
    figure = Figure(figsize=(WIDTH / 100, HEIGHT / 100), dpi=100 * SCALE, facecolor=PAPER)
    FigureCanvasAgg(figure)
    rows = -(-len(layers) // 2)
    foot = 0.13 + 0.075 * rows
    axes = figure.add_axes((0.1, foot, 0.87, 0.85 - foot))
    _columns(axes, days, layers)
    _dress(axes, unit)
    # Small amounts have long labels.
    left = 0.04 + 0.017 * max(len(label.get_text()) for label in axes.get_yticklabels())
    axes.set_position((left, foot, 0.975 - left, 0.85 - foot))
    figure.text(0.03, 0.915, title, fontsize=11.5, weight="bold", color=INK)
    _legend(figure, layers)
    out = io.BytesIO()
    # Without the program's name and version the same week gives the same bytes.
    figure.savefig(out, format="png", facecolor=PAPER, metadata={"Software": None})
    figure.clear()
    return out.getvalue()


def _columns(axes: Axes, days: Sequence[date], layers: Sequence[Layer]) -> None:
    places = range(len(days))
    feet = [0.0] * len(days)
    for layer, colour in zip(layers, (*COLOURS, OTHERS), strict=False):
        heights = [float(value) for value in layer.values]
        axes.bar(places, heights, 0.72, bottom=feet, color=colour, edgecolor=PAPER, linewidth=0.8)
        feet = [foot + height for foot, height in zip(feet, heights, strict=True)]
    axes.set_xticks(list(places), [f"{day:%a}\n{day.day}" for day in days])


def _dress(axes: Axes, unit: str) -> None:
    axes.set_facecolor(PAPER)
    axes.set_axisbelow(True)
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(INK)
    axes.tick_params(length=0, labelsize=10.5, labelcolor=INK)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=not unit))
    places = _places(axes)
    # A bare "$" would begin a formula.
    sign = "\\$" if unit else ""
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{sign}{value:,.{places}f}"))


def _places(axes: Axes) -> int:
    """How many decimals the ticks need: none for whole numbers, else at least the cents."""
    first, second, *_ = axes.get_yticks()
    exponent = Decimal(str(round(second - first, 9))).normalize().as_tuple().exponent
    assert isinstance(exponent, int)
    return max(2, -exponent) if exponent < 0 else 0


def _legend(figure: Figure, layers: Sequence[Layer]) -> None:
    """Two columns of names under the chart, by hand: a legend of the library hides some names."""
    rows = -(-len(layers) // 2)
    for place, (layer, colour) in enumerate(zip(layers, (*COLOURS, OTHERS), strict=False)):
        left, row = 0.05 + 0.48 * (place % 2), place // 2
        bottom = 0.03 + 0.075 * (rows - 1 - row)
        figure.text(left, bottom, "\N{BLACK SQUARE}", fontsize=13, color=colour)
        # Names are people's own: a "$" would begin a formula.
        figure.text(
            left + 0.04, bottom + 0.005, _short(layer.name), fontsize=10.5, color=INK
        ).set_parse_math(False)


def _short(name: str) -> str:
    """A name that fits into half the chart and into its font."""
    seen = wording.name(name).encode("latin-1", "replace").decode("latin-1") or "none"
    return seen if len(seen) <= 24 else f"{seen[:14]}\N{HORIZONTAL ELLIPSIS}{seen[-9:]}"
