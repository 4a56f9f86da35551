package dev.gamelan.domains;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.gamelan.interop.onnx.Onnx;
import dev.gamelan.interop.onnx.OnnxModel;
import dev.gamelan.shape.DType;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.TensorMap;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.sound.sampled.AudioFormat;
import javax.sound.sampled.AudioInputStream;
import javax.sound.sampled.AudioSystem;
import javax.sound.sampled.UnsupportedAudioFileException;

/** Trained networks below the folder that {@code GAMELAN_MODELS} names; scripts/fetch-onnx-models.sh fills it. */
public final class RealModels {

    private RealModels() {}

    /** A file; without it the test is skipped, and says so. */
    public static Path file(String name) {
        String folder = System.getenv("GAMELAN_MODELS");
        assumeTrue(folder != null, "GAMELAN_MODELS does not name a folder; scripts/fetch-onnx-models.sh fills one");
        try (Stream<Path> files = Files.walk(Path.of(String.valueOf(folder)))) {
            Optional<Path> found = files.filter(file -> file.getFileName().toString().equals(name)).findFirst();
            assumeTrue(found.isPresent(), "there is no " + name + " below " + folder);
            return found.orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static OnnxModel model(String name) {
        return Onnx.read(file(name));
    }

    /** What ONNX Runtime, the oracle, gives for one output. */
    public static Tensor runtime(Path model, TensorMap inputs, String output) {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        Map<String, OnnxTensor> given = new HashMap<>();
        try (OrtSession session = environment.createSession(model.toString())) {
            for (String name : inputs.paths()) {
                given.put(name, tensor(environment, inputs.get(name)));
            }
            try (OrtSession.Result result = session.run(given)) {
                OnnxTensor found = (OnnxTensor) result.get(output).orElseThrow();
                FloatBuffer buffer = found.getFloatBuffer();
                float[] values = new float[buffer.remaining()];
                buffer.get(values);
                return Tensor.of(values, Arrays.stream(found.getInfo().getShape()).mapToInt(Math::toIntExact).toArray());
            }
        } catch (OrtException e) {
            throw new AssertionError(e);
        } finally {
            given.values().forEach(OnnxTensor::close);
        }
    }

    private static OnnxTensor tensor(OrtEnvironment environment, Tensor tensor) throws OrtException {
        long[] shape = Arrays.stream(tensor.shape().dims()).asLongStream().toArray();
        return tensor.dtype() == DType.INT64 ? OnnxTensor.createTensor(environment, LongBuffer.wrap(tensor.toLongArray()), shape)
                : OnnxTensor.createTensor(environment, FloatBuffer.wrap(tensor.toFloatArray()), shape);
    }

    /** Spoken by espeak-ng: samples from -32768 to 32767 at 16 kHz, with silence of so many samples around. */
    public static float[] speech(String text, int silence) throws IOException, InterruptedException {
        Path wav = Files.createTempFile("speech", ".wav");
        try {
            Process process = new ProcessBuilder("espeak-ng", "-v", "en-us", "-w", wav.toString(), text).start();
            assumeTrue(process.waitFor(60, TimeUnit.SECONDS) && process.exitValue() == 0, "espeak-ng failed");
            return wave(wav, silence);
        } catch (IOException e) {
            assumeTrue(false, "there is no espeak-ng");
            throw e;
        } finally {
            Files.delete(wav);
        }
    }

    private static float[] wave(Path file, int silence) throws IOException {
        try (AudioInputStream in = AudioSystem.getAudioInputStream(file.toFile());
                AudioInputStream converted = AudioSystem.getAudioInputStream(new AudioFormat(16_000, 16, 1, true, false), in)) {
            byte[] bytes = converted.readAllBytes();
            float[] samples = new float[bytes.length / 2 + 2 * silence];
            for (int i = 0; i < bytes.length / 2; i++) {
                samples[silence + i] = (short) (bytes[2 * i] & 0xFF | bytes[2 * i + 1] << 8);
            }
            return samples;
        } catch (UnsupportedAudioFileException e) {
            throw new IOException(e);
        }
    }

    /** A piece of a signal, (1, length). */
    public static Tensor piece(float[] samples, int from, int length) {
        return Tensor.of(Arrays.copyOfRange(samples, from, from + length), 1, length);
    }
}
