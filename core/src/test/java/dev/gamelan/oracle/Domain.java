package dev.gamelan.oracle;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Scalars;
import dev.gamelan.ir.Type;
import dev.gamelan.shape.DType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.random.RandomGenerator;

/**
 * Which values an argument takes.
 *
 * @param smooth whether a small step from any such value stays clear of kinks and jumps, so that finite differences of
 *               a floating argument mean something
 */
public record Domain(String name, boolean smooth, Sampler sampler) {

    /** Makes values of a type. */
    public interface Sampler {
        Data sample(Type type, RandomGenerator random);
    }

    /** Every kind of awkward number; integers of any size, any bits in storage types. */
    public static final Domain ANY = new Domain("any", false, Domain::any);
    /** From -2 to 2. */
    public static final Domain MEDIUM = uniform("medium", -2, 2);
    /** From -0.2 to 0.2. */
    public static final Domain SMALL = uniform("small", -0.2, 0.2);
    /** From 0.3 to 3. */
    public static final Domain POSITIVE = uniform("positive", 0.3, 3);
    /** From -0.9 to 0.9. */
    public static final Domain UNIT = uniform("unit", -0.9, 0.9);
    /** From 1.2 to 4. */
    public static final Domain ABOVE_ONE = uniform("above one", 1.2, 4);
    /** From 0.3 to 2, of either sign. */
    public static final Domain AWAY_FROM_ZERO = each("away from zero", r -> (r.nextBoolean() ? 1 : -1) * r.nextDouble(0.3, 2));
    /** At least 0.2 from every integer and from every half. */
    public static final Domain BETWEEN_INTEGERS = each("between integers",
            r -> r.nextInt(-4, 4) + (r.nextBoolean() ? r.nextDouble(0.2, 0.4) : r.nextDouble(0.6, 0.8)));
    /** No two elements nearer than 0.05. */
    public static final Domain DISTINCT = new Domain("distinct", true, Domain::distinct);
    /** Few different values, so that ties are many, and NaN among the fractions. */
    public static final Domain TIES = new Domain("ties", false, (type, random) -> fill(type, () -> {
        int value = random.nextInt(-2, 4);
        return value == 3 && type.dtype().isFloating() && random.nextInt(3) == 0 ? Double.NaN : Math.min(value, 2);
    }));
    /** Integers other than 0. */
    public static final Domain NONZERO = new Domain("nonzero", false, Domain::nonzero);

    /** Fractions between two bounds; whole numbers for integer types. */
    public static Domain uniform(String name, double low, double high) {
        return each(name, random -> random.nextDouble(low, high));
    }

    /** Whole numbers from 0 up to but without {@code extent}: indices. */
    public static Domain below(int extent) {
        return new Domain("below " + extent, false, (type, random) -> fill(type, () -> random.nextInt(extent)));
    }

    public static Domain constant(double value) {
        return new Domain("constant " + value, false, (type, _) -> fill(type, () -> value));
    }

    public Data sample(Type type, RandomGenerator random) {
        return sampler.sample(type, random);
    }

    private static Domain each(String name, Function<RandomGenerator, Double> element) {
        return new Domain(name, true, (type, random) -> fill(type, () -> {
            double value = element.apply(random);
            return type.dtype().isFloating() || type.dtype().isStorageOnly() ? value : Math.rint(value);
        }));
    }

    private static Data fill(Type type, java.util.function.DoubleSupplier element) {
        Object array = type.dtype().newArray(type.shape().length());
        for (int i = 0; i < type.shape().length(); i++) {
            Scalars.setDouble(type.dtype(), array, i, element.getAsDouble());
        }
        return new Data(type, array);
    }

    private static Data distinct(Type type, RandomGenerator random) {
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < type.shape().length(); i++) {
            order.add(i);
        }
        Collections.shuffle(order, Random.from(random));
        double middle = order.size() / 2;
        Object array = type.dtype().newArray(order.size());
        boolean fraction = type.dtype().isFloating();
        for (int i = 0; i < order.size(); i++) {
            double value = order.get(i) - middle;
            Scalars.setDouble(type.dtype(), array, i, fraction ? (value + random.nextDouble(0.2, 0.8)) / 8 : value);
        }
        return new Data(type, array);
    }

    private static Data nonzero(Type type, RandomGenerator random) {
        Data values = any(type, random);
        for (int i = 0; i < values.length(); i++) {
            if (values.getLong(i) == 0) {
                Scalars.setLong(type.dtype(), values.array(), i, -1);
            }
        }
        return values;
    }

    private static final double[] AWKWARD = {0, -0.0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 3, -3, 0.1, -0.1, Math.PI, -Math.PI / 2, 1e-3, 1e-8,
            -1e-8,
            1e-20, -1e-30, 10, -10, 20.5, 88, 89.5, -87.5, -89, -104, 300, -300, 709, 710, -745, 1000.25, -12345.678, 8388607.5, 16777216,
            1e10,
            -1e10, 2147483647, 2147483648.0, -2147483648.0, 1e20, -1e20, 1e30, Double.NaN, Double.POSITIVE_INFINITY,
            Double.NEGATIVE_INFINITY,
            Float.MAX_VALUE, -Float.MAX_VALUE, Float.MIN_NORMAL, -Float.MIN_NORMAL, 1e-40, -1e-42, 1e300, -1e300, 1e-300, 1e-310};

    private static Data any(Type type, RandomGenerator random) {
        DType dtype = type.dtype();
        Object array = dtype.newArray(type.shape().length());
        for (int i = 0; i < type.shape().length(); i++) {
            if (!dtype.isFloating()) {
                long bits = random.nextInt(3) == 0 ? random.nextInt(-3, 4) : random.nextLong();
                if (dtype.isStorageOnly()) {
                    ((short[]) array)[i] = (short) random.nextInt();
                } else {
                    Scalars.setLong(dtype, array, i, dtype == DType.BOOL ? bits & 1 : bits);
                }
            } else {
                double value = i < AWKWARD.length ? AWKWARD[i]
                        : switch (random.nextInt(3)) {
                            case 0 -> AWKWARD[random.nextInt(AWKWARD.length)];
                            case 1 -> random.nextDouble(-20, 20);
                            default -> (random.nextBoolean() ? 1 : -1) * Math.pow(10, random.nextDouble(-38, 38));
                        };
                Scalars.setDouble(dtype, array, i, value);
            }
        }
        return new Data(type, array);
    }
}
