package dev.gamelan.nn;

import static dev.gamelan.nn.Layers.batchNorm;
import static dev.gamelan.nn.Layers.conv1d;
import static dev.gamelan.nn.Layers.conv3d;
import static dev.gamelan.nn.Layers.dense;
import static dev.gamelan.nn.Layers.flatten;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.interop.safetensors.MappedTensors;
import dev.gamelan.interop.safetensors.SafeTensors;
import dev.gamelan.ir.Data;
import dev.gamelan.shape.NameException;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Values against PyTorch's are in the tests of the ready models. */
class StateDictTest {

    private static final StateDict NAMES = new StateDict.Builder().conv("conv1d_1", "body.0").batchNorm("batch_norm_1", "body.1")
            .linear("dense_1", "head").prefix("net.").ignoring("aux.*").build();

    @TempDir
    Path folder;

    private static Model<Tensor, Tensor> model() {
        return Model.of(Shape.of(4, 2), conv1d(3, 2), batchNorm(), flatten(), dense(5).noBias());
    }

    private MappedTensors file(Map<String, Data> tensors) {
        Path file = folder.resolve("f" + tensors.hashCode() + ".safetensors");
        new SafeTensors(tensors, Map.of()).write(file);
        return MappedTensors.open(file);
    }

    private static Map<String, Data> saved() {
        return new LinkedHashMap<>(NAMES.save(model().weights()).tensors());
    }

    @Test
    void layoutsAreThoseOfPyTorch() {
        Map<String, Data> tensors = saved();
        assertEquals(Shape.of(3, 2, 2), tensors.get("body.0.weight").shape());
        assertEquals(Shape.of(5, 9), tensors.get("head.weight").shape());
        assertEquals(Shape.SCALAR, tensors.get("body.1.num_batches_tracked").shape());
        assertEquals(8, tensors.size());
        Tensor own = model().weights().parameters().get("conv1d_1.weight");
        assertEquals(own.get(1).get(0).get(2).item(), tensors.get("body.0.weight").getDouble(2 * 4 + 0 * 2 + 1));
    }

    @Test
    void whatIsWrittenIsReadAgain() {
        Weights weights = model().seed(3).weights();
        Weights back = NAMES.read(file(NAMES.save(weights).tensors()), model().weights());
        weights.parameters()
                .forEach((path, value) -> assertArrayEquals(value.toFloatArray(), back.parameters().get(path).toFloatArray(), path));
        weights.buffers().forEach((path, value) -> assertArrayEquals(value.toFloatArray(), back.buffers().get(path).toFloatArray(), path));
    }

    @Test
    void kernelsOfAnyRank() {
        Model<Tensor, Tensor> model = Model.of(Shape.of(4, 5, 6, 2), conv3d(3, 2, 3, 1).noBias());
        StateDict names = new StateDict.Builder().conv("", "c").build();
        StateDict below = names.under("part");
        Data kernel = names.save(model.weights()).tensors().get("c.weight");
        assertEquals(Shape.of(3, 2, 2, 3, 1), kernel.shape());
        Weights back = names.read(file(Map.of("c.weight", kernel)), model.weights());
        assertArrayEquals(model.weights().parameters().values().getFirst().toFloatArray(),
                back.parameters().values().getFirst().toFloatArray());
        assertEquals("part.weight", below.entries().getFirst().path());
    }

    @Test
    void differencesAreReportedTogether() {
        Map<String, Data> tensors = saved();
        tensors.put("body.0.wieght", tensors.remove("body.0.weight"));
        tensors.put("head.weight", Tensor.zeros(9, 5).data());
        tensors.put("aux.x", Tensor.zeros(1).data());
        MappedTensors file = file(tensors);
        StateDict.Report report = NAMES.compare(file, model().weights());
        assertEquals(List.of("body.0.weight (3, 2, 2), perhaps body.0.wieght"), report.missing());
        assertEquals(List.of("body.0.wieght [3, 2, 2]"), report.unexpected());
        assertEquals(List.of("head.weight: expected (5, 9), received [9, 5]"), report.misshapen());
        assertFalse(report.fits());
        String message = assertThrows(NameException.class, () -> NAMES.read(file, model().weights())).getMessage();
        assertTrue(
                message.contains("missing:\n    body.0.weight") && message.contains("unexpected:") && message.contains("of another shape:"),
                message);
        Weights kept = NAMES.readWhatFits(file, model().weights());
        assertArrayEquals(model().weights().parameters().get("dense_1.weight").toFloatArray(),
                kept.parameters().get("dense_1.weight").toFloatArray());
    }

    @Test
    void namesMayHaveAPrefix() {
        Map<String, Data> tensors = new LinkedHashMap<>();
        saved().forEach((name, data) -> tensors.put("net." + name, data));
        tensors.put("net.aux.x", Tensor.zeros(1).data());
        assertTrue(NAMES.compare(file(tensors), model().weights()).fits());
    }

    @Test
    void weightsWithoutANameAreFound() {
        Model<Tensor, Tensor> larger = Model.of(Shape.of(4, 2), conv1d(3, 2), batchNorm(), flatten(), dense(5).noBias(), dense(2));
        assertThrows(NameException.class, () -> NAMES.save(larger.weights()));
        StateDict.Report report = NAMES.compare(file(saved()), larger.weights());
        assertEquals(List.of("dense_2.bias (without a name there) (2,)", "dense_2.weight (without a name there) (5, 2)"), report.missing());
    }
}
