"""PyTorch modules, read through ``torch.export``: a graph of ATen operators with the module's sizes and names.

Source: pytorch.org/docs/stable/export.html. PyTorch is imported when this is called, and the module is not changed.
"""

from __future__ import annotations

import struct
import warnings
from collections.abc import Sequence
from typing import Any

from cnncalc.errors import UsageError
from cnncalc.models import aten
from cnncalc.models.graph import Graph, Tensor

#: Operators that read the sizes of a value, but none of its numbers.
LIKE = (
    "aten.new_", "aten.zeros_like", "aten.ones_like", "aten.full_like", "aten.empty_like",
)  # fmt: skip


def read(module: Any, examples: tuple[Any, ...]) -> Graph:
    """The graph of a module called with ``examples``. Raises UsageError if it cannot be traced."""
    import torch

    if not isinstance(module, torch.nn.Module):
        raise UsageError(f"from_torch takes a torch.nn.Module, not a value of type {type(module).__name__}")
    training = module.training
    try:
        with warnings.catch_warnings():  # of how PyTorch's own recurrent layers keep their weights
            warnings.simplefilter("ignore")
            program = torch.export.export(module.eval(), examples)
    except Exception as error:
        first = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
        raise UsageError(
            f"torch.export cannot trace the module: {first}", help="give the inputs that its forward takes"
        ) from None
    finally:
        module.train(training)
    return Reader(program, type(module).__name__).graph


class Reader:
    """One exported program, operator by operator."""

    def __init__(self, program: Any, name: str) -> None:
        self.graph = Graph(name, name)
        self.alias: dict[str, str] = {}
        self.parts: dict[str, list[str]] = {}
        self.real: dict[str, Any] = {}
        self.copied: set[str] = set()
        signature, state = program.graph_signature, {**program.state_dict, **program.constants}
        learned = signature.inputs_to_parameters
        owned = {**learned, **signature.inputs_to_buffers}
        owned |= dict(getattr(signature, "inputs_to_lifted_tensor_constants", {}))
        for node in program.graph.nodes:
            if node.op == "placeholder" and node.name in owned:
                self._tensor(node.name, owned[node.name], state[owned[node.name]], fixed=node.name not in learned)
            elif node.op == "placeholder":
                self.graph.inputs[node.name] = tuple(node.meta["val"].shape)
            elif node.op == "call_function" and not self._worked_out(node):
                self._call(node)
            elif node.op == "output":
                self.graph.outputs = [self._name(value) for value in node.args[0] if value is not None]

    def _tensor(self, name: str, owner: str, tensor: Any, *, fixed: bool) -> None:
        own = tensor.detach().cpu()
        self.real[name] = own
        self.graph.tensors[owner] = _stored(owner, own, fixed=fixed)
        self.alias[name] = owner

    def _worked_out(self, node: Any) -> bool:
        """Whether an operator reads only learned and fixed numbers; if so, PyTorch evaluates it on copies of them."""
        import torch

        reads = node.all_input_nodes
        likes = [each for each in reads if each.name not in self.real]
        if likes and not (str(node.target).startswith(LIKE) and likes == reads[:1]):
            return False
        for each in reads:
            if each.name in self.alias and each.name not in self.copied and each.name in self.real:
                self.real[each.name] = self.real[each.name].clone()
                self.copied.add(each.name)

        def real(each: Any) -> Any:
            if each.name in self.real:
                return self.real[each.name]
            return torch.empty((), dtype=each.meta["val"].dtype).expand(each.meta["val"].shape)

        with torch.no_grad():
            try:
                found = node.target(*torch.fx.node.map_arg(node.args, real), **torch.fx.node.map_arg(node.kwargs, real))
            except (RuntimeError, NotImplementedError, TypeError):
                return False
        self.real[node.name] = found
        if isinstance(found, torch.Tensor):
            sources = [self.graph.tensors[self._name(each)] for each in reads if self._name(each) in self.graph.tensors]
            self.graph.tensors[node.name] = _stored("", found, fixed=True, made_of=sources)
        return True

    def _name(self, value: Any) -> str:
        name = str(value)
        while name in self.alias:
            name = self.alias[name]
        return name

    def _number(self, numbers: Any) -> str:
        """The name of a constant that holds these numbers."""
        many = list(numbers) if isinstance(numbers, (list, tuple)) else [numbers]
        whole = all(isinstance(number, int) for number in many)
        data = struct.pack(f"<{len(many)}{'q' if whole else 'f'}", *many)
        name = f"constant {len(self.graph.tensors)}"
        shape = (len(many),) if isinstance(numbers, (list, tuple)) else ()
        self.graph.tensors[name] = Tensor("", shape, "int64" if whole else "float32", lambda: data)
        return name

    def _call(self, node: Any) -> None:
        target = str(node.target)
        if target == "<built-in function getitem>":
            parts = self.parts.get(str(node.args[0]))
            self.alias[node.name] = parts[node.args[1]] if parts else str(node.args[0])
            return
        if "._assert" in target:  # gives nothing
            return
        op = target.split(".")[1].rstrip("_") if target.startswith("aten.") else target
        value = node.meta.get("val")
        outputs = [node.name]
        if isinstance(value, (list, tuple)):
            outputs = self.parts[node.name] = [f"{node.name} {place}" for place in range(len(value))]
        for name, one in zip(outputs, value if isinstance(value, (list, tuple)) else [value], strict=True):
            self.graph.known[name] = tuple(getattr(one, "shape", ()))
        made = aten.write(self.read, op, node)
        if made is None:  # the output is the input
            self.alias[node.name] = self._name(node.args[0])
            return
        made.outputs, made.name = outputs, _module(node)
        self.graph.nodes.append(made)

    def read(self, value: Any) -> str:
        """The name of an argument: a value, or a constant made of it."""
        if value is None:
            return ""
        many = value if isinstance(value, (list, tuple)) else [value]
        if all(isinstance(number, (int, float)) for number in many):
            return self._number(value)
        return self._name(value) if hasattr(value, "all_input_nodes") else ""


def _stored(name: str, tensor: Any, *, fixed: bool, made_of: Sequence[Tensor] = ()) -> Tensor:
    """A tensor of PyTorch as one of a graph, its bytes read on demand."""

    def load() -> bytes:
        import torch

        own = tensor.contiguous().reshape(-1)
        return bytes(own.view(torch.uint8).numpy().tobytes()) if own.numel() else b""

    dtype = str(tensor.dtype).removeprefix("torch.")
    return Tensor(name, tuple(tensor.shape), dtype, load, fixed=fixed, made_of=made_of)


def _module(node: Any) -> str:
    """The path of the module that an operator comes from: ``layer1.0.conv1``."""
    stack = node.meta.get("nn_module_stack") or {}
    path = list(stack.values())[-1][0] if stack else ""
    return str(path).removeprefix("L['self'].")
