"""The guide: Markdown pages, read on the web and by ``cnncalc guide``. Their commands and networks run in the tests."""

from __future__ import annotations

import os

from cnncalc.errors import UsageError, nearest

#: The pages, in the order of reading, and what each is about.
TOPICS = {
    "language": "the spec language: sizes, windows, branches, blocks, unknowns",
    "frameworks": "from PyTorch and Keras: their words, and what differs",
    "models": "a model that exists: from ONNX, Keras and PyTorch",
    "cookbook": "whole networks: ResNet, U-Net, Inception, Siamese, GAN, 1-D, 3-D, LSTM, transformer",
    "counting": "what is counted, and why tools disagree",
    "learning": "objectives, gradients by hand, training",
    "problems": "problem files, answer sheets, making questions",
}


def page(topic: str) -> str:
    """The Markdown text of a page. Raises UsageError for an unknown topic."""
    if topic not in TOPICS:
        raise UsageError(f'the guide has no topic "{topic}"', help=nearest(topic, TOPICS) or ", ".join(TOPICS))
    with open(os.path.join(os.path.dirname(__file__), f"{topic}.md"), encoding="utf-8") as stream:
        return stream.read()
