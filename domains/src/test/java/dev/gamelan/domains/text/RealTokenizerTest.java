package dev.gamelan.domains.text;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gamelan.domains.RealModels;
import java.io.IOException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** MiniLM's own tokenizer, of 30,522 tokens. */
@Tag("slow")
class RealTokenizerTest {

    @Test
    void textsAgree() throws IOException {
        Tokenizer tokenizer = Tokenizer.read(RealModels.file("all-minilm-l6-v2-tokenizer.json"));
        assertEquals(30_522, tokenizer.vocabulary());
        for (JsonNode c : TokenizerTest.golden("minilm")) {
            assertEquals(TokenizerTest.numbers(c.get("ids")), tokenizer.encode(c.get("text").stringValue()).ids(),
                    c.get("text").stringValue());
        }
    }
}
