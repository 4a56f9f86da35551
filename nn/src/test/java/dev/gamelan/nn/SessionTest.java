package dev.gamelan.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Binding;
import dev.gamelan.tensor.Tensor;
import org.junit.jupiter.api.Test;

class SessionTest {

    /** The sum of all inputs so far. */
    private static final Layer SUM = (scope, x) -> {
        Scope.Slot sum = scope.carry("sum", x.shape());
        sum.set(sum.get().add(x));
        return sum.get();
    };

    /** All inputs so far, along axis 1. */
    private static final Layer ALL = (scope, x) -> scope.append("all", 1, x);

    private static float next(Session<Tensor, Tensor> session, double x) {
        return session.apply(Tensor.of(x).reshape(1, 1)).toFloatArray()[0];
    }

    @Test
    void carriesFromCallToCall() {
        Model<Tensor, Tensor> model = Model.of(Shape.of(1), SUM);
        Session<Tensor, Tensor> session = model.session();
        assertEquals(1, next(session, 1));
        assertEquals(3, next(session, 2));
        Session<Tensor, Tensor> fork = session.fork();
        assertEquals(6, next(session, 3));
        assertEquals(103, next(fork, 100));
        session.reset();
        assertEquals(5, next(session, 5));
        assertEquals(7, model.apply(Tensor.of(7).reshape(1, 1)).item());
    }

    @Test
    void appendsToWhatItSaw() {
        Model<Tensor, Tensor> model = Model.of(Shape.of(1), ALL);
        Session<Tensor, Tensor> session = model.session();
        session.apply(Tensor.of(1, 2).reshape(1, 2));
        assertArrayEquals(new float[] {1, 2, 3}, session.apply(Tensor.of(3).reshape(1, 1)).toFloatArray());
        assertArrayEquals(new float[] {4}, model.apply(Tensor.of(4).reshape(1, 1)).toFloatArray());
    }

    /** All inputs so far along axis 1, and how many there were before. */
    private static final Layer CACHED = (scope, x) -> {
        Scope.Cache cache = scope.cache("all", 1, x);
        return cache.values().slice(1, 0, x.dim(1)).add(cache.values().sum(1).expandDims(1))
                .add(cache.start().cast(dev.gamelan.shape.DType.FLOAT32).mul(1000));
    };

    @Test
    void cachesGrowAndKeepWhatTheyHave() {
        Model<Tensor, Tensor> model = Model.of(Shape.of(1), CACHED);
        Session<Tensor, Tensor> session = model.session();
        float sum = 0;
        for (int i = 0; i < 150; i++) {
            sum += i;
            assertEquals(1000 * i + sum, next(session, i), "call " + i);
        }
        assertEquals(7 + 7, next(model.session(), 7));
        assertEquals(7 + 7, model.apply(Tensor.of(7).reshape(1, 1)).item());
        session.reset();
        assertEquals(2 * 3, next(session, 3));
    }

    @Test
    void aBindingGoesOnFromTheSession() {
        Model<Tensor, Tensor> model = Model.of(Shape.of(1), SUM, CACHED);
        Session<Tensor, Tensor> session = model.session();
        Session<Tensor, Tensor> same = model.session();
        for (int i = 0; i < 3; i++) {
            assertEquals(next(session, i), next(same, i));
        }
        Binding<Tensor, Tensor> binding = session.bind(Tensor.zeros(1, 1));
        float[] in = binding.floats(binding.input());
        float[] out = binding.floats(binding.output());
        for (int i = 3; i < 150; i++) {
            in[0] = i;
            binding.run();
            assertEquals(next(same, i), out[0], "call " + i);
        }
        assertEquals(0 + 1 + 3 + 7 + 3000, next(session, 4));
    }

    @Test
    void sessionsOfOneModelShareTheirPrograms() {
        int[] traces = new int[1];
        Layer counted = (scope, x) -> {
            traces[0]++;
            return CACHED.apply(scope, x);
        };
        Model<Tensor, Tensor> model = Model.of(Shape.of(1), counted);
        Session<Tensor, Tensor> first = model.session();
        for (int i = 0; i < 40; i++) {
            float _ = next(first, i);
        }
        int once = traces[0];
        Session<Tensor, Tensor> second = model.session();
        assertEquals(7 + 7, next(second, 7));
        for (int i = 1; i < 40; i++) {
            float _ = next(second, i);
        }
        assertEquals(once, traces[0]);
    }

    @Test
    void aFreshSessionBinds() {
        Binding<Tensor, Tensor> binding = Model.of(Shape.of(1), SUM).session().bind(Tensor.of(5).reshape(1, 1));
        for (int i = 1; i <= 3; i++) {
            binding.run();
            assertEquals(5 * i, binding.output().item());
        }
    }
}
