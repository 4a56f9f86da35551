package dev.gamelan.codegen;

import java.lang.constant.ClassDesc;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Elements that HotSpot loads where the program does. Otherwise it loads all elements that a step of a product needs before it multiplies the first,
 * if their places are constants apart, and so runs out of registers where these are few; if they are not, it computes the address of each in each step.
 * Opaque loads are plain instructions, stay in order, and have addresses that are computed before the loop.
 */
final class OrderedLoads {
    private static final ClassDesc NAME = OrderedLoads.class.describeConstable().orElseThrow();
    private static final VarHandle FLOATS = MethodHandles.arrayElementVarHandle(float[].class).withInvokeExactBehavior();
    private static final VarHandle DOUBLES = MethodHandles.arrayElementVarHandle(double[].class).withInvokeExactBehavior();

    static {
        // HotSpot inlines only what has been called before.
        at(new float[1], 0);
        at(new double[1], 0);
    }

    private OrderedLoads() {
    }

    /** For whoever emits calls: HotSpot inlines none of a class that was not there when it compiled the caller. */
    static ClassDesc initialized() {
        return NAME;
    }

    static float at(float[] array, int index) {
        return (float) FLOATS.getOpaque(array, index);
    }

    static double at(double[] array, int index) {
        return (double) DOUBLES.getOpaque(array, index);
    }
}
