package dev.gamelan.interop.onnx;

/**
 * How much a model may ask for in one run, so that a damaged or hostile file ends with an error, and neither without end nor
 * without memory. What a model computes within these limits may still take long.
 *
 * @param bytes     of the largest single value, as it would lie in memory; one that is never stored as a whole counts too
 * @param loopSteps of all {@code Loop}s together, those inside of others too
 * @param nodes     that are visited, each as often as it is: in loops, and where functions call functions
 * @see OnnxModel#limits
 */
public record OnnxLimits(long bytes, long loopSteps, long nodes) {

    /** Half of the memory that the JVM may use for a value, 1,000,000 steps of loops, 10,000,000 nodes. */
    public static final OnnxLimits STANDARD = new OnnxLimits(Runtime.getRuntime().maxMemory() / 2, 1_000_000, 10_000_000);

    public OnnxLimits {
        if (bytes < 1 || loopSteps < 1 || nodes < 1) {
            throw new IllegalArgumentException("limits: expected at least 1 each, received " + bytes + ", " + loopSteps + " and " + nodes);
        }
    }

    public OnnxLimits bytes(long value) {
        return new OnnxLimits(value, loopSteps, nodes);
    }

    public OnnxLimits loopSteps(long value) {
        return new OnnxLimits(bytes, value, nodes);
    }

    public OnnxLimits nodes(long value) {
        return new OnnxLimits(bytes, loopSteps, value);
    }
}
