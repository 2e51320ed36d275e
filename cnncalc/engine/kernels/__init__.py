"""The forward pass of each kind, short and obviously right: the reference that everything fast is compared with.

A kernel is the function of a kind's name in the file of that kind's name: ``kinds/conv.py`` has its kernels in
``kernels/conv.py``, and so the folder is the registry here too. Everything else about a kind is registered
beside its kernel: ``backward``, ``while_training``, ``by_step``, ``fast_form`` and ``by_hand`` are decorators.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any, NamedTuple

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.fast.job import Job
from cnncalc.engine.parallel.work import Work
from cnncalc.errors import EngineError
from cnncalc.kinds.base.kind import Kind

#: A reference kernel: (kind, its weights by name, operands) -> output.
Kernel = Callable[..., Any]
#: dL/d(operand) for each operand (None if it cannot be differentiated, such as token ids), and dL/d(weight) by name.
Gradients = tuple[list[Any], Weights]
#: The chain rule through a kernel: (kind, its weights by name, its operands, its output, dL/d(output)) -> gradients.
Backward = Callable[..., Gradients]
#: A training step that differs from a run: (kind, its weights by name, its operands, random numbers, wanted:
#: whether to return the gradients by the operands) -> output, the chain rule from dL/d(output), new values of
#: weights that no gradient teaches.
WhileTraining = Callable[..., tuple[Any, Callable[[Array], Gradients], Weights]]
#: How large dL/d(state) is at each step of a recurrent kernel, by the prefix of its direction and layer in array names:
#: (kind, its weights by name, its operands, dL/d(output)) -> norms.
ByStep = Callable[..., dict[str, Array]]
#: A fast form: the pieces of work that a layer is divided into; None leaves it to the reference kernel.
Fast = Callable[[Job], Sequence[Work] | None]


class Terms(NamedTuple):
    """The terms of one output number: ``numbers`` of the input, each times one of ``factors`` and summed; without
    factors their mean over ``divisor``; without a divisor the largest of them.
    """

    numbers: Array
    factors: Array | None = None
    divisor: int | None = None


class Formula(NamedTuple):
    """The formula of a number: ``text`` with {} in place of each of ``numbers``."""

    text: str
    numbers: tuple[float, ...]


class Shown(NamedTuple):
    """An intermediate result: ``name = formula``.

    ``sums`` has the formula of each number, filled in; it is empty if there are too many. ``group`` is the step,
    the head or the position that they belong to.
    """

    name: str
    formula: str
    numbers: Array
    sums: tuple[Formula, ...] = ()
    group: str = ""


#: The working of the output number at an index.
Place = Callable[[tuple[int, ...]], Terms | Formula]
#: By hand: (kind, its weights by name, one example of each operand) -> the working of each output number, or steps.
ByHand = Callable[..., Place | Iterable[Shown]]

_known: dict[type[Kind], Kernel] = {}
_while_training: dict[type[Kind], WhileTraining] = {}
_by_step: dict[type[Kind], ByStep] = {}
_backward: dict[type[Kind], Backward] = {}
_fast: dict[tuple[type[Kind], bool], Fast] = {}
_by_hand: dict[type[Kind], ByHand] = {}


def find(kind: Kind) -> Kernel:
    """The reference kernel of ``kind``. Raises EngineError if there is none."""
    found = _known.get(type(kind))
    if found is None:
        found = _known[type(kind)] = _find(kind)
    return found


def _find(kind: Kind) -> Kernel:
    """The function of the kind's name in the engine's file beside its own, or beside a base's."""
    word = kind.word()
    for file in _files(kind, "kernels"):
        found: Kernel | None = getattr(file, word, None)
        if found is not None:
            return found
    label = getattr(kind, "label", None)
    what = f"{word} ({label})" if label else word
    raise EngineError(f"the engine has no forward pass for {what}")


def _files(kind: Kind, room: str) -> Iterator[ModuleType]:
    """The files of a room of the engine that are named like the kind's own, or like those of its bases."""
    for base in type(kind).__mro__:
        kinds, _, stem = base.__module__.rpartition(".")
        name = f"cnncalc.engine.{room}.{stem}"
        if kinds.startswith("cnncalc.kinds") and find_spec(name) is not None:
            yield import_module(name)


def backward(*kinds: type[Kind]) -> Callable[[Backward], Backward]:
    """Register the function below as the chain rule through the kernels of ``kinds``."""

    def register(function: Backward) -> Backward:
        _backward.update(dict.fromkeys(kinds, function))
        return function

    return register


def find_backward(kind: Kind) -> Backward:
    """The chain rule through the kernel of ``kind``. Raises EngineError if there is none."""
    find(kind)  # loads the file that registers it
    found = _backward.get(type(kind))
    if found is None:
        raise EngineError(f"{kind.word()} has no gradient")
    return found


def while_training(*kinds: type[Kind]) -> Callable[[WhileTraining], WhileTraining]:
    """Register the function below as the training step of ``kinds``."""

    def register(function: WhileTraining) -> WhileTraining:
        _while_training.update(dict.fromkeys(kinds, function))
        return function

    return register


def find_while_training(kind: Kind) -> WhileTraining | None:
    """The training step of ``kind``, or None if that is its kernel."""
    find(kind)  # loads the file that registers it
    return _while_training.get(type(kind))


def by_step(*kinds: type[Kind]) -> Callable[[ByStep], ByStep]:
    """Register the function below to measure the gradient of ``kinds`` at each step."""

    def register(function: ByStep) -> ByStep:
        _by_step.update(dict.fromkeys(kinds, function))
        return function

    return register


def find_by_step(kind: Kind) -> ByStep | None:
    """The function that measures the gradient of ``kind`` at each step, or None."""
    find(kind)  # loads the file that registers it
    return _by_step.get(type(kind))


def fast_form(*kinds: type[Kind], volumes: bool = False) -> Callable[[Fast], Fast]:
    """Register the function below as the fast form of ``kinds``: of volumes, or of everything else."""

    def register(function: Fast) -> Fast:
        _fast.update(dict.fromkeys([(kind, volumes) for kind in kinds], function))
        return function

    return register


def find_fast(kind: Kind, axes: int) -> Fast | None:
    """The fast form of ``kind`` for so many spatial axes, or None."""
    find(kind)  # loads the file that registers it
    return _fast.get((type(kind), axes > 2))


def by_hand(*kinds: type[Kind]) -> Callable[[ByHand], ByHand]:
    """Register the function below to show the working of the output numbers of ``kinds``."""

    def register(function: ByHand) -> ByHand:
        _by_hand.update(dict.fromkeys(kinds, function))
        return function

    return register


def find_by_hand(kind: Kind) -> ByHand | None:
    """The function that shows the working of the output numbers of ``kind``, or None."""
    find(kind)
    any(type(kind) in _by_hand for _ in _files(kind, "working"))  # loads the files that may register it
    return _by_hand.get(type(kind))
