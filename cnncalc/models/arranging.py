"""Layers that rearrange a value for an operator that cannot read it as it is."""

from __future__ import annotations

from math import prod

from cnncalc.models.building import Builder
from cnncalc.models.graph import Node
from cnncalc.models.values import BATCH, Dim, Factor, Unsupported, Value, alike, joined, plain
from cnncalc.shape import Shape, read

MOST_AXES = 4  # of an array without its batch axis
#: The place of each channel in the model's order: size and step of each factor, the outermost first; () if the
#: order is the same.
Order = tuple[tuple[int, int], ...]
_NOWHERE = Node("", "", [])


class Arranger(Builder):
    """Gives values to operators as they need them."""

    _ready: dict[object, Value]

    def value(self, name: str) -> Value:
        """A value with its axes in the natural order."""
        value = self.values[name]
        return self.arranged(value, self.natural(len(value.dims) - 1))

    def image(self, name: str) -> Value:
        """A value as operators with windows read it: a sequence has its features first too, in sources that do so."""
        value = self.values[name]
        axes = self.natural(len(value.dims) - 1)
        return self.arranged(
            value, ("channels", "time") if self.layout == "channels_first" and len(axes) == 2 else axes
        )

    def value_of(self, value: Value) -> Value:
        """Like :meth:`value`, for a value without a name."""
        return self.arranged(value, self.natural(len(value.dims) - 1))

    def uncut(self, value: Value) -> Value:
        """A view of all numbers of a layer, in any order: the input of an elementwise operator."""
        if value.name in self.products:
            value = self.realised(value)
        for axis in list(value.cuts):
            value = self._cut(value, axis)
        if value.factor != 1.0:
            made = self._once(("rescale", value.name, value.factor), "rescale", {"scale": value.factor}, value)
            value = value._replace(name=made.name, factor=1.0)
        return value

    def realised(self, value: Value) -> Value:
        """A view of a product as one of layers."""
        raise Unsupported("a product of two computed values that is not attention")

    def featured(self, name: str, place: int = -1) -> Value:
        """A view of all numbers whose dimension at ``place`` is the channels, for layers that work at each position."""
        value = self.uncut(self.values[name])
        place = value.placed(place)
        if len(value.dims) == 2 and joined(value.dims[0]) == joined((Factor(BATCH, self.batch),)):
            return self.value_of(value)
        if value.whole(value.dims[place]) == "channels":
            return value
        if value.shape.channels == 1 and not value.dims[place] and value.shape.rank == len(value.dims) - 1:
            return value
        rank = len(value.dims) - 1
        spatial = [axis for axis in self.natural(rank) if axis != "channels"]
        spatial.insert(place - 1, "channels")
        return self.arranged(value, tuple(spatial))

    def mixed_up(self, name: str) -> tuple[Value, Order]:
        """Like :meth:`featured`, for layers whose weights can follow the order of the channels."""
        value = self.uncut(self.values[name])
        value = self._unshuffled(value) or value
        dim, sizes = value.dims[-1], [factor.size for factor in value.dims[-1]]
        if len(dim) < 2 or {f.axis for f in dim} != {"channels"} or prod(sizes) != value.shape.channels:
            return self.featured(name), ()
        steps = [(factor, prod(sizes[place + 1 :])) for place, factor in enumerate(dim)]
        order = tuple((factor.size, step) for factor, step in sorted(steps, key=lambda each: -each[0].step))
        return value, order

    def _unshuffled(self, value: Value) -> Value | None:
        """The places of blocks of an image that are part of the channels, put there by a layer."""
        blocks = [factor for factor in value.dims[-1] if factor.axis != "channels"]
        spatial, sizes = list(value.shape.axes[:-1]), {factor.size for factor in blocks}
        inner = [factor for factor in value.dims[-1] if factor.axis == "channels"]
        if sorted(f.axis for f in blocks) != spatial or len(sizes) != 1 or any(f.step != 1 for f in blocks):
            return None
        if inner != [Factor("channels", value.shape.channels)] or value.rolls:
            return None
        (size,) = sizes
        made = self._once(("pixel_unshuffle", value.name, size), "pixel_unshuffle", {"factor": size}, value)
        places = {axis: size ** (len(spatial) - 1 - number) for number, axis in enumerate(spatial)}
        own: list[Dim] = [tuple(f._replace(step=-(-f.step // size)) for f in dim) for dim in value.dims[:-1]]
        channels = [
            f._replace(step=size ** len(spatial)) if f.axis == "channels" else Factor("channels", size, places[f.axis])
            for f in value.dims[-1]
        ]
        return value._replace(name=made.name, shape=made.shape, dims=(*own, tuple(channels)))

    def arranged(self, value: Value, axes: tuple[str, ...]) -> Value:
        """The value with the names ``axes`` for all dimensions but the batch, with layers if renaming is not enough."""
        value = self.uncut(value)
        if len(value.dims) - 1 == value.shape.rank:
            own = plain(value.name, value.shape, axes, self.batch) if len(axes) == value.shape.rank else None
            if own and own.all_sizes == value.all_sizes and alike(own.dims, value.dims) and not value.rolls:
                return own
        if value.rolls or len(axes) > MOST_AXES or not axes:
            raise Unsupported(f"{value.name}, rolled" if value.rolls else f"an array of {len(axes)} axes")
        if any(factor.axis == BATCH for dim in value.dims[1:] for factor in dim):
            raise Unsupported("an operator on axes that contain the batch")
        if joined(value.dims[0]) != joined((Factor(BATCH, self.batch),)):
            raise Unsupported("an operator on parts of the batch axis")
        key = (value.name, tuple(map(joined, value.dims)), axes)
        if key not in self._ready:
            self._ready[key] = self._arrange(value, axes)
        return self._ready[key]

    def settled(self, value: Value) -> Value:
        """The value, made by a layer if one of our kinds moves numbers between channels and positions this way."""
        rank = value.shape.rank
        if value.cuts or value.rolls or len(value.dims) != rank + 1 or rank < 3 or len(value.dims[1]) == 1:
            return value
        axes = self.natural(rank)
        dims = {axis: joined(dim) for axis, dim in zip(axes, value.dims[1:], strict=True)}
        by_axis = dict(zip(axes, value.sizes, strict=True))
        target = Shape(tuple(by_axis[axis] for axis in value.shape.axes[:-1]), by_axis["channels"])
        if joined(value.dims[0]) != joined((Factor(BATCH, self.batch),)):
            return value
        return self._as_one_kind(value, dims, target) or value

    def _arrange(self, value: Value, axes: tuple[str, ...]) -> Value:
        sizes = dict(zip(axes, value.sizes, strict=True))
        target = Shape(tuple(sizes[a] for a in axes_of(axes)[:-1]), sizes["channels"])
        written = [*target.written(self.layout)]
        order = _written_axes(axes, self.layout)
        dims = {axis: joined(dim) for axis, dim in zip(axes, value.dims[1:], strict=True)}
        value = self._as_one_kind(value, dims, target) or self._in_steps(value, [dims[a] for a in order], written)
        return plain(value.name, target, axes, self.batch)

    def _as_one_kind(self, value: Value, dims: dict[str, Dim], target: Shape) -> Value | None:
        """Numbers moved between channels and positions, if one of our kinds does it."""
        spatial = {axis: dim for axis, dim in dims.items() if axis != "channels"}
        inner, channels = dims["channels"], value.shape.channels
        if not inner:
            return None
        if [f.axis for f in inner] == ["channels"] * 2 and all(value.whole(dim) or not dim for dim in spatial.values()):
            (_, size, step), (_, groups, _) = inner
            if step == 1 and size * groups == channels and target == value.shape:
                return self._step("channel_shuffle", {"groups": groups}, value)
        if [f.axis for f in inner[1:]] == list(spatial) and inner[0] == Factor("channels", channels):
            block = {factor.size for factor in inner[1:]}
            outer = [Factor(axis, size, max(block)) for axis, size in zip(spatial, target.spatial, strict=True)]
            if len(block) == 1 and [joined((f,)) for f in outer] == list(spatial.values()):
                return self._step("pixel_unshuffle", {"factor": block.pop()}, value)
        if spatial and all(len(dim) == 2 and dim[1].axis == "channels" for dim in spatial.values()):
            (factor, *others) = {dim[1].size for dim in spatial.values()}
            steps = [factor ** (len(spatial) - 1 - n) for n in range(len(spatial))]
            whole = all(dim[0].axis == axis and dim[0].step == 1 for axis, dim in spatial.items())
            if not others and [dim[1].step for dim in spatial.values()] == steps and whole:
                return self._step("pixel_shuffle", {"factor": factor}, value)
        return None

    def _in_steps(self, value: Value, dims: list[Dim], written: list[int]) -> Value:
        """By a reshape, a permutation and another reshape, as far as these are needed."""
        wanted = [factor for dim in dims for factor in dim]
        own = _written_axes(self.natural(value.shape.rank), self.layout)
        base = [factor for axis in own for factor in sorted(wanted, key=lambda f: -f.step) if factor.axis == axis]
        if prod(factor.size for factor in base) != prod(value.shape.sizes):
            raise Unsupported(f"a part of {value.name} that is not one stretch")
        groups: list[list[Factor]] = []
        for factor in base:
            after = wanted.index(factor) - 1
            if groups and after >= 0 and wanted[after] == groups[-1][-1]:
                groups[-1].append(factor)
            else:
                groups.append([factor])
        if len(groups) == 1 and len(written) == 1:
            return self._step("flatten", {}, value)
        if len(groups) > MOST_AXES:
            raise Unsupported(f"numbers of {len(groups)} axes in another order")
        order = [groups.index(group) for factor in wanted for group in groups if group[0] == factor]
        if order != sorted(order):
            value = self._reshape(value, [prod(factor.size for factor in group) for group in groups])
            value = self._step("permute", {"order": [place + 1 for place in order]}, value)
        return self._reshape(value, written)

    def _reshape(self, value: Value, sizes: list[int]) -> Value:
        if value.shape == read(sizes, self.layout):
            return value
        return self._step("reshape" if len(sizes) > 1 else "flatten", {"shape": sizes} if len(sizes) > 1 else {}, value)

    def _step(self, word: str, fields: dict[str, object], value: Value) -> Value:
        source = plain(value.name, value.shape, self.natural(value.shape.rank))
        shape = self.made(word, fields, [value.shape])
        return self.add(_NOWHERE, word, fields, [source], axes=self.natural(shape.rank))

    def _once(self, key: object, word: str, fields: dict[str, object], value: Value, name: str = "") -> Value:
        if key not in self._ready:
            source = plain(value.name, value.shape, self.natural(value.shape.rank))
            shape = self.made(word, fields, [value.shape])
            self._ready[key] = self.add(_NOWHERE, word, fields, [source], name, axes=self.natural(shape.rank))
        return self._ready[key]

    def _cut(self, value: Value, axis: str) -> Value:
        """The value over the whole of ``axis``: a layer cuts out the part that is seen."""
        start, whole = value.cuts[axis], value.sizes_by_axis[axis]
        if axis in value.rolls:
            raise Unsupported(f"a part of {value.name}, rolled")
        factors = sorted((f for dim in value.dims for f in dim if f.axis == axis), key=lambda f: f.step)
        step = first = factors[0].step if factors else 1
        for factor in factors:
            if factor.step != step:
                raise Unsupported(f"a part of {value.name} that is not one stretch of its {axis}")
            step *= factor.size
        size = step // first
        word, fields = _cutting(axis, start, size, first, whole, value.shape)
        if word == "pass":
            made = value
        else:
            label = f"{value.label}.{fields['part']}" if word == "split" and value.label else value.label
            made = self._once((value.name, axis, start, size, first), word, fields, value, label)
        dims = tuple(
            tuple(f._replace(step=f.step // first) if f.axis == axis else f for f in dim) for dim in value.dims
        )
        cuts = {key: place for key, place in value.cuts.items() if key != axis}
        return value._replace(name=made.name, shape=made.shape, dims=dims, cuts=cuts)


def axes_of(axes: tuple[str, ...]) -> tuple[str, ...]:
    """The axes of a shape, spatial ones first."""
    return (*(axis for axis in axes if axis != "channels"), "channels")


def _written_axes(axes: tuple[str, ...], layout: str) -> list[str]:
    """The axes in the order in which a layout writes them."""
    spatial = [axis for axis in axes if axis != "channels"]
    return ["channels", *spatial] if layout == "channels_first" and len(spatial) > 1 else [*spatial, "channels"]


def _cutting(
    axis: str, start: int, size: int, step: int, whole: int, shape: Shape
) -> tuple[str, dict[str, object]]:  # fmt: skip
    """The layer that keeps ``size`` places of an axis of ``whole``, each ``step`` after the one before."""
    if (start, size, step) == (0, whole, 1):
        return "pass", {}
    if step > 1:
        if axis == "channels" or start or -(-whole // step) != size:
            raise Unsupported(f"every {step}th place of the {axis}, from {start + 1} on")
        return "maxpool", {"size": 1, "stride": [step if a == axis else 1 for a in shape.axes[:-1]]}
    if axis == "time" and size == 1:
        return "select", {"index": start + 1}
    if axis == "channels" and whole % size == 0 and start % size == 0:
        return "split", {"parts": whole // size, "part": start // size + 1}
    fields: dict[str, object] = {"stop": start + size, **({"start": start + 1} if start else {})}
    return "slice", fields | ({} if axis == "channels" else {"axis": axis})
