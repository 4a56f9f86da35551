package dev.gamelan.domains.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import dev.gamelan.shape.FormatException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DownloadTest {

    private static final String SHA256_OF_HELLO = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

    @TempDir
    Path folder;

    private HttpServer server;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        serve("/hello", 200, "hello".getBytes(StandardCharsets.UTF_8));
        serve("/hello.gz", 200, gzip("hello"));
        serve("/other.gz", 200, gzip("other"));
        serve("/page.gz", 200, "<html>".getBytes(StandardCharsets.UTF_8));
        serve("/gone", 404, new byte[0]);
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    @Test
    void aFileArrivesWholeAndProgressIsTold() throws IOException {
        AtomicLong last = new AtomicLong();
        Path file = download("hello").into(folder.resolve("new"), (what, done, total) -> {
            assertEquals(5, total);
            last.set(done);
        });
        assertEquals("hello", Files.readString(file));
        assertEquals(5, last.get());
        assertTrue(Files.exists(download("hello.gz").into(folder, Progress.NONE)), "the checksum is that of the content");
    }

    @Test
    void aWrongChecksumLeavesNothing() throws IOException {
        for (String name : new String[] {"other.gz", "page.gz"}) {
            var e = assertThrows(FormatException.class, () -> download(name).into(folder, Progress.NONE));
            assertTrue(e.getMessage().contains(name), e.getMessage());
        }
        try (var files = Files.list(folder)) {
            assertEquals(0, files.count());
        }
    }

    @Test
    void failuresNameTheAddress() {
        var e = assertThrows(UncheckedIOException.class, () -> download("gone").into(folder, Progress.NONE));
        assertTrue(e.getMessage().contains("/gone") && e.getMessage().contains("404"), e.getMessage());
        Download nowhere = new Download(URI.create("http://nowhere.invalid/x"), "x", SHA256_OF_HELLO);
        var offline = assertThrows(UncheckedIOException.class, () -> nowhere.into(folder, Progress.NONE));
        assertTrue(offline.getMessage().startsWith("cannot download http://nowhere.invalid/x: "), offline.getMessage());
        server.stop(0);
        assertThrows(UncheckedIOException.class, () -> download("hello").into(folder, Progress.NONE));
    }

    private Download download(String name) {
        return new Download(URI.create("http://localhost:" + server.getAddress().getPort() + "/" + name), name, SHA256_OF_HELLO);
    }

    private void serve(String path, int status, byte[] body) {
        server.createContext(path, exchange -> {
            exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
    }

    private static byte[] gzip(String text) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return out.toByteArray();
    }
}
