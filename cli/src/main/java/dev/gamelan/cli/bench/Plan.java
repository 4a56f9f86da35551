package dev.gamelan.cli.bench;

import java.util.List;

/**
 * How long to measure.
 *
 * @param warmSeconds   of running before anything counts
 * @param repeatSeconds of each repeat, at least
 */
public record Plan(double warmSeconds, int repeats, double repeatSeconds) {

    public Plan {
        if (!(warmSeconds >= 0) || !(repeatSeconds >= 0) || repeats < 1) {
            throw new IllegalArgumentException("expected seconds of at least 0 and 1 repeat or more; received " + warmSeconds
                    + " s of warm-up and " + repeats + " repeats of " + repeatSeconds + " s");
        }
    }

    List<String> arguments() {
        return List.of(Double.toString(warmSeconds), Integer.toString(repeats), Double.toString(repeatSeconds));
    }

    static Plan of(List<String> arguments) {
        return new Plan(Double.parseDouble(arguments.get(0)), Integer.parseInt(arguments.get(1)), Double.parseDouble(arguments.get(2)));
    }
}
