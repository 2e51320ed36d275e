"""Conversions of the arrays in a weights file to those of a written model: functions for that file."""

from __future__ import annotations

import re

#: By name: each takes the arrays of a layer in cnncalc's form, and returns the state of its module.
LOADERS = {
    "conv": '''
def conv(w):
    """[spatial..., C, filters] to [filters, C, spatial...]."""
    kernel = w["kernel"]
    if "gain" in w:  # weight normalisation
        kernel = kernel * w["gain"] / np.sqrt((kernel**2).sum(axis=tuple(range(kernel.ndim - 1))))
    return {"weight": np.moveaxis(kernel, (-1, -2), (0, 1)), **biased(w)}
''',
    "depthwise": '''
def depthwise(w):
    """[spatial..., C, multiplier] to [C * multiplier, 1, spatial...]."""
    kernel = np.moveaxis(w["kernel"], (-2, -1), (0, 1))
    return {"weight": kernel.reshape(-1, 1, *kernel.shape[2:]), **biased(w)}
''',
    "separable": '''
def separable(w):
    """A depthwise and a pointwise kernel."""
    deep, wide = depthwise({"kernel": w["depthwise_kernel"]}), conv({**w, "kernel": w["pointwise_kernel"]})
    return {**{f"0.{name}": array for name, array in deep.items()}, **{f"1.{name}": a for name, a in wide.items()}}
''',
    "transposed": '''
def transposed(w):
    """[spatial..., C, filters] to [C, filters, spatial...]."""
    return {"weight": np.moveaxis(w["kernel"], (-2, -1), (0, 1)), **biased(w)}
''',
    "local": '''
def local(w):
    """[out spatial..., spatial..., C, filters] to [out spatial..., C * window, filters]."""
    kernel = w["kernel"]
    axes = kernel.ndim // 2 - 1
    return {"weight": kernel.reshape(*kernel.shape[:axes], -1, kernel.shape[-1]), **biased(w)}
''',
    "dense": '''
def dense(w, sizes=None, order=None):
    """[in, out] to [out, in]; the rows of a flattened image of ``sizes`` are put in PyTorch's ``order`` of axes."""
    if "kernel" not in w:  # it is another layer's
        return biased(w)
    kernel = w["kernel"]
    if "gain" in w:  # weight normalisation
        kernel = kernel * w["gain"] / np.sqrt((kernel**2).sum(axis=0))
    if sizes is not None:
        kernel = kernel.reshape(*sizes, -1).transpose(*order, len(sizes)).reshape(kernel.shape)
    return {"weight": kernel.T, **biased(w)}
''',
    "norm": '''
def norm(w, order=None):
    """gamma, beta and the moving mean and variance, if present; ``order`` is that of the axes of an example."""
    names = {"gamma": "weight", "beta": "bias", "moving_mean": "running_mean", "moving_variance": "running_var"}
    return {ours: w[name] if order is None else w[name].transpose(order) for name, ours in names.items() if name in w}
''',
    "prelu": '''
def prelu(w):
    return {"weight": w["alpha"]}
''',
    "spread": '''
def spread(w, order=None):
    """Numbers for each channel, or for each number of an example, with axes in PyTorch's ``order``."""
    (array,) = w.values()
    return {"weight": array if order is None else array.transpose(order)}
''',
    "embedding": '''
def embedding(w):
    return {"weight": w["embeddings"]}
''',
    "positions": '''
def positions(w):
    return {"weight": w["embeddings"]}
''',
    "token": '''
def token(w):
    return {"weight": w["token"]}
''',
    "recurrent": '''
def recurrent(w, order):
    """Gates side by side to PyTorch's ``order`` of gates; with a single bias, PyTorch's second one is 0."""
    state = {}
    names = {"kernel": "weight_ih", "recurrent_kernel": "weight_hh", "projection_kernel": "weight_hr",
             "bias": "bias_ih", "recurrent_bias": "bias_hh"}
    for key, array in w.items():
        layer, own = (key[5:].split("_", 1) if key.startswith("layer") else ("1", key))
        back = own.startswith("backward_")
        own = own.removeprefix("backward_")
        array = array.T
        if own != "projection_kernel":
            array = array.reshape(len(order), -1, *array.shape[1:])[list(order)].reshape(array.shape)
        place = f"_l{int(layer) - 1}" + ("_reverse" if back else "")
        state[names[own] + place] = array
        if own == "bias":
            state.setdefault("bias_hh" + place, np.zeros_like(array))
    return state
''',
    "textbook_gru": '''
def textbook_gru(w):
    """Gates z r h side by side; the candidate has a separate product with the state."""
    units = len(w["recurrent_kernel"])
    gates, state = np.split(w["recurrent_kernel"], [2 * units], axis=1)
    bias = {"of_input.bias": w["bias"]} if "bias" in w else {}
    return {"of_input.weight": w["kernel"].T, "of_gates.weight": gates.T, "of_state.weight": state.T, **bias}
''',
    "attention": '''
def attention(w):
    state = {}
    for key, array in w.items():
        name, _, what = key.rpartition("_")
        if key == "relative_bias":
            state["relative.weight"] = array
        else:
            state[f"{name}.weight" if what == "kernel" else f"{name}.bias"] = array.T
    return state
''',
    "window_attention": '''
def window_attention(w):
    return {f"attention.{name}": array for name, array in attention(w).items()}
''',
    "biased": '''
def biased(w):
    return {"bias": w["bias"]} if "bias" in w else {}
''',
}  # fmt: skip

LOADING = '''
def load_weights(model, path):
    """Fill the model with the arrays of a weights file (.npz) of cnncalc."""
    arrays = np.load(path)
    with torch.no_grad():
        for name, (layer, convert) in LAYERS.items():
            own = {key[len(layer) + 1 :]: arrays[key] for key in arrays.files if key.rpartition("/")[0] == layer}
            state = model.get_submodule(name).state_dict()
            for key, array in convert(own).items():
                state[key].copy_(torch.from_numpy(np.array(array, np.float32)).reshape(state[key].shape))
    return model
'''


def needed(text: str) -> list[str]:
    """The functions that a text calls, and those that these call."""
    found: set[str] = set()
    waiting = [text]
    while waiting:
        words = set(re.findall(r"(\w+)\(", waiting.pop())) & LOADERS.keys() - found
        found |= words
        waiting += [LOADERS[word].split("\n", 2)[2] for word in words]
    return [LOADERS[name].strip("\n") for name in LOADERS if name in found]
