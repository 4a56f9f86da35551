package dev.gamelan.plan;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Scalars;
import dev.gamelan.ir.Type;
import dev.gamelan.kernel.LoopKernel;
import dev.gamelan.kernel.Schedule;
import dev.gamelan.kernel.Step;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Gives every buffer of a schedule a place. Buffers whose lives do not overlap share memory; a map writes over an operand that
 * nothing needs afterwards; and what replaces a donated input is computed in its place where nothing reads the old value later.
 */
public final class Planner {

    /** Buffers begin at multiples of this many elements, from the first cache line on. */
    private static final int ALIGNMENT = 16;

    /** A stretch of pooled memory and the steps during which it is in use. */
    private static final class Region {
        final int arena;
        int length;
        int from;
        int to;
        int offset;

        Region(int arena, int length, int step) {
            this.arena = arena;
            this.length = length;
            this.from = step;
            this.to = step;
        }
    }

    private final Schedule schedule;
    private final Graph graph;
    private final Map<Node, Place> places = new IdentityHashMap<>();
    private final Map<Node, Region> regions = new IdentityHashMap<>();
    private final Map<Node, Integer> firstWrite = new IdentityHashMap<>();
    private final Map<Node, Integer> lastRead = new IdentityHashMap<>();
    private final Map<Node, Integer> lastUse = new IdentityHashMap<>();
    private final List<Data> constants = new ArrayList<>();
    private final List<MemoryPlan.Copy> copies = new ArrayList<>();

    private Planner(Schedule schedule) {
        this.schedule = schedule;
        this.graph = schedule.graph();
    }

    public static MemoryPlan plan(Schedule schedule) {
        return new Planner(schedule).plan();
    }

    private MemoryPlan plan() {
        findUses();
        for (int i = 0; i < graph.inputs().size(); i++) {
            places.put(graph.inputs().get(i), new Place(Place.Kind.INPUT, i, 0));
        }
        placeOutputs();
        for (int step = 0; step < schedule.steps().size(); step++) {
            for (Node read : schedule.steps().get(step).reads()) {
                placeConstant(read);
            }
            for (Node write : schedule.steps().get(step).writes()) {
                if (!places.containsKey(write)) {
                    region(write, step);
                }
            }
        }
        List<Integer> sizes = allocate();
        regions.forEach((node, region) -> places.put(node, new Place(Place.Kind.ARENA, region.arena, region.offset)));
        return new MemoryPlan(places, sizes, constants, copies);
    }

    private void findUses() {
        for (int i = 0; i < schedule.steps().size(); i++) {
            for (Node read : schedule.steps().get(i).reads()) {
                lastRead.put(read, i);
                lastUse.put(read, i);
            }
            for (Node write : schedule.steps().get(i).writes()) {
                firstWrite.putIfAbsent(write, i);
                lastUse.put(write, i);
            }
        }
        for (int i = 0; i < schedule.donated(); i++) {
            lastUse.put(graph.outputs().get(i), schedule.steps().size());
        }
    }

    private void placeConstant(Node node) {
        if (places.containsKey(node)) {
            return;
        }
        Optional<Data> data = node.op() instanceof Op.Constant constant ? Optional.of(constant.data())
                : node.op() instanceof Op.Iota iota ? Optional.of(iota(iota)) : Optional.empty();
        data.ifPresent(values -> {
            places.put(node, new Place(Place.Kind.CONSTANT, constants.size(), 0));
            constants.add(values);
        });
    }

    /** The numbers along the one axis that matters. */
    private static Data iota(Op.Iota iota) {
        int extent = iota.type().shape().dim(iota.axis());
        DType dtype = iota.type().dtype();
        Object array = dtype.newArray(extent);
        for (int i = 0; i < extent; i++) {
            Scalars.setLong(dtype, array, i, i);
        }
        return new Data(new Type(dtype, Shape.of(extent)), array);
    }

    // ---- outputs ---------------------------------------------------------------------------------------------------

    private void placeOutputs() {
        for (int i = 0; i < graph.outputs().size(); i++) {
            Node output = graph.outputs().get(i);
            boolean donated = i < schedule.donated();
            if (donated && !places.containsKey(output) && canReplace(graph.inputs().get(i), output)) {
                places.put(output, new Place(Place.Kind.INPUT, i, 0));
            } else if (donated) {
                copies.add(new MemoryPlan.Copy(output, i));
            } else if (!places.containsKey(output)) {
                places.put(output, new Place(Place.Kind.OUTPUT, i, 0));
            }
        }
    }

    /** Whether nothing reads the input after, or in any other way while, the output is written. */
    private boolean canReplace(Node input, Node output) {
        Integer written = firstWrite.get(output);
        int read = lastRead.getOrDefault(input, -1);
        return written != null && (read < written || read == written && overwrites(schedule.steps().get(written), input, output));
    }

    /** Whether a step reads each element of a buffer just where, and when, it writes the other's. */
    private static boolean overwrites(Step step, Node read, Node written) {
        return switch (step) {
            case Step.Loop loop -> overwrites(loop, read, written);
            case Step.Contraction contraction -> contraction.epilogue().isPresent()
                    && !reads(contraction, read) && overwrites(contraction.epilogue().get(), read, written);
            case Step.Library library -> adds(library, read);
            case Step.Attend _, Step.AttendGradient _ -> false;
        };
    }

    /** Whether a step adds slices to a buffer, and uses it for nothing else. */
    private static boolean adds(Step.Library library, Node buffer) {
        List<Node> operands = library.reads();
        return library.node().op() instanceof Op.ScatterAdd && operands.getFirst() == buffer
                && operands.stream().filter(operand -> operand == buffer).count() == 1;
    }

    private static boolean reads(Step.Contraction contraction, Node buffer) {
        return new Step.Contraction(contraction.node(), contraction.operands(), Optional.empty()).reads().contains(buffer);
    }

    private static boolean overwrites(Step.Loop loop, Node read, Node written) {
        if (loop.kernel().form() != LoopKernel.Form.MAP) {
            return false;
        }
        Step.Binding target = null;
        for (Step.Binding binding : loop.bindings()) {
            if (binding.written() && binding.buffer() == written) {
                if (target != null) {
                    return false;
                }
                target = binding;
            }
        }
        if (target == null) {
            return false;
        }
        for (Step.Binding binding : loop.bindings()) {
            if (binding.buffer() == read && (binding.written() || binding.offset() != target.offset()
                    || !binding.strides().equals(target.strides()))) {
                return false;
            }
        }
        return true;
    }

    // ---- pooled memory -----------------------------------------------------------------------------------------------

    private void region(Node node, int step) {
        Region known = regions.get(node);
        if (known != null) {
            return;
        }
        Region region = replaced(node, step).orElseGet(() -> new Region(MemoryPlan.arenaOf(node.dtype()), node.shape().length(), step));
        region.to = Math.max(region.to, Objects.requireNonNull(lastUse.get(node)));
        regions.put(node, region);
    }

    /** The region of an operand that dies here and is read just as this is written. */
    private Optional<Region> replaced(Node node, int step) {
        for (Node read : dying(schedule.steps().get(step))) {
            Region region = regions.get(read);
            boolean fits = region != null && read != node && isLastUse(read, step) && region.to == step
                    && region.arena == MemoryPlan.arenaOf(node.dtype()) && read.shape().size() == node.shape().size()
                    && !isOutput(read) && overwrites(schedule.steps().get(step), read, node);
            if (fits) {
                return Optional.of(Objects.requireNonNull(region));
            }
        }
        return Optional.empty();
    }

    /** What a step reads last; the product of a contraction counts for its epilogue. */
    private static List<Node> dying(Step step) {
        List<Node> result = new ArrayList<>(step.reads());
        if (step instanceof Step.Contraction contraction) {
            result.add(contraction.node());
        }
        return result;
    }

    private boolean isLastUse(Node node, int step) {
        return Objects.requireNonNull(lastUse.get(node)) == step;
    }

    private boolean isOutput(Node node) {
        return graph.outputs().contains(node);
    }

    /** First fit, large regions first. */
    private List<Integer> allocate() {
        Integer[] sizes = new Integer[MemoryPlan.ARENAS];
        Arrays.fill(sizes, 0);
        List<List<Region>> placed = new ArrayList<>();
        Arrays.stream(sizes).forEach(_ -> placed.add(new ArrayList<>()));
        List<Region> open = regions.values().stream().distinct()
                .sorted((a, b) -> a.length == b.length ? Integer.compare(a.from, b.from) : Integer.compare(b.length, a.length)).toList();
        for (Region region : open) {
            List<Region> arena = placed.get(region.arena);
            region.offset = firstGap(arena, region);
            insert(arena, region);
            sizes[region.arena] = Math.max(sizes[region.arena], Math.addExact(region.offset, region.length));
        }
        return List.of(sizes);
    }

    /** Where a region fits first between those in use at the same time. */
    private static int firstGap(List<Region> byOffset, Region region) {
        int first = first(region.arena);
        int offset = first;
        for (Region other : byOffset) {
            if (other.from <= region.to && region.from <= other.to) {
                if (offset + region.length <= other.offset) {
                    break;
                }
                offset = Math.max(offset, first + align(other.offset + other.length - first));
            }
        }
        return offset;
    }

    private static void insert(List<Region> byOffset, Region region) {
        int place = byOffset.size();
        while (place > 0 && byOffset.get(place - 1).offset > region.offset) {
            place--;
        }
        byOffset.add(place, region);
    }

    private static int align(int offset) {
        return Math.addExact(offset, ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }

    private static int first(int arena) {
        return CacheLine.first(MemoryPlan.elementBytes(arena));
    }
}
