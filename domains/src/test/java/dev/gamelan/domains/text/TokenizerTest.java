package dev.gamelan.domains.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.shape.FormatException;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Against Hugging Face's own library: see {@code src/test/python/golden_tokenizers.py}. */
class TokenizerTest {

    static final String SMALL = """
            {"model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":100,
            "vocab":{"[PAD]":0,"[UNK]":1,"[CLS]":2,"[SEP]":3,"un":4,"##able":5,"##a":6,"able":7,"a":8,".":9}},
            "normalizer":{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true},
            "pre_tokenizer":{"type":"BertPreTokenizer"},
            "added_tokens":[{"id":10,"content":"<x>","special":true,"normalized":false,"lstrip":false,"rstrip":false,"single_word":false}],
            "post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"[CLS]","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],
            "pair":[{"Sequence":{"id":"A","type_id":0}},{"Sequence":{"id":"B","type_id":1}}],"special_tokens":{"[CLS]":{"id":"[CLS]","ids":[2],"tokens":["[CLS]"]}}},
            "decoder":{"type":"WordPiece","prefix":"##","cleanup":true},"truncation":{"direction":"Right","max_length":12,"strategy":"LongestFirst","stride":0},
            "padding":null}""";

    @TempDir
    Path folder;

    private Tokenizer small() throws IOException {
        return Tokenizer.read(Files.writeString(folder.resolve("tokenizer.json"), SMALL));
    }

    static Path resource(String name) {
        try {
            return Path.of(Objects.requireNonNull(TokenizerTest.class.getResource(name), name).toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    static JsonNode golden(String name) throws IOException {
        return JsonMapper.shared().readTree(Files.readString(resource("golden_tokenizers.json"))).get(name);
    }

    static List<Integer> numbers(JsonNode node) {
        return StreamSupport.stream(node.spliterator(), false).map(JsonNode::asInt).toList();
    }

    @TestFactory
    Stream<DynamicTest> textsAgree() {
        return Stream.of("uncased", "cased", "plain").map(name -> DynamicTest.dynamicTest(name, () -> compare(name)));
    }

    private static void compare(String name) throws IOException {
        Tokenizer tokenizer = Tokenizer.read(resource("tokenizer_" + name + ".json"));
        JsonNode cases = golden(name);
        assertTrue(cases.size() > 90);
        for (JsonNode c : cases) {
            String text = c.get("text").stringValue();
            Encoding encoding = tokenizer.encode(text);
            assertEquals(numbers(c.get("ids")), encoding.ids(), text);
            assertEquals(numbers(c.get("segments")), encoding.segments(), text);
            assertEquals(c.get("decoded").stringValue(), tokenizer.decode(encoding.ids()), text);
            String other = c.get("other").stringValue();
            if (c.has("pair")) {
                Encoding pair = tokenizer.encode(text, other);
                assertEquals(numbers(c.get("pair")), pair.ids(), text + " and " + other);
                assertEquals(numbers(c.get("pairSegments")), pair.segments(), text + " and " + other);
            } else {
                assertThrows(IllegalArgumentException.class, () -> tokenizer.encode(text, other), text);
            }
        }
    }

    @Test
    void batchesAreFilledUpToTheLongest() throws IOException {
        Bert.Input batch = small().batch(List.of("unable a", "a"));
        assertArrayEquals(new int[] {2, 4, 5, 8, 2, 8, 0, 0}, batch.ids().toIntArray());
        assertArrayEquals(new boolean[] {true, true, true, true, true, true, false, false}, batch.mask().toBooleanArray());
        assertThrows(IllegalArgumentException.class, () -> small().batch(List.of()));
    }

    @Test
    void paddingMayComeFirst() {
        Tokenizer tokenizer = Tokenizer.read(resource("tokenizer_cased.json"));
        Bert.Input batch = tokenizer.batch(List.of("The", "The quick brown"));
        boolean[] mask = batch.mask().toBooleanArray();
        assertFalse(mask[0]);
        assertTrue(mask[batch.mask().dim(1) - 1]);
    }

    @Test
    void namesAndIds() throws IOException {
        Tokenizer tokenizer = small();
        assertEquals(11, tokenizer.vocabulary());
        assertEquals(10, tokenizer.id("<x>").orElseThrow());
        assertEquals("##able", tokenizer.token(5).orElseThrow());
        assertTrue(tokenizer.id("none").isEmpty());
        assertEquals("unable.", tokenizer.decode(List.of(2, 4, 5, 10, 9).subList(1, 5)));
        assertThrows(IllegalArgumentException.class, () -> tokenizer.decode(List.of(11)));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '!', value = {
            "\"type\":\"WordPiece\",\"unk!\"type\":\"BPE\",\"unk!BPE",
            "\"[UNK]\",\"cont!\"[X]\",\"cont!lacks the token for unknown words, [X]",
            "\"un\":4!\"un\":3!which '[SEP]' has too",
            "\"un\":4!\"un\":-4!expected a number from 0",
            "\"un\":4!\"un\":99999999999!expected a number from 0",
            "\"un\":4!\"un\":\"4\"!expected a number from 0",
            "\"un\":4!\"[SEP]\":4!not valid JSON",
            "\"vocab\":{!\"vocabulary\":{!expected a map",
            "max_input_chars_per_word\":100!max_input_chars_per_word\":2000000000!at most",
            "\"BertNormalizer\"!\"Nmt\"!expected BertNormalizer",
            "\"BertPreTokenizer\"!\"ByteLevel\"!expected BertPreTokenizer",
            "\"id\":10!\"id\":9!which '.' has too",
            "\"content\":\"<x>\"!\"content\":\"\"!empty",
            "\"content\":\"<x>\"!\"content\":7!expected a text",
            "\"TemplateProcessing\"!\"RobertaProcessing\"!expected TemplateProcessing",
            "\"ids\":[2]!\"ids\":[77]!which no token has",
            "\"id\":\"B\"!\"id\":\"C\"!expected the text A or B",
            "\"LongestFirst\"!\"Longest\"!expected the strategy",
            "\"max_length\":12!\"max_length\":-1!expected a number",
            "\"lowercase\":true!\"lowercase\":1!expected true or false",
            "\"added_tokens\":[!\"added_tokens\":3,\"x\":[!expected a list",
    })
    void damagedFilesAreRefusedInOneLine(String part, String replacement, String message) throws IOException {
        assertTrue(SMALL.contains(part), part);
        Path file = Files.writeString(folder.resolve("bad.json"), SMALL.replace(part, replacement));
        String received = assertThrows(FormatException.class, () -> Tokenizer.read(file)).getMessage();
        assertTrue(received.contains(message) && received.contains("bad.json") && !received.contains("\n"), received);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "{}", "null", "{\"model\":{}}", "{\"model\":{\"type\":\"WordPiece\"}}", "{\"model\":[1]}"})
    void whatIsNoTokenizerIsRefused(String json) throws IOException {
        Path file = Files.writeString(folder.resolve("bad.json"), json);
        assertThrows(FormatException.class, () -> Tokenizer.read(file));
    }

    @Test
    void deepNestingIsRefused() throws IOException {
        String deep = "{\"type\":\"Sequence\",\"normalizers\":[".repeat(20_000);
        Path file = Files.writeString(folder.resolve("bad.json"), "{\"normalizer\":" + deep);
        assertThrows(FormatException.class, () -> Tokenizer.read(file));
    }

    /** A vocabulary of long pieces and an endless word: linear in the text. */
    @Test
    void longTextsAndPiecesTakeNoTime() throws IOException {
        String json = SMALL.replace("\"un\":4", "\"un\":4,\"" + "a".repeat(9000) + "b\":20").replace("per_word\":100", "per_word\":10000");
        Tokenizer tokenizer = Tokenizer.read(Files.writeString(folder.resolve("long.json"), json));
        assertTimeoutPreemptively(Duration.ofSeconds(20), () -> {
            assertEquals(2, tokenizer.encode("a".repeat(1_000_000)).size());
            assertEquals(12, tokenizer.encode("a ".repeat(500_000)).size());
        });
    }

    /** 3000 changed files of seed 9, and every truncation: a clear error, or a tokenizer that works. */
    @Test
    void changedFiles() throws IOException {
        byte[] good = SMALL.getBytes(java.nio.charset.StandardCharsets.UTF_8);
        SplittableRandom random = new SplittableRandom(9);
        for (int trial = 0; trial < 3000; trial++) {
            byte[] changed = good.clone();
            for (int k = 0; k <= random.nextInt(4); k++) {
                changed[random.nextInt(changed.length)] = (byte) random.nextInt(256);
            }
            tryOut(changed);
        }
        for (int length = 0; length < good.length; length++) {
            tryOut(Arrays.copyOf(good, length));
        }
    }

    private void tryOut(byte[] bytes) throws IOException {
        Path file = Files.write(folder.resolve("changed.json"), bytes);
        try {
            Tokenizer tokenizer = Tokenizer.read(file);
            Encoding encoding = tokenizer.encode("Unable, <x> a. ");
            assertTrue(encoding.size() < 40);
            assertFalse(tokenizer.decode(encoding.ids()).contains("\0"));
        } catch (FormatException e) {
            assertFalse(e.getMessage().isBlank() || e.getMessage().contains("\n"), e.getMessage());
        }
    }
}
