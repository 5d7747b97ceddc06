package io.ovnegress.reconciler.feature.egressip;

import io.ovnegress.reconciler.feature.Wanted;
import io.ovnegress.reconciler.input.PodInput;
import java.util.List;
import java.util.Optional;

/** Where what is wanted for egress IPs comes from. */
public sealed interface EgressIpWhy extends Wanted.Why {

    /**
     * A pod address is rerouted, or not.
     *
     * @param pod the servable pod that holds the address
     * @param servedBy the EgressIP that serves the pod
     * @param standingBy the EgressIPs that select the pod too, and would serve it
     */
    record Pod(Optional<PodInput> pod, Optional<String> servedBy, List<String> standingBy) implements EgressIpWhy {
        @Override
        public Optional<String> object() {
            return servedBy;
        }
    }

    /** Needed by all objects, or by none. */
    enum Shared implements EgressIpWhy {
        INSTANCE;

        @Override
        public Optional<String> object() {
            return Optional.empty();
        }

        @Override
        public Optional<String> subject() {
            return Optional.of(EgressIpRows.BASELINE_OWNER);
        }
    }
}
