"""Writes golden_sequences.json: what PyTorch computes for recurrent layers, attention and normalizations.

Run with PyTorch 2.13:  python3 golden_sequences.py > ../resources/dev/gamelan/nn/golden_sequences.json

Parameters are leaves in this library's layout, from which those of PyTorch's modules are made; so gradients come out in
this library's layout too.
"""
import json
import math
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

torch.manual_seed(3)
torch.set_default_dtype(torch.float64)
cases = []


def arr(t):
    t = t.detach()
    return {"shape": list(t.shape), "values": [float("%.9g" % v) for v in t.double().reshape(-1).tolist()]}


def rounded(t):
    """As the single precision that the test reads."""
    return t.float().double()


def case(name, f, inputs, params):
    """f: inputs and parameters by name -> output."""
    inputs = {k: rounded(v).requires_grad_(True) for k, v in inputs.items()}
    params = {k: rounded(v).requires_grad_(True) for k, v in params.items()}
    y = f(inputs, params)
    r = rounded(torch.randn_like(y))
    leaves = list(inputs.values()) + list(params.values())
    grads = [torch.zeros_like(l) if g is None else g for l, g in zip(leaves, torch.autograd.grad((y * r).sum(), leaves, allow_unused=True))]
    cases.append({
        "name": name, "output": arr(y), "weights": arr(r),
        "inputs": {k: arr(v) for k, v in inputs.items()}, "parameters": {k: arr(v) for k, v in params.items()},
        "inputGradients": {k: arr(g) for k, g in zip(inputs, grads)},
        "gradients": {k: arr(g) for k, g in zip(params, grads[len(inputs):])}})


def call(module, params, *args, **kw):
    return torch.func.functional_call(module, params, args, kw)


# ---- recurrent layers -------------------------------------------------------------------------------------------------


def lstm_params(i, u, prefix=""):
    return {prefix + "weight": torch.randn(i, 4 * u) * 0.5, prefix + "recurrent": torch.randn(u, 4 * u) * 0.5,
            prefix + "bias": torch.randn(4 * u) * 0.5}


def lstm_torch(p, prefix="", suffix="_l0"):
    return {"weight_ih" + suffix: p[prefix + "weight"].T, "weight_hh" + suffix: p[prefix + "recurrent"].T,
            "bias_ih" + suffix: p[prefix + "bias"], "bias_hh" + suffix: torch.zeros_like(p[prefix + "bias"])}


def gru_params(i, u, prefix=""):
    return {prefix + "weight": torch.randn(i, 3 * u) * 0.5, prefix + "recurrent": torch.randn(u, 3 * u) * 0.5,
            prefix + "bias": torch.randn(3 * u) * 0.5, prefix + "recurrent_bias": torch.randn(u) * 0.5}


def gru_torch(p, prefix="", suffix="_l0"):
    u = p[prefix + "recurrent_bias"].shape[0]
    return {"weight_ih" + suffix: p[prefix + "weight"].T, "weight_hh" + suffix: p[prefix + "recurrent"].T,
            "bias_ih" + suffix: p[prefix + "bias"],
            "bias_hh" + suffix: torch.cat([torch.zeros(2 * u), p[prefix + "recurrent_bias"]])}


def flipped(p):
    return {k[:-len("_reverse")]: v for k, v in p.items()}


def packed(module, params, x, lengths):
    out, last = call(module, params, pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False))
    return pad_packed_sequence(out, batch_first=True, total_length=x.shape[1])[0], last


LENGTHS = torch.tensor([5, 2, 4])   # of a batch of 3 sequences of 5 steps
for kind, module, make, to_torch in [("lstm", nn.LSTM, lstm_params, lstm_torch), ("gru", nn.GRU, gru_params, gru_torch)]:
    one = module(4, 3, batch_first=True)
    both = module(4, 3, batch_first=True, bidirectional=True)

    def hidden(last, kind=kind):
        return last[0] if kind == "lstm" else last

    x = torch.randn(3, 5, 4)
    case(kind, lambda i, p: call(one, to_torch(p), i["x"])[0], {"x": x}, make(4, 3))
    case(kind + " last", lambda i, p: hidden(call(one, to_torch(p), i["x"])[1])[0], {"x": x}, make(4, 3))
    case(kind + " one step", lambda i, p: call(one, to_torch(p), i["x"])[0], {"x": torch.randn(2, 1, 4)}, make(4, 3))
    case(kind + " reversed", lambda i, p: call(one, to_torch(p), i["x"].flip(1))[0].flip(1), {"x": x}, make(4, 3))
    case(kind + " padded", lambda i, p: packed(one, to_torch(p), i["x"], LENGTHS)[0], {"x": x}, make(4, 3))
    case(kind + " padded state", lambda i, p: hidden(packed(one, to_torch(p), i["x"], LENGTHS)[1])[0], {"x": x}, make(4, 3))
    wide = {**make(4, 3, "forward."), **make(4, 3, "backward.")}
    pair = lambda p: {**to_torch(p, "forward."), **to_torch(p, "backward.", "_l0_reverse")}
    case(kind + " bidirectional", lambda i, p: call(both, pair(p), i["x"])[0], {"x": x}, wide)
    case(kind + " bidirectional last", lambda i, p: torch.cat(list(hidden(call(both, pair(p), i["x"])[1])), -1), {"x": x}, wide)
    case(kind + " bidirectional padded", lambda i, p: packed(both, pair(p), i["x"], LENGTHS)[0], {"x": x}, wide)
    if kind == "lstm":
        def stateful(i, p):
            y, (h, c) = call(one, to_torch(p), i["x"], (i["h"][None], i["c"][None]))
            return torch.cat([y, h[0][:, None], c[0][:, None]], 1)
        case("lstm state", stateful, {"x": x, "h": torch.randn(3, 3), "c": torch.randn(3, 3)}, make(4, 3))
    else:
        def stateful(i, p):
            y, h = call(one, to_torch(p), i["x"], i["h"][None])
            return torch.cat([y, h[0][:, None]], 1)
        case("gru state", stateful, {"x": x, "h": torch.randn(3, 3)}, make(4, 3))

# ---- attention --------------------------------------------------------------------------------------------------------

HEADS, WIDTH = 2, 8
mha = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True)
narrow = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True, kdim=6, vdim=6)


def attention_params(memory=WIDTH):
    p = {}
    for name, i in [("query", WIDTH), ("key", memory), ("value", memory), ("output", WIDTH)]:
        p[name + ".weight"] = torch.randn(i, WIDTH) * 0.5
        p[name + ".bias"] = torch.randn(WIDTH) * 0.5
    return p


def attention_torch(p):
    shared = {"in_proj_bias": torch.cat([p["query.bias"], p["key.bias"], p["value.bias"]]),
              "out_proj.weight": p["output.weight"].T, "out_proj.bias": p["output.bias"]}
    if p["key.weight"].shape[0] == WIDTH:
        return {"in_proj_weight": torch.cat([p["query.weight"].T, p["key.weight"].T, p["value.weight"].T]), **shared}
    return {"q_proj_weight": p["query.weight"].T, "k_proj_weight": p["key.weight"].T, "v_proj_weight": p["value.weight"].T, **shared}


def attend(i, p, memory=None, **kw):
    m = i["x"] if memory is None else memory
    return call(mha if m.shape[-1] == WIDTH else narrow, attention_torch(p), i["x"], m, m, need_weights=False, **kw)[0]


x = torch.randn(3, 5, WIDTH)
memory = torch.randn(3, 4, WIDTH)
unseen = torch.triu(torch.ones(5, 5, dtype=torch.bool), 1)
case("attention", lambda i, p: attend(i, p), {"x": x}, attention_params())
case("attention causal", lambda i, p: attend(i, p, attn_mask=unseen), {"x": x}, attention_params())
case("attention cross", lambda i, p: attend(i, p, i["memory"]), {"x": x, "memory": memory}, attention_params())
case("attention cross narrow", lambda i, p: attend(i, p, i["memory"]), {"x": x, "memory": torch.randn(3, 4, 6)}, attention_params(6))
behind = lambda steps, lengths: torch.arange(steps)[None] >= lengths[:, None]
case("attention padded memory", lambda i, p: attend(i, p, i["memory"], key_padding_mask=behind(4, torch.tensor([4, 1, 3]))),
     {"x": x, "memory": memory}, attention_params())


def rotate(x):
    """Llama's: the halves of a head's features are pairs."""
    half = x.shape[-1] // 2
    angle = torch.arange(x.shape[-2])[:, None] * 10000.0 ** (-2 * torch.arange(half) / x.shape[-1])
    a, b = x[..., :half], x[..., half:]
    return torch.cat([a * angle.cos() - b * angle.sin(), b * angle.cos() + a * angle.sin()], -1)


def rotary(i, p):
    s = lambda y: y.view(3, 5, HEADS, WIDTH // HEADS).transpose(1, 2)
    q, k, v = (s(i["x"] @ p[n + ".weight"]) for n in ["query", "key", "value"])
    y = F.scaled_dot_product_attention(rotate(q), rotate(k), v, is_causal=True)
    return y.transpose(1, 2).reshape(3, 5, WIDTH) @ p["output.weight"]


case("attention rotary no bias", rotary, {"x": x}, {k: v for k, v in attention_params().items() if k.endswith("weight")})

# ---- normalizations, positions, shortcuts -----------------------------------------------------------------------------

last = lambda t: t.movedim(1, -1)
first = lambda t: t.movedim(-1, 1)
scales = lambda n: {"scale": torch.randn(n), "bias": torch.randn(n)}
image = torch.randn(2, 3, 4, 6)
case("rmsNorm", lambda i, p: F.rms_norm(i["x"], (6,), p["scale"], 1e-6), {"x": image}, {"scale": torch.randn(6)})
case("groupNorm", lambda i, p: last(F.group_norm(first(i["x"]), 3, p["scale"], p["bias"], 1e-5)), {"x": image}, scales(6))
case("groupNorm one group of a row", lambda i, p: F.group_norm(i["x"], 1, p["scale"], p["bias"], 1e-5), {"x": torch.randn(3, 6)}, scales(6))
case("instanceNorm", lambda i, p: last(F.instance_norm(first(i["x"]), weight=p["scale"], bias=p["bias"], eps=1e-5)), {"x": image}, scales(6))
case("positionEmbedding", lambda i, p: i["x"] + p["weight"][:5], {"x": x}, {"weight": torch.randn(7, WIDTH)})
case("embedding logits", lambda i, p: i["x"] @ p["weight"].T, {"x": x}, {"weight": torch.randn(7, WIDTH)})
case("residual shortcut", lambda i, p: torch.tanh(i["x"] @ p["dense_1.weight"] + p["dense_1.bias"]) + i["x"] @ p["shortcut.dense_1.weight"],
     {"x": torch.randn(3, 4)}, {"dense_1.weight": torch.randn(4, 5), "dense_1.bias": torch.randn(5), "shortcut.dense_1.weight": torch.randn(4, 5)})

print(json.dumps({"cases": cases}, separators=(",", ":")))
