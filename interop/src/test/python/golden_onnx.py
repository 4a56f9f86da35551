"""What the scripts beside it share: small models with inputs and outputs, each a folder in the layout of ONNX's backend tests."""
import gzip
import io
import zipfile

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

WORDS, WIDTH, LAYERS = 23, 8, 2


def proto(array, name):
    if isinstance(array, TensorProto):
        array.name = name
        return array
    array = np.asarray(array)
    if array.dtype.kind in "OUS":
        return helper.make_tensor(name, TensorProto.STRING, array.shape, [str(x).encode() for x in array.flatten()])
    return numpy_helper.from_array(np.ascontiguousarray(array).reshape(array.shape), name)


def code(array):
    return TensorProto.STRING if np.asarray(array).dtype.kind in "OUS" else helper.np_dtype_to_tensor_dtype(np.asarray(array).dtype)


def options():
    result = ort.SessionOptions()
    result.log_severity_level = 4
    result.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    return result


def write(cases, file):
    """All cases as one archive, the same bytes each time."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, files in sorted(cases.items()):
            for path, data in files.items():
                archive.writestr(zipfile.ZipInfo(f"{name}/{path}"), data)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(gzip.compress(packed.getvalue(), 9, mtime=0))
    print(len(cases), "cases")


class Cases:
    """Models by name, and the random numbers that they are made of."""

    def __init__(self, seed, judge):
        self.rng = np.random.default_rng(seed)
        self.judge = judge
        self.cases = {}

    def model(self, name, proto_model, feed, judge):
        """judge: ref, ort, or the expected outputs."""
        if judge == "ort":
            outputs = ort.InferenceSession(proto_model.SerializeToString(), options()).run(None, feed)
        elif judge == "ref":
            outputs = ReferenceEvaluator(proto_model).run(None, feed)
        else:
            outputs = judge
        files = {}
        for i, info in enumerate(proto_model.graph.input):
            files[f"test_data_set_0/input_{i}.pb"] = proto(feed[info.name], info.name).SerializeToString()
        for i, (info, value) in enumerate(zip(proto_model.graph.output, outputs)):
            if not info.type.WhichOneof("value"):
                info.CopyFrom(helper.make_tensor_value_info(info.name, code(value), None))
            files[f"test_data_set_0/output_{i}.pb"] = proto(value, info.name).SerializeToString()
        files["model.onnx"] = proto_model.SerializeToString()
        self.cases[name] = files

    def node(self, name, op, inputs, opset, judge=None, outputs=1, domain="", kept=(), **attributes):
        """One node; inputs are arrays, or None for one that is left out; those at the places kept are initializers."""
        names = [f"i{k}" if a is not None else "" for k, a in enumerate(inputs)]
        made = helper.make_node(op, names, [f"o{k}" for k in range(outputs)], domain=domain, **attributes)
        given = {n: a for k, (n, a) in enumerate(zip(names, inputs)) if a is not None and k not in kept}
        graph = helper.make_graph([made], "g", [helper.make_tensor_value_info(n, code(a), np.shape(a)) for n, a in given.items()],
                                  [onnx.ValueInfoProto(name=f"o{k}") for k in range(outputs)],
                                  [proto(inputs[k], f"i{k}") for k in kept])
        sets = [helper.make_opsetid("", opset if not domain else 21)] + ([helper.make_opsetid(domain, opset)] if domain else [])
        self.model(name, helper.make_model(graph, opset_imports=sets, ir_version=10 if opset < 24 or domain else 13), given, judge or self.judge)

    def uniform(self, dtype, *shape, low=-3, high=3):
        return np.asarray(self.rng.uniform(low, high, shape)).astype(dtype)

    def whole(self, dtype, *shape, low=None, high=None):
        info = np.iinfo(dtype)
        return self.rng.integers(info.min if low is None else low, info.max if high is None else high, shape, dtype=dtype)

    def decoder(self, sharpness):
        """Like GPT-2, of two layers of two heads, with caches (2, rows, heads, time, d)."""
        nodes, weights = [], []

        def weight(name, array):
            weights.append(proto(np.asarray(array), name))

        def add(op, inputs, *outputs, **attributes):
            nodes.append(helper.make_node(op, inputs, list(outputs), **attributes))

        for name, array in (("words", self.uniform(np.float32, WORDS, WIDTH)), ("places", self.uniform(np.float32, 40, WIDTH, low=-1, high=1)),
                            ("head", self.uniform(np.float32, WIDTH, WORDS, low=-sharpness, high=sharpness)), ("heads", np.array([0, 0, 3, 2, 4])),
                            ("joined", np.array([0, 0, WIDTH])), ("first", np.array([0])), ("middle", np.array([1, 2])), ("hidden", np.float32(-10000)),
                            ("one", np.float32(1)), ("half", np.float32(.5))):
            weight(name, array)
        add("Gather", ["words", "input_ids"], "e")
        add("Gather", ["places", "position_ids"], "p")
        add("Add", ["e", "p"], "x0")
        add("Cast", ["attention_mask"], "seen", to=1)
        add("Sub", ["one", "seen"], "unseen")
        add("Mul", ["unseen", "hidden"], "bias2")
        add("Unsqueeze", ["bias2", "middle"], "bias")
        for i in range(LAYERS):
            weight(f"in{i}", self.uniform(np.float32, WIDTH, 3 * WIDTH, low=-.7, high=.7))
            weight(f"out{i}", self.uniform(np.float32, WIDTH, WIDTH, low=-.7, high=.7))
            add("MatMul", [f"x{i}", f"in{i}"], f"qkv{i}")
            add("Reshape", [f"qkv{i}", "heads"], f"r{i}")
            add("Transpose", [f"r{i}"], f"t{i}", perm=[2, 0, 3, 1, 4])
            add("Split", [f"t{i}"], f"q{i}", f"k{i}", f"v{i}", axis=0)
            add("Concat", [f"k{i}", f"v{i}"], f"kv{i}", axis=0)
            add("Concat", [f"past_{i}", f"kv{i}"], f"present_{i}", axis=3)
            add("Split", [f"present_{i}"], f"keys{i}", f"values{i}", axis=0)
            for name in ("q", "keys", "values"):
                add("Squeeze", [f"{name}{i}", "first"], f"{name}_{i}")
            add("Transpose", [f"keys_{i}"], f"kt{i}", perm=[0, 1, 3, 2])
            add("MatMul", [f"q_{i}", f"kt{i}"], f"s{i}")
            add("Mul", [f"s{i}", "half"], f"scaled{i}")
            add("Add", [f"scaled{i}", "bias"], f"biased{i}")
            add("Softmax", [f"biased{i}"], f"shares{i}", axis=-1)
            add("MatMul", [f"shares{i}", f"values_{i}"], f"c{i}")
            add("Transpose", [f"c{i}"], f"ct{i}", perm=[0, 2, 1, 3])
            add("Reshape", [f"ct{i}", "joined"], f"cr{i}")
            add("MatMul", [f"cr{i}", f"out{i}"], f"o{i}")
            add("Add", [f"x{i}", f"o{i}"], f"x{i + 1}")
        add("MatMul", [f"x{LAYERS}", "head"], "logits")
        numbers = [helper.make_tensor_value_info(name, TensorProto.INT32, ["rows", axis]) for name, axis in
                   (("input_ids", "new"), ("position_ids", "new"), ("attention_mask", "all"))]
        caches = [[helper.make_tensor_value_info(f"{name}_{i}", 1, [2, "rows", 2, axis, 4]) for i in range(LAYERS)]
                  for name, axis in (("past", "before"), ("present", "all"))]
        return helper.make_graph(nodes, "decoder", numbers + caches[0], [helper.make_tensor_value_info("logits", 1, ["rows", "new", WORDS])] + caches[1], weights)
