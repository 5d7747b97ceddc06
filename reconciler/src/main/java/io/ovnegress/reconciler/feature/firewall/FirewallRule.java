package io.ovnegress.reconciler.feature.firewall;

import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.input.LabelSelector;
import java.util.List;
import java.util.OptionalInt;

/**
 * One rule for what leaves a namespace.
 *
 * @param allows or denies
 * @param ports on which it matches; none: on all, and whatever the protocol
 */
public record FirewallRule(boolean allows, Destination to, List<Port> ports) {
    public FirewallRule {
        ports = List.copyOf(ports);
    }

    /** What it is about. */
    public sealed interface Destination {
        /** Addresses. */
        record Network(IpNetwork network) implements Destination {
            @Override
            public String toString() {
                return network.toString();
            }
        }

        /** What the name stands for at any time, in lower case and without a dot at its end. */
        record Name(String name) implements Destination {
            @Override
            public String toString() {
                return name;
            }
        }

        /** The addresses of the nodes with such labels. */
        record Nodes(LabelSelector selector) implements Destination {
            @Override
            public String toString() {
                return "nodes";
            }
        }

        /**
         * What cannot be understood.
         *
         * @param why and what to do
         */
        record Unknown(String why) implements Destination {}
    }

    /** @param port empty: all of the protocol */
    public record Port(Protocol protocol, OptionalInt port) {}

    /** In the words of match expressions. */
    public enum Protocol {
        tcp,
        udp,
        sctp
    }
}
