"""Learned arrays: their names and sizes follow from the summary; their numbers from a seed, a file or the caller.

By seed: a kernel followed by a rectifier (relu and its smooth variants, also after a normalisation) is drawn from the
normal distribution of variance 2/fan_in (He et al. 2015), any other from ±√(6/(fan_in + fan_out)), uniformly (Glorot
& Bengio 2010); embeddings and tokens from a normal distribution of standard deviation 0.02. gamma and moving variances
are 1, the slopes of prelu 0.25, all else 0. Each array has a generator of its own, made from the seed and its name:
adding a layer changes no other's numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from cnncalc.engine import stated
from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.files.npz import Arrays
from cnncalc.errors import Hints, Problem, SpecError
from cnncalc.limits import Limits

if TYPE_CHECKING:
    from cnncalc.summary.rows import Row, Summary

MOST = 20  # problems listed for one file


class Wanted(NamedTuple):
    """An array that the network learns: the row it belongs to, its name there, its sizes."""

    row: Row
    weight: str
    sizes: tuple[int, ...]


def wanted(summary: Summary) -> dict[str, Wanted]:
    """Every learned array by its name in a file, ``layer/weight``."""
    return {
        f"{row.name}/{weight}": Wanted(row, weight, sizes)
        for row in summary.rows
        for weight, sizes in row.weights.items()
    }


def of(summary: Summary, row: Row, arrays: Mapping[str, Array]) -> Weights:
    """The arrays of one layer by their short names, as its kernel reads them; those of the other layer if it shares
    weights. A gain is multiplied in. The states that the file gives a recurrent layer are among them.
    """
    owner = row if row.layer.shares is None else summary.rows[row.layer.shares]
    found = {weight: arrays[f"{owner.name}/{weight}"] for weight in owner.weights}
    found |= {name: state.astype(found["kernel"].dtype) for name, state in stated.states(summary, row).items()}
    if tie := owner.layer.tie:
        found["kernel"] = of(summary, summary.rows[tie.layer], arrays)[tie.array].T
    gain = found.pop("gain", None)
    return found if gain is None else {**found, "kernel": found["kernel"] * (gain / lengths(found["kernel"]))}


def of_backward(summary: Summary, row: Row, arrays: Mapping[str, Array], gradients: Weights, into: Weights) -> None:
    """Convert gradients by the arrays from :func:`of` to gradients by the stored ones, and add them to ``into``."""
    owner = row if row.layer.shares is None else summary.rows[row.layer.shares]
    found = {weight: array for weight, array in gradients.items() if weight in owner.weights}
    if "gain" in owner.weights:
        kernel, gain = (arrays[f"{owner.name}/{weight}"] for weight in ("kernel", "gain"))
        filters = kernel / lengths(kernel)
        along = (found["kernel"] * filters).sum(axis=tuple(range(kernel.ndim - 1)))
        found |= {"kernel": gain / lengths(kernel) * (found["kernel"] - filters * along), "gain": along}
    if owner.layer.tie:
        of_backward(
            summary, summary.rows[owner.layer.tie.layer], arrays, {owner.layer.tie.array: gradients["kernel"].T}, into
        )
    for weight, array in found.items():
        name = f"{owner.name}/{weight}"
        into[name] = into[name] + array if name in into else array


def lengths(kernel: Array) -> Array:
    """The length of each filter of a kernel ``[..., filters]``, as weight normalisation divides by (Salimans & Kingma
    2016).
    """
    return np.sqrt(np.square(kernel).sum(axis=tuple(range(kernel.ndim - 1))))


def common(summary: Summary, row: Row) -> bool:
    """Whether two layers share an array, so that it must not be changed for one of them."""
    index = row.index
    return row.layer.borrows or any(
        other.layer.shares == index or (other.layer.tie and other.layer.tie.layer == index) for other in summary.rows
    )


def given(summary: Summary, arrays: Mapping[str, Any]) -> dict[str, Array]:
    """Checked copies of the caller's arrays. Raises SpecError with everything that does not fit."""
    wants = wanted(summary)
    problems = _names(wants, list(arrays))
    checked = {}
    for name, want in wants.items():
        if name in arrays:
            array = np.asarray(arrays[name])
            problems += _misshapen(name, array.shape, want.sizes)
            if array.dtype.kind not in "fiu":
                problems.append(Problem(f"{name} holds {array.dtype}, not numbers"))
            checked[name] = array
    if problems:
        raise SpecError(problems[:MOST])
    return _finite({name: _float32(array).copy() for name, array in checked.items()})


def stated_by(summary: Summary) -> dict[str, Array]:
    """The arrays that the spec states, float32. Raises SpecError if a number is too large for that."""
    return _finite({name: _float32(array) for name, array in stated.weights(summary).items()})


def load(summary: Summary, path: str, limits: Limits) -> dict[str, Array]:
    """The arrays of an ``.npz`` file, float32.

    Raises UsageError (no such file), LimitError (a large one), SpecError: every array that is missing, extra, of
    another shape or not finite. Nothing is read before all headers are checked.
    """
    wants = wanted(summary)
    with Arrays(path) as file:
        limits.check("weights", file.bytes)
        problems, there = _names(wants, file.names), set(file.names)
        for name, want in wants.items():
            if name in there and len(problems) < MOST:
                try:
                    problems += _misshapen(name, file.header(name).shape, want.sizes)
                except SpecError as error:
                    problems += error.problems
        if problems:
            raise SpecError([p._replace(text=_with_path(path, p.text)) for p in problems[:MOST]])
        return _finite({name: _float32(file.read(name)) for name in wants}, path)


class Partly(NamedTuple):
    """The weights taken from another network's file: ``taken`` by the names of this network, those of the file that
    were ``left`` and why, and this network's arrays that were ``missing`` in it.
    """

    taken: dict[str, Array]
    left: list[str]
    missing: list[str]


def fitting(summary: Summary, path: str, limits: Limits) -> Partly:
    """The arrays of a file that fit by name and sizes, float32. A layer of an encoder or decoder may be named without
    its list, in the file or in this network.

    Raises UsageError (no such file), LimitError (a large one), SpecError: nothing fits, or a number is not finite.
    """
    wants = wanted(summary)
    short = {_short(name): name for name in wants}
    taken, left = {}, []
    with Arrays(path) as file:
        limits.check("weights", file.bytes)
        for name in file.names:
            own = name if name in wants else short.get(_short(name))
            if own is None or own in taken:
                left.append(f"{name[:100]}: no layer has it")
                continue
            shape, sizes = file.header(name).shape, wants[own].sizes
            if shape != sizes:
                left.append("{}: it is {}, not {}".format(name, *("×".join(map(str, each)) for each in (shape, sizes))))
                continue
            taken[own] = _float32(file.read(name))
    if not taken:
        raise SpecError(f"{path}: no array fits this network", help="; ".join(left[:3]) or "its file is empty")
    return Partly(_finite(taken, path), left, [name for name in wants if name not in taken])


def _short(name: str) -> str:
    return name.removeprefix("encoder/").removeprefix("decoder/")


def _with_path(path: str, text: str) -> str:
    return text if text.startswith(path) else f"{path}: {text}"


def _names(wants: dict[str, Wanted], names: Iterable[str]) -> list[Problem]:
    """Problems for names that are missing, appear twice, or are not used."""
    there = Counter(names)
    extra = sorted(there.keys() - wants.keys())
    hints = Hints(MOST)
    problems = [
        Problem(f"{name} is missing ({'×'.join(map(str, want.sizes))})", help=hints.nearest(name, extra[:1000]))
        for name, want in wants.items()
        if name not in there
    ]
    problems += [Problem(f"{name[:100]} appears twice") for name in sorted(there) if there[name] > 1]
    known = list(wants)[:1000]
    problems += [Problem(f'no layer has an array "{name[:100]}"', help=hints.nearest(name, known)) for name in extra]
    return problems


def _misshapen(name: str, got: tuple[int, ...], sizes: tuple[int, ...]) -> list[Problem]:
    if got == sizes:
        return []
    help = None
    *window, inputs, outputs = sizes if len(sizes) > 1 else (0, 0)
    if got in ((outputs, inputs, *window), (inputs, outputs, *window)):
        axes = (*range(2, len(sizes)), 1, 0) if got[0] == outputs else (*range(2, len(sizes)), 0, 1)
        help = f"this is its transpose, PyTorch's order of axes: save array.transpose{axes}"
    elif len(got) == len(sizes) and sorted(got) == sorted(sizes):
        help = "its axes are in another order"
    shown = ("×".join(map(str, s)) or "one number" for s in (got, sizes))
    return [Problem("{} is {}; the network needs {}".format(name, *shown), help=help)]


def _float32(array: Array) -> Array:
    with np.errstate(over="ignore"):  # too large numbers become infinite, and are then refused
        return np.ascontiguousarray(array, np.float32)


def _finite(arrays: dict[str, Array], path: str = "") -> dict[str, Array]:
    problems = []
    for name, array in arrays.items():
        place = not_finite(array)
        if place is not None:
            text = f"{name}[{', '.join(map(str, place))}] is {array[place]}, not a finite number"
            problems.append(Problem(f"{path}: {text}" if path else text))
    if problems:
        raise SpecError(problems[:MOST])
    return arrays


def not_finite(array: Array) -> tuple[int, ...] | None:
    """The index of the first number that is NaN or infinite (as float32), or None."""
    with np.errstate(all="ignore"):
        if not array.size or (np.isfinite(array.min()) and np.isfinite(array.max())):
            return None
        return tuple(int(i) for i in np.unravel_index(np.isfinite(array).argmin(), array.shape))
