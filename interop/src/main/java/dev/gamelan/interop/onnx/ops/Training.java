package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.value.Knowledge;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.tensor.Functions;
import dev.gamelan.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** The optimizers of the domain {@code ai.onnx.preview.training}. */
final class Training {

    private Training() {}

    static void register(Registry r) {
        r.op(Registry.TRAINING, "Adagrad", 1, Training::adagrad).op(Registry.TRAINING, "Adam", 1, Training::adam)
                .op(Registry.TRAINING, "Momentum", 1, Training::momentum).op(Registry.TRAINING, "Gradient", 1, Training::gradient);
    }

    /** Of the value {@code y} of the graph around, by the values {@code xs}, at the inputs; {@code zs} are given as well. */
    private static List<Value> gradient(Call c) {
        List<String> xs = c.attributeTexts("xs");
        List<String> names = new ArrayList<>(xs);
        names.addAll(c.attributeTexts("zs"));
        Body body = c.between(names, c.attribute("y", ""));
        List<Tensor> at = c.tensors();
        Control.Leaves gradient = Functions.grad((Control.Leaves leaves) -> {
            List<Value> inputs = new ArrayList<>();
            for (int i = 0; i < at.size(); i++) {
                Tensor tensor = i < xs.size() ? leaves.tensors().get(i) : at.get(i);
                inputs.add(Value.of(c.type(i), tensor).with(Knowledge.INPUTS));
            }
            return Call.numbers(body.apply(inputs).getFirst()).tensor().sum();
        }).apply(new Control.Leaves(at.subList(0, xs.size())));
        List<Value> results = new ArrayList<>();
        for (int i = 0; i < xs.size(); i++) {
            results.add(Value.of(c.type(i), gradient.tensors().get(i)));
        }
        return results;
    }

    private interface Update {
        /** @param x a parameter, its gradient, and its state */
        List<Tensor> apply(List<Tensor> x);
    }

    /** Inputs after the rate and the step: all parameters, all gradients, then each kind of state; outputs in the same order. */
    private static List<Value> each(Call c, int kinds, Update update) {
        int count = (c.inputs() - 2) / kinds;
        List<List<Tensor>> results = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            List<Tensor> own = new ArrayList<>();
            for (int kind = 0; kind < kinds; kind++) {
                own.add(c.tensor(2 + kind * count + i));
            }
            results.add(update.apply(own));
        }
        List<Value> outputs = new ArrayList<>();
        for (int kind = 0; kind < kinds - 1; kind++) {
            for (int i = 0; i < count; i++) {
                outputs.add(Value.of(c.type(2 + i), results.get(i).get(kind)));
            }
        }
        return outputs;
    }

    private static Tensor regularized(Call c, List<Tensor> x) {
        return x.get(1).add(x.get(0).mul(c.attribute("norm_coefficient", 0.0)));
    }

    private static List<Value> adagrad(Call c) {
        Tensor decayed = c.tensor(1).cast(c.tensor(0).dtype()).mul(c.attribute("decay_factor", 0.0)).add(1);
        Tensor rate = c.tensor(0).div(decayed);
        return each(c, 3, x -> {
            Tensor g = regularized(c, x);
            Tensor squares = x.get(2).add(g.square());
            return List.of(x.get(0).sub(rate.mul(g).div(squares.sqrt().add(c.attribute("epsilon", 1e-6)))), squares);
        });
    }

    private static List<Value> adam(Call c) {
        double alpha = c.attribute("alpha", 0.9);
        double beta = c.attribute("beta", 0.999);
        Tensor step = c.tensor(1).cast(c.tensor(0).dtype());
        Tensor corrected = c.tensor(0).mul(step.fullLike(beta).pow(step).rsub(1).sqrt()).div(step.fullLike(alpha).pow(step).rsub(1));
        Tensor rate = c.tensor(0).where(step.eq(0), corrected);
        return each(c, 4, x -> {
            Tensor g = regularized(c, x);
            Tensor v = x.get(2).mul(alpha).add(g.mul(1 - alpha));
            Tensor h = x.get(3).mul(beta).add(g.square().mul(1 - beta));
            Tensor next = x.get(0).sub(rate.mul(v).div(h.sqrt().add(c.attribute("epsilon", 1e-6))));
            return List.of(next.mul(1 - c.attribute("norm_coefficient_post", 0.0)), v, h);
        });
    }

    private static List<Value> momentum(Call c) {
        double alpha = c.attribute("alpha", 0.0);
        double beta = c.attribute("beta", 0.0);
        boolean nesterov = c.attribute("mode", "standard").equals("nesterov");
        Tensor first = c.tensor(1).eq(0);
        return each(c, 3, x -> {
            Tensor g = regularized(c, x);
            Tensor share = Tensor.scalar(g.dtype(), 1).where(first, beta);
            Tensor v = x.get(2).mul(alpha).add(g.mul(share));
            Tensor direction = nesterov ? g.add(v.mul(alpha)) : v;
            return List.of(x.get(0).sub(c.tensor(0).mul(direction)), v);
        });
    }
}
