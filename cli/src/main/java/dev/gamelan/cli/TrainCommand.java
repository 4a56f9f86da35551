package dev.gamelan.cli;

import dev.gamelan.nn.Model;
import dev.gamelan.shape.NonFiniteException;
import dev.gamelan.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** Trains a model, tests it, and writes the best one to a file. */
final class TrainCommand extends CliCommand {

    private @Nullable String data;
    private @Nullable String model;
    private @Nullable Integer epochs;
    private @Nullable Integer batch;
    private @Nullable Double rate;
    private @Nullable Path out;
    private @Nullable Path run;
    private @Nullable Path resume;
    private final DataOptions dataOptions;

    TrainCommand() {
        super("train", "Train a model and save the best one.");
        arguments().optional("DATA",
                "digits (default), fashion-mnist, a folder of class folders of images, or a CSV file with --target.", String.class,
                name -> data = name)
                .option("--model", "NAME", "cnn, mlp or linear (default: cnn for images, mlp for tables).", String.class,
                        name -> model = name)
                .option("--epochs", "N", "How often to see all examples (default: by the data).", Integer.class, number -> epochs = number)
                .option("--batch", "N", "Examples per step (default: by the data).", Integer.class, number -> batch = number)
                .option("--lr", "X", "The highest learning rate (default: by data and model).", Double.class, highest -> rate = highest)
                .option("--out", "FILE", "Where to save the model (default: DATA-MODEL.safetensors here).", Path.class, path -> out = path)
                .option("--run", "DIR", "Keep checkpoints and the history in this folder.", Path.class, folder -> run = folder)
                .option("--resume", "DIR", "Go on with the training in this folder, to the same bits.", Path.class,
                        folder -> resume = folder);
        dataOptions = new DataOptions(arguments());
    }

    @Override
    int run(ObjectNode result) {
        if (resume != null) {
            return resumed(resume, result);
        }
        checkNumbers();
        DataSource source = dataOptions.source(data == null ? DataSource.Known.DIGITS.text() : data, this);
        long chosenSeed = common().seed == null ? 42 : common().seed;
        if (out != null) {
            checkOut(out);
        }
        TrainingData loaded = source.load(chosenSeed, progress(), this::note);
        String name = modelName(loaded);
        Recipe recipe = Recipe.of(source, loaded, name);
        Path file = out != null ? out : defaultOut(source, name);
        checkOut(file);
        RunSettings settings = new RunSettings(source, name, epochs == null ? recipe.epochs() : epochs,
                batch == null ? recipe.batch() : batch, rate == null ? recipe.rate() : rate, chosenSeed, file, run != null);
        RunFolder folder = run == null ? RunFolder.temporary(file) : RunFolder.create(run);
        settings.write(folder.path());
        return train(settings, folder, loaded, result);
    }

    private int resumed(Path folder, ObjectNode result) {
        if (data != null || model != null || epochs != null || batch != null || rate != null || common().seed != null || out != null
                || run != null) {
            throw wrongUsage("--resume goes on with the settings in " + folder
                    + "; leave DATA, --model, --epochs, --batch, --lr, --seed, --out and --run out");
        }
        RunSettings settings = RunSettings.read(folder);
        RunFolder existing = RunFolder.existing(folder, settings.kept());
        checkOut(settings.file());
        return train(settings, existing, settings.located().load(settings.seed(), progress(), this::note), result);
    }

    private int train(RunSettings settings, RunFolder folder, TrainingData loaded, ObjectNode result) {
        try (Interrupt interrupt = new Interrupt()) {
            int status = train(settings, folder, loaded, interrupt, result);
            if (status == 0 && !folder.kept()) {
                folder.delete();
            }
            return status;
        } catch (NonFiniteException e) {
            if (folder.hasCheckpoint()) {
                throw new Failures.Refused(Failures.reason(e) + "; the last good checkpoint is kept in " + folder.path(), e);
            }
            throw e;
        } finally {
            if (!folder.kept() && !folder.hasCheckpoint()) {
                folder.delete();
            }
        }
    }

    private int train(RunSettings settings, RunFolder folder, TrainingData loaded, Interrupt interrupt, ObjectNode result) {
        Model<Tensor, Tensor> model = Recipe.build(loaded, settings.model()).seed(settings.seed());
        long parameters = model.weights().count();
        Training.Outcome outcome = new Training(settings, folder, loaded, common().quiet, this::note).run(model, interrupt::requested);
        if (outcome.interrupted()) {
            spec().commandLine().getErr().println("gamelan: interrupted after " + outcome.progress() + (folder.hasCheckpoint()
                    ? "; go on with: gamelan train --resume " + folder.path() : "; nothing was saved"));
            return Failures.FAILED;
        }
        Scores scores = Scores.of(Predictions.of(model, loaded.test()), loaded.input());
        model.save(settings.file(), new Card(settings.source(), settings.model(), settings.seed(), loaded.input()).notes());
        report(settings, parameters, outcome, scores, result);
        return 0;
    }

    private void report(RunSettings settings, long parameters, Training.Outcome outcome, Scores scores, ObjectNode result) {
        result.put("data", settings.source().text()).put("model", settings.model()).put("parameters", parameters)
                .put("epochs", outcome.epochs()).put("train_seconds", outcome.seconds()).put("samples_per_second", outcome.speed())
                .put("seed", settings.seed());
        scores.put(result, "test_");
        result.put("out", settings.file().toString());
        out().println(String.format(Locale.ROOT, "trained %s on %s: %d epochs in %.1f s, %.0f examples/s", settings.model(),
                settings.source().text(), outcome.epochs(), outcome.seconds(), outcome.speed()));
        out().println("test " + scores.line());
        out().println("saved " + settings.file());
    }

    private String modelName(TrainingData loaded) {
        List<String> models = Recipe.models(loaded);
        if (model != null && !models.contains(model)) {
            throw wrongUsage("unknown model '" + model + "' for this data; there are " + String.join(", ", models));
        }
        return model == null ? models.getFirst() : model;
    }

    private void checkNumbers() {
        if (epochs != null && epochs < 1) {
            throw wrongUsage("--epochs must be at least 1, received " + epochs);
        }
        if (batch != null && batch < 1) {
            throw wrongUsage("--batch must be at least 1, received " + batch);
        }
        if (rate != null && !(rate > 0 && Double.isFinite(rate))) {
            throw wrongUsage("--lr must be a number above 0, received " + rate);
        }
    }

    /** Before any work: the model's file can be made. */
    private static void checkOut(Path file) {
        if (Files.isDirectory(file)) {
            throw new Failures.Refused("--out " + file + " is a folder; name a file, such as " + file.resolve("model.safetensors"));
        }
        RunFolder.checkWritable(Objects.requireNonNull(file.toAbsolutePath().getParent()));
    }

    private static Path defaultOut(DataSource source, String model) {
        String stem = switch (source) {
            case DataSource.Known known -> known.text();
            case DataSource.Folder folder -> folder.path().toAbsolutePath().normalize().getFileName().toString();
            case DataSource.TableFile table -> table.path().getFileName().toString().replaceFirst("\\.[^.]*$", "");
        };
        return Path.of(stem + "-" + model + ".safetensors");
    }
}
