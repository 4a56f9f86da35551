package dev.gamelan.nn;

import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import dev.gamelan.tensor.RandomKey;
import dev.gamelan.tensor.Tensor;

/** Where training starts. The fan-in of a weight (spatial..., in, out) is the product of all extents but the last. */
@FunctionalInterface
public interface Initializer {

    /** A tensor of this shape; the same for the same key. */
    Tensor init(RandomKey key, Shape shape);

    static Initializer zeros() {
        return new Constant(0);
    }

    static Initializer ones() {
        return new Constant(1);
    }

    static Initializer constant(double value) {
        return new Constant(value);
    }

    /** Evenly distributed over [low, high). */
    static Initializer uniform(double low, double high) {
        return new Uniform(low, high);
    }

    /** Normally distributed around 0. */
    static Initializer normal(double deviation) {
        return new Normal(deviation);
    }

    /** Normally distributed around 0 without what is further out than two deviations. */
    static Initializer truncatedNormal(double deviation) {
        return new TruncatedNormal(deviation);
    }

    /** He et al. (2015): variance 2 / fan-in, for what ReLU follows. */
    static Initializer heNormal() {
        return new Scaled(2, Fan.IN, false);
    }

    /** He et al. (2015), evenly distributed. */
    static Initializer heUniform() {
        return new Scaled(2, Fan.IN, true);
    }

    /** Glorot and Bengio (2010): variance 2 / (fan-in + fan-out). */
    static Initializer glorotNormal() {
        return new Scaled(1, Fan.AVERAGE, false);
    }

    /** Glorot and Bengio (2010), evenly distributed. */
    static Initializer glorotUniform() {
        return new Scaled(1, Fan.AVERAGE, true);
    }

    /** LeCun et al. (1998): variance 1 / fan-in. */
    static Initializer lecunNormal() {
        return new Scaled(1, Fan.IN, false);
    }

    /** Given values; the parameter must have their shape. A model with such values saves weights, but no architecture. */
    static Initializer of(Tensor values) {
        return (key, shape) -> {
            if (!values.shape().equals(shape)) {
                throw ShapeException.of("initial values do not fit the parameter", shape.toString(), values.shape().toString());
            }
            return values;
        };
    }

    record Constant(double value) implements Initializer {
        @Override
        public Tensor init(RandomKey key, Shape shape) {
            return Tensor.full(shape, value);
        }
    }

    record Uniform(double low, double high) implements Initializer {
        @Override
        public Tensor init(RandomKey key, Shape shape) {
            return key.uniform(low, high, shape);
        }
    }

    record Normal(double deviation) implements Initializer {
        @Override
        public Tensor init(RandomKey key, Shape shape) {
            return key.normal(shape).mul(deviation);
        }
    }

    record TruncatedNormal(double deviation) implements Initializer {
        @Override
        public Tensor init(RandomKey key, Shape shape) {
            return key.truncatedNormal(shape).mul(deviation);
        }
    }

    enum Fan {
        IN, OUT, AVERAGE;

        double of(Shape shape) {
            double in = shape.rank() == 0 ? 1 : (double) shape.size() / Math.max(1, shape.dim(-1));
            double out = shape.rank() < 2 ? shape.size() : (double) shape.size() / Math.max(1, shape.dim(-2));
            return Math.max(1, switch (this) {
                case IN -> in;
                case OUT -> out;
                case AVERAGE -> (in + out) / 2;
            });
        }
    }

    /** Variance {@code scale / fan}. */
    record Scaled(double scale, Fan fan, boolean even) implements Initializer {
        @Override
        public Tensor init(RandomKey key, Shape shape) {
            double variance = scale / fan.of(shape);
            double limit = Math.sqrt(3 * variance);
            return (even ? new Uniform(-limit, limit) : new Normal(Math.sqrt(variance))).init(key, shape);
        }
    }
}
