package dev.gamelan.oracle;

import dev.gamelan.ir.Data;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A case computed by PyTorch: see {@code src/test/python/golden.py}.
 *
 * @param settings such as {@code stride=2,1}
 * @param arrays FLOAT64, by name
 */
public record Golden(String name, Map<String, String> settings, Map<String, Data> arrays) {

    /** All cases. */
    public static List<Golden> all() {
        List<Golden> cases = new ArrayList<>();
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(
                Objects.requireNonNull(Golden.class.getResourceAsStream("golden.txt")), StandardCharsets.US_ASCII))) {
            for (String line : reader.lines().toList()) {
                String[] words = line.split(" ");
                if (words[0].equals("#")) {
                    cases.add(new Golden(words[1], settings(words), new HashMap<>()));
                } else {
                    cases.getLast().arrays().put(words[0], array(words));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return cases;
    }

    private static Map<String, String> settings(String[] words) {
        Map<String, String> settings = new HashMap<>();
        Arrays.stream(words).skip(2).map(word -> word.split("=")).forEach(pair -> settings.put(pair[0], pair[1]));
        return settings;
    }

    private static Data array(String[] words) {
        String dims = words[1].substring(1, words[1].length() - 1);
        Shape shape = dims.isEmpty() ? Shape.SCALAR : Shape.of(Arrays.stream(dims.split(",")).mapToInt(Integer::parseInt).toArray());
        return Data.of(DType.FLOAT64, shape, Arrays.stream(words).skip(2).mapToDouble(Double::parseDouble).toArray());
    }

    public Data array(String key) {
        return Objects.requireNonNull(arrays.get(key), key);
    }

    /** A setting that is a list of numbers. */
    public List<Integer> list(String key) {
        return Arrays.stream(settings.get(key).split(",")).map(Integer::valueOf).toList();
    }

    /** A setting that is a number. */
    public int number(String key) {
        return Integer.parseInt(settings.get(key));
    }

    /** @throws AssertionError if a value is not the array of this name, to eight digits */
    public void check(String key, Data actual) {
        Data expected = array(key);
        if (!expected.type().equals(actual.type())) {
            throw new AssertionError(this + ": " + key + " is " + actual.type() + " instead of " + expected.type());
        }
        for (int i = 0; i < expected.length(); i++) {
            double e = expected.getDouble(i);
            double a = actual.getDouble(i);
            if (!(Math.abs(e - a) <= 1e-8 * Math.max(1, Math.abs(e)))) {
                throw new AssertionError(this + ": element " + i + " of " + key + expected.shape() + " is " + a + " instead of " + e);
            }
        }
    }

    @Override
    public String toString() {
        return name + " " + settings + " " + (arrays.containsKey("x") ? array("x").shape() : "");
    }
}
