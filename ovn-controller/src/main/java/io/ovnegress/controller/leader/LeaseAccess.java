package io.ovnegress.controller.leader;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.ovnegress.controller.kube.ApiErrors;
import java.net.HttpURLConnection;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether the Lease could be read at the last attempt and, if it was tried, written: who cannot do that does not know whether
 * anybody leads, and does not take over. Each situation has one line in the log; one that lasts has another after a minute, the next
 * after two more, and so on. Thread safe.
 */
final class LeaseAccess {
    private static final Logger LOG = LoggerFactory.getLogger(LeaseAccess.class);

    private static final Duration FIRST_REPEAT = Duration.ofMinutes(1);
    private static final Duration LONGEST_REPEAT = Duration.ofHours(1);
    /** A failure after this long without one is a new situation. Longer than a request may hang. */
    private static final Duration CALM = Duration.ofMinutes(1);

    private static final String READ = "read";
    private static final String WRITTEN = "written";

    private final String lease;
    private final Clock clock;
    private boolean everRead;
    private Optional<String> notRead = Optional.empty();
    private Optional<String> notWritten = Optional.empty();

    /** What was said since the last calm: {@code read}, {@code written} and the answer's code or the failure's kind. */
    private final Set<String> said = new HashSet<>();

    private Instant lastFailure = Instant.MIN;
    private Instant nextRepeat = Instant.MIN;
    private Duration repeat = FIRST_REPEAT;
    private boolean warned;

    /** @param lease namespace and name */
    LeaseAccess(String lease, Clock clock) {
        this.lease = lease;
        this.clock = clock;
    }

    /** Why nothing is known of the leader, or why this controller could not become it; empty if neither is so. */
    synchronized Optional<String> trouble() {
        if (notRead.isPresent()) {
            return notRead;
        }
        return everRead ? notWritten : Optional.of("Lease " + lease + " has not been read yet");
    }

    /** It was read, or there is none. */
    synchronized void read() {
        everRead = true;
        notRead = Optional.empty();
        sayIfCured();
    }

    /** It was read and, as somebody else goes on leading, there was nothing to write. */
    synchronized void readOfAnotherLeader() {
        notWritten = Optional.empty();
        read();
    }

    synchronized void written() {
        notWritten = Optional.empty();
        sayIfCured();
    }

    synchronized void notRead(RuntimeException error) {
        notRead = Optional.of(failed(READ, error));
    }

    /** A conflict is no trouble: somebody else was faster. */
    synchronized void notWritten(RuntimeException error) {
        if (!ApiErrors.isConflict(error)) {
            notWritten = Optional.of(failed(WRITTEN, error));
        }
    }

    private String failed(String what, RuntimeException error) {
        var words = words(error);
        var now = clock.instant();
        if (lastFailure.isBefore(now.minus(CALM))) {
            said.clear();
            repeat = FIRST_REPEAT;
        }
        lastFailure = now;
        if (said.add(what + " " + kind(error)) || !now.isBefore(nextRepeat)) {
            nextRepeat = now.plus(repeat);
            repeat = repeat.multipliedBy(2).compareTo(LONGEST_REPEAT) < 0 ? repeat.multipliedBy(2) : LONGEST_REPEAT;
            warned = true;
            LOG.atWarn()
                    .addKeyValue("lease", lease)
                    .addKeyValue("error", words)
                    .log("the lease cannot be {}, this controller does not lead", what);
        }
        return "Lease " + lease + " cannot be " + what + ": " + words;
    }

    private static String words(RuntimeException error) {
        if (!(error instanceof KubernetesClientException answer)) {
            return "it is not what a leader writes (" + ApiErrors.firstLine(error) + "): delete it";
        }
        return answer.getCode() == HttpURLConnection.HTTP_FORBIDDEN
                ? ApiErrors.describe(answer) + " (Role ovn-egress-leader-election of deploy/base grants it)"
                : ApiErrors.describe(answer);
    }

    private static String kind(RuntimeException error) {
        return error instanceof KubernetesClientException answer && answer.getCode() > 0
                ? "HTTP " + answer.getCode()
                : error.getClass().getSimpleName();
    }

    private void sayIfCured() {
        if (warned && notRead.isEmpty() && notWritten.isEmpty()) {
            warned = false;
            LOG.atInfo().addKeyValue("lease", lease).log("the lease can be used again");
        }
    }
}
