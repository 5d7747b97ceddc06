package io.ovnegress.reconciler.feature.egressrouter;

import io.ovnegress.reconciler.input.IpAddress;

/**
 * Where packets go that are sent to a port of the virtual IP.
 *
 * @param port of the virtual IP
 * @param targetPort of where they go
 */
public record Destination(int port, Protocol protocol, Target to, int targetPort) {
    /** In the words of load balancers. */
    public enum Protocol {
        tcp,
        udp
    }

    /** Who is meant. */
    public sealed interface Target {
        record Address(IpAddress ip) implements Target {
            @Override
            public String toString() {
                return ip.text();
            }
        }

        /** What the name stands for at any time, in lower case and without a dot at its end. */
        record Name(String name) implements Target {
            @Override
            public String toString() {
                return name;
            }
        }
    }
}
