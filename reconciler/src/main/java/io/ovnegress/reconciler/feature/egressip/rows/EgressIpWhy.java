package io.ovnegress.reconciler.feature.egressip.rows;

import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.feature.Wanted;
import io.ovnegress.reconciler.input.PodInput;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Where what is wanted for egress IPs comes from. */
public sealed interface EgressIpWhy extends Wanted.Why {

    /**
     * A pod address is rerouted, or not.
     *
     * @param pod the servable pod that holds the address
     * @param servedBy the EgressIP that serves the pod
     * @param standingBy the EgressIPs that select the pod too, and would serve it
     * @param unserved why it is not, although the pod is selected
     */
    record Pod(Optional<PodInput> pod, Optional<String> servedBy, List<String> standingBy, Optional<Unserved> unserved)
            implements EgressIpWhy {
        @Override
        public Optional<String> object() {
            return servedBy;
        }

        @Override
        public Set<String> subjects(List<Row> rows) {
            var subjects = new HashSet<String>(2);
            servedBy.ifPresent(subjects::add);
            rows.forEach(row -> RowLabels.egressIpOf(row).ifPresent(subjects::add));
            return subjects;
        }

        @Override
        public Optional<String> pod(List<Row> rows) {
            return pod.map(holder -> holder.name().toString())
                    .or(() -> rows.stream()
                            .map(RowLabels::podOf)
                            .filter(name -> !name.isEmpty())
                            .findFirst());
        }
    }

    /**
     * The pods of a namespace, or of an object, are kept in or led to routers, or not; or it is one of these routers, or what limits
     * what leaves as an egress IP.
     *
     * @param object the EgressIP that asks for it
     */
    record Namespace(Optional<String> object) implements EgressIpWhy {
        @Override
        public Set<String> subjects(List<Row> rows) {
            var subjects = new HashSet<String>(2);
            object.ifPresent(subjects::add);
            rows.forEach(row -> RowLabels.egressIpOf(row).ifPresent(subjects::add));
            return subjects;
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
        public Set<String> subjects(List<Row> rows) {
            return Set.of(EgressIpRows.BASELINE_OWNER);
        }
    }
}
