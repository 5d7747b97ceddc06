package io.ovnegress.controller.loop;

import java.time.Duration;
import java.time.Instant;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One line for each start of ovnkube that has made rows of ours its own, however many there were. Not thread safe. */
final class OvnkubeStarts {
    private static final Logger LOG = LoggerFactory.getLogger(OvnkubeStarts.class);

    /** What comes sooner after the last one is of the same start. */
    private static final Duration START = Duration.ofMinutes(1);

    private Instant last = Instant.MIN;

    /** A transaction is committed that puts rows of so many owners right. */
    void takenBack(int owners, Instant now) {
        if (owners == 0) {
            return;
        }
        if (last.equals(Instant.MIN) || last.plus(START).isBefore(now)) {
            LOG.atInfo()
                    .addKeyValue("owners", owners)
                    .addKeyValue("counted", "ovn_egress_repairs_total{by=\"ovnkube\"}")
                    .log("ovnkube had made rows of ours its own, or removed them with a pod: they are taken back");
        }
        last = now;
    }
}
