"""Questions about networks for sequences: recurrent layers, attention, transformers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.check.papers.topics import words
from cnncalc.check.papers.topics.words import EASY, HARD, MEDIUM, Draft, Layer, capital, given

if TYPE_CHECKING:
    from cnncalc.check.papers.draw import Draw

_STEPS = (10, 12, 16, 20, 24, 28, 32, 50, 64, 100, 128)
_FEATURES = (8, 10, 16, 20, 26, 32, 40, 50, 64, 100, 128, 300)
_HIDDEN = (16, 20, 32, 50, 64, 100, 128, 256)
_MODELS = tuple(
    (model, heads)
    for model in (64, 96, 128, 192, 256, 384, 512, 768, 1024)
    for heads in (2, 3, 4, 6, 8, 12, 16)
    if model % heads == 0 and 16 <= model // heads <= 128
)
_RECURRENT = {
    "rnn": ("simple recurrent (Elman) layer", "one bias vector"),
    "lstm": ("LSTM layer", "one bias vector for each gate"),
    "gru": ("GRU layer", "one bias vector for each gate"),
}


def recurrent(draw: Draw, level: int) -> Draft:
    """Parameters of a recurrent layer; a hard one is bidirectional or stacked, or a classifier is behind it."""
    steps, features, units = draw.choice(_STEPS), draw.choice(_FEATURES), draw.choice(_HIDDEN)
    kind = "rnn" if level == EASY else draw.choice(("lstm", "gru"))
    word, biases = _RECURRENT[kind]
    start = f"A sequence of {steps} time steps with {features} features each is fed to"
    fields: Layer = {"units": units}
    if level < HARD:
        text = (
            f"{start} {words.a(word) if kind == 'rnn' else _an(word)} with {units} hidden units and {biases}. How "
            "many parameters does the layer have?"
        )
        return Draft(text, {"input": given((steps, features)), "layers": [{kind: fields}]}, [f"{kind}1.params"])
    classes = draw.choice((2, 5, 10, 20))
    if draw.chance(0.5):
        fields["bidirectional"] = True
        said = f"a bidirectional {word} with {units} hidden units in each direction and {biases}"
        layers = [{kind: fields}]
    else:
        said = f"two stacked layers, each {_an(word)} with {units} hidden units and {biases}"
        layers = [{kind: {**fields, "return_sequences": True}}, {kind: fields}]
    layers.append({"dense": {"name": "fc", "units": classes}})
    both = "the final hidden states of both directions, concatenated"
    read = both if "bidirectional" in fields else "the final hidden state"
    text = (
        f"{start} {said}. A fully connected layer fc with {classes} units and biases reads {read}. How many parameters "
        "does fc have, and how many does the whole network have?"
    )
    return Draft(text, {"input": given((steps, features)), "layers": layers}, ["fc.params", "total.params"])


def _an(word: str) -> str:
    """An LSTM, a GRU."""
    return f"an {word}" if word.startswith("LSTM") else f"a {word}"


def attention(draw: Draw, level: int) -> Draft:
    """Parameters and multiply-accumulates of multi-head attention."""
    steps, (model, heads) = draw.choice((16, 32, 50, 64, 100, 128, 197, 256, 512)), draw.choice(_MODELS)
    tokens = f"A sequence of {steps} tokens with {model} features each"
    start = f"{tokens} is passed through multi-head self-attention with {heads}"
    width = model // heads
    if level == EASY:
        biased = draw.chance(0.5)
        fields: dict[str, Any] = {"heads": heads} | ({} if biased else {"bias": False})
        text = (
            f"{start} heads of {width} dimensions each. The query, key, value and output projections have "
            f"{'biases' if biased else 'no biases'}. How many parameters does the layer have?"
        )
        asked = ["attention1.params"]
    elif level == MEDIUM:
        groups = draw.choice([number for number in (1, 2, 4) if number < heads and heads % number == 0])
        fields = {"heads": heads, "kv_heads": groups, "bias": False}
        shared = "one pair of key and value heads" if groups == 1 else f"{groups} pairs of key and value heads"
        text = (
            f"{start} query heads of {width} dimensions each, which share {shared} of the same width (grouped-query "
            "attention). The projections have no biases. How many parameters does the layer have?"
        )
        asked = ["attention1.params"]
    else:
        fields = {"heads": heads}
        text = (
            f"{start} heads of {width} dimensions each; the four projections have biases. How many parameters does "
            "the layer have, and how many multiply–accumulate operations does it need for one sequence (projections, "
            "QKᵀ and the weighted sum of the values, without biases and softmax)?"
        )
        asked = ["attention1.params", "attention1.macs"]
    return Draft(text, {"input": given((steps, model)), "layers": [{"attention": fields}]}, asked)


def transformer(draw: Draw, level: int) -> Draft:
    """Parameters of transformer layers; a hard question adds what is before and behind them."""
    model, heads = draw.choice(_MODELS)
    ff = draw.choice((2, 3, 4)) * model
    parts = (
        f"multi-head self-attention with {heads} heads, a feed-forward network with {ff} hidden units, and a layer "
        "norm (scale and shift) for each of the two; all projections and feed-forward layers have biases"
    )
    if level == HARD:
        return _vision(draw, model) if draw.chance(0.5) else _language(draw, model, heads, ff)
    count = 1 if level == EASY else draw.choice((2, 4, 6, 8, 12))
    fields: Layer = {"name": "encoder", "heads": heads, "ff": ff} | ({"layers": count} if count > 1 else {})
    who = "A transformer encoder layer" if count == 1 else f"Each of the {count} layers of a transformer encoder"
    text = (
        f"{who} for tokens with {model} features consists of {parts}. How many parameters does "
        f"{'the layer' if count == 1 else 'the encoder'} have?"
    )
    return Draft(text, {"input": given((16, model)), "layers": [{"transformer_encoder": fields}]}, ["encoder.params"])


def _vision(draw: Draw, model: int) -> Draft:
    """Patches of an image as tokens."""
    side, patch = draw.choice(((224, 16), (224, 32), (224, 14), (384, 16), (384, 32), (96, 8), (32, 4), (64, 8)))
    layers = [
        {"patch_embedding": {"name": "patches", "dim": model, "patch": patch}},
        {"class_token": {"name": "class"}},
        {"positional_encoding": {"name": "positions", "style": "learned"}},
    ]
    text = (
        f"A vision transformer cuts a {words.times(side, side, 3)} image into patches of {words.times(patch, patch)} "
        f"pixels and embeds each by a linear projection with biases to {model} dimensions. A learned class token is "
        "put in front, and a learned positional embedding is added to each token. What is the size of the sequence "
        "of tokens (tokens × dimensions), and how many parameters do the projection, the class token and the "
        "positional embeddings have together?"
    )
    return Draft(text, {"input": given((side, side, 3)), "layers": layers}, ["positions.output", "total.params"])


def _language(draw: Draw, model: int, heads: int, ff: int) -> Draft:
    """An embedding of words, encoder layers and a classifier."""
    vocab, steps, classes = (
        draw.choice((5000, 10000, 20000, 30000)),
        draw.choice((64, 128, 256, 512)),
        draw.choice((2, 5, 10)),
    )
    count = draw.choice((1, 2, 4, 6))
    layers = [
        {"embedding": {"name": "words", "vocab": vocab, "dim": model}},
        {"positional_encoding": {"name": "positions", "style": "learned"}},
        {"transformer_encoder": {"name": "encoder", "heads": heads, "ff": ff, "layers": count}},
        {"select": {"index": 1}},
        {"dense": {"name": "classifier", "units": classes}},
    ]
    each = "one encoder layer follows; it" if count == 1 else f"{words.spelled(count)} encoder layers follow; each"
    text = (
        f"A text classifier embeds {steps} tokens of a vocabulary of {vocab:,} in {model} dimensions and adds a "
        f"learned positional embedding. {capital(each)} has multi-head self-attention with {heads} heads, a "
        f"feed-forward network with {ff} hidden units, and two layer norms (scale and shift). A linear layer maps the "
        f"first token to {classes} classes. All linear layers have biases. How many parameters does the encoder have, "
        "and how many does the whole model have?"
    )
    return Draft(text, {"input": str(steps), "layers": layers}, ["encoder.params", "total.params"])
