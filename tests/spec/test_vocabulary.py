"""The words of other frameworks: every one of the table is read, as the kind it is, with fields of that kind."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from cnncalc import kinds
from cnncalc.network.blocks import PLACERS
from cnncalc.spec import vocabulary
from cnncalc.spec.vocabulary.fields import FIELDS, IGNORED, ORDER
from cnncalc.spec.vocabulary.words import AMBIGUOUS, KINDS

NAMES = [(kind, name) for kind in KINDS for names in vocabulary.names(kind).values() for name in names]
#: PyTorch's classes whose signature says (*args, **kwargs).
UNSIGNED = {"RNN", "LSTM", "GRU"}


@pytest.mark.parametrize(("kind", "name"), NAMES)
def test_every_name_is_the_kind_that_it_is_listed_for(kind: str, name: str) -> None:
    meaning = vocabulary.kind(name)
    assert meaning is not None
    assert meaning.kind == kind or name in ("Linear", "Identity")
    assert kinds.find(kind) or kind in PLACERS


@pytest.mark.parametrize(("word", "kind", "axes", "whose"), [
    ("conv2d", "conv", 2, ""), ("Conv2d", "conv", 2, "pytorch"), ("Conv2D", "conv", 2, "keras"),
    ("CONV3D", "conv", 3, ""), ("nn.Conv1d", "conv", 1, "pytorch"), ("tf.keras.layers.Conv2D", "conv", 2, "keras"),
    ("max_pool", "maxpool", 0, ""), ("max_pool2d", "maxpool", 2, ""), ("bn", "batchnorm", 0, ""),
    ("ConvTranspose2d", "transposed_conv", 2, "pytorch"), ("Conv2DTranspose", "transposed_conv", 2, "keras"),
    ("deconv", "transposed_conv", 0, ""), ("upconv", "transposed_conv", 0, ""), ("gap", "global_avgpool", 0, ""),
    ("upsampling2d", "upsample", 2, ""), ("swish", "silu", 0, ""), ("Lstm", "lstm", 0, ""), ("fc", "dense", 0, ""),
    ("nn.ReLU", "relu", 0, "pytorch"), ("layers.ReLU", "relu", 0, "keras"), ("Dropout2d", "dropout", 0, "pytorch"),
])  # fmt: skip
def test_a_word_its_axes_and_whose_it_is(word: str, kind: str, axes: int, whose: str) -> None:
    assert vocabulary.kind(word) == (kind, axes, whose)


@pytest.mark.parametrize("word", AMBIGUOUS)
def test_a_word_that_could_mean_two_things_is_not_read(word: str) -> None:
    assert vocabulary.kind(word) is None
    assert len(vocabulary.several(word)) > 1
    assert all(kinds.find(kind) for kind in vocabulary.several(word))


def test_a_pool_with_dimensions_is_still_two_things() -> None:
    assert vocabulary.several("Pool2d") == ("maxpool", "avgpool")


@pytest.mark.parametrize("kind", FIELDS)
def test_synonyms_are_of_fields_that_the_kinds_have_and_mean_one_thing(kind: str) -> None:
    found = kinds.find(kind)
    if found is None:
        return
    seen: dict[str, str] = {}
    for ours, names in FIELDS[kind].items():
        if ours not in found.fields and ours != "in_channels":
            continue  # a field of another kind of the same family
        for name in names.split():
            assert seen.setdefault(name, ours) == ours
            assert name not in IGNORED


@pytest.mark.parametrize("name", sorted(name for kind in KINDS for name in vocabulary.names(kind)["pytorch"]))
def test_names_and_orders_of_pytorch_are_pytorchs(name: str) -> None:
    nn: Any = pytest.importorskip("torch.nn")
    theirs = getattr(nn, name)
    pattern = next((key for key in (name, *(name.replace(n, "#", 1) for n in "123")) if key in ORDER), None)
    if pattern and name not in UNSIGNED:
        order = ORDER[pattern].split()
        assert list(inspect.signature(theirs.__init__).parameters)[1 : len(order) + 1] == order


@pytest.mark.parametrize(("text", "words", "known"), [
    ("swish", ("relu", "silu"), "silu"), ("ReLU", ("relu",), "relu"), ("NCHW", ("channels_first",), "channels_first"),
    ("SAME", ("valid", "same"), "same"), ("sum", ("add", "concat"), "add"), ("glue", ("add",), None),
])  # fmt: skip
def test_words_of_values(text: str, words: tuple[str, ...], known: str | None) -> None:
    assert vocabulary.word(text, words) == known
