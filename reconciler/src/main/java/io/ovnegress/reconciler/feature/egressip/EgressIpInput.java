package io.ovnegress.reconciler.feature.egressip;

import io.ovnegress.reconciler.feature.StatusCondition;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.LabelSelector;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What we read of an EgressIP ({@code k8s.ovn.org/v1}, cluster scoped).
 *
 * @param egressIps {@code spec.egressIPs} as written by the user
 * @param namespaceSelector absent if the object has none or one that cannot be understood: the object is refused then
 * @param podSelector absent if the object has one that cannot be understood; a missing one selects every pod
 * @param selectorError why a selector is absent, for the condition; empty if none is
 * @param statusItems {@code status.items} as found
 * @param conditions {@code status.conditions} as found; always empty where the installed CRD prunes them
 * @param onUnassigned what becomes of its pods' traffic while no node serves them: {@code spec.onUnassigned}, else annotation
 *     {@code ovn-egress.io/on-unassigned}
 * @param unknownOnUnassigned what stands there if it is neither of the two, which counts as {@link OnUnassigned#DROP}
 * @param nodes on which nodes its egress IPs may be
 * @param beforeServed what becomes of a pod's traffic until the pod is served: {@code spec.beforeServed}, else annotation
 *     {@code ovn-egress.io/before-served}
 * @param unknownBeforeServed what stands there if it is neither of the two, which counts as {@link BeforeServed#DROP}
 * @param form by which rows its pods leave
 * @param qos how what leaves as one of its egress IPs is limited and marked
 * @param destinations for which destinations it is
 */
public record EgressIpInput(
        String name,
        String uid,
        Instant created,
        long generation,
        List<String> egressIps,
        Optional<LabelSelector> namespaceSelector,
        Optional<LabelSelector> podSelector,
        String selectorError,
        List<StatusItem> statusItems,
        List<StatusCondition> conditions,
        OnUnassigned onUnassigned,
        Optional<String> unknownOnUnassigned,
        NodeChoice nodes,
        BeforeServed beforeServed,
        Optional<String> unknownBeforeServed,
        EgressForm form,
        EgressIpQos qos,
        EgressDestinations destinations)
        implements InputObject {
    public static final InputKind KIND = new InputKind("EGRESS_IP");

    @Override
    public InputKind kind() {
        return KIND;
    }

    @Override
    public String key() {
        return name;
    }

    public EgressIpInput {
        egressIps = List.copyOf(egressIps);
        statusItems = List.copyOf(statusItems);
        conditions = List.copyOf(conditions);
    }

    /** An object of this name; of what is not said it has what an empty object means, and it selects every pod. */
    public static Builder named(String name) {
        return new Builder(name);
    }

    @Override
    public Set<IpAddress> reserves() {
        return egressIps.stream()
                .flatMap(text -> IpAddress.parse(text).stream())
                .collect(Collectors.toSet());
    }

    /** An object like this one, but for what is said. */
    public Builder edit() {
        return new Builder(name)
                .uid(uid)
                .created(created)
                .generation(generation)
                .egressIps(egressIps)
                .namespaceSelector(namespaceSelector)
                .podSelector(podSelector)
                .selectorError(selectorError)
                .statusItems(statusItems)
                .conditions(conditions)
                .onUnassigned(onUnassigned, unknownOnUnassigned)
                .nodes(nodes)
                .beforeServed(beforeServed, unknownBeforeServed)
                .form(form)
                .qos(qos)
                .destinations(destinations);
    }

    /** What a pod's traffic to the outside does while the pod has no egress IP of its family. */
    public enum OnUnassigned {
        /** It leaves with the address of the pod's node, as in ovn-kubernetes. */
        NODE_ADDRESS,
        /** It does not leave. */
        DROP
    }

    /** What a pod's traffic to the outside does until the pod is served by an object that has egress IPs with a node. */
    public enum BeforeServed {
        /** It leaves with the address of the pod's node, as in ovn-kubernetes. */
        NODE_ADDRESS,
        /** It does not leave. */
        DROP
    }

    /** Whether there is a time at which its pods must not leave otherwise than as an egress IP. */
    public boolean cutsOff() {
        return onUnassigned == OnUnassigned.DROP || beforeServed == BeforeServed.DROP;
    }

    /**
     * Whether its pods must not leave otherwise than as an egress IP.
     *
     * @param assigned whether it has one of their family with a node
     */
    public boolean cutsOff(boolean assigned) {
        return onUnassigned == OnUnassigned.DROP || (assigned && beforeServed == BeforeServed.DROP);
    }

    /** Whether it is for some destinations only: then it leaves its pods to other objects for the rest. */
    public boolean isForSome() {
        return destinations.areSome();
    }

    /** Whether it says in words that can be understood which pods it is for. */
    public boolean hasSelectors() {
        return namespaceSelector.isPresent() && podSelector.isPresent();
    }

    /** Whether only the status tells the two apart. */
    public boolean hasSameSpec(EgressIpInput other) {
        return withoutStatus().equals(other.withoutStatus());
    }

    private EgressIpInput withoutStatus() {
        return edit().statusItems(List.of()).conditions(List.of()).build();
    }

    /** An entry of {@code status.items}. */
    public record StatusItem(String node, String egressIp) {}

    /** Makes an object, one field after the other; each is what the component of that name says. */
    public static final class Builder {
        private final String name;
        private String uid = "";
        private Instant created = Instant.EPOCH;
        private long generation = 1;
        private List<String> egressIps = List.of();
        private Optional<LabelSelector> namespaceSelector = Optional.of(LabelSelector.EVERYTHING);
        private Optional<LabelSelector> podSelector = Optional.of(LabelSelector.EVERYTHING);
        private String selectorError = "";
        private List<StatusItem> statusItems = List.of();
        private List<StatusCondition> conditions = List.of();
        private OnUnassigned onUnassigned = OnUnassigned.NODE_ADDRESS;
        private Optional<String> unknownOnUnassigned = Optional.empty();
        private NodeChoice nodes = NodeChoice.USUAL;
        private BeforeServed beforeServed = BeforeServed.NODE_ADDRESS;
        private Optional<String> unknownBeforeServed = Optional.empty();
        private EgressForm form = EgressForm.USUAL;
        private EgressIpQos qos = EgressIpQos.NONE;
        private EgressDestinations destinations = EgressDestinations.ALL;

        private Builder(String name) {
            this.name = name;
        }

        public Builder uid(String other) {
            uid = other;
            return this;
        }

        public Builder created(Instant other) {
            created = other;
            return this;
        }

        public Builder generation(long other) {
            generation = other;
            return this;
        }

        public Builder egressIps(List<String> other) {
            egressIps = other;
            return this;
        }

        public Builder namespaceSelector(LabelSelector selector) {
            return namespaceSelector(Optional.of(selector));
        }

        public Builder namespaceSelector(Optional<LabelSelector> other) {
            namespaceSelector = other;
            return this;
        }

        public Builder podSelector(LabelSelector selector) {
            return podSelector(Optional.of(selector));
        }

        public Builder podSelector(Optional<LabelSelector> other) {
            podSelector = other;
            return this;
        }

        public Builder selectorError(String other) {
            selectorError = other;
            return this;
        }

        public Builder statusItems(List<StatusItem> other) {
            statusItems = other;
            return this;
        }

        public Builder conditions(List<StatusCondition> other) {
            conditions = other;
            return this;
        }

        public Builder onUnassigned(OnUnassigned what) {
            return onUnassigned(what, Optional.empty());
        }

        /** @param unknown what stands there, if that is none of what it may be */
        public Builder onUnassigned(OnUnassigned what, Optional<String> unknown) {
            onUnassigned = what;
            unknownOnUnassigned = unknown;
            return this;
        }

        public Builder nodes(NodeChoice other) {
            nodes = other;
            return this;
        }

        public Builder beforeServed(BeforeServed what) {
            return beforeServed(what, Optional.empty());
        }

        /** @param unknown what stands there, if that is none of what it may be */
        public Builder beforeServed(BeforeServed what, Optional<String> unknown) {
            beforeServed = what;
            unknownBeforeServed = unknown;
            return this;
        }

        public Builder form(EgressForm other) {
            form = other;
            return this;
        }

        public Builder qos(EgressIpQos other) {
            qos = other;
            return this;
        }

        public Builder destinations(EgressDestinations other) {
            destinations = other;
            return this;
        }

        public EgressIpInput build() {
            return new EgressIpInput(
                    name,
                    uid,
                    created,
                    generation,
                    egressIps,
                    namespaceSelector,
                    podSelector,
                    selectorError,
                    statusItems,
                    conditions,
                    onUnassigned,
                    unknownOnUnassigned,
                    nodes,
                    beforeServed,
                    unknownBeforeServed,
                    form,
                    qos,
                    destinations);
        }
    }
}
