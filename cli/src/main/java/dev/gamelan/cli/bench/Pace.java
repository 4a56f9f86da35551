package dev.gamelan.cli.bench;

/** How fast calls came in a row of short windows, from the launch of the process on. */
final class Pace {

    private static final double WINDOW_SECONDS = 0.05;
    private static final int MOST = 10_000;

    private final double[] ends = new double[MOST];
    private final double[] rates = new double[MOST];
    private final double origin;
    private int count;
    private long calls;
    private long windowStart;

    /** @param sinceLaunch seconds from the launch of the process until now */
    Pace(double sinceLaunch) {
        windowStart = System.nanoTime();
        origin = windowStart / 1e9 - sinceLaunch;
    }

    /** Calls that ended now. */
    void passed(long more) {
        calls += more;
        long now = System.nanoTime();
        double seconds = (now - windowStart) / 1e9;
        if (seconds >= WINDOW_SECONDS) {
            if (count < MOST) {
                ends[count] = now / 1e9 - origin;
                rates[count++] = calls / seconds;
            }
            calls = 0;
            windowStart = now;
        }
    }

    /** Seconds from the launch to the end of the first window that was this fast; NaN if none was. */
    double reached(double rate) {
        for (int i = 0; i < count; i++) {
            if (rates[i] >= rate) {
                return ends[i];
            }
        }
        return Double.NaN;
    }
}
