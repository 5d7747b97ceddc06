package io.ovnegress.reconciler.safety;

import static java.util.stream.Collectors.joining;

import io.ovnegress.reconciler.safety.ForwardingRows.Snat;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.stream.Stream;

/**
 * What must hold after every single transaction, whatever a controller is in the middle of:
 *
 * <ul>
 *   <li>no pod address with an egress IP has two SNATs on a router, and none two policies of ours;
 *   <li>no pod is rerouted to where it has no egress IP;
 *   <li>no egress IP is on two routers at once, but for the middle of a move in steps.
 * </ul>
 *
 * The same for every test, on the fake database and on a real one. Stateless.
 */
public final class SafetyRules {
    private SafetyRules() {}

    /** All rules that do not hold, each with whom it is about. */
    public static List<String> brokenAtRest(ForwardingRows rows) {
        return Stream.concat(broken(rows).stream(), egressIpsOnTwoRouters(rows).stream())
                .toList();
    }

    /** Those that must hold even in the middle of a move in steps. */
    public static List<String> broken(ForwardingRows rows) {
        var broken = new ArrayList<String>();
        var snats = new LinkedHashMap<String, List<Snat>>();
        rows.snats()
                .forEach(snat -> snats.computeIfAbsent(
                                snat.router() + " has two SNAT rows for " + snat.logicalIp(),
                                unused -> new ArrayList<>())
                        .add(snat));
        snats.forEach((rule, twins) -> {
            if (twins.size() > 1 && twins.stream().anyMatch(Snat::isOfEgressIp)) {
                broken.add(
                        twins.stream().map(Snat::externalIp).sorted().collect(joining(" and to ", rule + ": to ", "")));
            }
        });
        var translated = rows.translated();
        var matches = new HashSet<String>();
        for (var policy : rows.policies()) {
            if (!policy.isReroute() && !policy.isDrop()) {
                continue;
            }
            if (!matches.add(policy.match())) {
                broken.add("two policies match '%s'".formatted(policy.match()));
            }
            for (var nexthop : policy.nexthops()) {
                var router = rows.routerOf(nexthop);
                if (router.isEmpty()) {
                    broken.add("%s is rerouted to %s, which no router has".formatted(policy.pod(), nexthop));
                } else if (!ForwardingRows.isTranslated(translated, router, policy.pod())) {
                    broken.add("%s is rerouted to %s without a SNAT row there".formatted(policy.pod(), router));
                }
            }
        }
        return broken.stream().distinct().toList();
    }

    /** A router of an egress IP's own comes first, and what leads there in another transaction, whoever answers. */
    public static boolean isOfOwnRouter(String overlap) {
        return overlap.contains(" egressip_");
    }

    /** Each with where it is, in words. */
    public static List<String> egressIpsOnTwoRouters(ForwardingRows rows) {
        var found = new ArrayList<String>();
        var routerOfEgressIp = new HashMap<String, String>();
        for (var snat : rows.snats()) {
            if (snat.isOfEgressIp()) {
                var other = routerOfEgressIp.put(snat.externalIp(), snat.router());
                if (other != null && !other.equals(snat.router())) {
                    found.add("egress IP %s is on %s and on %s at once"
                            .formatted(snat.externalIp(), other, snat.router()));
                }
            }
        }
        return found.stream().distinct().toList();
    }
}
