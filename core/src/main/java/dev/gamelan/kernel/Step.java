package dev.gamelan.kernel;

import dev.gamelan.ir.Flops;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Origin;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** One thing that happens when a program runs. */
public sealed interface Step {

    /** The node that a report names. */
    Node node();

    /** The buffers that are read. */
    List<Node> reads();

    /** The buffers that are written. */
    List<Node> writes();

    /**
     * A fused kernel with its extents, in the order of its axes, and its operands.
     *
     * @param scalars the numbers that the kernel takes at run time
     */
    record Loop(LoopKernel kernel, List<Integer> extents, List<Binding> bindings, List<Double> scalars, Node node) implements Step {
        public Loop {
            extents = List.copyOf(extents);
            bindings = List.copyOf(bindings);
            scalars = List.copyOf(scalars);
        }

        @Override
        public List<Node> reads() {
            return buffers(false);
        }

        @Override
        public List<Node> writes() {
            return buffers(true);
        }

        private List<Node> buffers(boolean written) {
            List<Node> buffers = new ArrayList<>(bindings.size());
            for (Binding binding : bindings) {
                if (binding.written() == written) {
                    addOnce(binding.buffer(), buffers);
                }
            }
            return List.copyOf(buffers);
        }

        /** The product of the row extents. */
        public int rowCount() {
            return product(0, kernel.rows());
        }

        /** The product of the extents of reduced axes. */
        public int reducedCount() {
            return product(kernel.rows(), kernel.rows() + kernel.reduced());
        }

        /** The product of the column extents. */
        public int columnCount() {
            return product(kernel.rows() + kernel.reduced(), kernel.rank());
        }

        /** Whether it can run on some of so many lines that its elements fall into: each is some rows, or a part of one. */
        boolean takesLines(int lines) {
            int rows = rowCount();
            return rows > 0 && (rows % lines == 0 || lines % rows == 0 && columnCount() % (lines / rows) == 0);
        }

        private long flopsOfElements() {
            long elements = (long) rowCount() * reducedCount() * columnCount();
            return kernel.values().stream().filter(value -> value.dtype().isFloating()).mapToLong(value -> switch (value.expr()) {
                case LoopKernel.Expr.Load _, LoopKernel.Expr.Number _ -> 0;
                case LoopKernel.Expr.Apply apply -> isArithmetic(apply.op()) ? times(value.level(), elements) : 0;
                case LoopKernel.Expr.Reduction _ -> elements;
            }).sum();
        }

        private static boolean isArithmetic(Op op) {
            return op instanceof Op.Unary || op instanceof Op.Binary;
        }

        private long times(LoopKernel.Level level, long elements) {
            return switch (level) {
                case ROW -> rowCount();
                case ELEMENT -> elements;
                case RESULT -> (long) rowCount() * columnCount();
            };
        }

        private int product(int from, int to) {
            int product = 1;
            for (int axis = from; axis < to; axis++) {
                product *= extents.get(axis);
            }
            return product;
        }
    }

    /**
     * An operand of a fused kernel.
     *
     * @param buffer the node whose buffer it is
     * @param strides in elements, one per axis of the kernel
     */
    record Binding(Node buffer, int offset, List<Integer> strides, boolean written) {
        public Binding {
            strides = List.copyOf(strides);
        }
    }

    /**
     * A batch of matrix products, or of another contraction with whole operands.
     *
     * @param operands how the operands of a MatMul lie: (batch, row, column); of a convolution that of images which lie channel by channel:
     *     (image, pixel, channel); empty for the others, whose operands are whole
     * @param epilogue a fused kernel that runs on rows of the result while they are in the cache
     */
    record Contraction(Node node, List<Matrix> operands, Optional<Loop> epilogue) implements Step {
        public Contraction {
            operands = List.copyOf(operands);
        }

        @Override
        public List<Node> reads() {
            List<Node> buffers = new ArrayList<>();
            operands.forEach(operand -> addOnce(operand.buffer(), buffers));
            for (int i = operands.size(); i < node.operands().size(); i++) {
                addOnce(Whole.of(node.operands().get(i)), buffers);
            }
            epilogue.ifPresent(loop -> loop.reads().forEach(buffer -> addOnce(buffer, buffers)));
            buffers.remove(node);
            return List.copyOf(buffers);
        }

        @Override
        public List<Node> writes() {
            List<Node> buffers = new ArrayList<>(List.of(node));
            epilogue.ifPresent(loop -> loop.writes().forEach(buffer -> addOnce(buffer, buffers)));
            return List.copyOf(buffers);
        }
    }

    /** Where a matrix operand lies. */
    record Matrix(Node buffer, int offset, int batchStride, int rowStride, int columnStride) {}

    /**
     * Any other operation: whole operands in, whole results out.
     *
     * @param results the nodes whose buffers are written: the node itself, or one {@code Get} for each of its results
     */
    record Library(Node node, List<Node> results) implements Step {
        public Library {
            results = List.copyOf(results);
        }

        @Override
        public List<Node> reads() {
            return node.operands().stream().map(Whole::of).toList();
        }

        @Override
        public List<Node> writes() {
            return results;
        }
    }

    /** Attention block by block: the scores of all queries and keys never lie in memory together. */
    record Attend(Attention attention, Node node) implements Step {

        @Override
        public List<Node> reads() {
            return attention.reads().distinct().toList();
        }

        @Override
        public List<Node> writes() {
            return Stream.concat(Stream.of(attention.output().buffer()), attention.norms().stream()).toList();
        }
    }

    /** The gradients of attention, with the scores computed again. */
    record AttendGradient(Attention attention, Attention.Gradient gradient, Node node) implements Step {

        @Override
        public List<Node> reads() {
            return Stream.of(attention.reads(), Stream.of(attention.output().buffer(), gradient.outputGradient().buffer()),
                    attention.norms().stream()).flatMap(buffers -> buffers).distinct().toList();
        }

        @Override
        public List<Node> writes() {
            return Stream.of(gradient.query(), gradient.key(), gradient.value()).map(Binding::buffer).toList();
        }
    }

    /** Looks through reshapes to the node that owns a whole buffer. */
    final class Whole {
        private Whole() {}

        public static Node of(Node node) {
            Node root = node;
            while (Views.isLayout(root.op())) {
                root = root.operand(0);
            }
            return root;
        }
    }

    private static void addOnce(Node buffer, List<Node> buffers) {
        if (!buffers.contains(buffer)) {
            buffers.add(buffer);
        }
    }

    /** The line and layer that a report names. */
    default Origin origin() {
        return node().origin();
    }

    /** The step in one line: what it does to which extents, and where it comes from. */
    default String describe() {
        return origin().toString().isEmpty() ? what() : what() + "   # " + origin();
    }

    /** What it does to which extents. */
    default String what() {
        return switch (this) {
            case Loop loop -> loop.kernel().form() + " " + loop.extents() + " " + loop.kernel().summary();
            case Contraction contraction -> contraction.node().op().getClass().getSimpleName()
                    + contraction.node().operands().stream().map(Node::shape).toList()
                    + contraction.epilogue().map(loop -> " then " + loop.what()).orElse("");
            case Library library -> library.node().op().getClass().getSimpleName()
                    + library.node().operands().stream().map(Node::type).toList();
            case Attend attend -> "Attention " + extents(attend.attention);
            case AttendGradient attend -> "AttentionGradient " + extents(attend.attention);
        };
    }

    private static String extents(Attention attention) {
        return attention.batch() + " x " + attention.queries() + " queries x " + attention.keys() + " keys, "
                + attention.depth() + " to " + attention.width() + " " + attention.scores().kind();
    }

    /** Floating-point operations of one run, counted as {@link Flops} does. */
    default long flops() {
        return switch (this) {
            case Loop loop -> loop.flopsOfElements();
            case Contraction contraction -> Flops.of(contraction.node()) + contraction.epilogue().map(Loop::flops).orElse(0L);
            case Library library -> Flops.of(library.node());
            case Attend attend -> attend.attention.flops();
            case AttendGradient attend -> attend.attention.flops() * 5 / 2;
        };
    }

    /** Bytes of all buffers that are read or written, each counted once. */
    default long bytes() {
        return Stream.concat(reads().stream(), writes().stream()).mapToLong(buffer -> buffer.type().bytes()).sum();
    }
}
