package io.ovnegress.it.kube;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/**
 * What a real API server writes about requests, as {@code it/scripts/kube-apiserver.sh} starts it; read from where it was when
 * this was made. Immutable.
 */
record AuditLog(Path file, long from) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** The log that system property {@code ovnegress.audit} names. */
    static Optional<AuditLog> fromNowOn() {
        return Optional.ofNullable(System.getProperty("ovnegress.audit"))
                .map(Path::of)
                .map(file -> new AuditLog(file, file.toFile().length()));
    }

    Set<ApiCall> callsOf(String user) {
        try {
            var all = Files.readAllBytes(file);
            var text = new String(all, (int) from, all.length - (int) from, StandardCharsets.UTF_8);
            var calls = new LinkedHashSet<ApiCall>();
            // The last line may be half written.
            for (var line :
                    text.substring(0, text.lastIndexOf('\n') + 1).lines().toList()) {
                var event = JSON.readTree(line);
                if (event.path("user").path("username").asText().equals(user)) {
                    calls.add(ApiCall.ofAudit(event));
                }
            }
            return calls;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
