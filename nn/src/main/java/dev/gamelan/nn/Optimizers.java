package dev.gamelan.nn;

import java.util.List;
import java.util.stream.Stream;

/** The common optimizers, and the links that more are made of. A number for a rate is the same rate at every step. */
public final class Optimizers {

    private Optimizers() {}

    /** One after the other: {@code chain(clipNorm(1), adam(1e-3))} clips, then lets Adam see the clipped gradients. */
    public static Optimizer chain(Optimizer... parts) {
        return new Optimizer(Stream.of(parts).flatMap(part -> part.chain().stream()).toList());
    }

    /** A transform of one's own as an optimizer, for {@link #chain}. */
    public static Optimizer of(Transform transform) {
        return new Optimizer(List.of(transform));
    }

    /** Against the gradient: {@code p -= rate g}. */
    public static Optimizer sgd(double rate) {
        return sgd(Schedule.constant(rate));
    }

    public static Optimizer sgd(Schedule rate) {
        return scaleBySchedule(rate);
    }

    /** With a heavy ball's momentum: {@code v = momentum v + g; p -= rate v}. */
    public static Optimizer sgd(double rate, double momentum) {
        return sgd(Schedule.constant(rate), momentum);
    }

    public static Optimizer sgd(Schedule rate, double momentum) {
        return chain(of(new Transforms.Momentum(momentum, false)), scaleBySchedule(rate));
    }

    /** Momentum that looks one step ahead (Sutskever et al., 2013): {@code p -= rate (g + momentum v)}. */
    public static Optimizer nesterov(double rate, double momentum) {
        return nesterov(Schedule.constant(rate), momentum);
    }

    public static Optimizer nesterov(Schedule rate, double momentum) {
        return chain(of(new Transforms.Momentum(momentum, true)), scaleBySchedule(rate));
    }

    /** Kingma and Ba (2015), with betas 0.9 and 0.999, epsilon 1e-8. */
    public static Optimizer adam(double rate) {
        return adam(Schedule.constant(rate));
    }

    public static Optimizer adam(Schedule rate) {
        return adam(rate, 0.9, 0.999, 1e-8);
    }

    public static Optimizer adam(Schedule rate, double beta1, double beta2, double epsilon) {
        return chain(of(new Transforms.Adam(beta1, beta2, epsilon)), scaleBySchedule(rate));
    }

    /** Adam whose weight decay does not pass through its moments (Loshchilov and Hutter, 2019). */
    public static Optimizer adamW(double rate, double decay) {
        return adamW(Schedule.constant(rate), decay);
    }

    public static Optimizer adamW(Schedule rate, double decay) {
        return chain(of(new Transforms.Adam(0.9, 0.999, 1e-8)), weightDecay(decay), scaleBySchedule(rate));
    }

    /** Hinton (2012), with decay 0.99 and epsilon 1e-8. */
    public static Optimizer rmsProp(double rate) {
        return rmsProp(Schedule.constant(rate));
    }

    public static Optimizer rmsProp(Schedule rate) {
        return chain(of(new Transforms.RmsProp(0.99, 1e-8)), scaleBySchedule(rate));
    }

    /** Duchi et al. (2011), with epsilon 1e-10. */
    public static Optimizer adagrad(double rate) {
        return chain(of(new Transforms.Adagrad(1e-10)), scaleBySchedule(Schedule.constant(rate)));
    }

    /** Chen et al. (2023), with betas 0.9 and 0.99. */
    public static Optimizer lion(double rate, double decay) {
        return chain(of(new Transforms.Lion(0.9, 0.99)), weightDecay(decay), scaleBySchedule(Schedule.constant(rate)));
    }

    /** Scales all updates together so that their norm is at most this. */
    public static Optimizer clipNorm(double maximum) {
        return of(new Transforms.ClipNorm(maximum));
    }

    /** Brings each number into [-limit, limit]. */
    public static Optimizer clipValue(double limit) {
        return of(new Transforms.ClipValue(limit));
    }

    /** Adds {@code rate} times the parameters: before the rate of learning it is decoupled decay, before Adam an L2 penalty. */
    public static Optimizer weightDecay(double rate) {
        return of(new Transforms.WeightDecay(rate));
    }

    /** Against the updates, by a rate that may change from step to step: the end of most chains. */
    public static Optimizer scaleBySchedule(Schedule rate) {
        return of(new Transforms.ScaleBySchedule(rate));
    }
}
