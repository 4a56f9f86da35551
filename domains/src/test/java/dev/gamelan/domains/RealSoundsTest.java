package dev.gamelan.domains;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.interop.onnx.OnnxModel;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.RandomKey;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.TensorMap;
import dev.gamelan.tensor.Tensors;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What trained networks say to speech and to noise. */
@Tag("slow")
class RealSoundsTest {

    /** The largest probability of speech in a signal from -1 to 1 at 16 kHz. */
    private static double speech(OnnxModel silero, float[] samples) {
        int step = 512;
        int context = 64;
        Tensor state = Tensor.zeros(2, 1, 128);
        Tensor rate = Tensor.ofLongs(16_000).reshape(Shape.SCALAR);
        double most = 0;
        for (int i = context; i + step <= samples.length; i += step) {
            Tensor heard = RealModels.piece(samples, i - context, context + step);
            TensorMap result = silero.apply(TensorMap.of(Map.of("input", heard, "state", state, "sr", rate)));
            state = result.get("stateN");
            most = Math.max(most, result.get("output").max().item());
        }
        return most;
    }

    @Test
    void sileroTellsSpeechFromNoise() throws IOException, InterruptedException {
        OnnxModel silero = RealModels.model("silero_vad_v5.onnx");
        float[] noise = RandomKey.of(3).normal(5 * 16_000).mul(0.1).toFloatArray();
        double noisy = speech(silero, noise);
        assertTrue(noisy < 0.2, "noise: " + noisy);
        float[] words = RealModels.speech("The quick brown fox jumps over the lazy dog.", 8000);
        for (int i = 0; i < words.length; i++) {
            words[i] /= 32768;
        }
        double spoken = speech(silero, words);
        assertTrue(spoken > 0.99, "speech: " + spoken);
        System.out.printf("Silero: speech %.3f, noise %.3f%n", spoken, noisy);
    }

    /** Three networks: sound to a spectrogram, windows of that to vectors, 16 vectors to a score. */
    private static double alexa(String said) throws IOException, InterruptedException {
        OnnxModel spectrogram = RealModels.model("melspectrogram.onnx");
        OnnxModel embedding = RealModels.model("embedding_model.onnx");
        OnnxModel alexa = RealModels.model("alexa_v0.1.onnx");
        float[] samples = RealModels.speech(said, 32_000);
        Tensor mel = spectrogram.apply(TensorMap.of("input", RealModels.piece(samples, 0, samples.length))).get("output");
        Tensor frames = mel.reshape(-1, 32).div(10).add(2).eval();
        List<Tensor> windows = new ArrayList<>();
        for (int i = 0; i + 76 <= frames.dim(0); i += 8) {
            windows.add(frames.slice(0, i, i + 76).expandDims(-1));
        }
        Tensor vectors = embedding.apply(TensorMap.of("input_1", Tensors.stack(0, windows.toArray(Tensor[]::new)))).values().getFirst()
                .reshape(-1, 96).eval();
        double most = 0;
        for (int i = 0; i + 16 <= vectors.dim(0); i++) {
            Tensor heard = vectors.slice(0, i, i + 16).reshape(1, 16, 96);
            most = Math.max(most, alexa.apply(TensorMap.of("onnx::Flatten_0", heard)).values().getFirst().item());
        }
        return most;
    }

    @Test
    void wakeWord() throws IOException, InterruptedException {
        double name = alexa("alexa");
        double other = alexa("good morning everybody");
        System.out.printf("openWakeWord: alexa %.4f, other words %.4f%n", name, other);
        assertEquals(1, name, 0.01);
        assertTrue(other < 0.1, "other words: " + other);
    }
}
