package io.ovnegress.controller.ovsdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.common.base.Throwables;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PemFileTest {
    @TempDir
    private Path folder;

    static Stream<String> secrets() {
        var text = Base64.getEncoder()
                .encodeToString("-----BEGIN hunter2-----\nhunter2\n".getBytes(StandardCharsets.US_ASCII));
        return Stream.of(
                "hunter2",
                "-----BEGIN hunter2-----\naGVsbG8=\n-----END hunter2-----\n",
                block("CERTIFICATE", text),
                block("CERTIFICATE", "hunter2"),
                block("CERTIFICATE", "hunter2="),
                block("PRIVATE KEY", text),
                block("RSA PRIVATE KEY", text),
                block("EC PRIVATE KEY", text),
                block("ENCRYPTED PRIVATE KEY", text));
    }

    private static String block(String label, String content) {
        return "-----BEGIN %s-----\n%s\n-----END %s-----\n".formatted(label, content, label);
    }

    @ParameterizedTest
    @MethodSource("secrets")
    void whatIsWrongWithAFileIsToldWithoutAWordOfIt(String content) throws IOException {
        var file = Files.writeString(folder.resolve("secret"), content);

        for (var error : List.of(
                catchThrowable(() -> PemFile.certificates(file)), catchThrowable(() -> PemFile.privateKey(file)))) {
            assertThat(error).isInstanceOf(IOException.class).hasMessageStartingWith(file + ": ");
            assertThat(Throwables.getStackTraceAsString(error)).doesNotContain("hunter2");
        }
    }
}
