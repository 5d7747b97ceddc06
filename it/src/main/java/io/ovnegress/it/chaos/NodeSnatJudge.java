package io.ovnegress.it.chaos;

import io.ovnegress.it.harness.oracle.DatabaseState;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Judges what the controller does to the node SNATs of single pods ({@code --disable-snat-multiple-gws}): one goes only where an egress IP
 * of the pod is on the router, and comes back only in the transaction that takes the last one away. Not thread safe.
 */
final class NodeSnatJudge {
    /** On which router which address has which kind of SNAT: {@code ROUTER ADDRESS}. */
    private record Snats(Set<String> ofNodes, Set<String> ofEgressIps) {}

    private Snats before = new Snats(Set.of(), Set.of());

    /**
     * To be called after each transaction.
     *
     * @return what is wrong, if the transaction was the controller's
     */
    List<String> after(DatabaseState state) {
        var now = snats(state);
        var wrong = new ArrayList<String>();
        for (var snat : without(before.ofNodes(), now.ofNodes())) {
            if (!now.ofEgressIps().contains(snat)) {
                wrong.add("node SNAT taken away though there is no egress IP: " + snat + " ");
            }
        }
        for (var snat : without(now.ofNodes(), before.ofNodes())) {
            if (!before.ofEgressIps().contains(snat) || now.ofEgressIps().contains(snat)) {
                wrong.add("node SNAT given back though no egress IP has gone: " + snat + " ");
            }
        }
        before = now;
        return wrong;
    }

    private static List<String> without(Set<String> all, Set<String> some) {
        return all.stream().filter(Predicate.not(some::contains)).toList();
    }

    private static Snats snats(DatabaseState state) {
        var snats = new Snats(new TreeSet<>(), new TreeSet<>());
        for (var router : state.rows("Logical_Router")) {
            for (var reference : router.references("nat")) {
                var nat = state.row("NAT", reference);
                if (nat.text("type").equals("snat")) {
                    var snat = router.text("name") + " " + nat.text("logical_ip");
                    if (nat.text("logical_port").startsWith("k8s-")) {
                        snats.ofEgressIps().add(snat);
                    } else if (nat.texts("external_ids").isEmpty()) {
                        snats.ofNodes().add(snat);
                    }
                }
            }
        }
        return snats;
    }
}
