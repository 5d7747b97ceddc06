package io.ovnegress.reconciler.feature.egressrouter;

import io.ovnegress.reconciler.input.ResolvedName;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * For how long DNS servers have not answered for names: their last answer counts for a day, then the name stands for nobody, and what is
 * sent there is refused. Counted from a start anew. Not thread safe.
 */
final class UnansweredNames {
    static final Duration KEPT = Duration.ofDays(1);

    private final Map<String, Instant> since = new HashMap<>();

    void changed(Optional<ResolvedName> answer, String name, Instant now) {
        if (answer.flatMap(ResolvedName::error).isPresent()) {
            since.putIfAbsent(name, now);
        } else {
            since.remove(name);
        }
    }

    boolean isForgotten(String name, Instant now) {
        var failing = since.get(name);
        return failing != null && !now.isBefore(failing.plus(KEPT));
    }

    /** When the next one is forgotten. */
    Optional<Instant> nextDeadline(Instant now) {
        return since.values().stream()
                .map(failing -> failing.plus(KEPT))
                .filter(end -> end.isAfter(now))
                .min(Instant::compareTo);
    }
}
