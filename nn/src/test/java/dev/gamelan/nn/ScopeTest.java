package dev.gamelan.nn;

import static dev.gamelan.nn.Layers.conv2d;
import static dev.gamelan.nn.Layers.dense;
import static dev.gamelan.nn.Layers.dropout;
import static dev.gamelan.nn.Layers.gaussianNoise;
import static dev.gamelan.nn.Layers.layerNorm;
import static dev.gamelan.nn.Layers.relu;
import static dev.gamelan.nn.Layers.residual;
import static dev.gamelan.nn.Layers.sequential;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.shape.GamelanException;
import dev.gamelan.shape.NameException;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import dev.gamelan.tensor.RandomKey;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tree;
import java.util.List;
import org.junit.jupiter.api.Test;

class ScopeTest {

    private static List<String> paths(Layer layer) {
        return Model.of(Shape.of(4), layer).weights().parameters().paths();
    }

    private static String failure(Layer layer) {
        return String.valueOf(assertThrows(GamelanException.class, () -> Model.of(Shape.of(4), layer)).getMessage());
    }

    @Test
    void sequencesNumberByKindFromOneOn() {
        assertEquals(List.of("dense_1.bias", "dense_1.weight", "dense_2.bias", "dense_2.weight", "layer_norm_1.bias", "layer_norm_1.scale"),
                paths(sequential(dense(3), relu(), dense(2), layerNorm())));
    }

    @Test
    void insertingWhatHasNoWeightsRenamesNothing() {
        assertEquals(paths(sequential(dense(3), dense(2))), paths(sequential(dense(3), relu(), dropout(0.1), dense(2))));
    }

    @Test
    void pinnedNamesStayAndCountNobody() {
        assertEquals(List.of("dense_1.bias", "dense_1.weight", "head.bias", "head.weight"),
                paths(sequential(dense(3), dense(2).named("head"))));
    }

    @Test
    void theListOfLayersOfAModelIsItsRoot() {
        assertEquals(List.of("dense_1.weight", "head.weight"),
                Model.of(Shape.of(4), dense(3).noBias(), dense(2).noBias().named("head")).weights().parameters().paths());
        assertEquals(List.of("head.weight"), Model.of(Shape.of(4), dense(3).noBias().named("head")).weights().parameters().paths());
    }

    @Test
    void pathsAreJoinedByDots() {
        Layer block = residual(layerNorm(), dense(4).noBias());
        assertEquals(
                List.of("block_0.attention.dense_1.weight", "block_0.attention.layer_norm_1.bias", "block_0.attention.layer_norm_1.scale"),
                paths((scope, x) -> scope.call("block_0", sequential(block.named("attention")), x)));
    }

    @Test
    void kindsAreSnakeCase() {
        assertEquals("max_pool2d", Layers.maxPool2d(2).kind());
        assertEquals("conv2d", conv2d(1, 1).kind());
        assertEquals("conv_transpose2d", Layers.convTranspose2d(1, 1).kind());
        assertEquals("relu", relu().kind());
        assertEquals("leaky_relu", Layers.leakyRelu(0.1).kind());
        Layer lambda = (scope, x) -> x;
        assertEquals("lambda", lambda.kind());
    }

    @Test
    void aNameServesOnce() {
        String message = failure((scope, x) -> scope.call("a", dense(4), scope.call("a", dense(4), x)));
        assertTrue(message.contains("'a' is used twice") && message.contains("scope.shared(\"a\")"), message);
        assertTrue(failure((scope, x) -> x.add(scope.parameter("w", Shape.SCALAR, Initializer.zeros()))
                .add(scope.parameter("w", Shape.SCALAR, Initializer.zeros()))).contains("'w' is used twice"));
        assertTrue(failure((scope, x) -> scope.call("a", dense(4), dense(4).apply(scope.shared("a"), x))).contains("'a' is used twice"));
        assertTrue(failure((scope, x) -> dense(4).apply(scope.shared("a"), scope.call("a", dense(4), x))).contains("'a' is used twice"));
    }

    @Test
    void namesHaveNoDotsOrStars() {
        assertThrows(NameException.class, () -> dense(1).named("a.b"));
        assertThrows(NameException.class, () -> dense(1).named(""));
        assertTrue(failure((scope, x) -> scope.call("a*", dense(4), x)).contains("'a*'"));
    }

    @Test
    void sharedScopesShareWeights() {
        Layer twice = (scope, x) -> dense(4).apply(scope.shared("d"), dense(4).apply(scope.shared("d"), x));
        Model<Tensor, Tensor> model = Model.of(Shape.of(4), twice);
        assertEquals(List.of("d.bias", "d.weight"), model.weights().parameters().paths());
        Tensor w = model.weights().parameters().get("d.weight");
        Tensor x = RandomKey.of(1).normal(3, 4);
        Golden.assertClose(x.matmul(w).matmul(w), model.apply(x), 1e-5, "output");
    }

    @Test
    void errorsNameTheLayer() {
        ShapeException e = assertThrows(ShapeException.class, () -> Model.of(Shape.of(8, 8, 1), conv2d(2, 3), conv2d(2, 9)));
        assertTrue(e.getMessage().contains("in layer  conv2d_2  Conv["), e.getMessage());
        assertEquals(1, e.getMessage().split("in layer").length - 1, e.getMessage());
    }

    @Test
    void keysDependOnThePathAlone() {
        Layer noise = (scope, x) -> x.add(scope.key().normal(x.shape()));
        Layer two = (scope, x) -> scope.call("b", noise, x);
        Layer more = (scope, x) -> scope.call("b", noise, scope.call("a", dropout(0.5), x));
        Tensor x = Tensor.zeros(2, 4);
        Tensor alone = Model.of(Shape.of(4), two).apply(x);
        Golden.assertClose(alone, Model.of(Shape.of(4), more).apply(x), 0, "noise");
        Layer twice = (scope, y) -> scope.key().normal(y.shape()).sub(scope.key().normal(y.shape()));
        assertNotEquals(0, Model.of(Shape.of(4), twice).apply(x).abs().sum().item());
    }

    @Test
    void dropoutIsForTrainingOnlyAndKeepsTheMean() {
        Model<Tensor, Tensor> model = Model.of(Shape.of(10_000), dropout(0.3));
        Tensor x = Tensor.ones(1, 10_000);
        assertEquals(10_000, model.apply(x).sum().item());
        Tensor dropped = model.forward(model.weights(), x, RandomKey.of(5)).output();
        assertEquals(0.3, dropped.eq(0).cast(dev.gamelan.shape.DType.FLOAT32).mean().item(), 0.02);
        assertEquals(1, dropped.mean().item(), 0.03);
    }

    @Test
    void noiseIsForTrainingOnlyAndHasTheDeviationAsked() {
        Model<Tensor, Tensor> model = Model.of(Shape.of(10_000), gaussianNoise(0.3));
        Tensor x = Tensor.ones(1, 10_000);
        assertEquals(10_000, model.apply(x).sum().item());
        Tensor noisy = model.forward(model.weights(), x, RandomKey.of(5)).output();
        assertEquals(1, noisy.mean().item(), 0.02);
        assertEquals(0.3, noisy.std().item(), 0.02);
        assertThrows(IllegalArgumentException.class, () -> gaussianNoise(-1));
    }

    record Pair(Tensor left, Tensor right) implements Tree {}

    @Test
    void blocksOfSeveralTensorsChain() {
        Block<Tensor, Pair> split = (scope, x) -> new Pair(scope.call("l", dense(2), x), scope.call("r", dense(3), x));
        Block<Pair, Tensor> join = (scope, pair) -> dev.gamelan.tensor.Tensors.concat(1, pair.left(), pair.right());
        Model<Tensor, Tensor> model = Model.of(split.then(join).then(dense(1)), Tensor.zeros(1, 4));
        assertEquals(Shape.of(5, 1), model.apply(Tensor.zeros(5, 4)).shape());
        assertEquals(
                List.of("dense_1.bias", "dense_1.weight", "lambda_1.l.bias", "lambda_1.l.weight", "lambda_1.r.bias", "lambda_1.r.weight"),
                model.weights().parameters().paths());
    }
}
