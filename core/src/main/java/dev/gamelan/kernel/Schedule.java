package dev.gamelan.kernel;

import dev.gamelan.ir.Graph;
import java.util.List;

/**
 * A program as steps in order.
 *
 * @param graph what the steps compute; its outputs are nodes with buffers of their own
 * @param donated how many inputs the outputs of the same position overwrite
 */
public record Schedule(Graph graph, int donated, List<Step> steps) {
    public Schedule {
        steps = List.copyOf(steps);
    }
}
