package dev.gamelan.nn;

import dev.gamelan.shape.DType;
import dev.gamelan.tensor.Tensor;

/** A number that depends on the step, such as the learning rate. */
@FunctionalInterface
public interface Schedule {

    /** @param step how many steps were made before, an INT32 of rank 0; the result is a FLOAT32 of rank 0 */
    Tensor at(Tensor step);

    /** The same number always. */
    static Schedule constant(double value) {
        return new Constant(value);
    }

    /** From peak down to zero along half a cosine (Loshchilov and Hutter, 2017). */
    static Schedule cosine(double peak, long steps) {
        return new Cosine(peak, 0, steps);
    }

    /** From peak down to floor along half a cosine, and floor ever after. */
    static Schedule cosine(double peak, double floor, long steps) {
        return new Cosine(peak, floor, steps);
    }

    /** From one number to another along a line, and the other ever after. */
    static Schedule linear(double from, double to, long steps) {
        return new Linear(from, to, steps);
    }

    /** {@code initial factor^(step / every)}, without jumps. */
    static Schedule exponential(double initial, double factor, long every) {
        return new Exponential(initial, factor, every, false);
    }

    /** {@code initial factor^floor(step / every)}. */
    static Schedule step(double initial, double factor, long every) {
        return new Exponential(initial, factor, every, true);
    }

    /** This schedule, scaled up along a line from {@code 1 / steps} at the first step to 1. */
    default Schedule warmup(long steps) {
        return new Warmup(this, steps);
    }

    /** The number at a step, computed. */
    default double valueAt(long step) {
        return at(Tensor.scalar(DType.INT32, step)).item();
    }

    record Constant(double value) implements Schedule {
        @Override
        public Tensor at(Tensor step) {
            return Tensor.scalar(value);
        }
    }

    record Cosine(double peak, double floor, long steps) implements Schedule {
        @Override
        public Tensor at(Tensor step) {
            return done(step, steps).mul(Math.PI).cos().add(1).mul((peak - floor) / 2).add(floor);
        }
    }

    record Linear(double from, double to, long steps) implements Schedule {
        @Override
        public Tensor at(Tensor step) {
            return done(step, steps).mul(to - from).add(from);
        }
    }

    record Exponential(double initial, double factor, long every, boolean jumps) implements Schedule {
        @Override
        public Tensor at(Tensor step) {
            Tensor periods = step.cast(DType.FLOAT32).div(every);
            return (jumps ? periods.floor() : periods).mul(Math.log(factor)).exp().mul(initial);
        }
    }

    record Warmup(Schedule schedule, long steps) implements Schedule {
        @Override
        public Tensor at(Tensor step) {
            Tensor share = step.cast(DType.FLOAT32).add(1).div(Math.max(1, steps)).minimum(1);
            return schedule.at(step).mul(share);
        }
    }

    /** The share of the steps that are done, from 0 to 1. */
    private static Tensor done(Tensor step, long steps) {
        return step.cast(DType.FLOAT32).div(Math.max(1, steps)).minimum(1);
    }
}
