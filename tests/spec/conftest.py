"""The two parsers of PyYAML."""

from __future__ import annotations

import pytest
import yaml

from cnncalc.spec import reader


@pytest.fixture(params=["C", "Python"])
def parser(request, monkeypatch):
    """Each test that takes it runs with libyaml's parser and with the one in Python."""
    if request.param == "Python":
        monkeypatch.setattr(reader, "_Parser", yaml.SafeLoader)
    elif not yaml.__with_libyaml__:
        pytest.skip("PyYAML without libyaml")
