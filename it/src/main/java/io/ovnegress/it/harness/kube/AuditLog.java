package io.ovnegress.it.harness.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a real API server writes about requests, as {@code it/scripts/kube-apiserver.sh} starts it; read from where it was when
 * this was made. Immutable.
 */
public record AuditLog(Path file, long from) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int FORBIDDEN = 403;

    /** The log that system property {@code ovnegress.audit} names. */
    public static Optional<AuditLog> fromNowOn() {
        return Optional.ofNullable(System.getProperty("ovnegress.audit"))
                .map(Path::of)
                .map(file -> new AuditLog(file, file.toFile().length()));
    }

    public Set<ApiCall> callsOf(String user) {
        return eventsOf(user).map(ApiCall::ofAudit).collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /** Those that were answered with 403. */
    public List<ApiCall> refusedOf(String user) {
        return eventsOf(user)
                .filter(event -> event.path("responseStatus").path("code").asInt() == FORBIDDEN)
                .map(ApiCall::ofAudit)
                .toList();
    }

    private Stream<JsonNode> eventsOf(String user) {
        try {
            var all = Files.readAllBytes(file);
            var text = new String(all, (int) from, all.length - (int) from, StandardCharsets.UTF_8);
            var events = new ArrayList<JsonNode>();
            // The last line may be half written.
            for (var line :
                    text.substring(0, text.lastIndexOf('\n') + 1).lines().toList()) {
                events.add(JSON.readTree(line));
            }
            return events.stream()
                    .filter(event ->
                            event.path("user").path("username").asText().equals(user));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
