package io.ovnegress.it.harness.oracle;

import io.ovnegress.reconciler.safety.ForwardingRows;
import io.ovnegress.reconciler.safety.ForwardingRows.Policy;
import io.ovnegress.reconciler.safety.ForwardingRows.Snat;
import java.util.ArrayList;
import java.util.HashMap;

/** What of a logged state the safety rules are about. */
public final class LoggedForwarding {
    private LoggedForwarding() {}

    public static ForwardingRows of(DatabaseState state) {
        var snats = new ArrayList<Snat>();
        var policies = new ArrayList<Policy>();
        var joinAddresses = new HashMap<String, String>();
        for (var router : state.rows("Logical_Router")) {
            var name = router.text("name");
            for (var reference : router.references("nat")) {
                var nat = state.row("NAT", reference);
                if (nat.text("type").equals("snat")) {
                    snats.add(
                            new Snat(name, nat.text("logical_ip"), nat.text("external_ip"), nat.text("logical_port")));
                }
            }
            for (var reference : router.references("ports")) {
                var port = state.row("Logical_Router_Port", reference);
                ForwardingRows.addJoinAddresses(joinAddresses, name, port.text("name"), port.texts("networks"));
            }
            if (name.equals(ForwardingRows.CLUSTER_ROUTER)) {
                for (var reference : router.references("policies")) {
                    var policy = state.row("Logical_Router_Policy", reference);
                    policies.add(new Policy(
                            (int) policy.number("priority"),
                            policy.text("match"),
                            policy.text("action"),
                            policy.texts("nexthops")));
                }
            }
        }
        return new ForwardingRows(snats, policies, joinAddresses);
    }
}
