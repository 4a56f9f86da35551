package dev.gamelan.ir;

import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One operation applied to its operands. Immutable but for one thing: once its value is known a node may
 * {@link #settle}, which makes it a constant and forgets its operands; that changes no meaning.
 */
public final class Node {

    private static final AtomicLong IDS = new AtomicLong();

    /** How a node is computed. */
    public record Definition(Op op, List<Node> operands) {}

    private final long id = IDS.incrementAndGet();
    private final List<Type> types;
    private final Origin origin;
    private volatile Definition definition;
    private volatile boolean computed;

    private Node(Op op, List<Node> operands, List<Type> types, Origin origin) {
        this.definition = new Definition(op, operands);
        this.types = types;
        this.origin = origin;
    }

    /**
     * @throws dev.gamelan.shape.ShapeException if the operands' extents do not fit
     * @throws dev.gamelan.shape.DTypeException if the operands' element types do not fit
     */
    public static Node of(Op op, Node... operands) {
        return of(op, Arrays.asList(operands), Origin.current());
    }

    public static Node of(Op op, List<Node> operands, Origin origin) {
        List<Node> inputs = List.copyOf(operands);
        List<Type> types = op instanceof Op.Get get ? List.of(inputs.getFirst().types().get(get.index())) : Rules.infer(op, types(inputs));
        return new Node(op, inputs, types, origin);
    }

    private static List<Type> types(List<Node> nodes) {
        Type[] types = new Type[nodes.size()];
        for (int i = 0; i < types.length; i++) {
            types[i] = nodes.get(i).type();
        }
        return List.of(types);
    }

    /** What a definition of this node says of other operands: of the same types if these have the same. */
    Node copy(Definition defined, List<Node> newOperands) {
        for (int i = 0; i < newOperands.size(); i++) {
            if (!newOperands.get(i).types.equals(defined.operands().get(i).types)) {
                return of(defined.op(), newOperands, origin);
            }
        }
        return new Node(defined.op(), List.copyOf(newOperands), types, origin);
    }

    /** A constant node of known values. */
    public static Node of(Data data) {
        return of(new Op.Constant(data));
    }

    /** Nodes made later have larger numbers. */
    public long id() {
        return id;
    }

    /** The number that the next node would at least have: nodes with smaller numbers exist already. */
    public static long nextId() {
        return IDS.get() + 1;
    }

    public Definition definition() {
        return definition;
    }

    public Op op() {
        return definition.op();
    }

    public List<Node> operands() {
        return definition.operands();
    }

    public Node operand(int i) {
        return definition.operands().get(i);
    }

    /** The types of all results; only {@code Scan}, {@code If} and {@code Call} have more or fewer than one. */
    public List<Type> types() {
        return types;
    }

    /** The type of the only result, or of the first: operations with several results are read through {@code Get}. */
    public Type type() {
        return types.getFirst();
    }

    public Shape shape() {
        return type().shape();
    }

    public DType dtype() {
        return type().dtype();
    }

    public Origin origin() {
        return origin;
    }

    /** Turns this node into a constant. The data must be what the node's definition computes. */
    public void settle(Data data) {
        if (types.size() != 1 || !data.type().equals(type())) {
            throw new IllegalArgumentException(data + " is not a value of " + this);
        }
        definition = new Definition(new Op.Constant(data), List.of());
    }

    /** Whether {@link #noteComputed} was called. */
    public boolean wasComputed() {
        return computed;
    }

    /** Notes that the value was computed on the way to another, but not kept. */
    public void noteComputed() {
        computed = true;
    }

    @Override
    public String toString() {
        return "%" + id + " = " + op() + " : " + types;
    }
}
