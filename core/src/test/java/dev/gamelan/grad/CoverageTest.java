package dev.gamelan.grad;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gamelan.ir.Op;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every operation has a case: one added without fails here. */
class CoverageTest {

    /** What {@link DiscreteCases} holds: no value of these has a derivative. */
    private static final Set<String> DISCRETE = Set.of("Unary NOT", "Binary AND", "Binary OR", "Binary XOR", "Binary SHL", "Binary SHR",
            "Binary USHR", "RandomBits", "Compare EQ", "Compare NE", "Compare LT", "Compare LE", "Compare GE", "Iota");

    @Test
    void everyOperationHasACase() {
        Set<String> expected = labels(Op.class).collect(Collectors.toCollection(TreeSet::new));
        Set<String> received = new TreeSet<>(Set.of("Constant"));
        BatchingTest.cases().forEach(c -> received.addAll(c.labels()));
        assertEquals(expected, received);
    }

    @Test
    void everyDifferentiableOperationHasADerivativeCase() {
        Set<String> expected = labels(Op.class).filter(label -> !DISCRETE.contains(label)).collect(Collectors.toCollection(TreeSet::new));
        Set<String> received = new TreeSet<>(Set.of("Constant"));
        DerivativeCases.all().forEach(c -> received.addAll(c.labels()));
        received.removeAll(DISCRETE);
        assertEquals(expected, received);
    }

    private static Stream<String> labels(Class<?> type) {
        String name = type.getSimpleName();
        if (type.isSealed()) {
            return Arrays.stream(type.getPermittedSubclasses()).flatMap(CoverageTest::labels).distinct();
        } else if (type == Op.Call.class) {
            return Arrays.stream(Op.CallRule.class.getPermittedSubclasses()).map(rule -> name + " " + rule.getSimpleName());
        }
        return Arrays.stream(type.getRecordComponents()).filter(component -> component.getName().equals("kind")).findFirst()
                .map(kind -> Arrays.stream(kind.getType().getEnumConstants()).map(value -> name + " " + value))
                .orElse(Stream.of(name));
    }
}
