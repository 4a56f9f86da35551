package dev.gamelan.kernel;

import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.shape.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** From a graph to a schedule: views, fusion, epilogues, loop kernels, order. */
public final class Lowering {

    private final Views views;
    private final List<Unit> units;
    private final Homes homes;
    private final Set<Node> escaping = Collections.newSetFromMap(new IdentityHashMap<>());

    private Lowering(Views views, List<Unit> units) {
        this.views = views;
        this.units = new ArrayList<>(units);
        this.homes = Homes.of(units, views);
    }

    private static Lowering of(Graph graph, Target target) {
        int largestKernel = target.largestKernel();
        Views views = Views.of(graph, target.readsPlanes());
        List<Unit> units = Fusion.units(views, largestKernel, Set.of());
        Optional<Recomputation.Result> result = Recomputation.of(views, units, largestKernel);
        if (result.isPresent()) {
            Views newViews = Views.ofCopied(result.get().graph());
            List<Unit> newUnits = Fusion.units(newViews, largestKernel, result.get().again());
            if (Recomputation.storedBytes(newViews, newUnits) < result.get().storedBefore()) {
                return new Lowering(newViews, newUnits);
            }
        }
        return new Lowering(views, units);
    }

    /**
     * @param donated how many of the first inputs the outputs of the same position may overwrite
     */
    public static Schedule lower(Graph graph, int donated, Target target) {
        Lowering lowering = of(graph, target);
        lowering.findEscaping();
        return new Schedule(lowering.views.graph(), donated, lowering.order(donated));
    }

    private void findEscaping() {
        Map<Node, Unit> unitOf = new IdentityHashMap<>();
        units.forEach(unit -> unit.nodes.forEach(node -> unitOf.put(node, unit)));
        for (Unit unit : units) {
            unit.step.ifPresent(step -> escaping.addAll(step.reads()));
            for (Node node : unit.nodes) {
                for (Node operand : node.operands()) {
                    Node root = views.view(operand).root();
                    if (unitOf.get(root) != unit) {
                        escaping.add(root);
                    }
                }
            }
        }
        views.graph().outputs().forEach(output -> escaping.add(views.view(output).root()));
    }

    private List<Step> order(int donated) {
        List<List<Step>> items = new ArrayList<>();
        Map<Unit, Unit> epilogues = Epilogues.find(units, views);
        for (Unit unit : units) {
            if (unit.step.isPresent()) {
                items.add(List.of(unit.step.get()));
            } else if (unit.fused && !epilogues.containsValue(unit)) {
                items.add(LoopBuilder.widened(unit, views, this::target));
            } else if (!unit.fused) {
                items.add(withEpilogue(unit.nodes.getFirst(), Optional.ofNullable(epilogues.get(unit))));
            }
        }
        return new Ordering(views.graph(), donated).order(items);
    }

    private Optional<Views.View> target(Node node) {
        return escaping.contains(node) ? Optional.of(homes.of(node)) : Optional.empty();
    }

    /** With what its epilogue wants laid out before, for longer loops: see {@link Widening}. */
    private List<Step> withEpilogue(Node node, Optional<Unit> unit) {
        if (unit.isPresent() && unit.get().isMap()) {
            List<Step> steps = LoopBuilder.widened(unit.get(), views, this::target);
            List<Step> before = steps.subList(0, steps.size() - 1);
            if (steps.getLast() instanceof Step.Loop loop && loop.takesLines(node.shape().length() / node.shape().dim(-1))
                    && before.stream().noneMatch(step -> step.reads().contains(node))) {
                return Stream.concat(before.stream(), opaque(node, Optional.of(loop)).stream()).toList();
            }
        }
        return opaque(node, unit.map(each -> LoopBuilder.build(each, views, this::target)));
    }

    private List<Step> opaque(Node node, Optional<Step.Loop> epilogue) {
        return switch (node.op()) {
            case Op.MatMul _ -> List.of(new Step.Contraction(node, node.operands().stream().map(this::matrix).toList(), epilogue));
            case Op.Conv _ ->
                    List.of(new Step.Contraction(node, views.planes(node.operand(0)).map(Lowering::matrix).stream().toList(), epilogue));
            case Op.Pad pad -> pad(pad, node);
            case Op.Concat concat -> concat(concat, node);
            case Op.Scan _, Op.If _, Op.Call _ -> List.of(new Step.Library(node, results(node)));
            default -> List.of(new Step.Library(node, List.of(node)));
        };
    }

    private Step.Matrix matrix(Node operand) {
        Views.View view = views.view(operand);
        return matrix(new Views.View(view.root(), Views.matrix(view.access()).orElseThrow()));
    }

    private static Step.Matrix matrix(Views.View view) {
        Access access = view.access();
        return new Step.Matrix(view.root(), access.offset(), access.stride(0), access.stride(1), access.stride(2));
    }

    /** A node for each result, also for those that nothing reads. */
    private List<Node> results(Node tuple) {
        List<Node> results = new ArrayList<>();
        for (int i = 0; i < tuple.types().size(); i++) {
            Op.Get get = new Op.Get(i);
            results.add(views.graph().nodes().stream().filter(node -> node.op().equals(get) && node.operand(0) == tuple).findFirst()
                    .orElseGet(() -> Node.of(get, List.of(tuple), tuple.origin())));
        }
        return results;
    }

    private List<Step> pad(Op.Pad pad, Node node) {
        Node x = node.operand(0);
        int[] strides = node.shape().strides();
        int offset = 0;
        List<Integer> into = new ArrayList<>();
        for (int i = 0; i < strides.length; i++) {
            offset += pad.low().get(i) * strides[i];
            into.add(x.shape().dim(i) <= 1 ? 0 : strides[i] * (pad.inner().get(i) + 1));
        }
        List<Step> steps = new ArrayList<>();
        if (2 * x.shape().size() <= node.shape().size() || pad.inner().stream().anyMatch(inner -> inner > 0)) {
            steps.add(LoopBuilder.fill(node.operand(1), views, node, Access.contiguous(node.shape())));
        } else {
            borders(pad, node).forEach(border -> steps.add(LoopBuilder.fill(node.operand(1), views, node, border)));
        }
        if (x.shape().size() > 0) {
            steps.add(LoopBuilder.copy(x, views, node, new Access(x.shape(), offset, into)));
        }
        return steps;
    }

    /** What lies before and after x along each axis; all of the other axes, so corners are filled more than once. */
    private static List<Access> borders(Op.Pad pad, Node node) {
        Access whole = Access.contiguous(node.shape());
        List<Access> borders = new ArrayList<>();
        for (int axis = 0; axis < node.shape().rank(); axis++) {
            int extent = node.shape().dim(axis);
            if (pad.low().get(axis) > 0) {
                borders.add(whole.part(axis, 0, pad.low().get(axis)));
            }
            if (pad.high().get(axis) > 0) {
                borders.add(whole.part(axis, extent - pad.high().get(axis), extent));
            }
        }
        return borders;
    }

    private List<Step> concat(Op.Concat concat, Node node) {
        List<Step> steps = new ArrayList<>();
        int[] strides = node.shape().strides();
        int at = 0;
        for (Node part : node.operands()) {
            Shape shape = part.shape();
            List<Integer> into = new ArrayList<>();
            for (int i = 0; i < strides.length; i++) {
                into.add(shape.dim(i) <= 1 ? 0 : strides[i]);
            }
            if (!homes.isPart(part) && (shape.size() > 0 || node.shape().size() == 0)) {
                steps.add(LoopBuilder.copy(part, views, node, new Access(shape, at * strides[concat.axis()], into)));
            }
            at += shape.dim(concat.axis());
        }
        return steps;
    }
}
