package dev.gamelan.tensor;

import static dev.gamelan.tensor.Near.assertNear;
import static dev.gamelan.tensor.Near.assertShape;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EinsumTest {

    private static final Map<Character, Integer> EXTENTS = Map.of('a', 2, 'b', 3, 'c', 4, 'd', 1, 'e', 5);

    private static Tensor operand(String letters, int seed) {
        Shape shape = Shape.of(letters.chars().map(c -> EXTENTS.get((char) c)).toArray());
        return RandomKey.of(seed).normal(shape).cast(DType.FLOAT64);
    }

    /** The sum over all letters, one term after the other. */
    private static double[] brute(List<String> inputs, String output, List<Tensor> operands) {
        String letters = String.join("", inputs).chars().distinct().mapToObj(Character::toString)
                .reduce("", String::concat);
        double[] result = new double[Shape.of(output.chars().map(c -> EXTENTS.get((char) c)).toArray()).length()];
        List<double[]> values = operands.stream().map(Tensor::toDoubleArray).toList();
        int total = letters.chars().map(c -> EXTENTS.get((char) c)).reduce(1, (x, y) -> x * y);
        for (int i = 0; i < total; i++) {
            Map<Character, Integer> index = new TreeMap<>();
            int rest = i;
            for (char letter : letters.toCharArray()) {
                index.put(letter, rest % EXTENTS.get(letter));
                rest /= EXTENTS.get(letter);
            }
            double product = 1;
            for (int j = 0; j < inputs.size(); j++) {
                product *= values.get(j)[place(inputs.get(j), index)];
            }
            result[place(output, index)] += product;
        }
        return result;
    }

    private static int place(String letters, Map<Character, Integer> index) {
        int place = 0;
        for (char letter : letters.toCharArray()) {
            place = place * EXTENTS.get(letter) + index.get(letter);
        }
        return place;
    }

    @ParameterizedTest
    @ValueSource(strings = {"ab->ba", "ab->", "ab->a", "aab->b", "aab->ab", "aaa->", "ab,bc->ac", "ab,bc->ca",
            "eab,ebc->eac", "ab,ab->ab", "ab,ab->",
            "a,b->ab", "a,b->ba", "abc,cde->abde", "ab,bc,ce->ae", "abe,bae->ab", "aab,bce->ace", "ab,c->a", "ab,b,b->a",
            "abc,b->cab", "ad,db->ab", "a,a,a->a",
            "bcb,cab->ac", ",ab->ab", "a,->a"})
    void likeSummingOneTermAfterTheOther(String equation) {
        String[] sides = equation.split("->", -1);
        List<String> inputs = Arrays.asList(sides[0].split(",", -1));
        Tensor[] operands = new Tensor[inputs.size()];
        Arrays.setAll(operands, i -> operand(inputs.get(i), i));
        Tensor result = Tensors.einsum(equation, operands);
        assertArrayEquals(brute(inputs, sides[1], List.of(operands)), result.toDoubleArray(), 1e-9);
        assertEquals(Shape.of(sides[1].chars().map(c -> EXTENTS.get((char) c)).toArray()), result.shape());
    }

    @Test
    void ellipses() {
        Tensor x = RandomKey.of(1).normal(5, 1, 2, 3);
        Tensor y = RandomKey.of(2).normal(4, 3, 6);
        assertNear(Tensors.einsum("...ij,...jk->...ik", x, y), x.matmul(y).toDoubleArray());
        assertShape(Tensors.einsum("...ij,...jk->...ik", x, y), 5, 4, 2, 6);
        assertShape(Tensors.einsum("i...->...i", x), 1, 2, 3, 5);
        assertShape(Tensors.einsum("...j->...", x), 5, 1, 2);
        assertNear(Tensors.einsum("...,...->...", Tensor.of(1, 2), Tensor.scalar(3)), 3, 6);
        assertNear(Tensors.einsum("...->", Tensor.of(1, 2)), 3);
    }

    @Test
    void implicitOutput() {
        Tensor x = Tensor.of(1, 2, 3, 4).reshape(2, 2);
        assertNear(Tensors.einsum("ij,jk", x, x), 7, 10, 15, 22);
        assertNear(Tensors.einsum("ba", x), 1, 3, 2, 4);
        assertNear(Tensors.einsum("ii", x), 5);
        assertShape(Tensors.einsum("...ij,...jk", Tensor.zeros(4, 2, 3), Tensor.zeros(3, 5)), 4, 2, 5);
        assertNear(Tensors.einsum(" i j , j k -> i k ", x, x), 7, 10, 15, 22);
    }

    @Test
    void errors() {
        Tensor x = Tensor.zeros(2, 3);
        assertThrows(ShapeException.class, () -> Tensors.einsum("ij,jk->ik", x, x));
        assertThrows(ShapeException.class, () -> Tensors.einsum("ijk->i", x));
        assertThrows(ShapeException.class, () -> Tensors.einsum("ij->k", x));
        assertThrows(ShapeException.class, () -> Tensors.einsum("ij->ii", x));
        assertThrows(ShapeException.class, () -> Tensors.einsum("ij,jk->ik", x));
        assertThrows(ShapeException.class, () -> Tensors.einsum("ii->i", x));
        assertThrows(ShapeException.class, () -> Tensors.einsum("i?->i", x));
    }

    @Test
    void gradient() {
        Tensor a = RandomKey.of(1).normal(2, 3);
        Tensor b = RandomKey.of(2).normal(3, 4);
        Tensor g = Functions.grad((Tensor x) -> Tensors.einsum("ij,jk->ki", x, b).sum()).apply(a);
        assertNear(g, b.sum(1).broadcastTo(2, 3).toDoubleArray());
    }
}
