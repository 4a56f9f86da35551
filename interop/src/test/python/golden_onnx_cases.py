"""Writes small models that tools and random tests once showed to be read wrongly, and what they give.

Run with ONNX Runtime 1.30, onnx 1.23, ml_dtypes 0.6, NumPy 2.4 and Pillow 12.3:
    python3 golden_onnx_cases.py ../resources/dev/gamelan/interop/onnx
Each case is a folder in the layout of ONNX's backend tests. The judge is ONNX's reference evaluator, or ONNX Runtime where the
reference lacks the operator or a part of it, or where they differ and the standard's text says nothing; a formula in NumPy, or Pillow, where
both do.
"""
import io
import pathlib
import sys

import PIL.Image
import ml_dtypes
import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper

from golden_onnx import WORDS, Cases, code, options, proto, write

folder = pathlib.Path(sys.argv[1])
made = Cases(seed=11, judge="ref")
rng, cases, model, node, uniform, whole, decoder = made.rng, made.cases, made.model, made.node, made.uniform, made.whole, made.decoder
STRINGS = np.array(["a", "bb", "", "c", "dd", "e", "", "f", "g", "hh", "i", "j", "k", "", "l", "m"], dtype=object)

# ---- element types -----------------------------------------------------------------------------------------------------------------
BIG = whole(np.uint64, 3, 4)
node("abs_uint64", "Abs", [BIG], 13)
node("sign_uint64", "Sign", [BIG], 13)
node("topk_uint64", "TopK", [BIG, np.array([2])], 11, outputs=2)
node("topk_uint64_least", "TopK", [BIG, np.array([2])], 11, outputs=2, largest=0)
node("reduce_max_uint64", "ReduceMax", [BIG], 18, keepdims=0)
node("unique_uint64", "Unique", [np.array([5, 2**63 + 1, 2**63, 5], np.uint64)], 11, outputs=4)
node("scatter_max_uint64", "ScatterElements", [BIG, np.array([[0, 1, 2, 0]]), BIG[:1] ^ np.uint64(2**63)], 18, reduction="max")
node("scatter_add_int16", "ScatterElements", [whole(np.int16, 4), np.array([1, 1, 2]), whole(np.int16, 3)], 18, reduction="add")
node("scatter_mul_uint16", "ScatterND", [whole(np.uint16, 4), np.array([[1], [1], [2]]), whole(np.uint16, 3)], 18, reduction="mul")
node("erf_int16", "Erf", [np.array([-6, 6, 5, 0, 9, 1], np.int16)], 9)
node("grid_sample_int32", "GridSample", [whole(np.int32, 1, 2, 4, 5, low=-50, high=50), uniform(np.float32, 1, 3, 2, 2, low=-1.2, high=1.2)],
     16, mode="nearest")
node("upsample_int8", "Resize", [whole(np.int8, 1, 2, 3, 4), np.array([1, 1, 2, 1], np.float32)], 10, "ort")
node("resize_int64", "Resize", [whole(np.int64, 1, 1, 3, 4, low=-2**40, high=2**40) >> 30, None, np.array([1, 1, 2, 1.5], np.float32)], 18, mode="linear")
node("resize_simple", "Resize", [uniform(np.float32, 1, 2, 5, 7), np.array([1, 1, .6, 2], np.float32)], 10, "ort")
node("col2im_bool", "Col2Im", [rng.random((1, 4, 9)) < .3, np.array([4, 4]), np.array([2, 2])], 18)
ROWS = uniform(np.float64, 3, 4)
MEAN = ROWS.mean(1, keepdims=True)
INVERSE = 1 / np.sqrt(ROWS.var(1, keepdims=True) + 1e-5)
node("layer_norm_double", "LayerNormalization", [ROWS, np.full(4, 2.0)], 17,
     [(ROWS - MEAN) * INVERSE * 2, MEAN.astype(np.float32), INVERSE.astype(np.float32)], outputs=3)
node("rms_norm_types", "RMSNormalization", [uniform(np.float64, 3, 4), uniform(np.float32, 4)], 23)
POOLED = uniform(np.float32, 1, 2, 5, 5)
node("lp_pool_1", "LpPool", [POOLED], 1, [sum(np.abs(POOLED[:, :, r:r + 4, s:s + 4]) for r in (0, 1) for s in (0, 1))], kernel_shape=[2, 2], p=1.0)
node("hardmax_empty", "Hardmax", [np.zeros((3, 0), np.float32)], 13)
node("depth_to_space_text", "DepthToSpace", [STRINGS.reshape(1, 4, 2, 2)], 13, blocksize=2)
node("space_to_depth_text", "SpaceToDepth", [STRINGS.reshape(1, 1, 4, 4)], 13, blocksize=2)
node("nonzero_text", "NonZero", [STRINGS.reshape(4, 4)], 13)
node("pad_text", "Pad", [STRINGS[:4], np.array([2, 1]), np.array("x", dtype=object)], 13)
node("tensor_scatter_text", "TensorScatter", [STRINGS.reshape(1, 8, 2), STRINGS[:4].reshape(1, 2, 2), np.array([3])], 24)
node("center_crop_text", "CenterCropPad", [STRINGS.reshape(4, 4), np.array([2, 3])], 18)
SIXTH = np.array([np.nan, np.inf, -np.inf, 100, 7.4, .03, -0.0, 1e-3, -1.3, 2.6, -20, .2, .3], np.float32)
for kind in (ml_dtypes.float6_e2m3fn, ml_dtypes.float6_e3m2fn):
    to = helper.np_dtype_to_tensor_dtype(np.dtype(kind))
    node(f"cast_{np.dtype(kind).name}", "Cast", [SIXTH], 28, [SIXTH.astype(kind)], to=to)
    node(f"cast_from_{np.dtype(kind).name}", "Cast", [SIXTH.astype(kind)], 28, [SIXTH.astype(kind).astype(np.float32)], to=1)
node("quantize_infinite_scale", "QuantizeLinear", [np.array([-np.inf, 1, np.nan, 3], np.float32), np.array(np.inf, np.float32), np.array(0, np.int8)], 13, "ort",
     kept=(1, 2))
for op, gates, names, alphas, betas in (("RNN", 1, ["Affine", "LeakyRelu"], [.5, .2], [.1]),
                                       ("LSTM", 4, ["Tanh", "ScaledTanh", "Elu"], [.9, .7], [.8]),
                                       ("GRU", 3, ["Softsign", "HardSigmoid"], [.3], [.4])):
    directions = len(names) if op == "RNN" else 1
    node(f"{op.lower()}_activations", op, [uniform(np.float32, 4, 2, 3), uniform(np.float32, directions, gates * 5, 3), uniform(np.float32, directions, gates * 5, 5)],
         14, "ort", outputs=3 if op == "LSTM" else 2, hidden_size=5, direction="bidirectional" if op == "RNN" else "forward",
         activations=names, activation_alpha=alphas, activation_beta=betas)

# ---- tables ------------------------------------------------------------------------------------------------------------------------
ROWS = uniform(np.float32, 5, 3)
for kernel, classes, extra in (("RBF", 2, {}), ("LINEAR", 3, {}), ("POLY", 2, {"prob_a": [-1.2], "prob_b": [.1]}),
                               ("RBF", 4, {"prob_a": [-1.0, -.8, -1.5, -.6, -2.0, -1.1], "prob_b": [.1, -.1, .2, 0.0, .3, -.2]})):
    pairs = classes * (classes - 1) // 2
    numbers = lambda count: [float(x) for x in uniform(np.float32, count, low=-1, high=1)]
    node(f"svm_{kernel}_{classes}_{len(extra)}".lower(), "SVMClassifier", [ROWS], 1, "ort", outputs=2, domain="ai.onnx.ml", kernel_type=kernel,
         kernel_params=[.4, .2, 2.0], vectors_per_class=[2] * classes, support_vectors=numbers(6 * classes),
         coefficients=numbers(2 * classes * (classes - 1)), rho=numbers(pairs), classlabels_ints=list(range(3, 3 + classes)), **extra)
node("svm_linear", "SVMClassifier", [ROWS], 1, "ref", outputs=2, domain="ai.onnx.ml",
     coefficients=[.1, .5, .2, .3, .1, .9], rho=[.2], kernel_type="LINEAR",
     classlabels_ints=[4, 9])
node("labels_1_text", "LabelEncoder", [STRINGS[:5]], 1, "ort", domain="ai.onnx.ml", classes_strings=["bb", "c", "a"], default_int64=-5)
node("labels_1_number", "LabelEncoder", [np.array([0, 2, 7])], 1, "ort", domain="ai.onnx.ml", classes_strings=["bb", "c", "a"], default_string="?")
node("labels_2_nan", "LabelEncoder", [np.array([.5, np.nan], np.float32)], 2, "ort", domain="ai.onnx.ml", keys_floats=[.5, float("nan")],
     values_int64s=[1, 2])

# ---- graphs ------------------------------------------------------------------------------------------------------------------------
floats = lambda name, *shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape))
branch = helper.make_graph([helper.make_node("Add", ["u", "late"], ["v"]), helper.make_node("Neg", ["x"], ["u"])], "b", [], [floats("v", 3)])
unsorted = helper.make_graph([helper.make_node("If", ["yes"], ["y"], then_branch=branch, else_branch=branch),
                              helper.make_node("Mul", ["x", "x"], ["late"])],
                             "g", [floats("x", 3), helper.make_tensor_value_info("yes", TensorProto.BOOL, [])], [floats("y", 3)])
X = uniform(np.float32, 3)
model("unsorted", helper.make_model(unsorted, opset_imports=[helper.make_opsetid("", 17)], ir_version=8),
      {"x": X, "yes": np.array(True)}, [X * X - X])

# A function that is called without one of its inputs, and overloads.
clip = helper.make_function("my", "Clipped", ["X", "L", "H"], ["Y"], [helper.make_node("Clip", ["X", "L", "H"], ["Y"])], [helper.make_opsetid("", 18)])
minus = helper.make_function("my", "Op", ["X"], ["Y"], [helper.make_node("Neg", ["X"], ["Y"])], [helper.make_opsetid("", 18)], overload="minus")
size = helper.make_function("my", "Op", ["X"], ["Y"], [helper.make_node("Abs", ["X"], ["Y"])], [helper.make_opsetid("", 18)], overload="size")
calls = [helper.make_node("Op", ["x"], ["a"], domain="my", overload="size"), helper.make_node("Op", ["a"], ["b"], domain="my", overload="minus"),
         helper.make_node("Clipped", ["b", "", "most"], ["y"], domain="my")]
model("functions", helper.make_model(helper.make_graph(calls, "g", [floats("x", 3)], [floats("y", 3)], [helper.make_tensor("most", 1, [], [-.5])]),
                                     opset_imports=[helper.make_opsetid("", 18), helper.make_opsetid("my", 1)], functions=[clip, minus, size],
                                     ir_version=10), {"x": X}, [np.minimum(-np.abs(X), np.float32(-.5))])
# A loop that does not run.
step = helper.make_graph([helper.make_node("Identity", ["go"], ["on"]), helper.make_node("Add", ["v", "v"], ["w"]),
                          helper.make_node("Mul", ["v", "v"], ["s"])], "step",
                         [helper.make_tensor_value_info("i", TensorProto.INT64, []), helper.make_tensor_value_info("go", TensorProto.BOOL, []),
                          floats("v", 3)], [helper.make_tensor_value_info("on", TensorProto.BOOL, []), floats("w", 3), floats("s", 3)])
loop = helper.make_graph([helper.make_node("Loop", ["m", "", "x"], ["y", "z"], body=step)], "g",
                         [floats("x", 3), helper.make_tensor_value_info("m", TensorProto.INT64, [])], [floats("y", 3), helper.make_tensor_value_info("z", 1, ["n", 3])])
model("loop_of_none", helper.make_model(loop, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), {"x": X, "m": np.array(0)}, "ort")
# Scans of sequences of different lengths.
cell = helper.make_graph([helper.make_node("Add", ["h", "xt"], ["ho"]), helper.make_node("Tanh", ["ho"], ["yt"])], "cell",
                         [floats("h", 3), floats("xt", 3)], [floats("ho", 3), floats("yt", 3)])
scan = helper.make_graph([helper.make_node("Scan", ["l", "h0", "x"], ["h", "y"], body=cell, num_scan_inputs=1)], "g",
                         [helper.make_tensor_value_info("l", TensorProto.INT64, [2]), floats("h0", 2, 3), floats("x", 2, 5, 3)], [floats("h", 2, 3), floats("y", 2, 5, 3)])
model("scan_lengths", helper.make_model(scan, opset_imports=[helper.make_opsetid("", 8)], ir_version=3),
      {"l": np.array([3, 5]), "h0": uniform(np.float32, 2, 3), "x": uniform(np.float32, 2, 5, 3)}, "ort")
node("cast_minus_zero", "Cast", [np.array([-0.0, 0.0, 1.5], np.float32)], 13, to=TensorProto.STRING)

# ---- text --------------------------------------------------------------------------------------------------------------------------
SENTENCES = np.array([["Der Gong, der gro\u00dfe", "  klingt"], ["", "a_1 b22;c"]], dtype=object)
for name, rest in (("words", {"tokenexp": "[a-zA-Z0-9_]+"}), ("longest", {"tokenexp": "a|ab|e|er|[[:digit:]]*|\\pL", "mark": 1}),
                   ("separators", {"separators": [" ", "[,;]", "er"], "mincharnum": 2}), ("characters", {"separators": [""], "mark": 1}),
                   ("bounded", {"tokenexp": "\\b\\w\\w+\\b", "pad_value": ""})):
    node(f"tokenizer_{name}", "Tokenizer", [SENTENCES], 1, "ort", domain="com.microsoft", **{"mark": 0, "mincharnum": 1, "pad_value": "#", **rest})
# A scan over strings.
text = lambda name, *shape: helper.make_tensor_value_info(name, TensorProto.STRING, list(shape))
joint = helper.make_graph([helper.make_node("StringConcat", ["s", "t"], ["so"]), helper.make_node("Identity", ["so"], ["y"])], "joint",
                          [text("s", 2), text("t", 2)], [text("so", 2), text("y", 2)])
words = helper.make_graph([helper.make_node("Scan", ["s0", "x"], ["s", "y"], body=joint, num_scan_inputs=1, scan_input_directions=[1],
                                            scan_output_axes=[1])], "g", [text("s0", 2), text("x", 4, 2)], [text("s", 2), text("y", 2, 4)])
GROWN = np.array([["".join([start, *steps[:i]]) for i in range(1, 5)] for start, steps in zip(STRINGS[:2], STRINGS[8:].reshape(4, 2)[::-1].T)], dtype=object)
model("scan_text", helper.make_model(words, opset_imports=[helper.make_opsetid("", 20)], ir_version=9),
      {"s0": STRINGS[:2], "x": STRINGS[8:].reshape(4, 2)},  # ONNX Runtime writes over what it still reads
      [GROWN[:, -1], GROWN])

# ---- what rounding shows -----------------------------------------------------------------------------------------------------------
node("resize_tenth", "Resize", [uniform(np.float32, 1, 1, 300), None, np.array([1, 1, .1], np.float32)], 18, "ort",
     coordinate_transformation_mode="asymmetric", nearest_mode="floor")
node("quantize_nan", "QuantizeLinear", [np.array([np.nan, 1, -9, 99] * 5, np.float32), np.array(.1, np.float32), np.array(3, np.int8)], 13, "ort", kept=(1, 2))
node("global_pool_bytes", "QLinearGlobalAveragePool", [whole(np.int8, 2, 600, 7, 7), np.float32(.0371), np.int8(-7), np.float32(.0113), np.int8(4)], 1, "ort",
     domain="com.microsoft", kept=(1, 2, 3, 4))

# ---- operators that ONNX Runtime has for graphics cards alone: by their documentation ----------------------------------------------
IMAGE = uniform(np.float32, 2, 5, 4, 6)
KERNELS = uniform(np.float32, 8, 3, 2, 3)


def runtime(op, feed, opset=18, **attributes):
    """What a node of ONNX's own gives."""
    made = helper.make_graph([helper.make_node(op, [f"i{k}" for k in range(len(feed))], ["o"], **attributes)], "g",
                             [helper.make_tensor_value_info(f"i{k}", code(a), a.shape) for k, a in enumerate(feed)], [onnx.ValueInfoProto(name="o")])
    session = ort.InferenceSession(helper.make_model(made, opset_imports=[helper.make_opsetid("", opset)], ir_version=8).SerializeToString(), options())
    return session.run(None, {f"i{k}": a for k, a in enumerate(feed)})[0]


def first(x):
    return np.ascontiguousarray(np.moveaxis(x, -1, 1))


def last(x):
    return np.ascontiguousarray(np.moveaxis(x, 1, -1))


SHIFT = uniform(np.float32, 8)
HALVES = dict(group=2, pads=[0, 1, 1, 0], strides=[2, 1])
CONVOLVED = runtime("Conv", [first(IMAGE), first(KERNELS), SHIFT], **HALVES)
node("nhwc_conv", "NhwcConv", [IMAGE, KERNELS, SHIFT], 1, [last(CONVOLVED)], domain="com.microsoft", kept=(1, 2), **HALVES)
ADDED = uniform(np.float32, *CONVOLVED.shape)
node("nhwc_fused_conv", "NhwcFusedConv", [IMAGE, first(KERNELS), SHIFT, last(ADDED)], 1, [last(np.maximum(CONVOLVED + ADDED, 0))], domain="com.microsoft",
     kept=(1, 2), activation="Relu", **HALVES)


def group_norm(x, gamma, beta, groups, swish):
    rows = x.astype(np.float64).reshape(x.shape[0], groups, -1)
    y = (rows - rows.mean(2, keepdims=True)) / np.sqrt(rows.var(2, keepdims=True) + 1e-5)
    y = y.reshape(x.shape) * gamma[:, None, None] + beta[:, None, None]
    return (y / (1 + np.exp(-y)) if swish else y).astype(np.float32)


GAMMA, BETA = uniform(np.float32, 6), uniform(np.float32, 6)
node("group_norm_first", "GroupNorm", [first(IMAGE), GAMMA, BETA], 1, [group_norm(first(IMAGE), GAMMA, BETA, 3, True)], domain="com.microsoft",
     channels_last=0, activation=1, groups=3)
for name, skip in (("image", uniform(np.float32, *IMAGE.shape)), ("row", uniform(np.float32, 2, 6)), ("pixel", uniform(np.float32, 2, 1, 1, 6))):
    BIAS = uniform(np.float32, 6)
    SUM = IMAGE + (skip[:, None, None] if skip.ndim == 2 else skip) + BIAS
    node(f"skip_group_norm_{name}", "SkipGroupNorm", [IMAGE, GAMMA, BETA, skip, BIAS], 1, [last(group_norm(first(SUM), GAMMA, BETA, 2, False)), SUM],
         outputs=2, domain="com.microsoft", activation=0, groups=2)
# Three sequences of 1, 4 and 2 tokens.
LENGTHS = np.array([1, 4, 2], np.int32)
PLACES = np.array(sorted(range(12), key=lambda i: i % 4 >= LENGTHS[i // 4]), np.int32).reshape(3, 4)
SUMS = np.concatenate([[0], np.cumsum(LENGTHS)]).astype(np.int32)
PADDED = uniform(np.float32, 3, 4, 6)
TOKENS = PADDED.reshape(12, 6)[PLACES.flatten()[:7]]
node("remove_padding", "RemovePadding", [PADDED, LENGTHS], 1, [TOKENS, PLACES, SUMS, np.array([4], np.int32)], outputs=4, domain="com.microsoft")
FILLED = np.where((np.arange(4) < LENGTHS[:, None])[..., None], PADDED, 0).astype(np.float32)
node("restore_padding", "RestorePadding", [TOKENS, PLACES], 1, [FILLED], domain="com.microsoft")


def packed_attention(q, k, v, bias):
    """Two heads; q, k, v (tokens, width); bias (1, 2, 4, 4) or nothing."""
    results = []
    for start, end in zip(SUMS, SUMS[1:]):
        a, b, values = (x[start:end].astype(np.float64).reshape(end - start, 2, -1).swapaxes(0, 1) for x in (q, k, v))
        scores = a @ b.swapaxes(1, 2) / np.sqrt(a.shape[2]) + (0 if bias is None else bias[0, :, :end - start, :end - start])
        weights = np.exp(scores - scores.max(2, keepdims=True))
        results.append((weights / weights.sum(2, keepdims=True) @ values).swapaxes(0, 1).reshape(end - start, -1))
    return np.concatenate(results).astype(np.float32)


WEIGHTS, OFFSETS, ADDED = uniform(np.float32, 6, 20, low=-1, high=1), uniform(np.float32, 20), uniform(np.float32, 1, 2, 4, 4)
ALL = TOKENS @ WEIGHTS + OFFSETS
node("packed_attention", "PackedAttention", [TOKENS, WEIGHTS, OFFSETS, PLACES, SUMS, ADDED], 1, [packed_attention(ALL[:, :6], ALL[:, 6:12], ALL[:, 12:], ADDED)],
     domain="com.microsoft", num_heads=2, qkv_hidden_sizes=[6, 6, 8])
Q, K, V = (uniform(np.float32, 7, 6) for _ in range(3))
node("packed_heads", "PackedMultiHeadAttention", [np.stack([x.reshape(7, 2, 3) for x in (Q, K, V)], 2), None, None, OFFSETS[:18], PLACES, SUMS], 1,
     [packed_attention(Q + OFFSETS[:6], K + OFFSETS[6:12], V + OFFSETS[12:18], None)], domain="com.microsoft", num_heads=2)


def bucket(distance, buckets, most, both):
    """As in transformers' T5."""
    start = 0
    if both:
        buckets //= 2
        start, distance = (buckets if distance > 0 else 0), abs(distance)
    else:
        distance = max(0, -distance)
    exact = buckets // 2
    if distance < exact:
        return start + distance
    return start + min(buckets - 1, exact + int(np.log(np.float32(distance) / exact) / np.log(np.float32(most) / exact) * (buckets - exact)))


TABLE = uniform(np.float32, 2, 8)
for both in (0, 1):
    node(f"position_bias_{both}", "RelativePositionBias", [TABLE.reshape(8, 2), np.array(13), np.array(13)], 1,
         [np.stack([[TABLE[:, bucket(k - q, 8, 10, both)] for k in range(13)] for q in range(13)]).transpose(2, 0, 1)[None]],
         domain="com.microsoft", max_distance=10, is_bidirectional=both)
QUERIES, SHIFT, POSITIONS = uniform(np.float32, 2, 4, 6), uniform(np.float32, 6), uniform(np.float32, 1, 2, 4, 4)
GATES, OFFSETS, FACTORS = uniform(np.float32, 3, 8), uniform(np.float32, 8), uniform(np.float32, 1, 2, 1, 1)
STATES = (QUERIES + SHIFT).reshape(2, 4, 2, 3).swapaxes(1, 2) @ GATES + OFFSETS
U, RESET = (1 / (1 + np.exp(-STATES.reshape(2, 2, 4, 2, 4).sum(-1)[..., i:i + 1])) for i in (0, 1))
node("gated_position_bias", "GatedRelativePositionBias", [QUERIES, SHIFT, POSITIONS, GATES, OFFSETS, FACTORS], 1,
     [(U * (RESET * FACTORS - 1) + 2) * POSITIONS], domain="com.microsoft", num_heads=2)
A, B, C = uniform(np.float32, 4, 3), uniform(np.float32, 5, 3), uniform(np.float32, 5)
node("fused_matmul_activation", "FusedMatMulActivation", [A, B], 1, [np.maximum(A @ B.T * 2, 0)], domain="com.microsoft", transB=1, alpha=2.0, activation="Relu")
node("gemm_fast_gelu", "GemmFastGelu", [A, np.ascontiguousarray(B.T), C], 1, [runtime("Gelu", [A @ B.T + C], opset=20, approximate="tanh")], domain="com.microsoft")

# ---- the ends of types, and positions in FLOAT ---------------------------------------------------------------------------------------
ENDS = np.array([-2**15, 2**15 - 1, 0, -1, 5], np.int16)
node("neg_int16", "Neg", [ENDS], 13, "ort")
node("abs_int16", "Abs", [ENDS], 13, "ort")
for kind in (np.int32, np.uint32):
    node(f"matmul_wraps_{kind.__name__}", "MatMul", [whole(kind, 3, 4, low=0), whole(kind, 4, 5, low=0)], 13, "ort")
BASES = np.array([np.nan, np.inf, -np.inf, 0, -0.0, 1, -1, 2, -2, .5, -3.5], np.float32)
for kind in (np.float32, np.float64):
    node(f"pow_{kind.__name__}", "Pow", [BASES.astype(kind)[:, None].copy(), BASES.astype(kind)], 15, "ort")
node("exp_float16", "Exp", [np.array([0, 1, -20, 11, 12, -17.5, 88, np.inf, np.nan, .1], np.float16)], 13, "ort")
PICTURE = uniform(np.float32, 1, 2, 5, 10)
for mode in ("nearest", "linear"):
    node(f"resize_seven_tenths_{mode}", "Resize", [PICTURE, None, np.array([1, 1, 1.4, .7], np.float32)], 19, "ort", mode=mode)
node("resize_six_tenths_floor", "Resize", [PICTURE, None, np.array([1, 1, .6, .35], np.float32)], 19, "ort", nearest_mode="floor")
for kind in (np.uint8, np.int8, np.int32):
    BYTES = whole(kind, 1, 2, 6, 7, low=0, high=120)
    node(f"resize_{kind.__name__}", "Resize", [BYTES, None, np.array([1, 1, 1.5, 2.2], np.float32)], 19, "ort", mode="linear")
    for mode in ("linear", "cubic"):
        node(f"resize_smooth_{kind.__name__}_{mode}", "Resize", [BYTES, None, np.array([1, 1, .5, .4], np.float32)], 19, "ort", mode=mode, antialias=1)
REGIONS = np.array([[0, 0, 7, 6], [-2, -3, 4, 12], [3, 3, 3, 3], [5, 5, 2, 2]], np.float32)
for form in ("half_pixel", "output_half_pixel"):
    for ratio in (0, 2):
        node(f"roi_align_edges_{form}_{ratio}", "RoiAlign", [uniform(np.float32, 2, 3, 9, 10), REGIONS, np.array([0, 1, 0, 1])], 16, "ort", output_height=3,
             output_width=2, sampling_ratio=ratio, spatial_scale=.8, coordinate_transformation_mode=form)
COLORS = PIL.Image.fromarray(whole(np.uint8, 7, 9, 3)).resize((21, 17), PIL.Image.Resampling.BILINEAR)
for name, form in (("jpeg", {"format": "jpeg"}), ("png", {"format": "png"}), ("bmp", {"format": "bmp"}), ("tiff", {"format": "tiff"}), ("ppm", {"format": "ppm"}),
                   ("jpeg_progressive", {"format": "jpeg", "progressive": True, "subsampling": 1})):
    written = io.BytesIO()
    COLORS.save(written, **form)
    for pixels in ("RGB", "BGR", "Grayscale"):
        read = PIL.Image.open(written)
        node(f"picture_{name}_{pixels.lower()}", "ImageDecoder", [np.frombuffer(written.getvalue(), np.uint8)], 20,
             [np.asarray(read.convert("L"))[..., None] if pixels == "Grayscale" else np.asarray(read)[..., ::-1 if pixels == "BGR" else 1]], pixel_format=pixels)
NUMBERS = whole(np.int64, 2, 5, low=0, high=100)
TABLES = dict(max_ngram_size=3, n_head_per_ngram=2, pad_id=7)
FACTORS = whole(np.int64, 3)
SIZES = np.array([11, 13, 17, 19])
for name, extra in (("", []), ("_past", [whole(np.int64, 2, 2, low=0, high=100)])):
    node(f"ngram_hashes{name}", "NGramHashMapping", [NUMBERS, FACTORS, SIZES, *extra], 1, "ort", outputs=2, domain="com.microsoft", **TABLES)
KEYS, QUERIES, VALUES = uniform(np.float32, 2, 3, 4, 6), uniform(np.float32, 2, 3, 4, 6), uniform(np.float32, 2, 3, 6)
node("engram_gate", "EngramGate", [KEYS, QUERIES, VALUES, uniform(np.float32, 4, 6), uniform(np.float32, 4, 6)], 1, "ort", domain="com.microsoft")

# ---- loops that write text ---------------------------------------------------------------------------------------------------------


def ends_apart(made, feed):
    """Whether one row ends early and another does not: where all do, ONNX Runtime leaves what was in memory."""
    rows = ort.InferenceSession(made.SerializeToString(), options()).run(None, feed)[0].reshape(2, -1)
    return (rows[:, -1] == 1).sum() == 1


def written(name, op, sharpness, inputs, outputs, **attributes):
    feed = {key: value for key, value in inputs.items() if value is not None}
    graph = helper.make_graph([], "g", [helper.make_tensor_value_info(key, code(value), value.shape) for key, value in feed.items()],
                              [helper.make_tensor_value_info(key, TensorProto.INT32 if key == "sequences" else 1, None) for key in outputs])
    body = decoder(sharpness)
    for end in range(2, WORDS):
        del graph.node[:]
        graph.node.append(helper.make_node(op, [key if value is not None else "" for key, value in inputs.items()], outputs, domain="com.microsoft",
                                           decoder=body, pad_token_id=1, eos_token_id=end, model_type=0, **attributes))
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)], ir_version=8)
        if op == "BeamSearch" and end == 7 or ends_apart(made, feed):
            break
    model(name, made, feed, "ort")


PROMPT = whole(np.int32, 2, 4, low=2, high=WORDS)
PADDED_PROMPT = PROMPT.copy()
PADDED_PROMPT[1, :2] = 1
ALLOWED, ALLOWED_FIRST = (whole(np.int32, *shape, low=0, high=4).clip(0, 1) for shape in ((WORDS,), (2, WORDS)))
one = lambda value, kind=np.int32: np.array([value], kind)
for i, (prompt, least, repetition, ngram, masks) in enumerate(((PROMPT, 0, 1, 0, False), (PADDED_PROMPT, 8, 1.3, 2, False), (PROMPT, 6, 1, 0, True))):
    written(f"greedy_search_{i}", "GreedySearch", (.5, 2, 1)[i],
            dict(input_ids=prompt, max_length=one(13), min_length=one(least), repetition_penalty=one(repetition, np.float32),
                 vocab_mask=ALLOWED if masks else None, prefix_vocab_mask=ALLOWED_FIRST if masks else None), ["sequences"], no_repeat_ngram_size=ngram)
for i, (prompt, least, beams, kept, length, repetition, ngram, masks) in enumerate((
        (PROMPT, 0, 3, 2, 1, 1, 0, False), (PADDED_PROMPT, 6, 4, 4, .5, 1.2, 0, False), (PROMPT, 0, 2, 1, 2, 1, 3, True), (PROMPT, 5, 1, 1, 1, 1, 0, False))):
    written(f"beam_search_{i}", "BeamSearch", (.5, 2, 3, 1)[i],
            dict(input_ids=prompt, max_length=one(12), min_length=one(least), num_beams=one(beams), num_return_sequences=one(kept),
                 length_penalty=one(length, np.float32), repetition_penalty=one(repetition, np.float32), vocab_mask=ALLOWED if masks else None,
                 prefix_vocab_mask=ALLOWED_FIRST if masks else None), ["sequences", "sequences_scores", "scores"][:3 - i % 2],
            no_repeat_ngram_size=ngram, early_stopping=i % 2)

# ---- negative pads crop before what is left is repeated ------------------------------------------------------------------------------
for mode in ("wrap", "reflect", "edge"):
    for low, high in ((-2, 1), (3, -1)):
        node(f"pad_{mode}_cropped_{low}_{high}", "Pad", [uniform(np.float32, 2, 6), np.array([0, low, 0, high])], 21, "ort", mode=mode)
node("pad_wrap_cropped_twice", "Pad", [uniform(np.float32, 4, 6), np.array([-2, -1, 1, 6])], 24, "ort", mode="wrap")

# ---- weights of few bits in blocks that are not in order, with zero points: ONNX Runtime's CPU kernel reads those in fractions alone --
BITS, SCALES, OWNERS = whole(np.uint8, 5, 3, 16), uniform(np.float32, 15, low=0, high=1), rng.permutation(96).astype(np.int32) // 32
for i, zeros in enumerate((uniform(np.float32, 15, low=0, high=15), whole(np.uint8, 10))):
    points = zeros.reshape(5, 3) if i == 0 else np.stack([zeros & 15, zeros >> 4], -1).reshape(5, 4)[:, :3].astype(np.float32)
    left = uniform(np.float32, 4, 96)
    numbers = (np.stack([BITS & 15, BITS >> 4], -1).reshape(5, 96) - points[:, OWNERS]) * SCALES.reshape(5, 3)[:, OWNERS]
    node(f"few_bits_zeros_out_of_order_{i}", "MatMulNBits", [left, BITS, SCALES, zeros, OWNERS], 1, ["ort", [left @ numbers.T]][i],
         domain="com.microsoft", kept=(1, 2, 3, 4), K=96, N=5, bits=4, block_size=32)

# ---- GroupQueryAttention: caches of few bits, caches as long as a window, no causal mask, norms of queries and keys ------------------
def grouped(name, batch, time, past, room, bits=0, rotary=0, width=16, judge="ort", norms=(), **attributes):
    """Rows of a cache that hold no token are whatever was in memory there; here they are 0."""
    past = np.asarray(past)
    sliding, window = attributes.get("sliding_window_cache", 0), attributes.get("local_window_size", 0)
    inputs = [uniform(np.float32, batch, time, heads * width) for heads in (4, 2, 2)]
    held = {0: lambda: uniform(np.float32, batch, 2, room, width), 8: lambda: whole(np.int8, batch, 2, room, width),
            4: lambda: whole(np.uint8, batch, 2, room, width // 2)}[bits]
    inputs += [held(), held()] if room else [None, None]
    inputs += [(past + time - 1).astype(np.int32), np.array(past.max() + time, np.int32)]
    angles = np.arange(16)[:, None] * (.1 + np.arange(width // 2)[None]) / 4
    inputs += [np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)] if rotary else [None, None]
    inputs += [None, None, None]
    step = {0: 0, 8: .025, 4: .4}[bits]
    inputs += [uniform(np.float32, 1, 2, 1, width, low=step, high=2 * step) for _ in range(2)] if bits else [None, None]
    if bits:
        attributes |= dict(k_quant_type="PER_CHANNEL", v_quant_type="PER_CHANNEL", kv_cache_bit_width=bits)
    attributes |= dict(num_heads=4, kv_num_heads=2, do_rotary=rotary)
    inputs += norms
    while inputs[-1] is None:
        inputs.pop()
    node(name, "GroupQueryAttention", inputs, 1, judge, outputs=3, domain="com.microsoft", **attributes)
    if judge == "ort" and room:
        for i in (1, 2):
            file = f"test_data_set_0/output_{i}.pb"
            cache = np.array(numpy_helper.to_array(TensorProto.FromString(cases[name][file])))
            for b in range(batch):
                tokens = past[b] + time
                rows = tokens if not sliding or tokens <= room else window + (tokens - room - 1) % (room - window + 1)
                cache[b, :, rows:] = 0x88 if bits == 4 else 0
            cases[name][file] = proto(cache, f"o{i}").SerializeToString()


for i, (batch, time, past, room, window) in enumerate(((1, 1, [3], 6, 4), (1, 1, [9], 6, 4), (1, 3, [4], 6, 4), (1, 8, [0], 6, 4), (2, 1, [3, 9], 6, 4),
                                                       (1, 1, [5], 4, 4), (3, 1, [12, 7, 0], 5, 3), (2, 5, [0, 0], 7, 2))):
    grouped(f"grouped_sliding_{i}", batch, time, past, room, rotary=i % 2, local_window_size=window, sliding_window_cache=1)
    if i % 3 == 0:
        grouped(f"grouped_sliding_bytes_{i}", batch, time, past, room, 8, rotary=1, local_window_size=window, sliding_window_cache=1)
for i, (batch, time, past) in enumerate(((2, 3, 0), (1, 3, 4), (2, 1, 5))):
    grouped(f"grouped_both_ways_{i}", batch, time, [past] * batch, past, causal=0)
    if past:
        grouped(f"grouped_bytes_{i}", batch, time, [past] * batch, past, 8, rotary=1)
        grouped(f"grouped_half_bytes_{i}", batch, time, [past] * batch, past, 4, smooth_softmax=1)
grouped("grouped_half_bytes_sliding", 2, 1, [3, 9], 6, 4, width=32, local_window_size=4, sliding_window_cache=1)


def normed_heads(x, scale):
    heads = x.reshape(*x.shape[:2], -1, 16)
    return (heads / np.sqrt((heads * heads).mean(-1, keepdims=True) + np.float32(1e-5)) * scale).reshape(x.shape).astype(np.float32)


# ONNX Runtime's CPU kernel has no norms: it gets what they make.
SCALES = [uniform(np.float32, 16), uniform(np.float32, 16)]
grouped("grouped_normed", 1, 3, [4], 4, rotary=1)
feed = [numpy_helper.to_array(TensorProto.FromString(cases["grouped_normed"][f"test_data_set_0/input_{i}.pb"])) for i in range(9)]
plain = onnx.ModelProto.FromString(cases["grouped_normed"]["model.onnx"])
feed_names = [info.name for info in plain.graph.input]
given = dict(zip(feed_names, [normed_heads(feed[0], SCALES[0]), normed_heads(feed[1], SCALES[1]), *feed[2:]]))
expected = ort.InferenceSession(plain.SerializeToString(), options()).run(None, given)
node("grouped_normed", "GroupQueryAttention", [*feed, None, None, None, None, None, *SCALES], 1, expected, outputs=3, domain="com.microsoft",
     num_heads=4, kv_num_heads=2, do_rotary=1, qk_norm_epsilon=1e-5)

# ---- weights of few bits, activations in steps for each block, as ONNX Runtime's kernels round them -----------------------------------
for bits, block, k, zeros in ((4, 32, 96, False), (4, 16, 80, True), (8, 32, 90, False), (2, 64, 128, False), (2, 16, 64, False), (4, 128, 300, True)):
    blocks = -(-k // block)
    node(f"few_bits_rounded_{bits}_{block}_{k}", "MatMulNBits", [uniform(np.float32, 3, k), whole(np.uint8, 6, blocks, block * bits // 8),
         uniform(np.float32, 6 * blocks, low=0, high=.2), *([whole(np.uint8, 6 * -(-blocks * bits // 8))] if zeros else [])], 1, "ort",
         domain="com.microsoft", kept=(1, 2, 3) if zeros else (1, 2), K=k, N=6, bits=bits, block_size=block, accuracy_level=4)

# ---- regular expressions: ONNX Runtime's are RE2's ------------------------------------------------------------------------------------
WORDS = np.array(["", "a", "ab", "aab", "abab", "a.b", "A", "Ab1", "foo@bar.com", "x" * 40, "a\n", "a\nb", "été", "日本", "12-34", "a b", "\t", "_", "[", "\\"],
                 dtype=object)
for i, pattern in enumerate((r"(a|b)*", r"a?b+", r"a{2}b?", r"(?:ab){1,}", r"a\.b", r"(?i)AB?1?", r"[[:alpha:]]+", r"[^[:alpha:]]+", r"[\w.]+@[\w]+\.[a-z]{2,3}",
                             r"x{10,}x{20,30}", r"a.?", r"(?s)a.b?", r"a$", r"(?m)a$.*", r"\pL+", r"\p{Han}+", r"\P{L}*", r"\d+-\d+", r"\S+", r"a\sb|\s",
                             r"\Qa.b\E", r"\x61b", r"[\]\[]", r"\\", r"(?P<one>a)(b)?", r"^\w\b.*", r"(x+x+)+y|x*", r"[a-c-]+|", r"a{,2}|ab", r"[^\d\s]+", r"\141b*",
                             r"((((a?){3}b?){2})*)", r"\A.*\z", r"(?i:a)B?")):
    node(f"regular_expression_{i}", "RegexFullMatch", [WORDS], 20, "ort", pattern=pattern)
for i, attributes in enumerate((dict(tokenexp=r"[a-z]+|\d+|[[:upper:]]\w*"), dict(separators=[r"\s+", r"[-.@]"]), dict(tokenexp=r"(a|ab)(c|bcd)?|."),
                                dict(tokenexp=r"\b\w", mincharnum=1), dict(separators=["a+?"]))):
    node(f"tokenizer_expressions_{i}", "Tokenizer", [np.array(["one abcd 12-34 Foo_1", "x@y.z  aab", "été", "aaa bbb"], dtype=object)], 1, "ort",
         domain="com.microsoft", **{"mark": 0, "mincharnum": 1, "pad_value": "#", **attributes})

# ---- loops whose bodies declare the number of the step, and the condition, as tensors of one element ----------------------------------
def stepping(name, count, limit):
    """What spox writes: (steps, a sum) of i < limit."""
    info = helper.make_tensor_value_info
    body = helper.make_graph([helper.make_node("Less", ["i", "limit"], ["go"]), helper.make_node("Cast", ["i"], ["f"], to=1),
                              helper.make_node("Add", ["s", "f"], ["t"]), helper.make_node("Identity", ["i"], ["scan"])], "body",
                             [info("i", 7, [1]), info("before", 9, [1]), info("s", 1, [1])], [info("go", 9, [1]), info("t", 1, [1]), info("scan", 7, [1])])
    feed = dict(limit=np.array(limit))
    if count is not None:
        feed["count"] = np.array([count])
    graph = helper.make_graph([helper.make_node("Constant", [], ["zero"], value_floats=[0.]),
                               helper.make_node("Loop", ["count" if count is not None else "", "", "zero"], ["sum", "steps"], body=body)], "g",
                              [info(n, 7, np.shape(a)) for n, a in feed.items()], [onnx.ValueInfoProto(name="sum"), onnx.ValueInfoProto(name="steps")])
    model(name, helper.make_model(graph, opset_imports=[helper.make_opsetid("", 16)], ir_version=8), feed, "ort")


stepping("loop_of_one_element", None, 9)
stepping("loop_of_one_element_counted", 5, 100)
stepping("loop_of_one_element_none", 0, 3)
node("cast_nan_to_integers", "Cast", [np.array([1, np.nan, -2.7])], 13, "ort", to=7)
node("cast_nan_to_int32", "Cast", [np.array([1, np.nan, -2.7], np.float32)], 13, "ort", to=6)

# ---- pictures whose extents a scale makes fractions of: PyTorch takes the whole extent, and its files mean that --------------------------
for i, mode in enumerate(("linear", "cubic")):
    resize = helper.make_node("Resize", ["x", "", "scales"], ["y"], mode=mode, coordinate_transformation_mode="align_corners", cubic_coeff_a=-.75)
    graph = helper.make_graph([resize], "g", [helper.make_tensor_value_info("x", 1, [1, 2, 5, 7])], [onnx.ValueInfoProto(name="y")],
                              [numpy_helper.from_array(np.array([1, 1, .5, 1.5], np.float32), "scales")])
    model(f"resize_of_pytorch_{mode}", helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8, producer_name="pytorch"),
          dict(x=uniform(np.float32, 1, 2, 5, 7)), "ort")

# ---- what is beyond a type, and what processors by Intel and AMD make of it; narrow types are rounded to ------------------------------
BEYOND = np.array([np.inf, -np.inf, np.nan, 3e9, -3e9, 1e19, 300.7, -1.5], np.float32)
for to in (TensorProto.UINT8, TensorProto.INT8, TensorProto.UINT16, TensorProto.INT16, TensorProto.INT32, TensorProto.INT64, TensorProto.UINT32):
    node(f"cast_beyond_{to}", "Cast", [BEYOND if to != TensorProto.UINT32 else BEYOND[[3, 6]]], 13, "ort", to=to)
NARROW = np.array([-9.7, -8.5, -3.5, -1.5, -.6, -.5, -.4, .4, .49999997, .5, 1.5, 2.5, 7.5, 15.4, 15.6, 17.2, 300, np.inf, np.nan], np.float32)
for to in (TensorProto.INT4, TensorProto.UINT4):
    casts = helper.make_graph([helper.make_node("Cast", ["x"], ["q"], to=to), helper.make_node("Cast", ["q"], ["y"], to=1)], "g",
                              [helper.make_tensor_value_info("x", 1, ["n"])], [onnx.ValueInfoProto(name="y")])
    model(f"cast_narrow_{to}", helper.make_model(casts, opset_imports=[helper.make_opsetid("", 21)], ir_version=10), dict(x=NARROW), "ort")

# ---- a clipped LSTM: ONNX Runtime clips sums of products alone, not what the cell remembers --------------------------------------------
for name, attributes in (("plain", {}), ("coupled", dict(input_forget=1, activations=["HardSigmoid", "Softplus", "Relu"]))):
    node(f"lstm_clipped_{name}", "LSTM", [uniform(np.float32, 5, 3, 4), uniform(np.float32, 1, 24, 4), uniform(np.float32, 1, 24, 6), uniform(np.float32, 1, 48)], 14,
         "ort", outputs=3, hidden_size=6, clip=.7, **attributes)

# ---- causal attention: what comes later is never seen, also where a mask hides all that came before; keys of something else ------------
node("attention_causal_hidden", "Attention", [uniform(np.float32, 2, 5, 32), uniform(np.float32, 32, 96, low=-.3, high=.3), uniform(np.float32, 96),
     np.array([5, 4, 0, 1], np.int32)], 1, "ort", domain="com.microsoft", num_heads=4, unidirectional=1)
for past in (0, 3):
    caches = [uniform(np.float32, 2, 4, past, 8) for _ in range(2)] if past else [None, None]
    node(f"heads_causal_across_{past}", "MultiHeadAttention", [uniform(np.float32, 2, 5, 32), uniform(np.float32, 2, 6, 32), uniform(np.float32, 2, 6, 32), None, None,
         None, *caches][:8 if past else 3], 1, "ort", domain="com.microsoft", outputs=3 if past else 1, num_heads=4, unidirectional=1)
CHARACTERS = np.array([[1, 0, 2, 3, 0, 4], [3, 1, 0, 0, 4, 5], [1, 2, 3, 4, 5, 6], [7, 0, 0, 8, 0, 8]], np.int32)
node("word_with_gaps", "WordConvEmbedding", [CHARACTERS, uniform(np.float32, 5, 1, 3, 7), uniform(np.float32, 5), uniform(np.float32, 9, 7)], 1, "ort",
     domain="com.microsoft", embedding_size=5, conv_window_size=3, char_embedding_size=7)
node("max_roi_pool_halves", "MaxRoiPool", [uniform(np.float32, 1, 2, 8, 8), np.array([[0, 0, 0, 5, 5], [0, 2, 2, 7, 6], [0, 5, 5, 5, 5]], np.float32)], 1, "ort",
     pooled_shape=[2, 3], spatial_scale=.7)

# ---- shares of rows in bytes: a whole number of steps makes one; nothing is left of a row whose scale is infinite ----------------------
for name, scale, step in (("steps", .03, .0039), ("large_steps", .05, .0071), ("infinite", np.inf, 1 / 127)):
    shares = helper.make_node("QLinearSoftmax", ["x", "scale", "zero", "step", "none"], ["y"], domain="com.microsoft", opset=13)
    constants = dict(scale=np.float32(scale), zero=np.uint8(3), step=np.float32(step), none=np.uint8(0))
    graph = helper.make_graph([shares], "g", [helper.make_tensor_value_info("x", TensorProto.UINT8, [4, 12])], [onnx.ValueInfoProto(name="y")],
                              [proto(value, key) for key, value in constants.items()])
    model(f"softmax_bytes_{name}", helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)], ir_version=8),
          dict(x=whole(np.uint8, 4, 12)), "ort")

write(cases, folder / "cases.zip.gz")
