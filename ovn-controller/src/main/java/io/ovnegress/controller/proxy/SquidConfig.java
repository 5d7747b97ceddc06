package io.ovnegress.controller.proxy;

import io.ovnegress.controller.proxy.ProxyRules.Destination;
import java.util.StringJoiner;

/** What squid is told, of version 5 and newer (squid.conf(5)): nothing is kept, nothing of the client is passed on. Pure. */
public final class SquidConfig {
    /** Where clients find the proxy, as in OpenShift. */
    public static final int PORT = 8080;

    private static final String PREAMBLE = """
            # Written by ovn-egress from the destinations of an EgressProxy; changes are overwritten.
            http_port %d
            cache deny all
            via off
            forwarded_for delete
            visible_hostname egress-proxy
            pid_filename none
            netdb_filename none
            pinger_enable off
            access_log stdio:/dev/stdout
            cache_log /dev/stderr
            logfile_rotate 0
            shutdown_lifetime 5 seconds
            cache_mem 8 MB
            memory_pools off
            """.formatted(PORT);

    private SquidConfig() {}

    /** The first line that fits decides, in the order of the rules. */
    public static String of(ProxyRules rules) {
        var text = new StringJoiner("\n", PREAMBLE, "\n");
        int number = 0;
        for (var rule : rules.rules()) {
            var acl = "dest" + ++number;
            text.add("acl " + acl + " " + matching(rule.destination()));
            text.add("http_access " + (rule.allows() ? "allow " : "deny ") + acl);
        }
        return text.add("http_access " + (rules.allowsTheRest() ? "allow all" : "deny all"))
                .toString();
    }

    /** Names are compared as the client has written them: no name is looked up for an address ({@code -n}). */
    private static String matching(Destination destination) {
        return switch (destination) {
            case Destination.Network(var network) -> "dst " + network.masked();
            case Destination.Host(var name) -> "dstdomain -n " + name;
            case Destination.Domain(var name) -> "dstdomain -n ." + name;
        };
    }
}
