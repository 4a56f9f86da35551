"""Writes small models in forms that tools of ONNX Runtime give them, and what ONNX Runtime makes of these.

Run with ONNX Runtime 1.30, onnx 1.23 and NumPy 2.4, on a processor with AVX-512 or AVX2:
    python3 golden_onnx_tools.py ../resources/dev/gamelan/interop/onnx
Each case is a folder in the layout of ONNX's backend tests.
"""
import pathlib
import sys

import numpy as np
import onnxruntime as ort
from onnx import helper, numpy_helper

from golden_onnx import WORDS, Cases, code, options, proto, write

folder = pathlib.Path(sys.argv[1])
made = Cases(seed=17, judge="ort")
rng, cases, model, node, uniform, whole, decoder = made.rng, made.cases, made.model, made.node, made.uniform, made.whole, made.decoder

# ---- channels in blocks, as ONNX Runtime saves a network after all optimizations ------------------------------------------------------
info = helper.make_tensor_value_info


def filled(array, axis, block):
    more = [(0, 0)] * array.ndim
    more[axis] = (0, -array.shape[axis] % block)
    return np.pad(array, more)


def laid(w, block, group=1):
    """A kernel in blocks of channels out, and within these of channels in where there is a whole block."""
    out, ins, *extents = w.shape
    if group > 1 and ins == 1 or group == 1 and ins < block:
        return np.ascontiguousarray(filled(w, 0, block).reshape(-1, block, ins, *extents).transpose(0, 2, 3, 4, 1)).reshape(-1, ins, *extents)
    wide = filled(filled(w, 0, block), 1, block)
    return np.ascontiguousarray(wide.reshape(-1, block, wide.shape[1] // block, block, *extents).transpose(0, 2, 4, 5, 3, 1)).reshape(wide.shape)


def network(channels, block):
    """Plain where block is 0. A direct convolution, one of each channel, one in groups, pooling, a larger picture, a sum before ReLU."""
    local = np.random.default_rng(channels)
    F = lambda *shape: local.uniform(-.5, .5, shape).astype(np.float32)
    more = 2 * channels
    kernels = dict(a=(F(channels, 3, 3, 3), 1), b=(F(channels, 1, 3, 3), channels), c=(F(more, channels, 1, 1), 1), d=(F(more, more // 2, 3, 3), 2),
                   e=(F(more, 20, 3, 3), 1), f=(F(20, more, 1, 1), 1))
    biases = {key: F(k.shape[0]) for key, (k, _) in kernels.items()}
    domain = "com.microsoft.nchwc" if block else ""
    weights, nodes = [], []
    sets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1), helper.make_opsetid("com.microsoft.nchwc", 1)]

    def conv(key, x, y, act, plus=""):
        w, group = kernels[key]
        bias = biases[key]
        if block:
            w, bias = laid(w, block, group), filled(bias, 0, block)
            group = bias.size if key == "b" else group
        weights.extend([numpy_helper.from_array(w, "w" + key), numpy_helper.from_array(bias, "v" + key)])
        pad = w.shape[2] // 2
        nodes.append(helper.make_node("Conv" if block else "FusedConv", [x, "w" + key, "v" + key] + ([plus] if plus else []), [y], group=group,
                                      domain=domain or "com.microsoft", pads=[pad] * 4, kernel_shape=list(w.shape[2:]), **(dict(activation=act) if act else {})))

    def add(op, inputs, output, **attributes):
        nodes.append(helper.make_node(op, inputs, [output], **attributes))

    conv("a", "x", "a", "Relu")
    conv("b", "a", "b", "Sigmoid")
    conv("c", "b", "c", "")
    conv("d", "c", "d", "Relu", "c")
    add("MaxPool", ["d"], "p", domain=domain, kernel_shape=[2, 2], strides=[2, 2])
    if block:
        add("ReorderInput", ["z"], "zr", domain=domain)
        conv("e", "zr", "e", "")
        add("Upsample", ["p"], "u", domain=domain, scales=[1, 1, 2, 2], mode="linear", coordinate_transformation_mode="half_pixel")
        add("GlobalAveragePool", ["u"], "g", domain=domain)
        add("Add", ["u", "e"], "s")
        add("ReorderOutput", ["s"], "y", domain=domain, channels=more)
        conv("f", "s", "fr", "")
        add("ReorderOutput", ["fr"], "few", domain=domain, channels=20)
        add("ReorderOutput", ["g"], "mean", domain=domain, channels=more, channels_last=1)
    else:
        conv("e", "z", "e", "")
        weights.append(numpy_helper.from_array(np.array([1, 1, 2, 2], np.float32), "two"))
        add("Resize", ["p", "", "two"], "u", mode="linear", coordinate_transformation_mode="half_pixel")
        add("GlobalAveragePool", ["u"], "g")
        add("Add", ["u", "e"], "y")
        conv("f", "y", "few", "")
        add("Transpose", ["g"], "mean", perm=[0, 2, 3, 1])
    graph = helper.make_graph(nodes, "g", [info("x", 1, [2, 3, 8, 6]), info("z", 1, [2, 20, 8, 6])], [info(key, 1, None) for key in ("y", "mean", "few")], weights)
    return helper.make_model(graph, opset_imports=sets, ir_version=8)


for channels, block in ((24, 8), (40, 8), (32, 16), (16, 16)):
    feed = dict(x=uniform(np.float32, 2, 3, 8, 6), z=uniform(np.float32, 2, 20, 8, 6))
    expected = ort.InferenceSession(network(channels, 0).SerializeToString(), options()).run(None, feed)
    model(f"channels_{channels}_in_blocks_of_{block}", network(channels, block), feed, expected)

# ---- attention that sees some blocks of keys -----------------------------------------------------------------------------------------
def sparse(name, batch, time, past, heads, own, width, layouts, packed=False, rotary=False, **attributes):
    block, blocks = 4, 4
    room = block * blocks
    rows, columns = [], []
    for layout in range(layouts):
        each = [[k for k in range(row + 1) if k == row or (k + layout) % 2 == 0] for row in range(blocks)]
        rows.append(np.cumsum([0] + [len(row) for row in each]))
        columns.append(sum(each, []))
    longest = max(map(len, columns))
    columns = [row + [-1] * (longest - len(row)) for row in columns]
    q, k, v = (uniform(np.float32, batch, time, count * width) for count in (heads, own, own))
    feed = dict(query=np.concatenate([q, k, v], 2)) if packed else dict(query=q, key=k, value=v)
    feed.update({f"past_{side}": uniform(np.float32, batch, own, room, width) for side in ("key", "value")})
    feed.update(total=np.array([past + time], np.int32), lengths=np.full(batch, past + time, np.int32))
    weights = dict(rows=np.array(rows, np.int32), columns=np.array(columns, np.int32))
    names = ["query", "" if packed else "key", "" if packed else "value", "past_key", "past_value", "rows", "columns", "total", "lengths"]
    if rotary:
        angle = np.outer(np.arange(room), 1 / 10000 ** (np.arange(width // 2) / (width // 2))).astype(np.float32)
        weights.update(cos=np.cos(angle), sin=np.sin(angle))
        names += ["cos", "sin"]
    made = helper.make_node("SparseAttention", names, ["y", "keys", "values"], domain="com.microsoft", num_heads=heads, kv_num_heads=own,
                            sparse_block_size=block, do_rotary=int(rotary), **attributes)
    graph = helper.make_graph([made], "g", [info(key, code(value), value.shape) for key, value in feed.items()],
                              [info("y", 1, [batch, time, heads * width])] + [info(key, 1, [batch, own, room, width]) for key in ("keys", "values")],
                              [proto(value, key) for key, value in weights.items()])
    full = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)], ir_version=8)
    session = ort.InferenceSession(full.SerializeToString(), options())
    binding = session.io_binding()
    caches = {}
    for key, value in feed.items():
        if key.startswith("past"):
            caches[key] = ort.OrtValue.ortvalue_from_numpy(value.copy())
            binding.bind_ortvalue_input(key, caches[key])
            binding.bind_ortvalue_output(key.replace("past_", "") + "s", caches[key])
        else:
            binding.bind_cpu_input(key, value)
    binding.bind_output("y")
    session.run_with_iobinding(binding)
    y = next(value for value in binding.copy_outputs_to_cpu() if value.shape == (batch, time, heads * width))
    model(name, full, feed, [y, caches["past_key"].numpy(), caches["past_value"].numpy()])


sparse("sparse_attention_prompt", 2, 9, 0, 4, 2, 16, 2, rotary=True)
sparse("sparse_attention_step", 2, 1, 11, 4, 4, 16, 2, rotary=True)
sparse("sparse_attention_packed", 1, 14, 0, 4, 2, 16, 1, packed=True, scale=.3)

# ---- loops that write text ---------------------------------------------------------------------------------------------------------
PROMPT = whole(np.int32, 2, 4, low=2, high=WORDS)
for i, (seed, attributes) in enumerate(((1, dict(top_p=.6)), (123456, dict(top_p=.9, temperature=.5)), (5, dict(top_p=.7, custom=1)),
                                        (11, dict(top_p=.1, min_tokens_to_keep=3)), (0, dict(top_p=1., temperature=2.)))):
    feed = dict(input_ids=PROMPT, max_length=np.array([13], np.int32), min_length=np.array([0], np.int32),
                repetition_penalty=np.array([1.2], np.float32), seed=np.array([seed], np.int32))
    names = list(feed)
    made = helper.make_node("Sampling", names[:4] + [""] * 4 + names[4:], ["sequences"], domain="com.microsoft", decoder=decoder(.5),
                            pad_token_id=1, eos_token_id=2, model_type=0, **attributes)
    graph = helper.make_graph([made], "g", [info(key, code(value), value.shape) for key, value in feed.items()], [info("sequences", 6, None)])
    model(f"sampling_{i}", helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)], ir_version=8), feed, "ort")

# ---- beams with an encoder of words or of sound, which may do the decoder's first step too ----------------------------------------------
HEADS, PART, WIDE = 2, 4, 8
ENCODED = dict(embedding=uniform(np.float32, WORDS, WIDE), wq=uniform(np.float32, WIDE, WIDE, low=-1, high=1), wk=uniform(np.float32, WIDE, WIDE, low=-1, high=1),
               wv=uniform(np.float32, WIDE, WIDE, low=-1, high=1), wcq=uniform(np.float32, WIDE, WIDE, low=-1, high=1),
               wo=uniform(np.float32, WIDE, WORDS, low=-2, high=2), heard=uniform(np.float32, WORDS, WIDE), wck=uniform(np.float32, WIDE, WIDE, low=-1, high=1),
               wcv=uniform(np.float32, WIDE, WIDE, low=-1, high=1), wf=uniform(np.float32, 6, WIDE, low=-1, high=1), split=np.array([0, 0, HEADS, PART]),
               joint=np.array([0, 0, WIDE]), unit=np.float32(1), large=np.float32(10000), inner=np.array([1, 2]), zeroth=np.array([0]),
               nothing=np.array([HEADS, 0, PART]))
N = helper.make_node


def cache(name, time):
    return info(name, 1, ["b", HEADS, time, PART])


def parted(x, weight, y):
    return [N("MatMul", [x, weight], [y + "0"]), N("Reshape", [y + "0", "split"], [y + "1"]), N("Transpose", [y + "1"], [y], perm=[0, 2, 1, 3])]


def looked(q, k, v, y, mask):
    nodes = [N("Transpose", [k], [y + "k"], perm=[0, 1, 3, 2]), N("MatMul", [q, y + "k"], [y + "s"])]
    scores = y + "s"
    if mask:
        nodes += [N("Cast", [mask], [y + "m"], to=1), N("Sub", [y + "m", "unit"], [y + "n"]), N("Mul", [y + "n", "large"], [y + "h"]),
                  N("Unsqueeze", [y + "h", "inner"], [y + "u"]), N("Add", [scores, y + "u"], [y + "b"])]
        scores = y + "b"
    return nodes + [N("Softmax", [scores], [y + "p"], axis=-1), N("MatMul", [y + "p", v], [y + "o"]), N("Transpose", [y + "o"], [y + "t"], perm=[0, 2, 1, 3]),
                    N("Reshape", [y + "t", "joint"], [y])]


def step(x, mask):
    nodes = parted(x, "wq", "q") + parted(x, "wk", "k") + parted(x, "wv", "v")
    nodes += [N("Concat", [f"past_{each}_self_0", each[0]], [f"present_{each}_self_0"], axis=2) for each in ("key", "value")]
    nodes += looked("q", "present_key_self_0", "present_value_self_0", "own", "") + [N("Add", [x, "own"], ["x1"])] + parted("x1", "wcq", "cq")
    return nodes + looked("cq", "past_key_cross_0", "past_value_cross_0", "other", mask) + [N("Add", ["x1", "other"], ["x2"]), N("MatMul", ["x2", "wo"], ["logits"])]


def graphs(sound, begins):
    mask = "" if sound else "encoder_attention_mask"
    masks = [] if sound else [info(mask, 6, ["b", "t"])]
    weights = [proto(value, key) for key, value in ENCODED.items()]
    decoder = helper.make_graph([N("Gather", ["embedding", "input_ids"], ["x"])] + step("x", mask), "decoder",
                                [info("input_ids", 6, ["b", 1])] + masks + [cache(f"past_{each}_{side}_0", time) for side, time in (("self", "p"), ("cross", "t"))
                                                                            for each in ("key", "value")],
                                [info("logits", 1, ["b", 1, WORDS])] + [cache(f"present_{each}_self_0", "q") for each in ("key", "value")], weights)
    heard = [N("Transpose", ["encoder_input_ids"], ["turned"], perm=[0, 2, 1]), N("MatMul", ["turned", "wf"], ["encoder_hidden_states"])] if sound \
        else [N("Gather", ["heard", "encoder_input_ids"], ["encoder_hidden_states"])]
    nodes = heard + parted("encoder_hidden_states", "wck", "present_key_cross_0") + parted("encoder_hidden_states", "wcv", "present_value_cross_0")
    inputs = [info("encoder_input_ids", 1, ["b", 6, "t"]) if sound else info("encoder_input_ids", 6, ["b", "t"])] + masks
    outputs = [cache(f"present_{each}_cross_0", "t") for each in ("key", "value")]
    if begins:
        inputs.append(info("decoder_input_ids", 6, ["b", "d"]))
        nodes += [N("Gather", ["embedding", "decoder_input_ids"], ["x"]), N("Shape", ["x"], ["extents"]), N("Gather", ["extents", "zeroth"], ["rows"]),
                  N("Concat", ["rows", "nothing"], ["none"], axis=0), N("ConstantOfShape", ["none"], ["past_key_self_0"]),
                  N("Identity", ["past_key_self_0"], ["past_value_self_0"])]
        nodes += [N("Identity", [f"present_{each}_cross_0"], [f"past_{each}_cross_0"]) for each in ("key", "value")] + step("x", mask)
        outputs = [info("logits", 1, ["b", "d", WORDS]), info("encoder_hidden_states", 1, ["b", "t", WIDE])] + \
            [cache(f"present_{each}_self_0", "d") for each in ("key", "value")] + outputs
    return dict(encoder=helper.make_graph(nodes, "encoder", inputs, outputs, weights), decoder=decoder)


def heard(name, sound, begins, op="BeamSearch", beams=3, kept=2, most=10, length=1., repetition=1., mask=None, prompt=None, **attributes):
    source = uniform(np.float32, 2, 6, 7) if sound else whole(np.int32, 2, 5, low=2, high=WORDS)
    if not sound:
        source[1, :2] = 0
    feed = dict(source=source, most=np.array([most], np.int32), least=np.array([1], np.int32), beams=np.array([beams], np.int32),
                kept=np.array([kept], np.int32), length=np.array([length], np.float32), repetition=np.array([repetition], np.float32))
    names = list(feed) + [""] * 4
    if mask is not None:
        feed["mask"] = mask
        names[9] = "mask"
    if prompt is not None:
        feed["prompt"] = prompt
        names[10] = "prompt"
    made = N(op, names, ["sequences", "scores"], domain="com.microsoft", model_type=2 if sound else 1, eos_token_id=1, pad_token_id=0,
             decoder_start_token_id=2, **graphs(sound, begins), **attributes)
    graph = helper.make_graph([made], "g", [info(key, code(value), value.shape) for key, value in feed.items()], [info("sequences", 6, None), info("scores", 1, None)])
    model(name, helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)], ir_version=8), feed, "ort")


heard("beams_of_words", False, False)
heard("beams_of_words_masked", False, False, mask=np.array([[1, 1, 1, 1, 0], [1, 1, 0, 0, 0]], np.int32), early_stopping=1)
heard("beams_of_words_begun", False, True, length=.6, repetition=1.7, no_repeat_ngram_size=2)
heard("beams_of_words_one", False, True, beams=1, kept=1)
heard("beams_of_sound", True, True)
heard("beams_of_sound_prompted", True, True, op="WhisperBeamSearch", prompt=np.array([[2, 5, 7], [2, 5, 3]], np.int32), no_repeat_ngram_size=2)

# ---- weights of few bits: where a half of a step is rounded to -------------------------------------------------------------------------
for bits in (2, 4, 8):
    node(f"few_bits_rounded_rows_{bits}", "MatMulNBits", [uniform(np.float32, 128, 128), whole(np.uint8, 4, 4, 4 * bits), uniform(np.float32, 16, low=0, high=.2)],
         1, domain="com.microsoft", kept=(1, 2), K=128, N=4, bits=bits, block_size=32, accuracy_level=4)

write(cases, folder / "tools.zip.gz")
