"""How the calls of layers in a functional Keras model are connected."""

from __future__ import annotations

import heapq
from typing import Any, NamedTuple

from cnncalc.errors import SpecError
from cnncalc.models.keras.called import Ref

MOST_OUTPUTS = 1000  # of one call


class Call(NamedTuple):
    """A call in the config: its inputs in the order of the arguments, and all arguments."""

    reads: list[Ref]
    arguments: list[Any]
    keywords: dict[str, Any]


class Network:
    """The layers of a functional model, and how their calls are connected."""

    def __init__(self, source: str, layers: list[dict[str, Any]], config: dict[str, Any]) -> None:
        self.source = source
        names = [str(layer.get("name") or layer["config"]["name"]) for layer in layers]
        self.layers = dict(zip(names, layers, strict=True))
        self.places = {name: number for number, name in enumerate(names)}
        self.shapes: dict[Ref, Any] = {}
        if len(self.layers) < len(names):
            raise ValueError("two layers with one name")
        inbound = {name: layer.get("inbound_nodes", ()) for name, layer in self.layers.items()}
        self.calls = {name: [self._read(call) for call in calls] for name, calls in inbound.items()}
        self.inputs, self.outputs = _refs(config["input_layers"]), _refs(config["output_layers"])
        read = [ref for calls in self.calls.values() for call in calls for ref in call.reads] + self.outputs
        self.numbers: dict[tuple[str, int], set[int]] = {}
        for ref in read:
            self.numbers.setdefault((ref.layer, ref.call), set()).add(ref.number)
        last = {ref.layer: 0 for ref in read}
        for ref in read:
            last[ref.layer] = max(last[ref.layer], ref.call)
        # the calls of a model inside are counted from 1: its own layers are call 0 of it
        self.offsets = {name: int(last.get(name, 0) >= max(1, len(self.calls[name]))) for name in names}

    def _read(self, inbound: Any) -> Call:
        reads: list[Ref] = []
        if isinstance(inbound, dict):
            arguments = [self._argument(value, reads) for value in inbound["args"]]
            keywords = {key: self._argument(value, reads) for key, value in inbound["kwargs"].items() if key != "mask"}
            return Call(reads, arguments, keywords)
        calls = [inbound] if isinstance(inbound[0], str) else inbound
        reads += [Ref(*call[:3]) for call in calls]
        keywords = dict(calls[0][3]) if len(calls[0]) > 3 else {}
        arguments = [list(reads)] if len(reads) > 1 else list(reads)
        for key, value in keywords.items():
            if isinstance(value, list) and len(value) >= 3 and isinstance(value[0], str):
                keywords[key] = Ref(*value[:3])
                reads.append(keywords[key])
        return Call(reads, arguments, keywords)

    def _argument(self, value: Any, reads: list[Ref]) -> Any:
        """An argument with its inputs as Refs, which are added to ``reads``."""
        if isinstance(value, list):
            return [self._argument(item, reads) for item in value]
        if not isinstance(value, dict):
            return value
        if value.get("class_name") == "__keras_tensor__":
            ref = Ref(*value["config"]["keras_history"])
            self.shapes[ref] = value["config"].get("shape")
            reads.append(ref)
            return ref
        if value.get("class_name") == "__slice__":
            return slice(*(value["config"][key] for key in ("start", "stop", "step")))
        return {key: self._argument(item, reads) for key, item in value.items()}

    def outputs_of(self, name: str, index: int) -> tuple[int, list[Any]]:
        """How many outputs of a call are read, and those of their sizes that the config has."""
        call = index + self.offsets[name]
        count = max(self.numbers.get((name, call), ()), default=0) + 1
        if count > MOST_OUTPUTS:
            raise ValueError(f"output {count} of {name}")
        return count, [self.shapes.get(Ref(name, call, number)) for number in range(count)]

    def order(self) -> list[tuple[str, int]]:
        """The calls that the outputs need, in running order: the order of the config if that works."""
        start = set(self.inputs)
        needs: dict[tuple[str, int], set[tuple[str, int]]] = {}
        waiting = [ref for ref in self.outputs if ref not in start]
        while waiting:
            ref = waiting.pop()
            key = ref.layer, ref.call - self.offsets[ref.layer]
            if key in needs:
                continue
            if key[1] < 0 or key[1] >= len(self.calls[ref.layer]):
                raise ValueError(f"{ref.layer} is not called {ref.call + 1} times")
            reads = [each for each in self.calls[ref.layer][key[1]].reads if each not in start]
            needs[key] = {(each.layer, each.call - self.offsets[each.layer]) for each in reads}
            waiting += reads
        return self._sorted(needs)

    def _sorted(self, needs: dict[tuple[str, int], set[tuple[str, int]]]) -> list[tuple[str, int]]:
        readers: dict[tuple[str, int], list[tuple[str, int]]] = {key: [] for key in needs}
        for key, needed in needs.items():
            for each in needed:
                readers[each].append(key)
        left = {key: len(needed) for key, needed in needs.items()}
        ready = [(self.places[key[0]], key[1], key) for key, count in left.items() if not count]
        heapq.heapify(ready)
        found = []
        while ready:
            key = heapq.heappop(ready)[2]
            found.append(key)
            for reader in readers[key]:
                left[reader] -= 1
                if not left[reader]:
                    heapq.heappush(ready, (self.places[reader[0]], reader[1], reader))
        if len(found) < len(needs):
            name = next(key[0] for key in needs if left[key])
            raise SpecError(f'{self.source}: the layer "{name[:80]}" reads itself through other layers')
        return found


def _refs(given: Any) -> list[Ref]:
    """``[name, call, output]``, or lists and dicts of such."""
    if isinstance(given, dict):
        return [ref for value in given.values() for ref in _refs(value)]
    if len(given) == 3 and isinstance(given[0], str) and type(given[1]) is int:
        return [Ref(*given)]
    return [ref for value in given for ref in _refs(value)]
