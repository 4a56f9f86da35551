package dev.gamelan.examples;

import static dev.gamelan.tensor.Functions.compile;
import static dev.gamelan.tensor.Functions.customGrad;
import static dev.gamelan.tensor.Functions.grad;
import static dev.gamelan.tensor.Functions.jvp;
import static dev.gamelan.tensor.Functions.scan;
import static dev.gamelan.tensor.Functions.vmap;

import dev.gamelan.tensor.Stepper.Next;
import dev.gamelan.tensor.Tensor;
import java.util.function.Function;

/** What functions of functions are good for: each method is one idea. */
public final class Derivatives {

    private Derivatives() {}

    /** Rosenbrock's function in any dimension: sum of 100 (x[i+1] - x[i]^2)^2 + (1 - x[i])^2. */
    public static Tensor rosenbrock(Tensor x) {
        var head = x.slice(0, 0, x.dim(0) - 1);
        var tail = x.slice(0, 1, x.dim(0));
        return tail.sub(head.square()).square().mul(100).add(head.rsub(1).square()).sum();
    }

    /** The Hessian times a vector, without ever making the Hessian: forward mode over reverse mode. */
    public static Tensor hessianVectorProduct(Function<Tensor, Tensor> function, Tensor at, Tensor vector) {
        return jvp(grad(function), at, vector).tangent();
    }

    /** A step function whose gradient is that of the identity: how quantized networks learn. */
    public static Function<Tensor, Tensor> straightThrough() {
        return customGrad((Tensor x) -> x.round(), (Tensor x, Tensor gradient) -> gradient);
    }

    /** One gradient per example instead of their mean: (B, D) examples and (D) weights to (B, D). */
    public static Tensor perExampleGradients(Tensor examples, Tensor weights) {
        return vmap((Tensor x) -> grad((Tensor w) -> x.mul(w).sum().tanh().square()).apply(weights)).apply(examples);
    }

    /** Exponential smoothing of a series by a loop that is compiled once, however long the series is. */
    public static Tensor smooth(Tensor series, double keep) {
        return compile((Tensor xs) -> scan(Tensor.scalar(0), xs, (Tensor state, Tensor x) -> {
            var next = state.mul(keep).add(x.mul(1 - keep));
            return new Next<>(next, next);
        }).output()).apply(series);
    }

    public static void main(String[] args) {
        var x = Tensor.of(1, 2, 3);
        System.out.println("Hessian-vector product  " + hessianVectorProduct(Derivatives::rosenbrock, x, Tensor.of(1, 0, -1)));
        System.out.println(
                "straight through        " + grad((Tensor t) -> straightThrough().apply(t).square().sum()).apply(Tensor.of(0.4, 1.6)));
        System.out.println(
                "per-example gradients\n" + perExampleGradients(Tensor.of(new float[][] {{1, 2}, {0, 1}, {3, -1}}), Tensor.of(0.5, -0.5)));
        System.out.println("smoothed                " + smooth(Tensor.of(1, 1, 0, 0, 1), 0.5));
    }
}
