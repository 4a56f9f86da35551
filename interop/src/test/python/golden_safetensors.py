"""Writes goldens with Hugging Face's own safetensors: every element type that it can write, and an index of two files.

Run with safetensors 0.8, huggingface_hub 1.33 and PyTorch 2.13:
    python3 golden_safetensors.py ../resources/dev/gamelan/interop/safetensors
    python3 golden_safetensors.py check FOLDER      reads what Gamelan wrote: see SafeTensorsPythonTest
"""
import json
import pathlib
import sys
import torch
from huggingface_hub import save_torch_state_dict
from safetensors.torch import load_file, save_file

PLAIN = [torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int8, torch.uint8, torch.bool]
WIDENED = [torch.int16, torch.uint16, torch.uint32, torch.uint64, torch.float8_e4m3fn, torch.float8_e4m3fnuz, torch.float8_e5m2,
           torch.float8_e5m2fnuz, torch.float8_e8m0fnu]


def name(dtype):
    return str(dtype).removeprefix("torch.")


def values(dtype):
    """Rank 2; of 8-bit types every pattern of bits."""
    if dtype.itemsize == 1 and dtype != torch.bool:
        return torch.arange(256, dtype=torch.uint8).view(dtype).reshape(16, 16)
    if dtype == torch.bool:
        return torch.tensor([[True, False, True]])
    if dtype.is_floating_point:
        return torch.tensor([[0.0, -0.0, 1.5, -2.25], [1 / 3, 65504.0, 6e-8, float("inf")], [float("nan"), float("-inf"), 1e-3, -7.0]]).to(dtype)
    info = torch.iinfo(dtype)
    most = min(info.max, 2 ** 63 - 1)
    return torch.tensor([[info.min, most], [0, 1], [most - 1, 77]], dtype=torch.int64).to(dtype)


def numbers(tensor):
    if tensor.dtype.is_floating_point:
        return [repr(v) for v in tensor.double().reshape(-1).tolist()]
    return [str(int(v)) for v in tensor.reshape(-1).tolist()]


def entry(tensor):
    return {"shape": list(tensor.shape), "values": numbers(tensor)}


def golden(folder):
    plain = {"t." + name(t): values(t) for t in PLAIN} | {"scalar": torch.tensor(2.5), "empty": torch.zeros(0, 3), "я": torch.ones(1)}
    widened = {name(t): values(t) for t in WIDENED}
    opaque = {"complex": torch.tensor([1 + 2j, -0.5j]), "f4": torch.arange(4, dtype=torch.uint8).view(torch.float4_e2m1fn_x2)}
    save_file(plain, folder / "plain.safetensors", {"format": "pt"})
    save_file(widened | opaque, folder / "widened.safetensors")
    state = {f"layer.{i}.weight": torch.randn(3, i + 2, generator=torch.Generator().manual_seed(i)) for i in range(4)}
    save_torch_state_dict(state, folder, max_shard_size=120)
    expected = {k: entry(v) for k, v in (plain | widened | state).items()}
    (folder / "golden.json").write_text(json.dumps(expected, separators=(",", ":")))


def check(folder):
    """Prints what is in the files that Gamelan wrote, as the golden has it."""
    found = {k: entry(v) for f in sorted(folder.glob("*.safetensors")) for k, v in load_file(f).items()}
    for index in folder.glob("*.index.json"):
        for tensor, file in json.loads(index.read_text())["weight_map"].items():
            assert tensor in load_file(folder / file), f"{tensor} is not in {file}"
    print(json.dumps(found))


if sys.argv[1] == "check":
    check(pathlib.Path(sys.argv[2]))
else:
    golden(pathlib.Path(sys.argv[1]))
