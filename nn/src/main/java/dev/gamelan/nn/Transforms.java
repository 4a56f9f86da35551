package dev.gamelan.nn;

import dev.gamelan.shape.DType;
import dev.gamelan.shape.NameException;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.TensorMap;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** The links that optimizers are made of. */
final class Transforms {

    private static final String STEP = "step";

    private Transforms() {}

    /** A link without state. */
    interface Stateless extends Transform {
        @Override
        default TensorMap init(TensorMap parameters) {
            return TensorMap.of();
        }

        @Override
        default Change update(TensorMap updates, TensorMap slots, TensorMap parameters) {
            return new Change(update(updates, parameters), slots);
        }

        TensorMap update(TensorMap updates, TensorMap parameters);
    }

    /** Times {@code -rate(step)}. */
    record ScaleBySchedule(Schedule rate) implements Transform {
        @Override
        public TensorMap init(TensorMap parameters) {
            return counter();
        }

        @Override
        public Change update(TensorMap updates, TensorMap slots, TensorMap parameters) {
            Tensor factor = rate.at(slots.get(STEP)).neg();
            return new Change(updates.map(u -> u.mul(factor.cast(u.dtype()))), slots.map(step -> step.add(1)));
        }
    }

    /** The scale that brings the norm of all updates together down to a maximum, as PyTorch's clip_grad_norm_. */
    record ClipNorm(double maximum) implements Stateless {
        @Override
        public TensorMap update(TensorMap updates, TensorMap parameters) {
            Tensor squares = Tensor.scalar(0);
            for (Tensor u : updates.values()) {
                squares = squares.add(u.square().sum().cast(DType.FLOAT32));
            }
            Tensor scale = squares.sqrt().add(1e-6).rdiv(maximum).minimum(1);
            return updates.map(u -> u.mul(scale.cast(u.dtype())));
        }
    }

    record ClipValue(double limit) implements Stateless {
        @Override
        public TensorMap update(TensorMap updates, TensorMap parameters) {
            return updates.map(u -> u.clamp(-limit, limit));
        }
    }

    /** Plus {@code rate} times the parameter. */
    record WeightDecay(double rate) implements Stateless {
        @Override
        public TensorMap update(TensorMap updates, TensorMap parameters) {
            return updates.zip(parameters, (u, p) -> u.add(p.mul(rate)));
        }
    }

    /** Heavy ball: {@code v = decay v + u}, and v, or {@code u + decay v} with Nesterov's look ahead. */
    record Momentum(double decay, boolean nesterov) implements Transform {
        @Override
        public TensorMap init(TensorMap parameters) {
            return zeros(parameters);
        }

        @Override
        public Change update(TensorMap updates, TensorMap slots, TensorMap parameters) {
            TensorMap velocity = slots.zip(updates, (v, u) -> v.mul(decay).add(u));
            return new Change(nesterov ? updates.zip(velocity, (u, v) -> u.add(v.mul(decay))) : velocity, velocity);
        }
    }

    /** Kingma and Ba (2015), with the corrections for the start; epsilon is added to the root, as in PyTorch. */
    record Adam(double beta1, double beta2, double epsilon) implements Transform {
        @Override
        public TensorMap init(TensorMap parameters) {
            return slots(zeros(parameters), zeros(parameters), Tensor.zeros(DType.INT32, Shape.SCALAR));
        }

        @Override
        public Change update(TensorMap updates, TensorMap slots, TensorMap parameters) {
            Tensor step = slots.get(STEP).add(1);
            TensorMap mean = slots.at("mean").zip(updates, (m, u) -> m.mul(beta1).add(u.mul(1 - beta1)));
            TensorMap square = slots.at("square").zip(updates, (v, u) -> v.mul(beta2).add(u.square().mul(1 - beta2)));
            Map<DType, Correction> corrections = new EnumMap<>(DType.class);
            TensorMap result = mean.zip(square, (m, v) -> {
                Correction by = corrections.computeIfAbsent(m.dtype(), dtype -> new Correction(correction(beta1, step, dtype).reciprocal(),
                        correction(beta2, step, dtype).rsqrt()));
                return m.mul(by.mean).div(v.sqrt().mul(by.root).add(epsilon));
            });
            return new Change(result, slots(mean, square, step));
        }

        private static TensorMap slots(TensorMap mean, TensorMap square, Tensor step) {
            return mean.under("mean").merge(square.under("square")).with(STEP, step);
        }

        /** What brings the mean, and the root of the mean of squares, from zero to where they belong. */
        private record Correction(Tensor mean, Tensor root) {}

        /** {@code 1 - beta^step} without cancellation. */
        private static Tensor correction(double beta, Tensor step, DType dtype) {
            return step.cast(dtype).mul(Math.log(beta)).expm1().neg();
        }
    }

    /** Hinton (2012): divides by the root of a running mean of squares. */
    record RmsProp(double decay, double epsilon) implements Transform {
        @Override
        public TensorMap init(TensorMap parameters) {
            return zeros(parameters);
        }

        @Override
        public Change update(TensorMap updates, TensorMap slots, TensorMap parameters) {
            TensorMap square = slots.zip(updates, (v, u) -> v.mul(decay).add(u.square().mul(1 - decay)));
            return new Change(updates.zip(square, (u, v) -> u.div(v.sqrt().add(epsilon))), square);
        }
    }

    /** Duchi et al. (2011): divides by the root of the sum of squares. */
    record Adagrad(double epsilon) implements Transform {
        @Override
        public TensorMap init(TensorMap parameters) {
            return zeros(parameters);
        }

        @Override
        public Change update(TensorMap updates, TensorMap slots, TensorMap parameters) {
            TensorMap square = slots.zip(updates, (v, u) -> v.add(u.square()));
            return new Change(updates.zip(square, (u, v) -> u.div(v.sqrt().add(epsilon))), square);
        }
    }

    /** Chen et al. (2023): only the sign of a running mean. */
    record Lion(double beta1, double beta2) implements Transform {
        @Override
        public TensorMap init(TensorMap parameters) {
            return zeros(parameters);
        }

        @Override
        public Change update(TensorMap updates, TensorMap slots, TensorMap parameters) {
            TensorMap signs = slots.zip(updates, (m, u) -> m.mul(beta1).add(u.mul(1 - beta1)).sign());
            return new Change(signs, slots.zip(updates, (m, u) -> m.mul(beta2).add(u.mul(1 - beta2))));
        }
    }

    /** Some paths through one chain, the others through another. */
    record Routed(String glob, List<Transform> matching, List<Transform> others) implements Transform {
        @Override
        public TensorMap init(TensorMap parameters) {
            TensorMap mine = parameters.select(glob);
            if (mine.isEmpty()) {
                throw new NameException("on(\"" + glob + "\", ...) matches no parameter; there are " + parameters.paths());
            }
            return slots(Chains.init(matching, mine), Chains.init(others, parameters.without(glob)));
        }

        @Override
        public Change update(TensorMap updates, TensorMap slots, TensorMap parameters) {
            Change mine = Chains.update(matching, updates.select(glob), slots.at("matching"), parameters.select(glob));
            Change rest = Chains.update(others, updates.without(glob), slots.at("others"), parameters.without(glob));
            return new Change(mine.updates().merge(rest.updates()), slots(mine.slots(), rest.slots()));
        }

        private static TensorMap slots(TensorMap mine, TensorMap rest) {
            return mine.under("matching").merge(rest.under("others"));
        }
    }

    private static TensorMap counter() {
        return TensorMap.of(STEP, Tensor.zeros(DType.INT32, Shape.SCALAR));
    }

    private static TensorMap zeros(TensorMap parameters) {
        return parameters.map(p -> p.zerosLike());
    }
}
