package dev.gamelan.tensor;

import dev.gamelan.ir.Node;
import dev.gamelan.ir.Ops;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Einstein's summation. Operands become tensors whose axes have distinct letters; two at a time are multiplied, as a
 * batched matrix product where letters are summed over. Axes of an ellipsis get capital Greek letters of their own.
 */
final class Einsum {

    private static final char FIRST_ELLIPSIS = '\u0391';

    /** A node with one letter for each of its axes. */
    private record Term(Node node, String letters) {
        int dim(char letter) {
            int at = letters.indexOf(letter);
            return at < 0 ? 1 : node.shape().dim(at);
        }
    }

    private final String equation;
    private final List<Node> operands;

    private Einsum(String equation, List<Node> operands) {
        this.equation = equation;
        this.operands = operands;
    }

    static Node of(String equation, List<Node> operands) {
        return new Einsum(equation.replaceAll("\\s", ""), operands).result();
    }

    private Node result() {
        int arrow = equation.indexOf("->");
        String[] inputs = (arrow < 0 ? equation : equation.substring(0, arrow)).split(",", -1);
        if (inputs.length != operands.size()) {
            throw wrong(inputs.length + " operands", operands.size() + " operands");
        }
        List<String> letters = new ArrayList<>();
        for (int i = 0; i < inputs.length; i++) {
            letters.add(expanded(inputs[i], operands.get(i)));
        }
        int widest = letters.stream().mapToInt(text -> (int) text.chars().filter(Einsum::isEllipsis).count()).max()
                .orElse(0);
        String output = arrow < 0 ? implicit(letters, widest)
                : equation.substring(arrow + 2).replace("...", ellipsis(widest));
        checkOutput(output, letters);
        List<Term> terms = new ArrayList<>();
        for (int i = 0; i < inputs.length; i++) {
            terms.add(diagonals(new Term(operands.get(i), letters.get(i))));
        }
        checkExtents(terms);
        return contracted(terms, output);
    }

    private ShapeException wrong(String expected, String received) {
        return ShapeException.of("einsum \"" + equation + "\"", expected,
                received + " of shapes " + operands.stream().map(Node::shape).toList());
    }

    private static boolean isEllipsis(int letter) {
        return letter >= FIRST_ELLIPSIS && letter < FIRST_ELLIPSIS + 32;
    }

    /** The letters of the last axes of an ellipsis come last, as they align at the end. */
    private static String ellipsis(int count) {
        StringBuilder letters = new StringBuilder();
        for (int i = count; i > 0; i--) {
            letters.append((char) (FIRST_ELLIPSIS + i - 1));
        }
        return letters.toString();
    }

    private String expanded(String letters, Node operand) {
        int dots = letters.indexOf("...");
        int named = letters.length() - (dots < 0 ? 0 : 3);
        int rank = operand.shape().rank();
        if (dots < 0 ? named != rank : named > rank) {
            throw wrong("rank " + named + (dots < 0 ? "" : " or more") + " for '" + letters + "'", "rank " + rank);
        }
        String result = dots < 0 ? letters : letters.replace("...", ellipsis(rank - named));
        if (!result.chars().allMatch(c -> isEllipsis(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z')) {
            throw wrong("letters and at most one ... for each operand", "'" + letters + "'");
        }
        return result;
    }

    private static String implicit(List<String> letters, int widest) {
        Map<Integer, Long> counts = String.join("", letters).chars().boxed()
                .collect(Collectors.groupingBy(c -> c, TreeMap::new, Collectors.counting()));
        return ellipsis(widest) + counts.entrySet().stream().filter(e -> e.getValue() == 1 && !isEllipsis(e.getKey()))
                .map(e -> Character.toString(e.getKey())).collect(Collectors.joining());
    }

    private void checkOutput(String output, List<String> letters) {
        String known = String.join("", letters);
        for (int i = 0; i < output.length(); i++) {
            char letter = output.charAt(i);
            if (known.indexOf(letter) < 0 || output.indexOf(letter, i + 1) >= 0) {
                throw wrong("an output of letters of the operands, each once", "output '" + output + "'");
            }
        }
    }

    /** Letters that stand twice in one operand become one axis: their diagonal. */
    private Term diagonals(Term term) {
        String letters = term.letters();
        for (int i = 0; i < letters.length(); i++) {
            int j = letters.indexOf(letters.charAt(i), i + 1);
            if (j >= 0) {
                return diagonals(diagonal(term, i, j));
            }
        }
        return term;
    }

    private Term diagonal(Term term, int i, int j) {
        Shape shape = term.node().shape();
        if (shape.dim(i) != shape.dim(j)) {
            throw wrong("equal extents for the letter " + term.letters().charAt(i), shape.dim(i) + " and "
                    + shape.dim(j));
        }
        Node moved = Layouts.moveAxis(Layouts.moveAxis(term.node(), i, -1), j - 1, -1);
        String rest = new StringBuilder(term.letters()).deleteCharAt(j).deleteCharAt(i).toString();
        return new Term(Layouts.diagonal(moved), rest + term.letters().charAt(i));
    }

    private void checkExtents(List<Term> terms) {
        Map<Character, Integer> extents = new TreeMap<>();
        for (Term term : terms) {
            for (char letter : term.letters().toCharArray()) {
                int dim = term.dim(letter);
                int before = extents.getOrDefault(letter, 1);
                if (before != dim && before != 1 && dim != 1) {
                    throw wrong("equal extents for the letter " + letter, before + " and " + dim);
                }
                extents.put(letter, before == 1 ? dim : before);
            }
        }
    }

    private static Node contracted(List<Term> terms, String output) {
        Term result = terms.getFirst();
        for (int i = 1; i < terms.size(); i++) {
            String later = output + terms.subList(i + 1, terms.size()).stream().map(Term::letters)
                    .collect(Collectors.joining());
            result = product(result, terms.get(i), later);
        }
        return ordered(summed(result, output), output);
    }

    /** Without the letters that nothing later needs. */
    private static Term summed(Term term, String needed) {
        int[] axes = term.letters().chars().filter(c -> needed.indexOf(c) < 0).map(term.letters()::indexOf).toArray();
        if (axes.length == 0) {
            return term;
        }
        Node sum = Reductions.sum(term.node(), Axes.of(axes));
        return new Term(sum, filter(term.letters(), c -> needed.indexOf(c) >= 0));
    }

    private static String filter(String letters, java.util.function.IntPredicate keep) {
        return letters.chars().filter(keep).mapToObj(Character::toString).collect(Collectors.joining());
    }

    private static Node ordered(Term term, String output) {
        return Ops.permute(term.node(), output.chars().map(term.letters()::indexOf).toArray());
    }

    /**
     * Batch letters are in both and needed later; contracted ones are in both and not; the rest are rows or columns.
     */
    private static Term product(Term left, Term right, String later) {
        Term a = stretched(summed(left, right.letters() + later), right);
        Term b = stretched(summed(right, a.letters() + later), a);
        String batch = filter(a.letters(), c -> b.letters().indexOf(c) >= 0 && later.indexOf(c) >= 0);
        String inner = filter(a.letters(), c -> b.letters().indexOf(c) >= 0 && later.indexOf(c) < 0);
        String rows = filter(a.letters(), c -> b.letters().indexOf(c) < 0);
        String columns = filter(b.letters(), c -> a.letters().indexOf(c) < 0);
        Node x = group(a, batch, rows, inner);
        Node y = group(b, batch, inner, columns);
        Node product = inner.isEmpty() ? Ops.mul(x, y) : Ops.matmul(x, y);
        Shape result = shape(a, batch).concat(shape(a, rows)).concat(shape(b, columns));
        return new Term(Ops.reshape(product, result), batch + rows + columns);
    }

    /** Extents of 1 stretch to the other's where letters meet. */
    private static Term stretched(Term term, Term other) {
        int[] dims = term.letters().chars().map(c -> term.dim((char) c) == 1 ? other.dim((char) c) : term.dim((char) c))
                .toArray();
        return new Term(Ops.broadcast(term.node(), Shape.of(dims)), term.letters());
    }

    private static Shape shape(Term term, String letters) {
        return Shape.of(letters.chars().map(c -> term.dim((char) c)).toArray());
    }

    /** (batch, first, second), each of the last two all its letters in one axis. */
    private static Node group(Term term, String batch, String first, String second) {
        Shape shape = shape(term, batch).concat(Shape.of(shape(term, first).length(), shape(term, second).length()));
        return Ops.reshape(ordered(term, batch + first + second), shape);
    }
}
