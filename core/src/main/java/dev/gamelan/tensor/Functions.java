package dev.gamelan.tensor;

import dev.gamelan.ir.Graph;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Functions of functions: compiling, differentiating, batching, looping. They nest in any order: the gradient of a
 * gradient, a loop inside of a gradient inside of a program.
 */
@CheckReturnValue
public final class Functions {

    private Functions() {}

    /** Whether this thread is inside of a function that is being compiled or differentiated. */
    public static boolean tracing() {
        return Trace.active();
    }

    // ---- compiling -----------------------------------------------------------------------------------------------

    /** A function as one optimized program: see {@link Program}. */
    public static <A extends Tree, B extends Tree> Program<A, B> compile(Function<A, B> function) {
        return new Compiled<>(function);
    }

    /** A function of two arguments as one optimized program: see {@link Program}. */
    public static <A extends Tree, B extends Tree, C extends Tree> Program2<A, B, C> compile(
            BiFunction<A, B, C> function) {
        return new Compiled2<>(function);
    }

    /**
     * The program of a function for arguments like this one, before it is optimized: for those who export or examine it.
     * Its inputs are the tensors of the argument in the order of {@link Trees#leaves}, its outputs those of the result;
     * what the function captures are constants.
     */
    public static <A extends Tree, B extends Tree> Graph graph(Function<A, B> function, A example) {
        return Compiled.closed(Traced.of(Arguments.of(example), function));
    }

    // ---- differentiation -----------------------------------------------------------------------------------------

    /**
     * The gradient of a function whose result is a scalar with fractions; it has the type of the argument. Tensors of
     * integers, BOOL and keys get zeros.
     */
    public static <A extends Tree> Function<A, A> grad(Function<A, Tensor> function) {
        return at -> Differentiation.gradient(function, at).gradient();
    }

    /** The value and the gradient of a function whose result is a scalar; see {@link #grad}. */
    public static <A extends Tree> Function<A, Graded<A>> valueAndGrad(Function<A, Tensor> function) {
        return at -> Differentiation.gradient(function, at);
    }

    /** As {@link #grad}, with more to bring out, which is not differentiated. */
    public static <A extends Tree, X extends Tree> Function<A, GradedAux<A, X>> valueAndGradAux(
            Function<A, Aux<X>> function) {
        return at -> Differentiation.gradientAux(function, at);
    }

    /** Forward mode: the value at a point and its derivative along a tangent, which has the type of the point. */
    public static <A extends Tree, B extends Tree> Dual<B> jvp(Function<A, B> function, A at, A tangent) {
        return Differentiation.jvp(function, at, tangent);
    }

    /** Reverse mode: the value at a point and the way back. */
    public static <A extends Tree, B extends Tree> Pullback<A, B> vjp(Function<A, B> function, A at) {
        return Differentiation.vjp(function, at);
    }

    /** The same function, whose inner values are computed again for the gradient instead of being kept. */
    public static <A extends Tree, B extends Tree> Function<A, B> remat(Function<A, B> function) {
        return at -> Calls.rematerialized(function, at);
    }

    /**
     * The same function with a gradient of one's own.
     *
     * @param gradient from the argument and the gradient of the result to the gradient of the argument; tensors
     *             that the function captures get none
     */
    public static <A extends Tree, B extends Tree> Function<A, B> customGrad(Function<A, B> function,
            BiFunction<A, B, A> gradient) {
        return at -> Calls.custom(function, gradient, at);
    }

    // ---- batching ------------------------------------------------------------------------------------------------

    /**
     * A function of one example as a function of many: all tensors of the argument and of the result get a first axis.
     */
    public static <A extends Tree, B extends Tree> Function<A, B> vmap(Function<A, B> function) {
        return batch -> Vectorization.vmap(function, batch);
    }

    // ---- loops and branches --------------------------------------------------------------------------------------

    /**
     * A loop over the first axis.
     *
     * @param initial the state before the first step
     * @param xs all tensors have the same first extent, one slice per step
     * @param body from the state and a slice to the next state, of the same shapes and types, and an output
     * @return the last state, and the outputs of all steps along a new first axis
     */
    public static <S extends Tree, X extends Tree, Y extends Tree> Stepper.Next<S, Y> scan(S initial, X xs,
            BiFunction<S, X, Stepper.Next<S, Y>> body) {
        return Loops.scan(initial, xs, body, false);
    }

    /** As {@link #scan} from the last slice to the first; outputs stand where their slices stood. */
    public static <S extends Tree, X extends Tree, Y extends Tree> Stepper.Next<S, Y> scanReverse(S initial, X xs,
            BiFunction<S, X, Stepper.Next<S, Y>> body) {
        return Loops.scan(initial, xs, body, true);
    }

    /** A loop of so many steps; the body gets the step's INT32 number from 0. */
    public static <S extends Tree> S repeat(S initial, int steps, BiFunction<S, Tensor, S> body) {
        return Loops.repeat(initial, steps, body);
    }

    /**
     * One of two results, of which only one is computed.
     *
     * @param predicate BOOL of rank 0
     * @param then gives the result where it is true
     * @param otherwise gives the result where it is false, of the same structure, shapes and types
     */
    public static <B extends Tree> B cond(Tensor predicate, Supplier<B> then, Supplier<B> otherwise) {
        return Loops.cond(predicate, then, otherwise);
    }
}
