package io.ovnegress.controller.leader;

import java.time.Duration;
import java.util.Optional;

/**
 * How several controllers agree on one of them, with a Kubernetes Lease.
 *
 * @param enabled without election the OVSDB lock alone says who writes
 * @param leaseNamespace empty: the namespace of the pod or of the kubeconfig's context
 * @param leaseDuration how long others wait after the last renewal that they have seen
 * @param renewDeadline how long a leader goes on after its last renewal
 * @param retryPeriod between two renewals, and (up to 2.2 times as long) between two looks at somebody else's lease
 */
public record LeaderElectionConfig(
        boolean enabled,
        String leaseName,
        Optional<String> leaseNamespace,
        Duration leaseDuration,
        Duration renewDeadline,
        Duration retryPeriod) {
    public LeaderElectionConfig {
        if (renewDeadline.compareTo(leaseDuration) >= 0) {
            throw new IllegalArgumentException("the renew deadline must be shorter than the lease");
        }
        if (retryPeriod.compareTo(renewDeadline) >= 0) {
            throw new IllegalArgumentException("the retry period must be shorter than the renew deadline");
        }
    }
}
