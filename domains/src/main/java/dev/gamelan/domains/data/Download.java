package dev.gamelan.domains.data;

import dev.gamelan.interop.files.AtomicFile;
import dev.gamelan.shape.FormatException;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * One file of a data set, on the web.
 *
 * @param address where it is
 * @param name    what it is called in the data folder; if it ends in {@code .gz}, the checksum is that of its content
 * @param sha256  64 hexadecimal digits
 */
public record Download(URI address, String name, String sha256) {

    /**
     * Fetches the file into a folder, in which it appears only when it is whole and has the right checksum.
     *
     * @throws UncheckedIOException if it cannot be fetched or written; the message says from where
     * @throws FormatException      if the checksum differs
     */
    public Path into(Path folder, Progress progress) {
        Path file = folder.resolve(name);
        Path partial = folder.resolve(name + ".part");
        try (HttpClient client = HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NORMAL)
                .connectTimeout(Duration.ofSeconds(15)).build()) {
            HttpRequest request = HttpRequest.newBuilder(address).timeout(Duration.ofMinutes(30)).build();
            HttpResponse<InputStream> response = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
            try (InputStream body = response.body()) {
                if (response.statusCode() != 200) {
                    throw new IOException("the server answered with status " + response.statusCode());
                }
                long total = response.headers().firstValueAsLong("content-length").orElse(-1);
                AtomicFile.write(partial, channel -> new Counting(body, name, total, progress)
                        .transferTo(Channels.newOutputStream(channel)));
            }
            check(partial);
            return Files.move(partial, file, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot download " + address + ": " + AtomicFile.reason(e), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UncheckedIOException(new IOException("the download of " + address + " was interrupted", e));
        } finally {
            deleteQuietly(partial);
        }
    }

    /** @throws FormatException if a file is not the one that is meant */
    public void check(Path file) {
        String received = digest(file);
        if (!received.equals(sha256)) {
            throw new FormatException(file + " is damaged or another version: expected SHA-256 " + sha256 + ", received "
                    + received + "; delete it to have it fetched again");
        }
    }

    private String digest(Path file) {
        try (InputStream raw = Files.newInputStream(file);
                InputStream in = name.endsWith(".gz") ? new GZIPInputStream(raw, 1 << 16) : raw;
                DigestInputStream digested = new DigestInputStream(in, MessageDigest.getInstance("SHA-256"))) {
            digested.transferTo(OutputStream.nullOutputStream());
            return HexFormat.of().formatHex(digested.getMessageDigest().digest());
        } catch (ZipException | EOFException e) {
            throw new FormatException(file + " is damaged: " + e.getMessage() + "; delete it to have it fetched again", e);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file + ": " + AtomicFile.reason(e), e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private static void deleteQuietly(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            // The error that matters is already on its way; a leftover .part file is never read.
        }
    }

    private static final class Counting extends FilterInputStream {
        private final String what;
        private final long total;
        private final Progress progress;
        private long done;

        Counting(InputStream in, String what, long total, Progress progress) {
            super(in);
            this.what = what;
            this.total = total;
            this.progress = progress;
        }

        @Override
        public int read(byte[] bytes, int from, int length) throws IOException {
            int count = super.read(bytes, from, length);
            if (count > 0) {
                done += count;
                progress.update(what, done, total);
            }
            return count;
        }
    }
}
