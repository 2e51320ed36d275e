"""What PyTorch, Keras and others call the fields of our kinds, and the order in which their layers take them."""

from __future__ import annotations

_CONV = {
    "filters": "out_channels num_output num_filters n_filters nb_filter out_filters features out_features units out "
    "depth channels n_out c_out",
    "kernel": "kernel_size kernel_shape filter_size window window_size size k f ksize",
    "stride": "strides s subsample",
    "padding": "pad pads p border_mode",
    "dilation": "dilation_rate dilations d rate atrous_rate",
    "groups": "group g n_groups",
    "bias": "use_bias bias_term",
    "multiplier": "depth_multiplier channel_multiplier",
    "activation": "act nonlinearity activation_fn",
    "in_channels": "in_features input_channels channels_in c_in in n_in",
}
_POOL = {
    "size": "kernel_size pool_size kernel window window_size k f ksize kernel_shape",
    "stride": "strides s",
    "padding": "pad pads p border_mode",
    "dilation": "dilation_rate dilations d",
    "ceil_mode": "ceil",
    "p": "norm_type",
    "in_channels": "",
}
_ADAPTIVE = {"output": "output_size target size"}
_GLOBAL = {"keepdims": "keepdim keep_dims"}
_MERGE = {"activation": "act"}
_NORM = {
    "eps": "epsilon",
    "scale": "gamma use_scale",
    "center": "beta use_bias bias",
    "in_channels": "num_features num_channels features units channels dim hidden_size",
    "groups": "num_groups g",
}
_RECURRENT = {
    "units": "hidden_size hidden_dim num_units hidden n_hidden cell_size state_size",
    "layers": "num_layers n_layers",
    "bias": "use_bias",
    "return_sequences": "return_sequence",
    "in_channels": "input_size input_dim in_features",
    "projection": "proj_size",
}
_TRANSFORMER = {
    "heads": "nhead num_heads n_heads nheads",
    "ff": "dim_feedforward ff_dim d_ff mlp_dim intermediate_dim intermediate_size ffn_dim hidden_dim dff",
    "layers": "num_layers n_layers depth",
    "activation": "act",
    "in_channels": "d_model embed_dim hidden_size dim model_dim",
    "bias": "use_bias",
}

#: By kind and our field: what others call it. ``in_channels`` is no field: what repeats the channels or features that a
#: layer reads, and is only compared with them.
FIELDS: dict[str, dict[str, str]] = {
    **dict.fromkeys(
        ("conv", "depthwise_conv", "separable_conv", "transposed_conv", "locally_connected", "deformable_conv"), _CONV
    ),
    **dict.fromkeys(("maxpool", "avgpool", "lppool"), _POOL),
    **dict.fromkeys(("adaptive_maxpool", "adaptive_avgpool"), _ADAPTIVE),
    **dict.fromkeys(("global_maxpool", "global_avgpool"), _GLOBAL),
    **dict.fromkeys(("batchnorm", "layernorm", "rmsnorm", "groupnorm", "instancenorm"), _NORM),
    **dict.fromkeys(("rnn", "lstm", "gru"), _RECURRENT),
    **dict.fromkeys(("transformer_encoder", "transformer_decoder"), _TRANSFORMER),
    **dict.fromkeys(("add", "subtract", "multiply", "average", "maximum"), _MERGE),
    "dense": {
        "units": "out_features output_dim num_output out neurons nodes n_out out_channels filters features hidden_size",
        "bias": "use_bias bias_term",
        "activation": "act nonlinearity activation_fn",
        "in_channels": "in_features input_dim in n_in input_size in_dim input_features",
    },
    "lrn": {"size": "local_size n depth_radius window", "k": "bias", "in_channels": ""},
    "leaky_relu": {"slope": "negative_slope alpha"},
    "activation": {"function": "activation name type act", "slope": "negative_slope alpha"},
    "dropout": {"rate": "p prob drop_prob dropout_rate ratio dropout_ratio"},
    "stochastic_depth": {"rate": "p prob drop_prob survival"},
    "reshape": {"shape": "target_shape size output_shape sizes unflattened_size dims"},
    "permute": {"order": "dims perm axes"},
    "pad": {"amount": "padding pad size pads", "value": "constant_value"},
    "crop": {"amount": "cropping crop size"},
    "upsample": {"factor": "scale_factor scale scales", "mode": "interpolation method"},
    "pixel_shuffle": {"factor": "upscale_factor block_size r scale"},
    "pixel_unshuffle": {"factor": "downscale_factor block_size r scale"},
    "channel_shuffle": {"groups": "group g"},
    "split": {"parts": "chunks num_splits sections"},
    "scale": {"initial": "init_values layer_scale_init_value init"},
    "concat": {"axis": ""},
    "mean": {"axis": "dim", "keepdims": "keepdim keep_dims"},
    "sum": {"axis": "dim", "keepdims": "keepdim keep_dims"},
    "embedding": {
        "vocab": "num_embeddings input_dim vocab_size vocabulary vocabulary_size num_tokens n_vocab",
        "dim": "embedding_dim output_dim embed_dim embedding_size d_model dims hidden_size",
    },
    "positional_encoding": {
        "max_length": "max_len sequence_length length max_position max_positions seq_len num_positions",
        "style": "type kind mode",
        "in_channels": "embedding_dim d_model embed_dim output_dim dim features",
    },
    "patch_embedding": {"dim": "embed_dim hidden_size d_model", "patch": "patch_size kernel_size", "bias": "use_bias",
                        "in_channels": "in_chans"},
    "repeat_vector": {"times": "n"},
    "select": {"index": "position step"},
    "attention": {
        "heads": "num_heads nhead n_heads nheads head_num",
        "key_dim": "head_dim d_k dim_head",
        "value_dim": "d_v",
        "rotary_base": "rope_theta rope_base",
        "bias": "use_bias",
        "causal": "is_causal use_causal_mask",
        "in_channels": "embed_dim d_model hidden_size dim model_dim",
    },
}  # fmt: skip

#: Fields that change no number asked here: memory, speed, how random numbers are drawn, what only training does.
IGNORED = frozenset(
    [
        "inplace",
        "momentum",
        "batch_first",
        "padding_idx",
        "device",
        "input_length",
        "max_norm",
        "scale_grad_by_freq",
        "sparse",
        "norm_type_grad",
        "kernel_initializer",
        "bias_initializer",
        "depthwise_initializer",
        "pointwise_initializer",
        "embeddings_initializer",
        "beta_initializer",
        "gamma_initializer",
        "moving_mean_initializer",
        "moving_variance_initializer",
        "recurrent_initializer",
        "alpha_initializer",
        "unit_forget_bias",
        "implementation",
        "unroll",
        "recurrent_dropout",
        "noise_shape",
        "seed",
        "recompute_scale_factor",
        "need_weights",
        "average_attn_weights",
        "layer_norm_eps",
        "synchronized",
        "renorm",
        "renorm_clipping",
        "renorm_momentum",
        "use_cudnn",
        "flash_attention",
        "_weight",
        "_freeze",
    ]
)

#: Fields that are accepted at this value alone, as other values are not what the kind does; none is always accepted.
ONLY: dict[str, tuple[str, ...]] = {
    "padding_mode": ("zeros",), "return_indices": ("false",), "divisor_override": ("none",),
    "add_bias_kv": ("false",), "add_zero_attn": ("false",), "track_running_stats": ("true",),
    "start_dim": ("1",), "end_dim": ("-1",), "align_corners": ("false", "none"), "mask_zero": ("false",),
    "stateful": ("false",), "go_backwards": ("false",), "return_state": ("false",), "time_major": ("false",),
    "recurrent_activation": ("sigmoid",), "nonlinearity": ("tanh",), "activation": ("tanh",), "threshold": ("0", "0.0"),
    "max_value": ("none",), "dtype": ("float32", "torch.float32"), "alpha": ("1", "1.0"), "lora_rank": ("none",),
    "lora_alpha": ("none",), "quantization_config": ("none",), "output_shape": ("none",), "attention_axes": ("none",),
    "sliding_window": ("none",), "use_gate": ("false",), "negative_slope": ("0", "0.0"), "proj_size": ("0",),
}  # fmt: skip

#: The same where a kind has another value than most.
ONLY_BY: dict[tuple[str, str], tuple[str, ...]] = {
    ("instancenorm", "track_running_stats"): ("false",),
    ("softplus", "beta"): ("1", "1.0"),
    ("softplus", "threshold"): ("20", "20.0"),
}

#: What to write where another value is meant.
INSTEAD: dict[tuple[str, str], str] = {
    ("relu", "max_value"): "relu6 stops at 6",
    ("relu", "negative_slope"): "leaky_relu: {slope: 0.1}",
    ("flatten", "start_dim"): "reshape: {shape: ...} takes any sizes",
    ("lstm", "nonlinearity"): "an lstm has tanh and sigmoid",
}

#: Fields that only some kinds ignore or fix at a value, besides those above.
IGNORED_BY = {
    "lstm": ("dropout",),
    "gru": ("dropout",),
    "rnn": ("dropout",),
    "attention": ("dropout",),
    "prelu": ("init",),
    "embedding": ("norm_type", "weights"),
}

#: The order in which values without a name are taken, by the name as the framework writes it.
ORDER: dict[str, str] = {
    "Conv#d": "in_channels out_channels kernel_size stride padding dilation groups bias padding_mode",
    "Conv#D": "filters kernel_size strides padding data_format dilation_rate groups activation use_bias",
    "Convolution#D": "filters kernel_size strides padding data_format dilation_rate groups activation use_bias",
    "ConvTranspose#d": "in_channels out_channels kernel_size stride padding output_padding groups bias dilation",
    "Conv#DTranspose": "filters kernel_size strides padding",
    "DepthwiseConv#D": "kernel_size strides padding depth_multiplier",
    "SeparableConv#D": "filters kernel_size strides padding data_format dilation_rate depth_multiplier activation "
    "use_bias",
    "LocallyConnected#D": "filters kernel_size strides padding",
    "MaxPool#d": "kernel_size stride padding dilation return_indices ceil_mode",
    "AvgPool#d": "kernel_size stride padding ceil_mode count_include_pad",
    "LPPool#d": "norm_type kernel_size stride ceil_mode",
    "MaxPooling#D": "pool_size strides padding data_format",
    "MaxPool#D": "pool_size strides padding data_format",
    "AveragePooling#D": "pool_size strides padding data_format",
    "AvgPool#D": "pool_size strides padding data_format",
    "ZeroPad#d": "padding", "ConstantPad#d": "padding value", "ZeroPadding#D": "padding", "Cropping#D": "cropping",
    **dict.fromkeys(("Linear", "linear", "fc"), "in_features out_features bias"),
    "Dense": "units activation use_bias",
    "BatchNorm#d": "num_features eps momentum affine track_running_stats",
    "InstanceNorm#d": "num_features eps momentum affine track_running_stats",
    "GroupNorm": "num_groups num_channels eps affine",
    "GroupNormalization": "groups",
    "LayerNorm": "normalized_shape",
    "RMSNorm": "normalized_shape",
    "LocalResponseNorm": "size alpha beta k",
    "Dropout": "p inplace",
    "Embedding": "num_embeddings embedding_dim",
    "MultiheadAttention": "embed_dim num_heads dropout bias add_bias_kv add_zero_attn",
    "MultiHeadAttention": "num_heads key_dim",
    "RNN": "input_size hidden_size num_layers nonlinearity bias batch_first dropout bidirectional",
    "LSTM": "input_size hidden_size num_layers bias batch_first dropout bidirectional",
    "GRU": "input_size hidden_size num_layers bias batch_first dropout bidirectional",
    "SimpleRNN": "units activation",
    "TransformerEncoderLayer": "d_model nhead dim_feedforward dropout activation",
    "TransformerDecoderLayer": "d_model nhead dim_feedforward dropout activation",
    "PixelShuffle": "upscale_factor", "PixelUnshuffle": "downscale_factor", "ChannelShuffle": "groups",
    "Softmax": "dim", "LogSoftmax": "dim", "LeakyReLU": "negative_slope inplace", "ELU": "alpha inplace",
    "ReLU": "inplace", "ReLU6": "inplace", "SiLU": "inplace", "SELU": "inplace", "GELU": "approximate",
    "Flatten": "start_dim end_dim", "StochasticDepth": "p mode", "PReLU": "num_parameters init",
    "CELU": "alpha inplace",
}  # fmt: skip

#: A scalar sets this field where it is not the first of ours.
SCALARS = {
    "relu": "inplace", "relu6": "inplace", "silu": "inplace", "selu": "inplace", "mish": "inplace",
    "hard_swish": "inplace", "hard_sigmoid": "inplace", "celu": "alpha", "elu": "alpha", "softmax": "dim",
    "log_softmax": "dim", "flatten": "start_dim", "layernorm": "normalized_shape", "rmsnorm": "normalized_shape",
    "prelu": "num_parameters", "lppool": "p", "positional_encoding": "max_length",
}  # fmt: skip

#: What a framework's own layer has where nothing is said and our kind needs it.
DEFAULTS: dict[tuple[str, str], dict[str, str]] = {
    ("keras", "maxpool"): {"size": "2"},
    ("keras", "avgpool"): {"size": "2"},
    ("keras", "pad"): {"amount": "1"},
    ("keras", "batchnorm"): {"eps": "1e-3"},
    ("keras", "layernorm"): {"eps": "1e-3"},
    ("keras", "groupnorm"): {"eps": "1e-3"},
    ("keras", "rmsnorm"): {"eps": "1e-6"},
    ("keras", "leaky_relu"): {"slope": "0.3"},
    ("pytorch", "prelu"): {"shared": "true"},
    ("pytorch", "transformer_encoder"): {"ff": "2048"},
    ("pytorch", "transformer_decoder"): {"ff": "2048"},
}

#: Fields that a name says by itself.
PRESETS: dict[str, dict[str, str]] = {
    "positionalembedding": {"style": "learned"},
    "positionembedding": {"style": "learned"},
    "posembedding": {"style": "learned"},
    "cropping1d": {"amount": "1"},
    "cropping2d": {"amount": "0"},
    "cropping3d": {"amount": "1"},
}
