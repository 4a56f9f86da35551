package dev.gamelan.domains.export;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gamelan.domains.text.Bert;
import dev.gamelan.domains.text.Tokenizer;
import dev.gamelan.nn.Dataset;
import dev.gamelan.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;

/** Mails of the SpamAssassin project, spam or not, below the folder that {@code GAMELAN_MODELS} names. */
final class Mails {

    /** Characters of a body that are read. */
    private static final int BEGINNING = 160;
    private static final int TOKENS = 48;

    private Mails() {}

    private record Mail(String text, int spam) {}

    /** A mixture of as many spam mails as others, class 1 and 0. */
    static Dataset<Bert.Input, Tensor> load(Tokenizer tokenizer, int each) throws IOException {
        List<Mail> mails = new ArrayList<>(read("spam-2", 1, each));
        mails.addAll(read("easy-ham-1", 0, each / 2));
        mails.addAll(read("hard-ham-1", 0, each / 2));
        Collections.shuffle(mails, new Random(1));
        Bert.Input input = tokenizer.batch(mails.stream().map(Mail::text).toList());
        int tokens = Math.min(TOKENS, input.ids().dim(1));
        return Dataset.of(new Bert.Input(first(input.ids(), tokens), first(input.segments(), tokens), first(input.mask(), tokens)),
                Tensor.ofInts(mails.stream().mapToInt(Mail::spam).toArray()));
    }

    private static Tensor first(Tensor x, int tokens) {
        return x.slice(1, 0, tokens).eval();
    }

    private static List<Mail> read(String group, int spam, int count) throws IOException {
        try (Stream<Path> files = Files.list(folder().resolve(group))) {
            List<Mail> mails = new ArrayList<>();
            for (Path file : files.filter(path -> path.toString().endsWith(".json")).sorted().limit(count).toList()) {
                mails.add(new Mail(text(JsonMapper.shared().readTree(Files.readAllBytes(file)).get("text").asString()), spam));
            }
            return mails;
        }
    }

    /** The subject, and how the body begins, without tags: headers tell too much. */
    private static String text(String mail) {
        int body = mail.indexOf("\n\n");
        String head = body < 0 ? mail : mail.substring(0, body);
        String subject = head.lines().filter(line -> line.startsWith("Subject:")).findFirst().orElse("").replaceFirst("Subject:", "");
        String plain = (body < 0 ? "" : mail.substring(body)).replaceAll("<[^>]*>", " ").replaceAll("\\s+", " ").strip();
        return subject.strip() + " " + plain.substring(0, Math.min(BEGINNING, plain.length()));
    }

    private static Path folder() throws IOException {
        String root = System.getenv("GAMELAN_MODELS");
        assumeTrue(root != null, "GAMELAN_MODELS does not name a folder; scripts/fetch-onnx-models.sh fills one");
        try (Stream<Path> files = Files.walk(Path.of(root), 4)) {
            Path found = files.filter(path -> path.getFileName().toString().equals("spam-2")).findFirst().map(Path::getParent).orElse(null);
            assumeTrue(found != null, "there are no mails below " + root);
            return java.util.Objects.requireNonNull(found);
        }
    }
}
