package dev.gamelan.codegen.reference;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Type;
import java.util.ArrayList;
import java.util.List;

/** Loops over time. */
final class Programs {

    private Programs() {}

    static List<Data> scan(Op.Scan op, List<Type> types, List<Data> in) {
        List<Data> carries = in.subList(0, op.carries());
        List<Data> sequences = in.subList(op.carries(), op.carries() + op.sequences());
        List<Data> captured = in.subList(op.carries() + op.sequences(), in.size());
        List<Data> stacks = types.subList(op.carries(), types.size()).stream()
                .map(type -> new Data(type, type.dtype().newArray(type.shape().length()))).toList();
        for (int step = 0; step < op.length(); step++) {
            int time = op.reverse() ? op.length() - 1 - step : step;
            List<Data> arguments = new ArrayList<>(carries);
            sequences.forEach(sequence -> arguments.add(slice(sequence, time)));
            arguments.addAll(captured);
            List<Data> results = Interpreter.run(op.body(), arguments);
            carries = results.subList(0, op.carries());
            for (int i = 0; i < stacks.size(); i++) {
                Data result = results.get(op.carries() + i);
                System.arraycopy(result.array(), 0, stacks.get(i).array(), time * result.length(), result.length());
            }
        }
        List<Data> results = new ArrayList<>(carries);
        results.addAll(stacks);
        return List.copyOf(results);
    }

    private static Data slice(Data sequence, int time) {
        Type type = sequence.type().with(sequence.shape().without(0));
        int length = type.shape().length();
        Object array = type.dtype().newArray(length);
        System.arraycopy(sequence.array(), time * length, array, 0, length);
        return new Data(type, array);
    }
}
