package io.ovnegress.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ovnegress.it.harness.process.Command;
import org.junit.jupiter.api.Test;

/** What {@code make check-deploy} says of the manifests, alerts and dashboard in {@code deploy/}. */
final class DeployCheckTest {
    /** Its exit code where there is no kubectl that knows kustomize. */
    private static final int CANNOT = 2;

    @Test
    void manifestsAlertsAndDashboardFitTogether() {
        var check = Command.of("../deploy/tools/check.sh").run();
        assumeTrue(check.exitCode() != CANNOT, check.standardError());
        assertThat(check.exitCode()).as(check.standardError()).isZero();
    }
}
