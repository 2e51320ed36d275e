"""What questions are drawn from: for each topic and level a network, its text, and what is asked."""

from __future__ import annotations

from collections.abc import Callable

from cnncalc.check.papers.draw import Draw
from cnncalc.check.papers.topics.by_hand import by_hand
from cnncalc.check.papers.topics.counts import macs, memory, parameters
from cnncalc.check.papers.topics.dimensions import sequence, volume
from cnncalc.check.papers.topics.networks import autoencoder, inception, network, receptive_field, residual
from cnncalc.check.papers.topics.sequences import attention, recurrent, transformer
from cnncalc.check.papers.topics.unknowns import padding
from cnncalc.check.papers.topics.windows import pooling, same, transposed, window
from cnncalc.check.papers.topics.words import Draft

LEVELS = ("easy", "medium", "hard")
MOST_CHOICES = 8

#: A topic's questions by its name.
TOPICS: dict[str, Callable[[Draw, int], Draft]] = {
    "window": window, "pooling": pooling, "parameters": parameters, "padding": padding, "network": network,
    "receptive_field": receptive_field, "same": same, "transposed": transposed, "macs": macs, "memory": memory,
    "sequence": sequence, "volume": volume, "residual": residual, "inception": inception, "autoencoder": autoencoder,
    "recurrent": recurrent, "attention": attention, "transformer": transformer,
    "by_hand": by_hand,
}  # fmt: skip

#: What a topic is called in a title.
TITLES = {
    "window": "output sizes", "pooling": "pooling", "parameters": "parameters", "padding": "padding",
    "network": "networks", "receptive_field": "receptive fields", "same": "“same” padding",
    "transposed": "transposed convolutions", "macs": "multiply–accumulate operations", "memory": "memory",
    "sequence": "1-D convolutions", "volume": "3-D convolutions", "residual": "residual blocks",
    "inception": "Inception blocks", "autoencoder": "autoencoders", "recurrent": "recurrent layers",
    "attention": "attention", "transformer": "transformers", "by_hand": "numbers by hand",
}  # fmt: skip
