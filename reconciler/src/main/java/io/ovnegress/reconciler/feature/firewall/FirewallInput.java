package io.ovnegress.reconciler.feature.firewall;

import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.ObjectRef;
import java.util.List;

/** What we read of a policy for what may leave its namespace, of either kind. */
public record FirewallInput(
        InputKind kind, String namespace, String name, String uid, long generation, List<FirewallRule> rules)
        implements InputObject {
    /** Of ovn-kubernetes. */
    public static final InputKind EGRESS_FIREWALL = new InputKind("EGRESS_FIREWALL");
    /** Of OpenShift SDN. */
    public static final InputKind EGRESS_NETWORK_POLICY = new InputKind("EGRESS_NETWORK_POLICY");

    public FirewallInput {
        rules = List.copyOf(rules);
    }

    @Override
    public String key() {
        return namespace + "/" + name;
    }

    public ObjectRef ref() {
        return new ObjectRef(kind, key());
    }

    /** As the log has it. */
    public String words() {
        return (kind.equals(EGRESS_FIREWALL) ? "EgressFirewall " : "EgressNetworkPolicy ") + key();
    }
}
