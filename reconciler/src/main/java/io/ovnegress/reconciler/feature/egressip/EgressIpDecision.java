package io.ovnegress.reconciler.feature.egressip;

import com.google.common.collect.ImmutableSortedSet;
import io.ovnegress.reconciler.feature.Decision;
import io.ovnegress.reconciler.feature.LogLine;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpReason;
import io.ovnegress.reconciler.input.IpAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/** Where an egress IP goes and why, and what nodes can serve. */
public sealed interface EgressIpDecision extends Decision {
    @Override
    default LogLine line() {
        return EgressIpDecisionLines.of(this);
    }

    /** Why an egress IP left its node, or why a node cannot serve: a closed set. */
    enum Why {
        /** The node is no longer there. */
        NodeGone,
        /** The node is not labelled as an egress node. */
        NotLabelled,
        /** The node has not the labels that the object asks for. */
        NotSelected,
        /** The node says which egress IPs it may serve, and this is none of them. */
        NotInRange,
        /** Other nodes say that the egress IP is theirs. */
        PinnedElsewhere,
        /** The node serves as many egress IPs as it takes. */
        Full,
        /** The node is being drained. */
        Draining,
        /** The node's condition Ready is not True. */
        NotReady,
        /** The node does not answer probes. */
        Unreachable,
        /** The node has the egress IP in none of its networks. */
        NotInNetwork,
        /** The egress IP is the address of a network of the node, or of all hosts in it. */
        NoHostAddress,
        /** The egress IP is a default gateway, lies in a subnet of the cluster's own, or is no address of a host. */
        ReservedAddress,
        /** The egress IP is an address of a node. */
        NodeAddressConflict,
        /** Another object has the claim to the egress IP. */
        InUseByAnotherObject,
        /** The node serves another egress IP of the same object. */
        NodeTaken,
        /** The egress IP shares a router with the other family's of its object now, on one node. */
        RouterShared,
        /** The node's gateway router, or its join port, is not in the database. */
        RouterMissing,
        /** The object prefers another node, which can serve the egress IP again. */
        Preferred,
        /** The router of the egress IP was moved by OVN itself, whose chassis did not hear of the node's any more. */
        FailedOver,
        /** Another node serves fewer. */
        Rebalanced,
        /** The object does not ask for it any more. */
        NotRequested,
        /** The object is not valid any more. */
        ObjectRefused,
        /** There is no such object any more. */
        ObjectDeleted
    }

    /**
     * This controller decides from now on: what it found.
     *
     * @param egressIps how many objects there are
     * @param assigned how many of their egress IPs have a node
     * @param unassigned how many have none
     * @param nodes how many nodes can serve egress IPs
     */
    record TakenUp(int egressIps, int assigned, int unassigned, int nodes) implements EgressIpDecision {}

    /** @param pods how many selected pods have an address of the family */
    record Assigned(String egressIp, IpAddress address, String to, int pods) implements EgressIpDecision {}

    record Moved(String egressIp, IpAddress address, String from, String to, Why why, int pods)
            implements EgressIpDecision {
        @Override
        public boolean isFailover() {
            return why == Why.FailedOver;
        }
    }

    /** Where an egress IP was, and why it is not there any more. */
    record Left(String node, Why why) {}

    /**
     * The egress IP has no node.
     *
     * @param left empty if it had none before
     * @param reason that of the object's condition, or of the address alone if only some have none
     * @param message for people, with the remedy
     * @param dropped whether selected pods cannot send to the outside meanwhile; else they leave with their nodes' addresses
     */
    record Unassigned(
            String egressIp,
            IpAddress address,
            Optional<Left> left,
            EgressIpReason reason,
            String message,
            boolean dropped,
            int pods)
            implements EgressIpDecision {}

    /** Nobody asks for the egress IP any more. */
    record Released(String egressIp, IpAddress address, String from, Why why) implements EgressIpDecision {}

    /** The object is not valid: nothing of it is assigned. */
    record ObjectRefused(String egressIp, EgressIpReason reason, String message) implements EgressIpDecision {}

    /** The database did not take the move in one transaction: it is made pod by pod. */
    record MovedInParts(String egressIp) implements EgressIpDecision {}

    /** The node can serve egress IPs now. */
    record NodeAvailable(String node) implements EgressIpDecision {}

    /** @param egressIps how many it has served until now */
    record NodeNotAvailable(String node, Why why, int egressIps) implements EgressIpDecision {}

    /**
     * A node has egress IPs, and pods cannot be sent to it.
     *
     * @param routers what is missing: a router, for itself or for its join port
     * @param egressIps the objects that have egress IPs there
     */
    record RouterMissing(String node, Set<String> routers, Set<String> egressIps) implements EgressIpDecision {
        public RouterMissing {
            routers = ImmutableSortedSet.copyOf(routers);
            egressIps = ImmutableSortedSet.copyOf(egressIps);
        }
    }

    /** It has its routers again, or no egress IPs any more. */
    record RouterBack(String node) implements EgressIpDecision {}

    /**
     * The database refused rows.
     *
     * @param owner whose
     * @param egressIp the object that they would serve, if it is one
     * @param retryIn when they are tried again
     */
    record RowsRefused(String owner, Optional<String> egressIp, Optional<String> pod, String error, Duration retryIn)
            implements EgressIpDecision {}
}
