"""Where the arrays of a Keras layer are: in the HDF5 file of a ``.keras`` file, or in a loaded model.

Source: keras/src/saving/saving_lib.py. A model has a group ``layers``; a layer's group in it is called after its class,
with a counter, not after its name. A layer has its arrays in ``vars``, by number, and its parts in groups of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, BinaryIO

from cnncalc.errors import SpecError, UsageError
from cnncalc.models.graph import Tensor

MOST_NESTED = 32
#: What h5py raises on a file that is damaged.
BROKEN = (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError, OverflowError, MemoryError)


class File:
    """The HDF5 file in ``opened()``. It is read when an array is asked for, and needs h5py."""

    def __init__(self, path: str, opened: Callable[[], BinaryIO]) -> None:
        self.path, self._opened, self._root = path, opened, None

    def root(self) -> Any:
        """The group of the model. Raises UsageError without h5py, SpecError if the file is damaged."""
        if self._root is None:
            try:
                import h5py
            except ImportError:
                help = 'pip install "cnncalc[keras]"; sizes and parameters need no package'
                text = f"the weights of {self.path} are in HDF5, and h5py is not installed"
                raise UsageError(text, help=help) from None
            try:
                self._root = h5py.File(self._opened(), "r")
            except BROKEN as error:
                raise self.damaged(error) from None
        return self._root

    def damaged(self, error: object) -> SpecError:
        """The error for bytes that make no sense."""
        return SpecError(f"the weights of {self.path} are damaged: {str(error)[:100]}", help="save the model again")

    def walk(self, path: tuple[str, ...]) -> Any:
        """What is at ``path``, or None. Links to other places and files are not followed."""
        found = self.root()
        import h5py

        for name in path:
            if not isinstance(found, h5py.Group) or not isinstance(found.get(name, getlink=True), h5py.HardLink):
                return None
            found = found[name]
        return found


class Stored:
    """A layer's place in a file."""

    def __init__(self, file: File, path: tuple[str, ...] = ()) -> None:
        self.file, self.path = file, path

    def layer(self, name: str, stem: str, number: int) -> Stored:
        """A layer of a model: the one of its class with this number."""
        return Stored(self.file, (*self.path, "layers", f"{stem}_{number}" if number else stem))

    def part(self, name: str) -> Stored:
        """A part of a layer, such as the cell of a recurrent one."""
        return Stored(self.file, (*self.path, name))

    def read(self, number: int, shape: tuple[int, ...]) -> bytes:
        """The array of this number as float32. Raises SpecError if it has other sizes."""
        where = "/".join(self.path)
        try:
            found = self.file.walk((*self.path, "vars", str(number)))
            self._check(found, f"{where}/vars/{number}", shape)
            return bytes(found.astype("float32")[()].tobytes())
        except BROKEN as error:
            raise self.file.damaged(error) from None

    def _check(self, found: Any, where: str, shape: tuple[int, ...]) -> None:
        needed = "×".join(map(str, shape)) or "one number"
        if found is None or not hasattr(found, "shape"):
            raise SpecError(f"the weights of {self.file.path} have no {where}; the layer needs {needed}")
        if tuple(found.shape) != shape:
            sizes = "×".join(map(str, found.shape)) or "one number"
            raise SpecError(f"{where} in the weights of {self.file.path} is {sizes}; the layer needs {needed}")
        if found.dtype.kind not in "fiu" or found.is_virtual or found.external:
            raise SpecError(f"{where} in the weights of {self.file.path} holds no numbers")
        if found.id.get_storage_size() < found.size * found.dtype.itemsize:
            raise SpecError(f"the numbers of {where} are not all in the weights of {self.file.path}")

    def tensors(self) -> list[Tensor]:
        """Every array in it, for a layer that is not understood. Empty without h5py."""
        found: list[Tensor] = []
        try:
            self._arrays(self.path, set(), found)
        except UsageError:
            return []
        except BROKEN as error:
            raise self.file.damaged(error) from None
        return found

    def _arrays(self, path: tuple[str, ...], seen: set[int], found: list[Tensor]) -> None:
        """Gather what is under ``path``, each thing once: a group may lead back to itself."""
        here = self.file.walk(path)
        import h5py

        if here is None or len(path) > len(self.path) + MOST_NESTED:
            return
        address = h5py.h5o.get_info(here.id).addr
        if address in seen:
            return
        seen.add(address)
        if isinstance(here, h5py.Dataset):
            found.append(Tensor("/".join(path), tuple(here.shape), "float32", bytes))
        elif isinstance(here, h5py.Group):
            for name in here:
                self._arrays((*path, name), seen, found)

    def sizes(self) -> tuple[int | None, ...] | None:
        """The sizes of the layer's output, which a file does not have."""
        return None


class Live:
    """A layer of a loaded model."""

    def __init__(self, owner: Any) -> None:
        self.owner = owner

    def layer(self, name: str, stem: str, number: int) -> Live:
        return Live(self.owner.get_layer(name))

    def part(self, name: str) -> Live:
        owner = self.owner
        return Live(getattr(owner, name) if hasattr(owner, name) else getattr(owner, f"_{name}"))

    def read(self, number: int, shape: tuple[int, ...]) -> bytes:
        import numpy as np

        array = np.asarray(self.owner.get_weights()[number], np.float32)
        if array.shape != shape:
            raise SpecError(f"{self.owner.name}: an array of {array.shape}, and the layer needs {shape}")
        return array.tobytes()

    def tensors(self) -> list[Tensor]:
        return [Tensor(weight.path, tuple(weight.shape), "float32", bytes) for weight in self.owner.weights]

    def sizes(self) -> tuple[int | None, ...] | None:
        try:
            return tuple(self.owner.output.shape)
        except (AttributeError, ValueError):  # called several times, or with several outputs
            return None


Place = Stored | Live
