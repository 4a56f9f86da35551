"""Writes the state dicts of networks with random weights as safetensors files, with an input and the output of each.

Run with PyTorch 2.13 and transformers 5.18:
    python3 golden_state_dicts.py ../resources/dev/gamelan/domains
    python3 golden_state_dicts.py resnet18 FOLDER       one of full size: see StateDictGoldenTest
"""
import json
import pathlib
import sys
import torch
import torch.nn as nn
import torch.nn.functional as F
from safetensors.torch import save_file

torch.manual_seed(9)


def randomize(module, deviation=0.3):
    """Also what usually starts at 0 or 1, so that nothing can hide."""
    for p in module.parameters():
        nn.init.normal_(p, std=deviation)
    for m in module.modules():
        if isinstance(m, nn.BatchNorm2d):
            nn.init.normal_(m.running_mean, std=0.3)
            nn.init.uniform_(m.running_var, 0.5, 1.5)
            nn.init.uniform_(m.weight, 0.5, 1.5)
        if isinstance(m, nn.LayerNorm):
            nn.init.uniform_(m.weight, 0.5, 1.5)
    return module.eval()


class BasicBlock(nn.Module):
    """As torchvision's, with its names."""

    def __init__(self, i, o, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(i, o, 3, stride, 1, bias=False), nn.BatchNorm2d(o)
        self.relu = nn.ReLU()
        self.conv2, self.bn2 = nn.Conv2d(o, o, 3, 1, 1, bias=False), nn.BatchNorm2d(o)
        self.downsample = nn.Sequential(nn.Conv2d(i, o, 1, stride, bias=False), nn.BatchNorm2d(o)) if stride != 1 or i != o else None

    def forward(self, x):
        y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        return self.relu(y + (x if self.downsample is None else self.downsample(x)))


class TorchvisionResNet(nn.Module):
    """As torchvision's, with its names."""

    def __init__(self, widths, blocks, classes):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, widths[0], 7, 2, 3, bias=False), nn.BatchNorm2d(widths[0])
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        i = widths[0]
        for s, (width, count) in enumerate(zip(widths, blocks)):
            layer = [BasicBlock(i if b == 0 else width, width, 2 if s > 0 and b == 0 else 1) for b in range(count)]
            setattr(self, f"layer{s + 1}", nn.Sequential(*layer))
            i = width
        self.fc = nn.Linear(i, classes)

    def forward(self, x):
        x = self.maxpool(F.relu(self.bn1(self.conv1(x))))
        for s in range(1, 5):
            x = getattr(self, f"layer{s}")(x)
        return self.fc(x.mean((2, 3)))


def arr(t):
    t = t.detach()
    return {"shape": list(t.shape), "values": [float("%.8g" % v) for v in t.double().reshape(-1).tolist()]}


def state(module):
    return {k: v.contiguous() for k, v in module.state_dict().items()}


def torchvision(folder, name, widths, side, deviation):
    network = randomize(TorchvisionResNet(widths, [2, 2, 2, 2], 5), deviation)
    x = torch.randn(2, 3, side, side - 3)
    save_file(state(network), folder / f"{name}.safetensors", {"format": "pt"})
    return {"input": arr(x.movedim(1, -1)), "output": arr(network(x))}


def hugging_face_resnet(folder):
    from transformers import ResNetConfig, ResNetForImageClassification
    config = ResNetConfig(num_channels=3, embedding_size=4, hidden_sizes=[4, 6, 8, 10], depths=[1, 2, 1, 1], layer_type="basic", num_labels=5)
    network = randomize(ResNetForImageClassification(config))
    x = torch.randn(2, 3, 36, 33)
    save_file(state(network), folder / "resnet_hf.safetensors", {"format": "pt"})
    return {"input": arr(x.movedim(1, -1)), "output": arr(network(x).logits)}


def bert(folder):
    from transformers import BertConfig, BertModel
    config = BertConfig(vocab_size=19, hidden_size=12, num_hidden_layers=2, num_attention_heads=3, intermediate_size=20,
                        max_position_embeddings=10, type_vocab_size=2)
    network = randomize(BertModel(config))
    ids, kinds = torch.randint(0, 19, (3, 8)), torch.randint(0, 2, (3, 8))
    mask = (torch.arange(8) < torch.tensor([[8], [5], [1]])).long()
    result = network(input_ids=ids, token_type_ids=kinds, attention_mask=mask)
    (folder / "bert").mkdir(exist_ok=True)
    network.save_pretrained(folder / "bert")
    return {"ids": arr(ids), "segments": arr(kinds), "mask": arr(mask), "states": arr(result.last_hidden_state),
            "pooled": arr(result.pooler_output)}


if sys.argv[1] == "resnet18":
    folder = pathlib.Path(sys.argv[2])
    result = torchvision(folder, "resnet18", [64, 128, 256, 512], 224, 0.03)
    (folder / "resnet18.json").write_text(json.dumps(result))
else:
    folder = pathlib.Path(sys.argv[1])
    cases = {"torchvision": torchvision(folder, "resnet_torchvision", [4, 6, 8, 10], 36, 0.3),
             "hugging face": hugging_face_resnet(folder), "bert": bert(folder)}
    (folder / "golden_state_dicts.json").write_text(json.dumps(cases, separators=(",", ":")))
