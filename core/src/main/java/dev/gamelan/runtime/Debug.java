package dev.gamelan.runtime;

import java.util.Set;

/** What {@code -Dgamelan.debug=graph,passes,kernels,time,bytecode} asks to see, on standard error. */
public final class Debug {

    private static final Set<String> ASKED = Set.of(System.getProperty("gamelan.debug", "").split(","));

    /** Each program as it was given and as it is after all passes. */
    public static final boolean GRAPH = ASKED.contains("graph");
    /** Each program after every pass. */
    public static final boolean PASSES = ASKED.contains("passes");
    /** The steps of each program with their kernels, extents and memory. */
    public static final boolean KERNELS = ASKED.contains("kernels");
    /** How long each step took, in all, when the process ends. */
    public static final boolean TIME = ASKED.contains("time");

    private Debug() {}

    public static void print(String title, Object text) {
        System.err.println("---- " + title + "\n" + text);
    }
}
