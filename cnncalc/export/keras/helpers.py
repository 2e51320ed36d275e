"""Layers and functions that a written file needs besides Keras's own: each is written only if the file uses it."""

from __future__ import annotations

#: By name, in the order in which they are written.
HELPERS = {
    "Scale": '''
class Scale(layers.Layer):
    """Learned factors."""

    def __init__(self, *sizes, **settings):
        super().__init__(**settings)
        self.factors = self.add_weight(shape=sizes, initializer="ones", name="factors")

    def call(self, x):
        return x * self.factors

    def compute_output_shape(self, shape):
        return shape
''',
    "Bias": '''
class Bias(layers.Layer):
    """Learned numbers that are added."""

    def __init__(self, *sizes, **settings):
        super().__init__(**settings)
        self.bias = self.add_weight(shape=sizes, initializer="zeros", name="bias")

    def call(self, x):
        return x + self.bias

    def compute_output_shape(self, shape):
        return shape
''',
    "ClassToken": '''
class ClassToken(layers.Layer):
    """One learned token in front of the sequence."""

    def __init__(self, features, **settings):
        super().__init__(**settings)
        self.token = self.add_weight(shape=(features,), initializer="random_normal", name="token")

    def call(self, x):
        first = ops.zeros_like(x[:, :1]) + self.token
        return ops.concatenate([first, x], axis=1)

    def compute_output_shape(self, shape):
        return (shape[0], shape[1] + 1, shape[2])
''',
    "LearnedPositions": '''
class LearnedPositions(layers.Layer):
    """A learned vector for each position, of an image row by row."""

    def __init__(self, length, features, **settings):
        super().__init__(**settings)
        self.table = self.add_weight(shape=(length, features), initializer="random_normal", name="table")

    def call(self, x):
        sizes = x.shape[1:]
        positions = int(np.prod(sizes[:-1]))
        return x + ops.reshape(self.table[:positions], sizes)

    def compute_output_shape(self, shape):
        return shape
''',
    "sinusoidal_positions": '''
def sinusoidal_positions(spatial, channels):
    """Sines and cosines of each position, interleaved; of an image each axis has its share of the channels."""
    features = channels // len(spatial)
    columns = np.arange(features)
    parts = []
    for axis, size in enumerate(spatial):
        angles = np.arange(size)[:, None] / 10000 ** ((columns - columns % 2) / features)
        table = np.where(columns % 2, np.cos(angles), np.sin(angles)).astype("float32")
        sizes = [size if i == axis else 1 for i in range(len(spatial))]
        parts.append(np.broadcast_to(table.reshape(*sizes, features), (*spatial, features)))
    return np.concatenate(parts, axis=-1)[None]
''',
    "local_response_norm": '''
def local_response_norm(x, size, alpha, beta, k):
    """x over a power of the sum of the squares of ``size`` neighbouring channels."""
    places = np.arange(x.shape[-1])
    apart = places[:, None] - places
    band = ((apart >= -((size - 1) // 2)) & (apart <= size // 2)).astype("float32")
    return x / (k + alpha / size * ops.matmul(x * x, band)) ** beta
''',
    "mixture": '''
def mixture(router, experts, top):
    """The experts' outputs, weighed by the softmax over the ``top`` largest numbers of the router."""
    chosen, places = ops.top_k(router, top)
    places = ops.one_hot(places, len(experts), dtype="float32")
    shares = ops.sum(ops.softmax(chosen)[..., None] * places, axis=-2)
    return sum(shares[..., i : i + 1] * expert for i, expert in enumerate(experts))
''',
}  # fmt: skip

#: Conversions of our arrays to those of a layer, if they differ: each returns them in Keras's order.
LOADERS = {
    "transposed": '''
def transposed(w):
    """Keras has the filters before the channels."""
    return {**w, "kernel": np.swapaxes(w["kernel"], -1, -2)}
''',
    "grouped": '''
def grouped(w):
    """[spatial..., C, multiplier] as a kernel with a group for each channel."""
    kernel = w["kernel"]
    return {**w, "kernel": kernel.reshape(*kernel.shape[:-2], 1, -1)}
''',
    "flattened": '''
def flattened(w, sizes, order):
    """The rows of a flattened image of ``sizes``, in Keras's ``order`` of its axes."""
    kernel = w["kernel"]
    kernel = kernel.reshape(*sizes, -1).transpose(*order, len(sizes)).reshape(kernel.shape)
    return {**w, "kernel": kernel}
''',
    "turned": '''
def turned(w, order):
    """Numbers for each place of an example, their axes in Keras's ``order``."""
    return {name: array.transpose(order) for name, array in w.items()}
''',
    "recurrent": '''
def recurrent(w, stacked):
    """Two biases become their sum, but those of a GRU (``stacked``) are two rows."""
    state = {}
    for name, array in w.items():
        if name.endswith("recurrent_bias"):
            first = name.replace("recurrent_bias", "bias")
            state[first] = np.stack([state[first], array]) if stacked else state[first] + array
        else:
            state[name] = array
    return state
''',
    "attention": '''
def attention(w, key_dim, value_dim):
    """Kernels and biases split by head."""
    state = {}
    for name in ("query", "key", "value", "output"):
        kernel = w[f"{name}_kernel"]
        dim = value_dim if name in ("value", "output") else key_dim
        rows, columns = kernel.shape
        sizes = (rows // dim, dim, columns) if name == "output" else (rows, columns // dim, dim)
        state[f"{name}_kernel"] = kernel.reshape(sizes)
        if f"{name}_bias" in w:
            bias = w[f"{name}_bias"]
            state[f"{name}_bias"] = bias if name == "output" else bias.reshape(-1, dim)
    return state
''',
}  # fmt: skip

LOADING = '''
#: Arrays of a layer in Keras's order.
ORDER = (
    "depthwise_kernel", "pointwise_kernel", "kernel", "recurrent_kernel", "query_kernel", "query_bias", "key_kernel",
    "key_bias", "value_kernel", "value_bias", "output_kernel", "output_bias", "gamma", "beta", "moving_mean",
    "moving_variance", "bias",
)


def load_weights(model, path):
    """Fill the model with the arrays of a weights file (.npz) of cnncalc."""
    arrays = np.load(path)
    found = {}
    for key in arrays.files:
        layer, _, name = key.rpartition("/")
        found.setdefault(layer, {})[name] = arrays[key]
    for layer, own in found.items():
        own = CONVERT[layer](own) if layer in CONVERT else own
        rank = {name: place for place, name in enumerate(ORDER)}
        own.pop("moving_count", None)  # Keras's batch normalisation keeps none
        names = sorted(own, key=lambda name: (name[:9] == "backward_", rank.get(name.removeprefix("backward_"), -1)))
        target = model.get_layer(layer.replace("/", "__").replace(".", "_"))
        target.set_weights([np.reshape(own[name], weight.shape) for name, weight in zip(names, target.weights)])
    return model
'''
