"""Writes golden_models.json: the logits of small residual networks and of a small GPT, made of PyTorch's own modules.

Run with PyTorch 2.13:  python3 golden_models.py > ../resources/dev/gamelan/domains/golden_models.json
"""
import json
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(5)


def arr(t):
    t = t.detach()
    return {"shape": list(t.shape), "values": [float("%.7g" % v) for v in t.double().reshape(-1).tolist()]}


def randomize(module):
    """Also what usually starts at 0 or 1, so that nothing can hide."""
    for p in module.parameters():
        nn.init.normal_(p, std=0.3)
    for m in module.modules():
        if isinstance(m, nn.BatchNorm2d):
            nn.init.normal_(m.running_mean, std=0.3)
            nn.init.uniform_(m.running_var, 0.5, 1.5)
            nn.init.uniform_(m.weight, 0.5, 1.5)
    return module.eval()


def linear(path, m):
    return {path + ".weight": m.weight.T, path + ".bias": m.bias}


def conv(path, m):
    return {path + ".weight": m.weight.permute(2, 3, 1, 0)}


def norm(path, m):
    return {path + ".scale": m.weight, path + ".bias": m.bias}


class BasicBlock(nn.Module):
    """As torchvision's."""

    def __init__(self, i, o, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(i, o, 3, stride, 1, bias=False), nn.BatchNorm2d(o)
        self.conv2, self.bn2 = nn.Conv2d(o, o, 3, 1, 1, bias=False), nn.BatchNorm2d(o)
        self.down = nn.Sequential(nn.Conv2d(i, o, 1, stride, bias=False), nn.BatchNorm2d(o)) if stride != 1 or i != o else None

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + (x if self.down is None else self.down(x)))


class ResNet(nn.Module):
    def __init__(self, widths, blocks, reduces, classes):
        super().__init__()
        w = widths[0]
        self.conv = nn.Conv2d(3, w, 7, 2, 3, bias=False) if reduces else nn.Conv2d(3, w, 3, 1, 1, bias=False)
        self.bn, self.pool = nn.BatchNorm2d(w), nn.MaxPool2d(3, 2, 1) if reduces else nn.Identity()
        self.stages = nn.ModuleList()
        for s, (width, count) in enumerate(zip(widths, blocks)):
            self.stages.append(nn.ModuleList())
            for b in range(count):
                self.stages[-1].append(BasicBlock(w, width, 2 if s > 0 and b == 0 else 1))
                w = width
        self.fc = nn.Linear(w, classes)

    def forward(self, x):
        x = self.pool(F.relu(self.bn(self.conv(x))))
        for stage in self.stages:
            for block in stage:
                x = block(x)
        return self.fc(x.mean((2, 3)))

    def mapped(self):
        parameters, buffers = {**conv("stem.conv2d_1", self.conv)}, {}

        def batch_norm(path, m):
            parameters.update(norm(path, m))
            buffers.update({path + ".mean": m.running_mean, path + ".variance": m.running_var})

        batch_norm("stem.batch_norm_1", self.bn)
        for s, stage in enumerate(self.stages):
            for b, block in enumerate(stage):
                path = f"stage_{s + 1}.residual_{b + 1}."
                for n, (c, bn) in enumerate([(block.conv1, block.bn1), (block.conv2, block.bn2)]):
                    parameters.update(conv(f"{path}conv2d_{n + 1}", c))
                    batch_norm(f"{path}batch_norm_{n + 1}", bn)
                if block.down is not None:
                    parameters.update(conv(path + "shortcut.conv2d_1", block.down[0]))
                    batch_norm(path + "shortcut.batch_norm_1", block.down[1])
        parameters.update(linear("head", self.fc))
        return parameters, buffers


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.ln1, self.ln2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, heads, batch_first=True)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        t, y = x.shape[1], self.ln1(x)
        unseen = torch.triu(torch.ones(t, t, dtype=torch.bool), 1)
        x = x + self.attention(y, y, y, attn_mask=unseen, need_weights=False)[0]
        return x + self.down(F.gelu(self.up(self.ln2(x))))


class Gpt(nn.Module):
    def __init__(self, vocabulary, context, width, depth, heads, tied):
        super().__init__()
        self.words, self.positions = nn.Embedding(vocabulary, width), nn.Embedding(context, width)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        self.head = None if tied else nn.Linear(width, vocabulary)

    def forward(self, ids):
        x = self.words(ids) + self.positions(torch.arange(ids.shape[1]))
        for block in self.blocks:
            x = block(x)
        x = self.norm(x)
        return x @ self.words.weight.T if self.head is None else self.head(x)

    def mapped(self):
        p = {"words.weight": self.words.weight, "positions.weight": self.positions.weight, **norm("norm", self.norm)}
        for i, b in enumerate(self.blocks):
            path = f"block_{i}."
            p.update(norm(path + "attention.layer_norm_1", b.ln1))
            p.update(norm(path + "mlp.layer_norm_1", b.ln2))
            a = b.attention
            for name, w, bias in zip(["query", "key", "value"], a.in_proj_weight.chunk(3), a.in_proj_bias.chunk(3)):
                p.update({f"{path}attention.attention_1.{name}.weight": w.T, f"{path}attention.attention_1.{name}.bias": bias})
            p.update(linear(path + "attention.attention_1.output", a.out_proj))
            p.update(linear(path + "mlp.dense_1", b.up))
            p.update(linear(path + "mlp.dense_2", b.down))
        if self.head is not None:
            p.update(linear("head", self.head))
        return p, {}


cases = []


def case(name, module, x, to_ours):
    randomize(module)
    parameters, buffers = module.mapped()
    cases.append({"name": name, "input": arr(to_ours(x)), "output": arr(module(x)),
                  "parameters": {k: arr(v) for k, v in parameters.items()}, "buffers": {k: arr(v) for k, v in buffers.items()}})


last = lambda x: x.movedim(1, -1)
case("resnet", ResNet([3, 4], [1, 2], True, 5), torch.randn(2, 3, 35, 32), last)
case("small resnet", ResNet([2, 3, 4], [1, 1, 1], False, 4), torch.randn(2, 3, 9, 8), last)
case("gpt", Gpt(11, 8, 6, 2, 3, True), torch.randint(0, 11, (2, 7)), lambda x: x)
case("gpt untied", Gpt(11, 8, 6, 1, 2, False), torch.randint(0, 11, (2, 7)), lambda x: x)
print(json.dumps({"cases": cases}, separators=(",", ":")))
