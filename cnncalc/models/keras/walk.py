"""A config becomes a graph: the calls of layers in running order, models inside models written out.

Source: keras/src/models/functional.py, sequential.py and keras/src/saving/serialization_lib.py; of Keras 2 the form in
which a call is a list of ``[layer, call, output, keywords]``.
"""

from __future__ import annotations

import re
from typing import Any

from cnncalc.errors import LimitError, SpecError
from cnncalc.limits import over
from cnncalc.models.graph import Graph
from cnncalc.models.keras import layers, operations
from cnncalc.models.keras.called import Called, Owned, Ref
from cnncalc.models.keras.network import Call, Network
from cnncalc.models.keras.places import Live, Place
from cnncalc.models.names import clean

MODELS = ("Functional", "Model", "Sequential")


class Walk:
    """One config. ``old`` is Keras 2 or older, ``most`` the largest number of calls."""

    def __init__(self, source: str, config: Any, *, old: bool, most: int) -> None:
        self.config, self.old, self.most = config, old, most
        self.graph = Graph(source, str(config["config"].get("name", "")), _layout(config))
        self.graph.own_names = True
        self.owned: dict[str, Owned] = {}

    def run(self, place: Place | None) -> Graph:
        """The graph of the whole model; its arrays are at ``place``."""
        entry = self.config
        if entry["class_name"] not in MODELS or not isinstance(entry["config"].get("layers"), list):
            text = f"{self.graph.source}: the model {str(entry['class_name'])[:60]} does not list its layers"
            raise SpecError(text, help="only Sequential and Functional models do; export this one as ONNX")
        self.graph.outputs = self._model(entry, "", place, None, timed=False)
        return self.graph

    def _model(
        self, entry: dict[str, Any], path: str, place: Place | None, inputs: list[str] | None, *, timed: bool
    ) -> list[str]:
        """The outputs of a model. Without ``inputs`` it is the whole model, and has inputs of its own."""
        sequential = entry["class_name"] == "Sequential"
        parts = _checked(entry["config"]["layers"])
        places = _places(parts, place)
        if sequential:
            return self._sequential(entry, parts, places, path, inputs, timed=timed)
        return self._functional(entry, parts, places, path, inputs, timed=timed)

    def _sequential(
        self, entry: dict[str, Any], parts: list[dict[str, Any]], places: list[Place | None], path: str,
        inputs: list[str] | None, *, timed: bool,
    ) -> list[str]:  # fmt: skip
        chain = [number for number, layer in enumerate(parts) if layer["class_name"] != "InputLayer"]
        if not inputs:
            inputs = [self._input(f"{path}input", _built(entry, parts))]
        values = inputs
        for number, after in zip(chain, [*chain[1:], None], strict=True):
            known = _input_shape(parts[after]) if after is not None else None
            call = Call([], [], {})
            values = self._call(parts[number], places[number], path, values[:1], call, "", 1, [known], timed=timed)
        return values

    def _functional(
        self, entry: dict[str, Any], parts: list[dict[str, Any]], places: list[Place | None], path: str,
        inputs: list[str] | None, *, timed: bool,
    ) -> list[str]:  # fmt: skip
        network = Network(self.graph.source, parts, entry["config"])
        values: dict[Ref, str] = {}
        for number, ref in enumerate(network.inputs):
            shape = _sizes(network.layers[ref.layer])
            given = inputs[number] if inputs is not None else self._input(ref.layer, shape)
            values[ref] = given
        for name, index in network.order():
            layer, call = network.layers[name], network.calls[name][index]
            count, known = network.outputs_of(name, index)
            reads = [values[ref] for ref in call.reads]
            many = f"{path}{name}:{index}"
            made = self._call(layer, places[network.places[name]], path, reads, call, many, count, known, timed=timed)
            values.update({Ref(name, index + network.offsets[name], place): each for place, each in enumerate(made)})
        return [values[ref] for ref in network.outputs]

    def _input(self, name: str, shape: Any) -> str:
        if not isinstance(shape, list) or not all(size is None or type(size) is int for size in shape):
            text = f"{self.graph.source}: the sizes of its input are not in the config"
            raise SpecError(text, help="build the model, or give it a keras.Input, and save it again")
        self.graph.inputs[name] = tuple(shape)
        return name

    def _call(
        self, entry: dict[str, Any], place: Place | None, path: str, reads: list[str], call: Call, label: str,
        count: int, known: list[Any], *, timed: bool,
    ) -> list[str]:  # fmt: skip
        """The outputs of a call of a layer."""
        config, word = entry["config"], str(entry["class_name"])
        own = str(config.get("name") or entry.get("name") or "layer")
        name = path + (clean(own) or "layer")
        if word in MODELS and isinstance(config.get("layers"), list):
            return self._model(entry, f"{name}.", place, reads, timed=timed)
        if word == "TimeDistributed" and isinstance(config.get("layer"), dict) and not timed:
            inner = _wrapped(config["layer"], own, config.get("trainable"))
            return self._call(inner, place and place.part("layer"), path, reads, call, label, count, known, timed=True)
        if len(self.graph.nodes) >= self.most:
            raise LimitError(over("layers", len(self.graph.nodes) + 1, self.most))
        outputs = [f"{label or name} {len(self.graph.nodes)}:{number}" for number in range(count)]
        owned = self.owned.setdefault(f"{path}\0{own}", Owned(name, place))
        settings = _older(config) if self.old else config
        node = Called(_op(entry), owned, reads, outputs, settings, call.keywords, timed=timed)
        self._known(outputs, known, place)
        made = operations.translate(self.graph, node, call.arguments)
        if made is None and place is not None and layers.find(node.op) is None:
            self._held(node, place)
        self.graph.nodes.extend(made or [node])
        return outputs

    def _known(self, outputs: list[str], known: list[Any], place: Place | None) -> None:
        """Note the sizes of values that are in the config, or in the loaded model."""
        if len(outputs) == 1 and known[0] is None and isinstance(place, Live):
            known = [place.sizes()]
        for output, shape in zip(outputs, known, strict=False):
            if isinstance(shape, (list, tuple)) and all(size is None or type(size) is int for size in shape):
                self.graph.known[output] = tuple(shape)

    def _held(self, node: Called, place: Place) -> None:
        """A layer that is not understood reads all its arrays, so that they are counted."""
        for number, tensor in enumerate(place.tensors() if not node.owned.made else []):
            name = f"{node.name} {number}"
            self.graph.tensors[name] = tensor
            node.inputs = [*node.inputs, name]
        node.owned.made = node.name


def _checked(layers: Any) -> list[dict[str, Any]]:
    if not all(isinstance(layer["config"], dict) and isinstance(layer["class_name"], str) for layer in layers):
        raise TypeError("a layer without a config")
    return list(layers)


def _op(entry: dict[str, Any]) -> str:
    """``keras.Conv2D`` of Keras's own layers, ``keras.ops.Add`` of its functions; just the class for others.

    In Keras 2 functions are those of TensorFlow.
    """
    module, word = str(entry.get("module", "keras")), str(entry["class_name"])
    if word == "TFOpLambda":
        function = str(entry["config"].get("function"))
        return f"keras.ops.{operations.TENSORFLOW.get(function, function)}"
    if ".ops" in module:
        return f"keras.ops.{word}"
    own = module.startswith("keras") and ">" not in str(entry.get("registered_name") or "")
    return f"keras.{word}" if own else word


def _places(layers: list[dict[str, Any]], place: Place | None) -> list[Place | None]:
    """Where the arrays of each layer of a model are: the groups of a file count the layers of each class."""
    counts: dict[str, int] = {}
    found: list[Place | None] = []
    for layer in layers:
        if place is None or layer["class_name"] == "InputLayer" or ".ops" in str(layer.get("module")):
            found.append(None)
            continue
        word = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", layer["class_name"]))
        stem = re.sub("([a-z])([A-Z])", r"\1_\2", word).lower()
        found.append(place.layer(str(layer["config"].get("name")), stem, counts.get(stem, 0)))
        counts[stem] = counts.get(stem, 0) + 1
    return found


def _wrapped(entry: dict[str, Any], name: str, trainable: Any) -> dict[str, Any]:
    """The layer inside a wrapper, under the name of the wrapper."""
    (checked,) = _checked([entry])
    learns = checked["config"].get("trainable") is not False and trainable is not False
    return {**checked, "config": {**checked["config"], "name": name, "trainable": learns}}


def _sizes(layer: dict[str, Any]) -> Any:
    config = layer["config"]
    return config.get("batch_shape") or config.get("batch_input_shape")


def _input_shape(layer: dict[str, Any]) -> Any:
    built = layer.get("build_config")
    return built.get("input_shape") if isinstance(built, dict) else None


def _built(entry: dict[str, Any], layers: list[dict[str, Any]]) -> Any:
    """The sizes of the input of a Sequential, with the batch."""
    first = layers[0] if layers else {"config": {}}
    built = entry["config"].get("build_input_shape") or _input_shape(first)
    return _sizes(first) or built


def _older(config: dict[str, Any]) -> dict[str, Any]:
    """The config of a layer of Keras 2, whose hard_sigmoid was another function."""
    return {key: "hard_sigmoid of Keras 2" if value == "hard_sigmoid" else value for key, value in config.items()}


def _layout(config: Any) -> str:
    """The order of axes that the layers with a window have."""
    waiting, found = [config], set()
    while waiting:
        entry = waiting.pop()
        inner = entry["config"]
        waiting += [part for part in [*inner.get("layers", ()), inner.get("layer")] if isinstance(part, dict)]
        if entry["class_name"] != "Flatten" and not str(entry["class_name"]).endswith("1D"):
            found.add(inner.get("data_format"))
    return "channels_first" if "channels_first" in found and "channels_last" not in found else "channels_last"
