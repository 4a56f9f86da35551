#!/usr/bin/env python3
"""Writes the golden values that the tests hold Gamelan against, computed by PyTorch in double precision.

Run it with PyTorch 1.13 or later (Debian: apt-get install python3-torch) from anywhere; it writes
../resources/dev/gamelan/oracle/golden.txt. A case is a line "# name key=value ...", then one line per array:
its name, its shape, its elements. Layouts are Gamelan's: channels last, kernels (spatial..., in / groups, out).
"""
import pathlib
import numpy as np
import torch
import torch.nn.functional as F

torch.manual_seed(7)
OUT = pathlib.Path(__file__).parent / "../resources/dev/gamelan/oracle/golden.txt"
lines = []


def rand(*shape, scale=8):
    """Multiples of 1/8 from -2 to 2: short to print, exact in every type."""
    return (torch.randint(-16, 17, shape).double() / scale).requires_grad_()


def distinct(*shape):
    """No two equal, so that maxima are unique."""
    n = int(np.prod(shape))
    return ((torch.randperm(n).double() - n // 2) / 8).reshape(shape).requires_grad_()


def channels_last(t):
    return t.permute(0, *range(2, t.dim()), 1)


def kernel(t):
    """(out, in / groups, spatial...) -> (spatial..., in / groups, out)."""
    return t.permute(*range(2, t.dim()), 1, 0)


def case(name, arrays, **settings):
    def text(v):
        return ",".join(str(i) for i in v) if isinstance(v, (tuple, list)) else str(v)

    lines.append(" ".join(["#", name] + [f"{k}={text(v)}" for k, v in settings.items()]))
    for key, value in arrays.items():
        value = value.detach().double()
        shape = ",".join(str(d) for d in value.shape)
        lines.append(f"{key} ({shape}) " + " ".join("%.10g" % v for v in value.reshape(-1).tolist()))


def weight_for(y):
    return (torch.randint(-4, 5, y.shape).double() / 4)


def differentiate(y, *inputs):
    gy = weight_for(y)
    return gy, torch.autograd.grad((y * gy).sum(), inputs, allow_unused=False)


# ---- convolutions ----------------------------------------------------------------------------------------------------

def conv(x_shape, w_shape, stride, padding, dilation, groups):
    rank = len(x_shape) - 2
    x, w = rand(*x_shape), rand(*w_shape)
    f = [F.conv1d, F.conv2d, F.conv3d][rank - 1]
    y = f(x, w, stride=stride, padding=padding, dilation=dilation, groups=groups)
    gy, (gx, gw) = differentiate(y, x, w)
    case("conv", dict(x=channels_last(x), w=kernel(w), y=channels_last(y), gy=channels_last(gy), gx=channels_last(gx),
                      gw=kernel(gw)), stride=stride, low=padding, high=padding, dilation=dilation, groups=groups)


conv((2, 3, 7), (4, 3, 3), (1,), (0,), (1,), 1)
conv((1, 2, 9), (4, 1, 3), (2,), (2,), (2,), 2)
conv((2, 2, 5, 4), (3, 2, 3, 3), (1, 1), (1, 1), (1, 1), 1)
conv((1, 3, 7, 6), (2, 3, 3, 2), (2, 1), (1, 0), (1, 1), 1)
conv((1, 2, 8, 7), (2, 2, 3, 3), (1, 2), (2, 1), (2, 1), 1)
conv((1, 4, 5, 5), (4, 1, 3, 3), (1, 1), (1, 1), (1, 1), 4)
conv((2, 4, 4, 4), (6, 2, 2, 2), (2, 2), (0, 0), (1, 1), 2)
conv((1, 3, 4, 4), (5, 3, 1, 1), (1, 1), (0, 0), (1, 1), 1)
conv((1, 2, 3, 4, 3), (2, 2, 2, 3, 2), (1, 1, 1), (1, 1, 0), (1, 1, 1), 1)
conv((1, 4, 4, 4, 4), (4, 2, 2, 2, 2), (2, 1, 2), (0, 1, 1), (1, 2, 1), 2)


def transposed(x_shape, w_shape, stride, padding, output_padding, dilation, groups):
    rank = len(x_shape) - 2
    x, w = rand(*x_shape), rand(*w_shape)
    f = [F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d][rank - 1]
    y = f(x, w, stride=stride, padding=padding, output_padding=output_padding, groups=groups, dilation=dilation)
    gy, (gx, gw) = differentiate(y, x, w)
    case("transposed", dict(x=channels_last(x), w=kernel(w), y=channels_last(y), gy=channels_last(gy), gx=channels_last(gx),
                            gw=kernel(gw)), stride=stride, low=padding, high=padding, dilation=dilation, groups=groups)


transposed((2, 3, 5), (3, 2, 3), (2,), (1,), (1,), (1,), 1)
transposed((1, 3, 3, 4), (3, 2, 3, 3), (2, 2), (1, 1), (1, 0), (1, 1), 1)
transposed((1, 4, 3, 3), (4, 2, 2, 3), (1, 2), (0, 1), (0, 0), (2, 1), 2)
transposed((1, 2, 2, 2, 3), (2, 2, 2, 2, 2), (2, 1, 2), (0, 0, 1), (0, 0, 1), (1, 1, 1), 1)


# ---- pooling ---------------------------------------------------------------------------------------------------------

def pool(x_shape, size, stride, padding, dilation):
    rank = len(x_shape) - 2
    x = distinct(*x_shape)
    y = [F.max_pool1d, F.max_pool2d, F.max_pool3d][rank - 1](x, size, stride=stride, padding=padding, dilation=dilation)
    gy, (gx,) = differentiate(y, x)
    case("max_pool", dict(x=channels_last(x), y=channels_last(y), gy=channels_last(gy), gx=channels_last(gx)),
         size=size, stride=stride, low=padding, high=padding, dilation=dilation)
    if all(d == 1 for d in dilation):
        y = [F.avg_pool1d, F.avg_pool2d, F.avg_pool3d][rank - 1](x, size, stride=stride, padding=padding) * np.prod(size)
        gy, (gx,) = differentiate(y, x)
        case("sum_pool", dict(x=channels_last(x), y=channels_last(y), gy=channels_last(gy), gx=channels_last(gx)),
             size=size, stride=stride, low=padding, high=padding, dilation=dilation)


pool((2, 3, 7), (2,), (2,), (0,), (1,))
pool((1, 2, 9), (3,), (1,), (1,), (2,))
pool((2, 2, 6, 4), (2, 2), (2, 2), (0, 0), (1, 1))
pool((1, 3, 7, 7), (3, 3), (2, 2), (1, 1), (1, 1))
pool((1, 2, 7, 6), (3, 2), (1, 2), (1, 0), (2, 1))
pool((1, 2, 4, 3, 5), (2, 3, 2), (1, 1, 2), (1, 0, 1), (1, 1, 1))


# ---- functions of one number, with their first derivatives -----------------------------------------------------------

def function(name, f, x):
    x = torch.tensor(x, dtype=torch.double, requires_grad=True)
    y = f(x)
    (gx,) = torch.autograd.grad(y.sum(), x)
    case("function", dict(x=x, y=y, gx=gx), of=name)


everywhere = [-7.5, -3.25, -1.25, -0.5, -0.01, 0.02, 0.3, 1, 2.5, 6, 20]
positive = [1e-6, 0.02, 0.3, 1, 1.5, 2.5, 6, 20, 1e6]
unit = [-0.99, -0.5, -0.01, 1e-4, 0.3, 0.75, 0.999]
for name in ["abs", "exp", "expm1", "sin", "cos", "tan", "atan", "sinh", "cosh", "asinh", "tanh", "sigmoid", "erf", "relu"]:
    function(name, getattr(torch, name), everywhere)
for name in ["sqrt", "rsqrt", "log"]:
    function(name, getattr(torch, name), positive)
function("log1p", torch.log1p, unit + positive)
for name in ["asin", "acos", "atanh"]:
    function(name, getattr(torch, name), unit)
function("acosh", torch.acosh, [1.0001, 1.5, 3, 20, 1e6])
function("silu", F.silu, everywhere)
function("gelu", F.gelu, everywhere)
function("softplus", F.softplus, everywhere)
function("selu", F.selu, everywhere)
function("mish", F.mish, everywhere)
function("hardSwish", F.hardswish, everywhere)
function("hardSigmoid", F.hardsigmoid, everywhere)
function("softsign", F.softsign, everywhere)
function("elu", F.elu, everywhere)
function("leakyRelu", F.leaky_relu, everywhere)


# ---- functions of an axis --------------------------------------------------------------------------------------------

def along(name, f, shape, axis, x=None):
    x = rand(*shape) if x is None else x
    y = f(x)
    gy, (gx,) = differentiate(y, x)
    case("along", dict(x=x, y=y, gy=gy, gx=gx), of=name, axis=axis)


for axis in [0, 1, 2]:
    along("softmax", lambda x: F.softmax(x, axis), (2, 3, 4), axis)
    along("logSoftmax", lambda x: F.log_softmax(x, axis), (2, 3, 4), axis)
    along("logSumExp", lambda x: torch.logsumexp(x, axis), (2, 3, 4), axis)
    along("variance", lambda x: torch.var(x, axis, unbiased=False), (2, 3, 4), axis)
    along("std", lambda x: torch.std(x, axis, unbiased=False), (2, 3, 4), axis, distinct(2, 3, 4))
    along("norm", lambda x: torch.linalg.norm(x, dim=axis), (2, 3, 4), axis, distinct(2, 3, 4))
    along("mean", lambda x: torch.mean(x, axis), (2, 3, 4), axis)
    along("cumsum", lambda x: torch.cumsum(x, axis), (2, 3, 4), axis)
    along("cumprod", lambda x: torch.cumprod(x, axis), (2, 3, 4), axis, distinct(2, 3, 4))
    along("cummax", lambda x: torch.cummax(x, axis)[0], (2, 3, 4), axis, distinct(2, 3, 4))
    along("sort", lambda x: torch.sort(x, axis)[0], (2, 3, 4), axis, distinct(2, 3, 4))
    along("prod", lambda x: torch.prod(x, axis), (2, 3, 4), axis)
    along("max", lambda x: torch.max(x, axis)[0], (2, 3, 4), axis, distinct(2, 3, 4))


# ---- normalization ---------------------------------------------------------------------------------------------------

def norm(name, x, channels, f):
    scale, shift = rand(channels), rand(channels)
    y = f(x, scale, shift)
    gy, (gx, gs, gb) = differentiate(y, x, scale, shift)
    last = channels_last if name == "batch_norm" and x.dim() > 2 else lambda t: t
    case(name, dict(x=last(x), scale=scale, shift=shift, y=last(y), gy=last(gy), gx=last(gx), gscale=gs, gshift=gb))


norm("layer_norm", rand(3, 5), 5, lambda x, s, b: F.layer_norm(x, (5,), s, b, 1e-5))
norm("layer_norm", rand(2, 3, 7), 7, lambda x, s, b: F.layer_norm(x, (7,), s, b, 1e-5))
norm("batch_norm", rand(5, 3), 3, lambda x, s, b: F.batch_norm(x, None, None, s, b, True, 0.1, 1e-5))
norm("batch_norm", rand(2, 3, 4, 3), 3, lambda x, s, b: F.batch_norm(x, None, None, s, b, True, 0.1, 1e-5))


# ---- losses, averaged over the batch ---------------------------------------------------------------------------------

logits, labels = rand(5, 4), torch.tensor([0, 3, 2, 2, 1])
loss = F.cross_entropy(logits, labels)
case("cross_entropy", dict(x=logits, target=labels, y=loss, gx=torch.autograd.grad(loss, logits)[0]))
loss = F.cross_entropy(logits, labels, label_smoothing=0.1)
case("cross_entropy_smooth", dict(x=logits, target=labels, y=loss, gx=torch.autograd.grad(loss, logits)[0]))
x, target = rand(4, 3), rand(4, 3).detach()
truth = (target > 0).double()
for name, f, t in [("mse", F.mse_loss, target), ("mae", F.l1_loss, target), ("huber", F.huber_loss, target),
                   ("sigmoid_cross_entropy", F.binary_cross_entropy_with_logits, truth)]:
    loss = f(x, t)
    case(name, dict(x=x, target=t, y=loss, gx=torch.autograd.grad(loss, x)[0]))


# ---- attention and a recurrent cell ----------------------------------------------------------------------------------

q, k, v = rand(2, 2, 3, 4), rand(2, 2, 5, 4), rand(2, 2, 5, 3)
y = F.softmax(q @ k.transpose(-1, -2) / 2, -1) @ v
gy, (gq, gk, gv) = differentiate(y, q, k, v)
case("attention", dict(q=q, k=k, v=v, y=y, gy=gy, gq=gq, gk=gk, gv=gv))

steps, x, h, w, u = 4, rand(4, 2, 3), rand(2, 5), rand(3, 5), rand(5, 5)
state, states = h, []
for t in range(steps):
    state = torch.tanh(x[t] @ w + state @ u)
    states.append(state)
y = torch.stack(states)
gy, (gx, gh, gw, gu) = differentiate(y, x, h, w, u)
case("recurrent", dict(x=x, h=h, w=w, u=u, y=y, gy=gy, gx=gx, gh=gh, gw=gw, gu=gu))

OUT.write_text("\n".join(lines) + "\n")
print(OUT.resolve(), OUT.stat().st_size, "bytes")
