package io.ovnegress.controller.cli;

import io.ovnegress.controller.leader.LeaderElectionConfig;
import java.time.Duration;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** Which of several controllers writes. */
final class ElectionFlags {
    @Option(
            names = "--leader-elect",
            order = 1,
            arity = "0..1",
            paramLabel = "true|false",
            fallbackValue = "true",
            converter = Converters.Truth.class,
            description = {
                "Of several controllers one writes, the others stand by, as a Kubernetes Lease says. Without it the"
                        + " first that has the database's lock writes.",
                "Default: true in a pod, false with a kubeconfig"
            })
    private Boolean enabled;

    @Option(
            names = "--lease-name",
            paramLabel = "NAME",
            order = 2,
            defaultValue = "ovn-egress",
            description = {"Name of the Lease.", "Default: ${DEFAULT-VALUE}"})
    private String leaseName;

    @Option(
            names = "--lease-namespace",
            paramLabel = "NAMESPACE",
            order = 3,
            description = {"Namespace of the Lease.", "Default: that of the pod or of the kubeconfig's context"})
    private String leaseNamespace;

    @Option(
            names = "--lease-duration",
            paramLabel = "TIME",
            order = 4,
            defaultValue = "2s",
            converter = Converters.Period.class,
            description = {
                "A stand-by takes over when it has not seen the lease renewed for this long, or at once when the leader"
                        + " has left the database.",
                "Default: ${DEFAULT-VALUE}"
            })
    private Duration leaseDuration;

    @Option(
            names = "--lease-renew-deadline",
            paramLabel = "TIME",
            order = 5,
            defaultValue = "1500ms",
            converter = Converters.Period.class,
            description = {
                "A leader that could not renew its lease for this long stands by.",
                "Default: ${DEFAULT-VALUE}"
            })
    private Duration renewDeadline;

    @Option(
            names = "--lease-retry-period",
            paramLabel = "TIME",
            order = 6,
            defaultValue = "400ms",
            converter = Converters.Period.class,
            description = {"Between two renewals.", "Default: ${DEFAULT-VALUE}"})
    private Duration retryPeriod;

    /**
     * @param inAPod whether several controllers are to be expected
     * @throws ParameterException if the times do not fit together
     */
    LeaderElectionConfig config(boolean inAPod, CommandLine command) {
        try {
            return new LeaderElectionConfig(
                    Optional.ofNullable(enabled).orElse(inAPod),
                    leaseName,
                    Optional.ofNullable(leaseNamespace),
                    leaseDuration,
                    renewDeadline,
                    retryPeriod);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(
                    command, "--lease-duration, --lease-renew-deadline, --lease-retry-period: " + e.getMessage(), e);
        }
    }
}
