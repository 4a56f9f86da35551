package dev.gamelan.tensor;

import static dev.gamelan.tensor.Near.assertNear;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.shape.NameException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TensorMapTest {

    private final TensorMap map = TensorMap.of(Map.of("encoder.conv_1.weight", Tensor.of(1), "encoder.conv_1.bias",
            Tensor.of(2), "encoder.norm.scale",
            Tensor.of(3), "head.weight", Tensor.of(4)));

    @Test
    void orderAndAccess() {
        assertEquals(List.of("encoder.conv_1.bias", "encoder.conv_1.weight", "encoder.norm.scale", "head.weight"),
                map.paths());
        assertNear(map.get("head.weight"), 4);
        assertTrue(map.contains("head.weight"));
        assertNear(map.getOrDefault("nothing", Tensor.of(9)), 9);
        NameException e = assertThrows(NameException.class, () -> map.get("head.wieght"));
        assertTrue(e.getMessage().contains("nearest: head.weight"), e.getMessage());
        assertEquals("TensorMap[a: FLOAT32(1,)]", TensorMap.of("a", Tensor.of(1)).toString());
    }

    @Test
    void prefixes() {
        assertEquals(List.of("conv_1.bias", "conv_1.weight", "norm.scale"), map.at("encoder").paths());
        assertEquals(List.of("bias", "weight"), map.at("encoder.conv_1").paths());
        assertTrue(map.at("enc").isEmpty());
        assertEquals(map.paths(), map.at("").paths());
        assertEquals(List.of("m.a"), TensorMap.of("a", Tensor.of(1)).under("m").paths());
    }

    @Test
    void globs() {
        assertEquals(List.of("head.weight"), map.select("*.weight").paths());
        assertEquals(List.of("encoder.conv_1.weight", "head.weight"), map.select("**.weight").paths());
        assertEquals(2, map.select("encoder.conv_?.*").size());
        assertEquals(List.of("head.weight"), map.without("encoder.**").paths());
        assertEquals(4, map.select("**").size());
        assertEquals(0, map.select("*").size());
    }

    @Test
    void renamingAndMerging() {
        assertEquals(List.of("body.weight"), map.select("head.*").rename(path -> path.replace("head", "body")).paths());
        assertThrows(NameException.class, () -> map.rename(_ -> "same"));
        assertNear(map.with("head.weight", Tensor.of(7)).get("head.weight"), 7);
        assertEquals(5, map.merge(TensorMap.of("z", Tensor.of(1))).size());
        assertEquals(0, TensorMap.of().size());
    }

    @Test
    void mappingAndZipping() {
        assertNear(map.map(x -> x.neg()).get("head.weight"), -4);
        assertNear(map.map((path, x) -> path.endsWith("bias") ? x : x.mul(0)).get("encoder.conv_1.bias"), 2);
        assertNear(map.zip(map, Tensor::add).get("encoder.norm.scale"), 6);
        NameException e = assertThrows(NameException.class, () -> map.zip(map.without("head.**"), Tensor::add));
        assertTrue(e.getMessage().contains("only left: [head.weight]"), e.getMessage());
    }
}
