package dev.gamelan.benchmarks.chart;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A logarithmic axis: values from {@code least} to {@code most} lie between two places of a picture. */
record LogAxis(double least, double most, double from, double to) {

    private static final double[] STEPS = {1, 2, 5};
    private static final int MOST_DECADES_WITH_STEPS = 3;

    /** The axis that has room for all values, which must be positive. */
    static LogAxis over(double[] values, double from, double to) {
        double least = Double.POSITIVE_INFINITY;
        double most = 0;
        for (double value : values) {
            if (!(value > 0) || Double.isInfinite(value)) {
                throw new IllegalArgumentException("a logarithmic axis shows positive finite numbers; received " + value);
            }
            least = Math.min(least, value);
            most = Math.max(most, value);
        }
        double margin = Math.max(1.1, Math.pow(most / least, 0.04));
        return new LogAxis(least / margin, most * margin, from, to);
    }

    double place(double value) {
        return from + (to - from) * Math.log(value / least) / Math.log(most / least);
    }

    /** Round values on the axis, upwards. */
    List<Double> ticks() {
        boolean few = Math.log10(most / least) > MOST_DECADES_WITH_STEPS;
        List<Double> ticks = new ArrayList<>();
        for (int power = (int) Math.floor(Math.log10(least)); Math.pow(10, power) <= most; power++) {
            for (double step : STEPS) {
                double tick = step * Math.pow(10, power);
                if (tick >= least && tick <= most && (step == 1 || !few)) {
                    ticks.add(tick);
                }
            }
        }
        return ticks;
    }

    /** Without trailing zeros. */
    static String text(double value) {
        return value >= 1 ? String.format(Locale.ROOT, "%,.0f", value)
                : String.format(Locale.ROOT, "%.6f", value).replaceAll("0+$", "").replaceAll("\\.$", "");
    }
}
