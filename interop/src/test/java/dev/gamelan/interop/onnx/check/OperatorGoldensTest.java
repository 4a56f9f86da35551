package dev.gamelan.interop.onnx.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.gamelan.interop.onnx.Onnx;
import dev.gamelan.interop.onnx.OnnxModel;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.ir.Data;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Small models against what ONNX Runtime or ONNX's reference made of them: operators of com.microsoft and ai.onnx.ml
 * (golden_onnx_operators.py), what once was read wrongly (golden_onnx_cases.py), and what ONNX Runtime's tools write (golden_onnx_tools.py).
 */
class OperatorGoldensTest {

    @TempDir
    private Path folder = Path.of("");

    @TestFactory
    Stream<DynamicTest> agrees() throws IOException {
        List<Path> cases = Goldens.unpack(folder);
        assertTrue(cases.size() > 150, cases.size() + " cases");
        return cases.stream().map(each -> dynamicTest(each.getFileName().toString(), () -> check(each)));
    }

    private static void check(Path test) throws IOException {
        OnnxModel model = Onnx.read(test.resolve("model.onnx"));
        Path set = test.resolve("test_data_set_0");
        Map<String, Value> inputs = Goldens.inputs(test, model);
        Map<String, Value> outputs = model.run(inputs);
        for (int i = 0; i < model.outputs().size(); i++) {
            String name = model.outputs().get(i);
            Value expected = CaseFile.read(set.resolve("output_" + i + ".pb"), model.declared(name));
            compare(name, expected, Objects.requireNonNull(outputs.get(name)));
        }
    }

    /** Within a ten thousandth of the largest number; integers and strings exactly. */
    private static void compare(String name, Value expected, Value received) {
        if (!(expected instanceof Value.Numbers a) || !(received instanceof Value.Numbers b)) {
            assertEquals(expected.with(received.knowledge()), received, name);
            return;
        }
        assertEquals(a.toString(), b.toString(), name);
        Data x = a.tensor().data();
        Data y = b.tensor().data();
        double most = 0;
        double apart = 0;
        for (int i = 0; i < x.length(); i++) {
            boolean same = x.getDouble(i) == y.getDouble(i) || Double.isNaN(x.getDouble(i)) && Double.isNaN(y.getDouble(i));
            most = Double.isFinite(x.getDouble(i)) ? Math.max(most, Math.abs(x.getDouble(i))) : most;
            apart = same ? apart : Math.max(apart, Math.abs(x.getDouble(i) - y.getDouble(i)));
        }
        assertTrue(apart <= (a.type().isFloating() ? 1e-4 * most : 0), name + ": " + apart + " of " + most);
    }
}
