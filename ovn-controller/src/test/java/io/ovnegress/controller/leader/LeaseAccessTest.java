package io.ovnegress.controller.leader;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.ovnegress.controller.TestingClock;
import io.ovnegress.controller.loop.CapturedLog;
import java.net.ConnectException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the log says of attempts that come every second. */
class LeaseAccessTest {
    private final RuntimeException forbidden = new KubernetesClientException(
            new StatusBuilder().withCode(403).withMessage("forbidden").build());
    private final RuntimeException silent =
            new KubernetesClientException("failed", new ConnectException("Connection refused"));

    private final TestingClock clock = new TestingClock();
    private final LeaseAccess access = new LeaseAccess("ovn/ovn-egress", clock);
    private final CapturedLog log = new CapturedLog(LeaseAccess.class.getName());

    @AfterEach
    void close() {
        log.close();
    }

    private void failFor(Duration time, RuntimeException... errors) {
        for (int second = 0; second < time.toSeconds(); second++) {
            access.notRead(errors[second % errors.length]);
            clock.advance(Duration.ofSeconds(1));
        }
    }

    @Test
    void aSituationThatLastsIsSaidAtGrowingIntervals() {
        failFor(Duration.ofSeconds(60), forbidden);
        assertThat(log.lines()).hasSize(1);

        failFor(Duration.ofMinutes(2), forbidden);
        assertThat(log.lines()).as("after a minute").hasSize(2);

        failFor(Duration.ofHours(12), forbidden);
        assertThat(log.lines()).hasSizeLessThan(20);
    }

    @Test
    void anotherSituationIsSaidAtOnce() {
        failFor(Duration.ofSeconds(10), forbidden);
        failFor(Duration.ofSeconds(10), silent);

        assertThat(log.lines()).hasSize(2);
        assertThat(log.lines().getFirst()).contains("HTTP 403: forbidden");
        assertThat(log.lines().getLast()).contains("Connection refused");
    }

    @Test
    void aServerThatComesAndGoesDoesNotFloodTheLog() {
        for (int i = 0; i < 1000; i++) {
            failFor(Duration.ofSeconds(2), forbidden, silent);
            access.read();
        }
        assertThat(log.lines()).hasSizeLessThan(30);
    }

    @Test
    void whatComesAfterACalmIsNewAgain() {
        failFor(Duration.ofSeconds(1), forbidden);
        access.read();
        clock.advance(Duration.ofMinutes(2));
        failFor(Duration.ofSeconds(1), forbidden);

        assertThat(log.lines()).hasSize(3);
        assertThat(log.lines().get(1)).startsWith("INFO the lease can be used again");
    }
}
