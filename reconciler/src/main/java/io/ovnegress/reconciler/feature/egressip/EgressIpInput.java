package io.ovnegress.reconciler.feature.egressip;

import io.ovnegress.reconciler.feature.StatusCondition;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.LabelSelector;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

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
        Optional<String> unknownBeforeServed)
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

    /** The same object with other wishes about nodes. */
    public EgressIpInput withNodes(NodeChoice others) {
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
                others,
                beforeServed,
                unknownBeforeServed);
    }

    /** The same object with another wish about pods that are not served yet. */
    public EgressIpInput withBeforeServed(BeforeServed other, Optional<String> unknown) {
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
                other,
                unknown);
    }

    /** An object that says nothing about pods that are not served yet. */
    public EgressIpInput(
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
            NodeChoice nodes) {
        this(
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
                BeforeServed.NODE_ADDRESS,
                Optional.empty());
    }

    /** An object that says nothing about nodes. */
    public EgressIpInput(
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
            Optional<String> unknownOnUnassigned) {
        this(
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
                NodeChoice.USUAL);
    }

    /** An object that says nothing unknown about being unassigned. */
    public EgressIpInput(
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
            OnUnassigned onUnassigned) {
        this(
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
                Optional.empty());
    }

    /** An object that says nothing about being unassigned. */
    public EgressIpInput(
            String name,
            String uid,
            Instant created,
            long generation,
            List<String> egressIps,
            Optional<LabelSelector> namespaceSelector,
            Optional<LabelSelector> podSelector,
            String selectorError,
            List<StatusItem> statusItems,
            List<StatusCondition> conditions) {
        this(
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
                OnUnassigned.NODE_ADDRESS);
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

    /** Whether it says in words that can be understood which pods it is for. */
    public boolean hasSelectors() {
        return namespaceSelector.isPresent() && podSelector.isPresent();
    }

    /** Whether only the status tells the two apart. */
    public boolean hasSameSpec(EgressIpInput other) {
        return uid.equals(other.uid)
                && created.equals(other.created)
                && generation == other.generation
                && egressIps.equals(other.egressIps)
                && namespaceSelector.equals(other.namespaceSelector)
                && podSelector.equals(other.podSelector)
                && selectorError.equals(other.selectorError)
                && onUnassigned == other.onUnassigned
                && unknownOnUnassigned.equals(other.unknownOnUnassigned)
                && beforeServed == other.beforeServed
                && unknownBeforeServed.equals(other.unknownBeforeServed)
                && nodes.equals(other.nodes);
    }

    /** An entry of {@code status.items}. */
    public record StatusItem(String node, String egressIp) {}
}
