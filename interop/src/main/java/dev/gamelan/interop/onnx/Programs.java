package dev.gamelan.interop.onnx;

import dev.gamelan.interop.onnx.ops.Host;
import dev.gamelan.interop.onnx.ops.NeedsValue;
import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.interop.onnx.value.Knowledge;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.ir.Data;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Type;
import dev.gamelan.shape.FormatException;
import dev.gamelan.tensor.Functions;
import dev.gamelan.tensor.Program;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tensors;
import dev.gamelan.tensor.Tree;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;

/**
 * The compiled forms of a model. For input shapes that are seen for the first time the model is traced. If the trace asks
 * for a value of a small input (a shape, a sampling rate), the program is made for that value. If it asks for one that was
 * computed, there can be no single program: then the model is walked in every run, on lazy tensors, and what is asked for
 * is computed on the way by programs that the evaluator keeps.
 */
final class Programs {

    /** An input of at most so many elements may become a constant of a program. */
    private static final int MOST_ELEMENTS = 64;
    private static final int MOST_PROGRAMS = 64;
    /** Of so many shapes it is known how many values they were seen with: a model whose shapes change with every run must not grow. */
    private static final int MOST_SHAPES = 1024;
    /** After so many different values of the same shapes the values are not constants any more. */
    private static final int MOST_VALUES = 16;

    private record Key(List<String> wanted, Map<String, Type> types, Map<String, List<Number>> values) {}

    /** Forgets what was not asked for for the longest time. */
    private static final class Recent<V> extends LinkedHashMap<Key, V> {
        private static final long serialVersionUID = 1L;
        private final int most;

        Recent(int most) {
            super(16, 0.75f, true);
            this.most = most;
        }

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, V> eldest) {
            return size() > most;
        }
    }

    private record Leaves(List<Tensor> tensors) implements Tree {}

    /** What a program gives, taken apart: numbers are leaves of the program. */
    private record Plan(Optional<Program<Leaves, Leaves>> program, List<Value> results) {}

    private final ModelFile file;
    private final Constants constants;
    private final Map<Key, Plan> plans = new Recent<>(MOST_PROGRAMS);
    private final Set<String> fixed = ConcurrentHashMap.newKeySet();
    private final Map<Key, Integer> variants = new Recent<>(MOST_SHAPES);

    Programs(ModelFile file, Constants constants) {
        this.file = file;
        this.constants = constants;
    }

    Map<String, Value> run(Map<String, Value> inputs, List<String> wanted) {
        boolean plain = inputs.values().stream().allMatch(Value.Numbers.class::isInstance);
        List<Value> results;
        try {
            results = plain ? planned(inputs, wanted) : walked(inputs, wanted);
        } catch (IndexOutOfBoundsException | ArithmeticException e) {
            throw Failure.running(file.name(), e);
        } catch (OutOfMemoryError e) {
            throw new FormatException(file.name() + ": the model needs more memory for these inputs than there is\n  expected  at most "
                    + Runtime.getRuntime().maxMemory() + " bytes\n  received  " + e.getMessage() + "; start Java with a larger -Xmx", e);
        }
        Map<String, Value> named = new LinkedHashMap<>();
        for (int i = 0; i < wanted.size(); i++) {
            named.put(wanted.get(i), results.get(i));
        }
        return named;
    }

    // ---- one program -----------------------------------------------------------------------------------------------

    private List<Value> planned(Map<String, Value> inputs, List<String> wanted) {
        while (true) {
            Key key = key(inputs, wanted);
            Optional<Plan> plan = find(key);
            if (plan.isPresent()) {
                return plan.get().program.isEmpty() ? walked(inputs, wanted) : results(plan.get(), run(plan.get(), inputs, key));
            }
            if (isOneOfMany(key)) {
                return walked(inputs, wanted);
            }
            Map<Node, String> arguments = new IdentityHashMap<>();
            try {
                return traced(inputs, key, arguments);
            } catch (NeedsValue needed) {
                if (!fix(needed.tensor(), arguments)) {
                    keep(key, new Plan(Optional.empty(), List.of()));
                }
            }
        }
    }

    private Key key(Map<String, Value> inputs, List<String> wanted) {
        Map<String, Type> types = new LinkedHashMap<>();
        Map<String, List<Number>> values = new LinkedHashMap<>();
        inputs.forEach((name, value) -> {
            Tensor tensor = ((Value.Numbers) value).tensor();
            types.put(name, tensor.node().type());
            if (fixed.contains(name) && tensor.size() <= MOST_ELEMENTS) {
                values.put(name, numbers(tensor.data()));
            }
        });
        return new Key(wanted, types, values);
    }

    private static List<Number> numbers(Data data) {
        boolean fraction = data.dtype().isFloating();
        return IntStream.range(0, data.length()).mapToObj(i -> fraction ? (Number) data.getDouble(i) : (Number) data.getLong(i)).toList();
    }

    /** @param traced grows by what stands for each input in the trace */
    private List<Value> traced(Map<String, Value> inputs, Key key, Map<Node, String> traced) {
        List<Value> structure = new ArrayList<>();
        List<String> names = names(key);
        Program<Leaves, Leaves> program = Functions.compile((Leaves arguments) -> {
            Map<String, Value> values = new LinkedHashMap<>();
            inputs.forEach((name, value) -> values.put(name, value.with(Knowledge.SHAPES)));
            for (int i = 0; i < names.size(); i++) {
                Tensor argument = arguments.tensors.get(i);
                traced.put(argument.node(), names.get(i));
                values.put(names.get(i), numbers(inputs, names.get(i)).with(argument).with(Knowledge.INPUTS));
            }
            List<Value> results = results(values, key.wanted);
            structure.clear();
            structure.addAll(results);
            List<Tensor> leaves = new ArrayList<>();
            results.forEach(result -> leaves(result, leaves));
            return new Leaves(leaves);
        });
        Leaves computed = program.apply(arguments(inputs, names));
        Plan plan = new Plan(Optional.of(program), List.copyOf(structure));
        keep(key, plan);
        return results(plan, computed);
    }

    private static List<String> names(Key key) {
        return key.types.keySet().stream().filter(name -> !key.values.containsKey(name)).toList();
    }

    private Leaves run(Plan plan, Map<String, Value> inputs, Key key) {
        return plan.program.orElseThrow().apply(arguments(inputs, names(key)));
    }

    private static Leaves arguments(Map<String, Value> inputs, List<String> names) {
        return new Leaves(names.stream().map(name -> numbers(inputs, name).tensor()).toList());
    }

    private static Value.Numbers numbers(Map<String, Value> inputs, String name) {
        return (Value.Numbers) Objects.requireNonNull(inputs.get(name));
    }

    /** Makes the inputs that a value depends on constants of the programs to come, if they are small. */
    private synchronized boolean fix(Tensor needed, Map<Node, String> arguments) {
        Set<String> names = new TreeSet<>();
        for (Node node : Host.arguments(needed)) {
            String name = arguments.get(node);
            if (name == null || node.shape().size() > MOST_ELEMENTS) {
                return false;
            }
            names.add(name);
        }
        return !names.isEmpty() && fixed.addAll(names);
    }

    /** Whether there are programs for many other values of the same shapes: then there are no more. */
    private synchronized boolean isOneOfMany(Key key) {
        return !key.values.isEmpty() && variants.merge(new Key(key.wanted, key.types, Map.of()), 1, Integer::sum) > MOST_VALUES;
    }

    private static void leaves(Value value, List<Tensor> leaves) {
        switch (value) {
            case Value.Numbers numbers -> leaves.add(numbers.tensor());
            case Value.Text _ -> {}
            case Value.Sequence sequence -> sequence.values().forEach(each -> leaves(each, leaves));
            case Value.Maybe maybe -> maybe.value().ifPresent(each -> leaves(each, leaves));
            case Value.Dictionary dictionary -> {
                leaves(dictionary.keys(), leaves);
                leaves(dictionary.values(), leaves);
            }
        }
    }

    private static List<Value> results(Plan plan, Leaves computed) {
        Iterator<Tensor> leaves = computed.tensors.iterator();
        return plan.results.stream().map(result -> filled(result, leaves)).toList();
    }

    private static Value filled(Value value, Iterator<Tensor> leaves) {
        return switch (value) {
            case Value.Numbers numbers -> numbers.with(leaves.next());
            case Value.Text text -> text;
            case Value.Sequence sequence ->
                    new Value.Sequence(sequence.values().stream().map(each -> filled(each, leaves)).toList(), sequence.knowledge());
            case Value.Maybe maybe -> new Value.Maybe(maybe.value().map(each -> filled(each, leaves)), maybe.knowledge());
            case Value.Dictionary dictionary -> {
                Value keys = filled(dictionary.keys(), leaves);
                yield new Value.Dictionary(keys, filled(dictionary.values(), leaves), dictionary.knowledge());
            }
        };
    }

    // ---- cut where values are needed -------------------------------------------------------------------------------

    private List<Value> walked(Map<String, Value> inputs, List<String> wanted) {
        List<Value> results = results(inputs, wanted);
        List<Tensor> leaves = new ArrayList<>();
        results.forEach(result -> leaves(result, leaves));
        Tensors.eval(leaves.toArray(Tree[]::new));
        return results;
    }

    private List<Value> results(Map<String, Value> inputs, List<String> wanted) {
        return Walker.run(file, constants, inputs, wanted).stream().map(Programs::rounded).toList();
    }

    /** Halves are computed with in FLOAT32, but what leaves a run is what its type can hold. */
    private static Value rounded(Value value) {
        return switch (value) {
            case Value.Numbers numbers -> numbers.type() == ElementType.FLOAT16 || numbers.type() == ElementType.BFLOAT16
                    ? numbers.with(numbers.type().round(numbers.tensor(), false)) : numbers;
            case Value.Text text -> text;
            case Value.Sequence sequence ->
                    new Value.Sequence(sequence.values().stream().map(Programs::rounded).toList(), sequence.knowledge());
            case Value.Maybe maybe -> new Value.Maybe(maybe.value().map(Programs::rounded), maybe.knowledge());
            case Value.Dictionary dictionary ->
                    new Value.Dictionary(rounded(dictionary.keys()), rounded(dictionary.values()), dictionary.knowledge());
        };
    }

    private synchronized Optional<Plan> find(Key key) {
        return Optional.ofNullable(plans.get(key));
    }

    private synchronized void keep(Key key, Plan plan) {
        plans.put(key, plan);
    }
}
