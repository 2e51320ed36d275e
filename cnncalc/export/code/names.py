"""Names of layers as Python identifiers."""

from __future__ import annotations

import keyword
import re

#: Attributes of nn.Module that a layer's name must not hide.
RESERVED = frozenset(
    """add_module apply bfloat16 buffers children compile cpu cuda double eval extra_repr float forward get_buffer
    get_extra_state get_parameter get_submodule half ipu load_state_dict modules mtia named_buffers named_children
    named_modules named_parameters parameters requires_grad_ set_extra_state set_submodule share_memory state_dict to
    to_empty train training type xpu zero_grad math np nn torch F self super range""".split()  # noqa: SIM905
)


def identifier(text: str, before: str = "layer") -> str:
    """``text`` as a name; one that begins with a digit gets the word ``before`` in front."""
    name = re.sub(r"\W+", "_", text, flags=re.ASCII).strip("_") or before
    name = f"{before}{name}" if name[0].isdigit() else name
    return f"{name}_" if keyword.iskeyword(name) or name in RESERVED else name


def camel(text: str, otherwise: str) -> str:
    """``text`` as the name of a class."""
    words = re.findall(r"[A-Za-z]+|\d+", text)
    name = "".join(word[:1].upper() + word[1:] for word in words)
    return name if name and not name[0].isdigit() else otherwise + name


class Taken:
    """Names in use, each given once."""

    def __init__(self, *names: str) -> None:
        self._names = set(names)

    def free(self, wanted: str) -> str:
        """``wanted``, with a number after it if the name is taken."""
        name, number = wanted, 1
        while name in self._names:
            number += 1
            name = f"{wanted}_{number}" if wanted[-1:].isdigit() else f"{wanted}{number}"
        self._names.add(name)
        return name
