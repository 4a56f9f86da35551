"""Writes golden.json: what PyTorch computes for the layers, losses and optimizers of this module.

Run with PyTorch 1.13 or later:  python3 golden.py > ../resources/dev/gamelan/nn/golden.json
"""
import json
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(1)


def arr(t):
    t = t.detach()
    return {"shape": list(t.shape), "values": [float("%.9g" % v) for v in t.double().reshape(-1).tolist()]}


def last(t):
    """Channels first -> channels last."""
    return t.movedim(1, -1).contiguous()


def kernel(w):
    """(out, in, spatial...) -> (spatial..., in, out)."""
    return w.movedim(0, -1).movedim(0, -2).contiguous()


layers = []


def layer(name, f, x, params, convert, spatial=True, training=False, buffers=None, buffers_after=None):
    """f: x in PyTorch's layout -> y; params: path -> tensor; convert: path -> to our layout."""
    x = x.clone().requires_grad_(True)
    for p in params.values():
        p.requires_grad_(True)
    y = f(x)
    r = torch.randn_like(y)
    grads = torch.autograd.grad((y * r).sum(), [x] + list(params.values()))
    to = last if spatial else (lambda t: t)
    layers.append({
        "name": name, "training": training, "input": arr(to(x)), "output": arr(to(y) if y.dim() == x.dim() else y),
        "weights": arr(to(r) if y.dim() == x.dim() else r), "inputGradient": arr(to(grads[0])),
        "parameters": {k: arr(convert(k, p)) for k, p in params.items()},
        "gradients": {k: arr(convert(k, g)) for k, g in zip(params, grads[1:])},
        "buffers": {k: arr(b) for k, b in (buffers or {}).items()},
        "buffersAfter": {k: arr(b) for k, b in (buffers_after() if buffers_after else {}).items()}})


def conv_convert(path, t):
    return kernel(t) if path == "weight" else t


def conv(name, dims, cin, cout, k, x, groups=1, **kw):
    f = [F.conv1d, F.conv2d, F.conv3d][dims - 1]
    w = torch.randn(cout, cin // groups, *k) * 0.3
    b = torch.randn(cout)
    layer(name, lambda x: f(x, p["weight"], p["bias"], groups=groups, **kw), x, p := {"weight": w, "bias": b}, conv_convert)


conv("conv2d", 2, 3, 4, (3, 3), torch.randn(2, 3, 6, 5))
conv("conv2d stride pad", 2, 3, 4, (3, 2), torch.randn(2, 3, 7, 6), stride=(2, 1), padding=(1, 0))
conv("conv2d dilation groups", 2, 4, 6, (3, 3), torch.randn(1, 4, 7, 8), groups=2, dilation=2)
conv("conv2d same", 2, 2, 3, (3, 3), torch.randn(2, 2, 5, 4), padding="same")
conv("conv2d depthwise", 2, 3, 3, (3, 3), torch.randn(1, 3, 5, 5), groups=3)
conv("conv1d", 1, 3, 2, (4,), torch.randn(2, 3, 9), stride=2)
conv("conv3d", 3, 2, 3, (2, 2, 2), torch.randn(1, 2, 3, 4, 3))


def transposed_convert(path, t):
    return t.permute(2, 3, 0, 1).contiguous() if path == "weight" else t


for name, kw in [("convTranspose2d", {}), ("convTranspose2d stride pad", {"stride": 2, "padding": 1})]:
    p = {"weight": torch.randn(3, 2, 4, 4) * 0.3, "bias": torch.randn(2)}
    layer(name, lambda x, p=p, kw=kw: F.conv_transpose2d(x, p["weight"], p["bias"], **kw), torch.randn(2, 3, 3, 4), p, transposed_convert)

pool = torch.randn(2, 3, 7, 6)
layer("maxPool2d", lambda x: F.max_pool2d(x, 2), pool, {}, None)
layer("maxPool2d stride pad", lambda x: F.max_pool2d(x, 3, stride=2, padding=1), pool, {}, None)
layer("avgPool2d", lambda x: F.avg_pool2d(x, 2), pool, {}, None)
layer("avgPool2d stride pad", lambda x: F.avg_pool2d(x, 3, stride=2, padding=1, count_include_pad=False), pool, {}, None)
layer("globalAvgPool", lambda x: x.mean((2, 3)), pool, {}, None)
layer("globalMaxPool", lambda x: x.amax((2, 3)), pool, {}, None)

p = {"weight": torch.randn(5, 3), "bias": torch.randn(3)}
layer("dense", lambda x: x @ p["weight"] + p["bias"], torch.randn(4, 5), p, lambda k, t: t, spatial=False)
layer("dense rank 3", lambda x: x @ p["weight"] + p["bias"], torch.randn(2, 3, 5), p, lambda k, t: t, spatial=False)

p = {"scale": torch.randn(6), "bias": torch.randn(6)}
layer("layerNorm", lambda x: F.layer_norm(x, (6,), p["scale"], p["bias"], 1e-5), torch.randn(2, 3, 6), p, lambda k, t: t, spatial=False)

for training in [False, True]:
    p = {"scale": torch.randn(3), "bias": torch.randn(3)}
    mean, var = torch.randn(3), torch.rand(3) + 0.5
    x = torch.randn(4, 3, 3, 2)
    after = (lambda x=x, mean=mean.clone(), var=var.clone(): {
        "mean": 0.9 * mean + 0.1 * x.mean((0, 2, 3)), "variance": 0.9 * var + 0.1 * x.var((0, 2, 3), unbiased=False)})
    layer("batchNorm " + ("training" if training else "inference"),
          lambda x: F.batch_norm(x, mean.clone(), var.clone(), p["scale"], p["bias"], training, 0.1, 1e-5), x, p, lambda k, t: t,
          training=training, buffers={"mean": mean, "variance": var}, buffers_after=after if training else None)

x = torch.tensor([[-8.0, -3.5, -1.0, -0.3, 0.0, 0.2, 1.0, 2.9, 3.1, 7.0]])
for name, f in [("relu", F.relu), ("relu6", F.relu6), ("gelu", F.gelu), ("geluTanh", lambda x: F.gelu(x, approximate="tanh")),
                ("tanh", torch.tanh), ("sigmoid", torch.sigmoid), ("softplus", F.softplus), ("silu", F.silu), ("elu", F.elu),
                ("hardSigmoid", F.hardsigmoid), ("hardSwish", F.hardswish), ("softmax", lambda x: F.softmax(x, -1)),
                ("leakyRelu", lambda x: F.leaky_relu(x, 0.2))]:
    layer(name, f, x, {}, None, spatial=False)

losses = []


def loss(name, f, output, target):
    output = output.clone().requires_grad_(True)
    value = f(output, target)
    (grad,) = torch.autograd.grad(value.sum(), [output])
    losses.append({"name": name, "output": arr(output), "target": arr(target.double()), "value": arr(value), "gradient": arr(grad)})


logits, classes = torch.randn(4, 5) * 3, torch.tensor([0, 4, 2, 2])
loss("softmaxCrossEntropy", lambda o, t: F.cross_entropy(o, t, reduction="none"), logits, classes)
loss("softmaxCrossEntropy smoothing", lambda o, t: F.cross_entropy(o, t, reduction="none", label_smoothing=0.1), logits, classes)
loss("softmaxCrossEntropy probabilities", lambda o, t: F.cross_entropy(o, t, reduction="none"), logits, F.softmax(torch.randn(4, 5), -1))
big = torch.tensor([[-90.0, 0.5, 80.0], [3.0, -2.0, 0.1]])
loss("sigmoidCrossEntropy", lambda o, t: F.binary_cross_entropy_with_logits(o, t, reduction="none"), big, torch.tensor([[1.0, 0, 1], [0, 1, 0.3]]))
a, b = torch.randn(3, 4) * 2, torch.randn(3, 4)
loss("mse", lambda o, t: F.mse_loss(o, t, reduction="none"), a, b)
loss("mae", lambda o, t: F.l1_loss(o, t, reduction="none"), a, b)
loss("huber", lambda o, t: F.huber_loss(o, t, reduction="none", delta=0.7), a, b)

optimizers = []


def optimizer(name, make, clip=None, schedule=None):
    w = torch.tensor([[1.0, -2.0, 3.0], [0.5, 0.1, -0.7]], requires_grad=True)
    b = torch.tensor([0.3, -0.2], requires_grad=True)
    opt = make([w, b])
    sched = schedule(opt) if schedule else None
    steps = []
    for i in range(6):
        opt.zero_grad()
        ((w ** 2).sum() * 0.5 + (w[0] * w[1]).sum() * (i + 1) * 0.3 + (b ** 3).sum()).backward()
        if clip:
            clip([w, b])
        opt.step()
        if sched:
            sched.step()
        steps.append({"w": arr(w), "b": arr(b)})
    optimizers.append({"name": name, "steps": steps})


O = torch.optim
optimizer("sgd", lambda p: O.SGD(p, 0.1))
optimizer("momentum", lambda p: O.SGD(p, 0.1, momentum=0.9))
optimizer("nesterov", lambda p: O.SGD(p, 0.1, momentum=0.9, nesterov=True))
optimizer("adam", lambda p: O.Adam(p, 0.05))
optimizer("adam L2", lambda p: O.Adam(p, 0.05, weight_decay=0.1))
optimizer("adamW", lambda p: O.AdamW(p, 0.05, weight_decay=0.1))
optimizer("rmsProp", lambda p: O.RMSprop(p, 0.05))
optimizer("adagrad", lambda p: O.Adagrad(p, 0.05))
optimizer("clipNorm sgd", lambda p: O.SGD(p, 0.1), clip=lambda p: nn.utils.clip_grad_norm_(p, 0.5))
optimizer("clipValue sgd", lambda p: O.SGD(p, 0.1), clip=lambda p: nn.utils.clip_grad_value_(p, 0.2))
optimizer("cosine sgd", lambda p: O.SGD(p, 0.1), schedule=lambda o: O.lr_scheduler.CosineAnnealingLR(o, 6))
optimizer("step sgd", lambda p: O.SGD(p, 0.1), schedule=lambda o: O.lr_scheduler.StepLR(o, 2, 0.5))
optimizer("exponential sgd", lambda p: O.SGD(p, 0.1), schedule=lambda o: O.lr_scheduler.ExponentialLR(o, 0.8))

print(json.dumps({"layers": layers, "losses": losses, "optimizers": optimizers}, separators=(",", ":")))
