package dev.gamelan.codegen;

/** 0, 1, 2 ... for as many lanes as a vector can have; read by kernels. */
final class LaneNumbers {

    static final float[] FLOATS = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

    private LaneNumbers() {
    }
}
