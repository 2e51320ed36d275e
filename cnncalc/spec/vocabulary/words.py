"""What PyTorch, Keras and everybody else call our kinds, layouts and blocks.

``#`` stands for a number of dimensions, 1 to 3: a layer called so asks for an input with as many spatial axes.
Names are compared without capitals and underscores: ``max_pool``, ``MaxPool`` and ``maxpool`` are one word. The
spelling as listed here says whose order the values of a list have.
"""

from __future__ import annotations

from typing import NamedTuple


class Names(NamedTuple):
    """The names of a kind, parted by spaces: in PyTorch, in Keras, and in Caffe, ONNX, papers and lecture notes."""

    pytorch: str = ""
    keras: str = ""
    others: str = ""


KINDS: dict[str, Names] = {
    "conv": Names("Conv#d", "Conv#D Convolution#D", "convolution conv_layer"),
    "depthwise_conv": Names("", "DepthwiseConv1D DepthwiseConv2D", "depthwise dwconv depthwise_convolution"),
    "separable_conv": Names("", "SeparableConv1D SeparableConv2D", "sepconv depthwise_separable_conv"),
    "transposed_conv": Names(
        "ConvTranspose#d",
        "Conv#DTranspose",
        "deconv# deconvolution# upconv# upconvolution conv_transpose transpose_conv tconv convt transposed_convolution "
        "fractionally_strided_conv",
    ),
    "locally_connected": Names("", "LocallyConnected1D LocallyConnected2D", "local_conv unshared_conv"),
    "maxpool": Names("MaxPool#d", "MaxPooling#D MaxPool#D", "max_pool max_pooling"),
    "avgpool": Names("AvgPool#d", "AveragePooling#D AvgPool#D", "avg_pool avg_pooling average_pool mean_pool meanpool"),
    "lppool": Names("LPPool#d", "", "lp_pool l2pool"),
    "global_maxpool": Names("", "GlobalMaxPooling#D GlobalMaxPool#D", "gmp global_max_pool global_max_pooling"),
    "global_avgpool": Names(
        "",
        "GlobalAveragePooling#D GlobalAvgPool#D",
        "gap global_avg_pool global_average_pool global_avg_pooling global_average_pooling",
    ),
    "adaptive_maxpool": Names("AdaptiveMaxPool#d", "", "adaptive_max_pool"),
    "adaptive_avgpool": Names("AdaptiveAvgPool#d", "", "adaptive_avg_pool adaptive_average_pool"),
    "dense": Names(
        "Linear", "Dense", "fc fully_connected fullyconnected_layer linear_layer dense_layer inner_product gemm affine"
    ),
    "batchnorm": Names("BatchNorm#d", "BatchNormalization", "bn batch_norm"),
    "layernorm": Names("LayerNorm", "LayerNormalization", "ln layer_norm"),
    "rmsnorm": Names("RMSNorm", "RMSNormalization", "rms_norm"),
    "groupnorm": Names("GroupNorm", "GroupNormalization", "gn group_norm"),
    "instancenorm": Names("InstanceNorm#d", "", "instance_norm instance_normalization"),
    "lrn": Names("LocalResponseNorm", "", "local_response_normalization"),
    "relu": Names("ReLU", "ReLU", "rectifier rectified_linear rectified_linear_unit"),
    "relu6": Names("ReLU6", "", "relu_6"),
    "leaky_relu": Names("LeakyReLU", "LeakyReLU", "lrelu"),
    "elu": Names("ELU", "ELU", "exponential_linear_unit"),
    "selu": Names("SELU", "", ""),
    "celu": Names("CELU", "", ""),
    "gelu": Names("GELU", "", ""),
    "silu": Names("SiLU", "", "swish"),
    "mish": Names("Mish", "", ""),
    "sigmoid": Names("Sigmoid", "", "logistic sigm"),
    "hard_sigmoid": Names("Hardsigmoid", "", "hsigmoid h_sigmoid"),
    "hard_swish": Names("Hardswish", "", "hswish h_swish hard_silu"),
    "tanh": Names("Tanh", "", "tanh_layer hyperbolic_tangent"),
    "softplus": Names("Softplus", "", ""),
    "softsign": Names("Softsign", "", ""),
    "abs": Names("", "", "absolute absolute_value"),
    "softmax": Names("Softmax Softmax2d", "Softmax", ""),
    "log_softmax": Names("LogSoftmax", "", ""),
    "linear": Names("Identity", "Identity", "identity noop no_op"),
    "activation": Names("", "Activation", "nonlinearity"),
    "prelu": Names("PReLU", "PReLU", "parametric_relu"),
    "dropout": Names(
        "Dropout Dropout1d Dropout2d Dropout3d AlphaDropout",
        "Dropout SpatialDropout#D GaussianDropout AlphaDropout",
        "",
    ),
    "stochastic_depth": Names("", "", "StochasticDepth drop_path droppath"),
    "flatten": Names("Flatten", "Flatten", ""),
    "reshape": Names("Unflatten", "Reshape", "view"),
    "permute": Names("", "Permute", "transpose_axes"),
    "pad": Names("ZeroPad#d ConstantPad#d", "ZeroPadding#D", "zero_pad padding zeropadding"),
    "crop": Names("", "Cropping#D", "cropping center_crop"),
    "upsample": Names("Upsample UpsamplingNearest2d", "UpSampling#D", "upsampling up_sample resize interpolate"),
    "pixel_shuffle": Names("PixelShuffle", "", "depth_to_space subpixel"),
    "pixel_unshuffle": Names("PixelUnshuffle", "", "space_to_depth"),
    "channel_shuffle": Names("ChannelShuffle", "", "shuffle_channels"),
    "split": Names("", "", "chunk"),
    "scale": Names("", "", "layer_scale layerscale"),
    "add": Names("", "Add", "addition eltwise_add plus"),
    "subtract": Names("", "Subtract", "sub difference minus"),
    "multiply": Names("", "Multiply", "mul product eltwise_product hadamard"),
    "average": Names("", "Average", "mean_of"),
    "maximum": Names("", "Maximum", "eltwise_max"),
    "concat": Names("", "Concatenate", "concatenation cat depth_concat"),
    "embedding": Names("Embedding", "Embedding", "embed word_embedding token_embedding"),
    "positional_encoding": Names(
        "", "", "positional_embedding position_embedding position_encoding pos_embedding pos_encoding"
    ),
    "class_token": Names("", "", "cls_token cls"),
    "patch_embedding": Names("", "", "patch_embed patchify"),
    "rnn": Names("RNN", "SimpleRNN", "elman_rnn vanilla_rnn"),
    "lstm": Names("LSTM", "LSTM", ""),
    "gru": Names("GRU", "GRU", ""),
    "repeat_vector": Names("", "RepeatVector", ""),
    "select": Names("", "", "pick"),
    "attention": Names("MultiheadAttention", "MultiHeadAttention", "mha self_attention multi_head_self_attention mhsa"),
    "transformer_encoder": Names("TransformerEncoderLayer TransformerEncoder", "", "encoder_block"),
    "transformer_decoder": Names("TransformerDecoderLayer TransformerDecoder", "", "decoder_block"),
    "matmul": Names("", "", "bmm batch_matmul matrix_product"),
    "mean": Names("", "", "reduce_mean"),
    "sum": Names("", "", "reduce_sum"),
    "rescale": Names("", "Rescaling", ""),
    "moe": Names("", "", "mixture_of_experts"),
    "residual": Names("", "", "skip shortcut res_block residual_block skip_connection"),
    "parallel": Names("", "", "branches inception"),
    "repeat": Names("", "", "times"),
    "sequential": Names("Sequential", "Sequential", "seq"),
}

#: Words that could mean several kinds: they are answered with all of them.
AMBIGUOUS: dict[str, tuple[str, str]] = {
    "pool": ("maxpool", "avgpool"),
    "pooling": ("maxpool", "avgpool"),
    "globalpool": ("global_maxpool", "global_avgpool"),
    "globalpooling": ("global_maxpool", "global_avgpool"),
    "adaptivepool": ("adaptive_maxpool", "adaptive_avgpool"),
    "norm": ("batchnorm", "layernorm"),
    "normalization": ("batchnorm", "layernorm"),
    "normalize": ("batchnorm", "layernorm"),
    "unpool": ("upsample", "transposed_conv"),
    "unpooling": ("upsample", "transposed_conv"),
    "maxunpool": ("upsample", "transposed_conv"),
    "eltwise": ("add", "multiply"),
    "merge": ("add", "concat"),
    "transpose": ("permute", "transposed_conv"),
    "recurrent": ("rnn", "lstm"),
    "transformer": ("transformer_encoder", "transformer_decoder"),
    "shuffle": ("channel_shuffle", "pixel_shuffle"),
}

#: Layers of other frameworks that no kind can say, and what to write.
UNKNOWN: dict[str, str] = {
    "bidirectional": "lstm: {units: 64, bidirectional: true}; so for gru and rnn",
    "timedistributed": "a dense layer works on each step of a sequence as it is: write dense",
    "lambda": "write the layers that it computes",
    "inputlayer": "input: 28x28x1 at the top of the file, not a layer",
    "input": "input: 28x28x1 at the top of the file, not a layer",
    "embeddingbag": "embedding, then the mean over the steps: global_avgpool",
    "bilinear": "upsample: {factor: 2, mode: bilinear}, or dense",
    "masking": "leave it out: it changes no size",
}

#: Words for ``layout``. Those with an N name the batch axis.
LAYOUTS = {
    "nhwc": "channels_last", "nchw": "channels_first", "nwc": "channels_last", "ncw": "channels_first",
    "ndhwc": "channels_last", "ncdhw": "channels_first", "hwc": "channels_last", "chw": "channels_first",
    "channelslast": "channels_last", "channelsfirst": "channels_first",
}  # fmt: skip

#: Words for the values of other fields.
VALUES = {
    "newgelu": "gelu", "concatenate": "concat", "cat": "concat", "sum": "add", "mul": "multiply", "mean": "average",
    "avg": "average", "ave": "average", "max": "maximum", "none": "linear", "half": "same", "zeros": "valid",
    "prenorm": "pre", "postnorm": "post",
}  # fmt: skip

#: Words for quantities.
QUANTITIES = {
    "trainable": "trainable_params", "nontrainable": "non_trainable_params", "parameters": "params",
    "totalparams": "params", "trainableparameters": "trainable_params", "weights": "weight_params",
    "biases": "bias_params", "outputshape": "output", "outputsize": "output", "shape": "output", "size": "output",
    "rf": "receptive_field", "receptivefield": "receptive_field", "multadds": "macs", "multiplyaccumulates": "macs",
}  # fmt: skip

#: Words for the keys of a file.
KEYS = {"inputs": "input", "input_shape": "input", "inputshape": "input", "input_size": "input"}
