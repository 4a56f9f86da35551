package dev.gamelan.runtime;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** One call of a kernel, for Flight Recorder: {@code java -XX:StartFlightRecording:+dev.gamelan.Kernel#enabled=true ...}. */
@Name("dev.gamelan.Kernel")
@Label("Kernel")
@Category("Gamelan")
@Enabled(false)
@StackTrace(false)
final class KernelEvent extends Event {

    /** Asked before each program whether anybody listens; never committed. */
    static final KernelEvent PROBE = new KernelEvent();

    @Label("Kernel")
    final String kernel;

    @Label("Origin")
    final String origin;

    @Label("Floating-point operations")
    final long flops;

    @Label("Bytes read and written")
    @DataAmount
    final long bytes;

    private KernelEvent() {
        this(new Profile.Work("", "", 0, 0));
    }

    KernelEvent(Profile.Work work) {
        kernel = work.name();
        origin = work.origin();
        flops = work.flops();
        bytes = work.bytes();
    }
}
