package dev.gamelan.tensor;

import dev.gamelan.ir.Data;
import dev.gamelan.oracle.Golden;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Methods of tensors and their gradients against PyTorch. */
class GoldenTensorTest {

    private static final Map<String, UnaryOperator<Tensor>> FUNCTIONS = Map.ofEntries(Map.entry("silu", Tensor::silu),
            Map.entry("gelu", Tensor::gelu), Map.entry("softplus", Tensor::softplus), Map.entry("selu", Tensor::selu),
            Map.entry("mish", Tensor::mish), Map.entry("hardSwish", Tensor::hardSwish), Map.entry("hardSigmoid", Tensor::hardSigmoid),
            Map.entry("softsign", Tensor::softsign), Map.entry("elu", x -> x.elu(1)), Map.entry("leakyRelu", x -> x.leakyRelu(0.01)));

    private static final Map<String, BiFunction<Tensor, Integer, Tensor>> ALONG = Map.ofEntries(Map.entry("softmax", Tensor::softmax),
            Map.entry("logSoftmax", Tensor::logSoftmax), Map.entry("logSumExp", Tensor::logSumExp), Map.entry("variance", Tensor::variance),
            Map.entry("std", Tensor::std), Map.entry("norm", Tensor::norm), Map.entry("mean", Tensor::mean),
            Map.entry("cumsum", Tensor::cumsum),
            Map.entry("cumprod", Tensor::cumprod), Map.entry("cummax", Tensor::cummax), Map.entry("sort", Tensor::sort),
            Map.entry("prod", Tensor::prod), Map.entry("max", Tensor::max));

    @TestFactory
    Stream<DynamicTest> functionsAgreeWithPyTorch() {
        return Golden.all().stream()
                .filter(golden -> golden.name().equals("function") && FUNCTIONS.containsKey(golden.settings().get("of")))
                .map(golden -> test(golden, FUNCTIONS.get(golden.settings().get("of"))));
    }

    @TestFactory
    Stream<DynamicTest> functionsOfAnAxisAgreeWithPyTorch() {
        return Golden.all().stream().filter(golden -> golden.name().equals("along"))
                .map(golden -> test(golden, x -> ALONG.get(golden.settings().get("of")).apply(x, golden.number("axis"))));
    }

    private static DynamicTest test(Golden golden, UnaryOperator<Tensor> function) {
        return DynamicTest.dynamicTest(golden.toString(), () -> {
            Tensor x = Tensor.of(golden.array("x"));
            Tensor gy = golden.arrays().containsKey("gy") ? Tensor.of(golden.array("gy")) : x.onesLike();
            golden.check("y", data(function.apply(x), golden.array("y")));
            Tensor gx = Functions.grad((Tensor t) -> function.apply(t).mul(gy).sum()).apply(x);
            golden.check("gx", data(gx, golden.array("gx")));
        });
    }

    private static Data data(Tensor tensor, Data like) {
        return Data.of(like.dtype(), tensor.shape(), tensor.toDoubleArray());
    }
}
