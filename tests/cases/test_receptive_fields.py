"""Receptive field, effective stride and effective padding, as published.

The table of TF-Slim gives floating point operations too: twice the multiply-accumulates, and besides them the biases,
normalisations and pools, which we leave out. So ours are a little less than published, and never more.
"""

from __future__ import annotations

from typing import Any

import pytest

from cnncalc import parse
from cnncalc.summary.rows import Summary

RESOLUTIONS = (224, 321)
#: Of the published figure, what our count reaches at least: the rest is what only they count.
SHARE = 0.97

#: The filters of the layers, which the table leaves out (TF-Slim, nets/alexnet.py and vgg.py).
FILTERS = {
    "alexnet_v2": [64, None, 192, None, 384, 384, 256, None],
    "vgg_16": [64, 64, None, 128, 128, None, 256, 256, 256, None, 512, 512, 512, None, 512, 512, 512, None],
}

#: TF-Slim's ResNet (nets/resnet_v1.py): a stride stands in the last unit of a stage, and is padded by hand with 1 at
#: both ends; the pool is padded as `same`, so the effective padding depends on the size of the input.
RESNET_V1_50 = """
name: resnet_v1_50
input: {size}x{size}x3
define:
  conv_bn:
    args: {{filters: null, kernel: 1, stride: 1}}
    layers:
      - pad: kernel // 2
      - conv: {{filters: filters, kernel: kernel, stride: stride, bias: false}}
      - batchnorm
  bottleneck:
    args: {{width: null, stride: 1}}
    layers:
      - use: {{block: conv_bn, filters: width}}
      - relu
      - use: {{block: conv_bn, filters: width, kernel: 3, stride: stride}}
      - relu
      - use: {{block: conv_bn, filters: 4*width}}
  stage:
    args: {{width: null, units: null, stride: 2}}
    layers:
      - residual:
          body: [use: {{block: bottleneck, width: width}}]
          shortcut: [use: {{block: conv_bn, filters: 4*width}}]
          activation: relu
      - repeat:
          times: units - 2
          layers:
            - residual: {{body: [use: {{block: bottleneck, width: width}}], activation: relu}}
      - residual:
          body: [use: {{block: bottleneck, width: width, stride: stride}}]
          shortcut: [maxpool: {{size: 1, stride: stride}}]
          activation: relu
layers:
  - use: {{block: conv_bn, filters: 64, kernel: 7, stride: 2}}
  - relu
  - maxpool: {{size: 3, stride: 2, padding: same}}
  - use: {{name: block1, block: stage, width: 64, units: 3}}
  - use: {{name: block2, block: stage, width: 128, units: 4}}
  - use: {{name: block3, block: stage, width: 256, units: 6}}
  - use: {{name: block4, block: stage, width: 512, units: 3, stride: 1}}
"""


def chain(size: Any, layers: list[list[Any]], filters: list[int | None]) -> str:
    """Windows one after the other as a spec; a window without filters is a pool."""
    lines = [f"input: {size}x{size}x3", "layers:"]
    for (name, kernel, stride, padding), count in zip(layers, filters, strict=True):
        kind, window = ("conv", f"filters: {count}, kernel") if count else ("maxpool", "size")
        lines.append(f"  - {kind}: {{name: {name}, {window}: {kernel}, stride: {stride}, padding: {padding}}}")
    return "\n".join(lines)


def slim(name: str, table: dict[str, Any], size: Any) -> Summary:
    """A network of the table on an image of ``size``; a letter is an image of any size."""
    text = RESNET_V1_50.format(size=size) if table["layers"] is None else chain(size, table["layers"], FILTERS[name])
    net = parse(text)
    assert net.findings() == []
    return net.summary()


def network_name(table: dict[str, Any]) -> str:
    return str(table["endpoints"][0]["endpoint"]).split("/")[0]


def last_row(summary: Summary, endpoint: str) -> int:
    """The number of the row that puts out an endpoint: ``vgg_16/conv1/conv1_1`` is the layer ``conv1_1``."""
    name = endpoint.split("/")[-1]
    block = summary.network.blocks.get(name)
    return block.last - 1 if block else summary[name].index


@pytest.mark.parametrize("size", ["H", *RESOLUTIONS])
def test_the_table_of_tf_slim(slim_table: dict[str, Any], size: Any) -> None:
    """Also for an image of unknown size (``None`` in the table); null is where the padding depends on the size."""
    summary = slim(network_name(slim_table), slim_table, size)
    for endpoint in slim_table["endpoints"]:
        fields = summary.fields[last_row(summary, endpoint["endpoint"])].fields
        assert fields is not None
        assert [(f.size, f.jump) for f in fields] == [(endpoint["rf"], endpoint["eff_stride"])] * 2, endpoint
        padding = endpoint[f"eff_pad_{'None' if size == 'H' else size}"]
        if padding is None:
            assert all(type(f.padding) is not int for f in fields), "it depends on the size: a formula in H"
        else:
            assert [f.padding for f in fields] == [padding] * 2, endpoint


@pytest.mark.parametrize("size", RESOLUTIONS)
def test_operations_are_a_little_less_than_published(slim_table: dict[str, Any], size: int) -> None:
    summary = slim(network_name(slim_table), slim_table, size)
    for endpoint in slim_table["endpoints"]:
        last = last_row(summary, endpoint["endpoint"])
        giga = sum(row.flops for row in summary.rows[: last + 1]) / 1e9
        published = endpoint[f"gflops_{size}"]
        assert SHARE * published <= giga <= published + 0.0005, endpoint


def test_a_published_list_of_windows(field_list: dict[str, Any]) -> None:
    """Where a published figure is disputed, the recomputed one comes out, and it differs from the published one."""
    layers = [
        [f"L{number}", kernel, stride, "valid"] for number, (kernel, stride) in enumerate(field_list["layers"], 1)
    ]
    summary = parse(chain(100_000, layers, [1] * len(layers))).summary()
    sizes = [seen.fields[0].size for seen in summary.fields if seen.fields]
    assert len(sizes) == len(layers)
    if "disputed" in field_list:
        corrected = field_list.get("recomputed") or field_list["recomputed_final"]
        printed = field_list.get("published") or field_list["published_final"]
        assert corrected == (sizes if isinstance(corrected, list) else sizes[-1])
        assert corrected != printed
    else:
        listed = field_list.get("per_layer_rf") or field_list["published"]
        assert listed == (sizes if isinstance(listed, list) else sizes[-1])
