"""Every kind against PyTorch: random layers, the cases by hand of ``tests/kinds``, and layers together."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest
import yaml
from case_files import Case, load

import cnncalc
from cnncalc import kinds
from cnncalc.engine import ENGINES
from cnncalc.engine.model import Model
from cnncalc.kinds.activation import FUNCTIONS
from cnncalc.shape import LAYOUTS

LIMIT = 1e-5
SEQUENCES = Path(__file__).with_name("recorded_sequence.npz")


def written(fields: dict) -> str:
    """Fields in YAML's flow style."""
    return "{" + ", ".join(f"{key}: {str(value).lower()}" for key, value in fields.items()) + "}"


class Chooser(random.Random):
    """Random fields that fit a random input of ``rank`` axes."""

    def sizes(self, rank: int, least: int = 1) -> tuple[list[int], int]:
        most = {1: 1, 2: 40, 3: 14, 4: 7}[rank]
        return [self.randint(least, max(least, most)) for _ in range(rank - 1)], self.choice((1, 2, 3, 4, 6, 8, 12, 33))

    def windowed(self, spatial: list[int], word: str, dilations: bool = True) -> dict:
        """kernel (or size), stride, padding and dilation with at least one position."""
        while True:
            kernel = [self.randint(1, 5) for _ in spatial]
            stride, dilation = ([self.choice((1, 1, 2, 3)) for _ in spatial] for _ in range(2))
            dilation = dilation if dilations else [1] * len(spatial)
            pool = word == "size"
            most = [k // 2 if pool else 3 for k in kernel]
            form = self.choice(("none", "one", "pairs", "same", "same_lower", "valid"))
            padding: object = {"none": 0, "one": min(self.randint(0, m) for m in most)}.get(form, form)
            if form == "pairs":
                padding = [[self.randint(0, m), self.randint(0, m)] for m in most]
            fits = all(
                d * (k - 1) < w + (0 if padding == "valid" else 2 * padding if isinstance(padding, int) else 0)
                for k, w, d in zip(kernel, spatial, dilation, strict=True)
            )
            if fits:
                fields = {word: kernel, "stride": stride, "padding": padding}
                return {**fields, "dilation": dilation} if dilations else fields

    def layer(self) -> tuple[int, list[int], int, str]:
        """rank, spatial sizes, channels, and a layer as YAML."""
        rank = self.choice((2, 3, 3, 3, 4))
        spatial, channels = self.sizes(rank)
        kind = self.choice(("conv",) * 6 + ("depthwise_conv", "separable_conv", "transposed_conv", "maxpool", "avgpool",
                           "dense", "locally_connected", "lppool") * 2)  # fmt: skip
        divisors = [d for d in range(1, channels + 1) if channels % d == 0]
        end = {"bias": self.choice((True, False)), "activation": self.choice(FUNCTIONS)}
        if kind == "conv":
            groups = self.choice(divisors)
            fields = {"filters": groups * self.randint(1, 5), **self.windowed(spatial, "kernel"), "groups": groups}
        elif kind == "depthwise_conv":
            fields = {**self.windowed(spatial, "kernel"), "multiplier": self.randint(1, 3)}
        elif kind == "separable_conv":
            fields = {**self.windowed(spatial, "kernel"), "multiplier": self.randint(1, 2), "filters": 5}
        elif kind == "locally_connected":
            fields = {**self.windowed(spatial, "kernel", False), "filters": self.randint(1, 5)}
        elif kind == "transposed_conv":
            groups, stride = self.choice(divisors), self.randint(1, 3)
            fields = {"filters": groups * self.randint(1, 4), "kernel": self.randint(2, 4), "stride": stride,
                      "padding": self.choice((0, 0, "same", "same_lower", [[0, 1]] * len(spatial))),
                      "output_padding": self.randint(0, stride - 1), "dilation": self.randint(1, 2),
                      "groups": groups}  # fmt: skip
        elif kind == "dense":
            fields = {"units": self.randint(1, 20)}
        else:
            end = {}
            fields = self.windowed(spatial, "size", kind == "maxpool")
            if kind == "avgpool":
                fields |= {"count_include_pad": self.choice((True, False)), "ceil_mode": self.choice((True, False))}
            if kind == "lppool":
                fields["p"] = self.randint(1, 3)
        return rank, spatial, channels, f"{kind}: {written({**fields, **end})}"


def compared(text: str, peer, drawn, seed: int, batch: int = 2) -> None:
    """Every layer's output of both engines next to PyTorch's."""
    summary = cnncalc.parse(text).summary()
    arrays, feeds = drawn(summary, seed, batch)
    wanted = peer(summary, arrays, feeds)
    for engine in ENGINES:
        outputs = Model(summary, arrays, cnncalc.Limits(), engine).run(feeds)
        assert outputs
        for name, got in outputs.items():
            assert got.dtype == np.float32
            assert got.shape == wanted[name].shape
            error = np.abs(got - wanted[name]).max() / max(1e-3, np.abs(wanted[name]).max())
            assert error <= LIMIT, f"{engine}: {name} differs by {error:.2g}\n{text}"


@pytest.mark.oracle
@pytest.mark.parametrize("part", range(10))
def test_fifty_random_layers_equal_pytorch(part: int, peer, drawn) -> None:
    ran = 0
    chooser = Chooser(part)
    while ran < 50:
        rank, spatial, channels, layer = chooser.layer()
        layout = chooser.choice(("channels_last", "channels_first"))
        first = layout == "channels_first" and rank > 2
        sizes = [channels, *spatial] if first else [*spatial, channels]
        text = f"layout: {layout}\ninput: {sizes}\nlayers:\n- {layer}\n"
        try:
            cnncalc.parse(text).summary()
        except cnncalc.SpecError:  # the padding crops all of it, or is too much for the pool
            continue
        compared(text, peer, drawn, part * 1000 + ran, chooser.randint(1, 3))
        ran += 1


#: Kinds that PyTorch has modules of, which ``test_sequence.py`` compares with the engine.
MODULES = {"attention", "embedding", "gru", "lstm", "rnn", "transformer_decoder", "transformer_encoder"}

#: Kinds that ``test_drawn.py`` compares with PyTorch, with settings drawn at random.
DRAWN = {"bias", "class_token", "conv_lstm", "deformable_conv", "mean", "patch_embedding", "positional_encoding",
         "repeat_vector", "rescale", "select", "slice", "sum"}  # fmt: skip

#: Kinds that PyTorch has no counterpart of, and why.
NO_COUNTERPART = {"opaque": "only its counts are known"}
COMPARED = [param for param in load("cases") if param.values[0].kind not in MODULES | DRAWN | NO_COUNTERPART.keys()]


@pytest.mark.oracle
@pytest.mark.parametrize("case", COMPARED)
def test_every_case_by_hand_equals_pytorch(case: Case, peer, drawn) -> None:
    compared(case.text, peer, drawn, case.number)


@pytest.mark.oracle
@pytest.mark.parametrize("case", [param for param in COMPARED if param.values[0].turns])
def test_every_case_by_hand_equals_pytorch_in_the_other_layout(case: Case, peer, drawn) -> None:
    compared(case.turned.text, peer, drawn, case.number)


def test_every_kind_is_compared_or_has_a_reason(peer_knows) -> None:
    """Without PyTorch too: what is compared follows from the cases, and from what the peer has a method for."""
    words = {param.values[0].kind for param in COMPARED}
    assert words | MODULES | DRAWN | NO_COUNTERPART.keys() == set(kinds.every())
    assert [word for word in kinds.every() if peer_knows(word)] == sorted(words)


def test_kinds_with_settings_drawn_at_random_are_recorded() -> None:
    recorded = json.loads(Path(__file__).with_name("recorded_drawn.json").read_text())
    assert recorded.keys() >= DRAWN


def test_the_modules_of_pytorch_are_those_recorded() -> None:
    with np.load(SEQUENCES) as file:
        specs = [yaml.safe_load(case["spec"]) for case in json.loads(str(file["manifest"])).values()]
    assert {word for spec in specs for layer in spec["layers"] for word in layer} >= MODULES


#: Layers that the fast engine runs as one, or that share, on an input of 12 channels.
NETWORKS = {
    "batchnorms": "- batchnorm\n- batchnorm: {scale: false, eps: 0.1}\n- batchnorm: {center: false}",
    **{kind: f"- relu: {{name: a}}\n- conv: {{name: b, filters: 12, kernel: 3, padding: 1, from: input}}\n"
             f"- {kind}: {{from: [a, b]}}" for kind in ("add", "subtract", "multiply", "average", "maximum", "concat")},
    "gate": "- global_avgpool: {name: a}\n- dense: {units: 12, activation: sigmoid}\n"
            "- multiply: {from: [dense1, input], activation: relu}",
    "shared": "- conv: {name: a, filters: 12, kernel: 3, padding: 1, activation: relu}\n- use: {layer: a}",
    "blocks": "- residual: {body: [{conv: {filters: 12, kernel: 3, padding: 1}}, batchnorm, relu, {conv: {filters: 12, "
              "kernel: 3, padding: 1}}, batchnorm], activation: relu}\n- parallel: {merge: concat, branches: [[{conv: "
              "{filters: 4, kernel: 1}}], [{maxpool: {size: 3, stride: 1, padding: 1}}, {conv: {filters: 6, kernel: 5, "
              "padding: 2}}], []]}",
}  # fmt: skip


@pytest.mark.oracle
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", NETWORKS)
def test_layers_together_equal_pytorch(name: str, layout: str, peer, drawn) -> None:
    size = "4x8x12" if layout == "channels_last" else "12x4x8"
    compared(f"layout: {layout}\ninput: {size}\nlayers:\n{NETWORKS[name]}\n", peer, drawn, 7)
