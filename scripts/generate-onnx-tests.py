#!/usr/bin/env python3
"""Writes the node tests of the installed onnx package as folders that `gamelan onnx check` runs:

    scripts/generate-onnx-tests.py target/onnx-tests && ./gamelan onnx check target/onnx-tests
"""

import os
import sys

import onnx.backend.test.case.node as node
from onnx import TensorProto, numpy_helper
from onnx.backend.test.case.utils import import_recursive


def proto(value, info):
    if isinstance(value, TensorProto):
        return value
    if info.type.HasField("sequence_type"):
        return numpy_helper.from_list(value, info.name)
    if info.type.HasField("optional_type"):
        return numpy_helper.from_optional(value, info.name)
    return numpy_helper.from_array(value, info.name)


def write(path, message):
    with open(path, "wb") as file:
        file.write(message.SerializeToString())


def main(out):
    import_recursive(node)
    cases = node.collect_testcases(None)
    for case in cases:
        folder = os.path.join(out, case.name)
        os.makedirs(folder, exist_ok=True)
        write(os.path.join(folder, "model.onnx"), case.model)
        for i, (inputs, outputs) in enumerate(case.data_sets):
            data = os.path.join(folder, f"test_data_set_{i}")
            os.makedirs(data, exist_ok=True)
            for kind, values, infos in (("input", inputs, case.model.graph.input), ("output", outputs, case.model.graph.output)):
                for j, value in enumerate(values):
                    write(os.path.join(data, f"{kind}_{j}.pb"), proto(value, infos[j]))
    print(f"{len(cases)} tests in {out}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: generate-onnx-tests.py FOLDER")
    main(sys.argv[1])
