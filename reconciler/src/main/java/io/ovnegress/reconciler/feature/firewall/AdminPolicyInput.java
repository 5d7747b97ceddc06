package io.ovnegress.reconciler.feature.firewall;

import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.ObjectRef;
import java.util.List;
import java.util.Optional;

/**
 * What we read of an EgressAdminPolicy: what administrators want done with what leaves namespaces, whatever their firewalls say.
 *
 * @param namespaces which; of a policy with errors it may be none
 * @param bandwidth of what leaves each node from these namespaces together; empty if there is no limit
 * @param errors what is wrong with it, each naming its field; a policy that has some is not obeyed
 */
public record AdminPolicyInput(
        String name,
        String uid,
        long generation,
        LabelSelector namespaces,
        List<Rule> rules,
        Optional<Bandwidth> bandwidth,
        List<String> errors)
        implements InputObject {
    public static final InputKind KIND = new InputKind("EGRESS_ADMIN_POLICY");

    public AdminPolicyInput {
        rules = List.copyOf(rules);
        errors = List.copyOf(errors);
    }

    /** What is done with what a rule matches. */
    public enum Action {
        DROP,
        LOG
    }

    /**
     * @param to where packets go; empty: anywhere outside of the cluster
     * @param logs whether a rule that drops says so
     * @param severity of lines in the log, as OVN names it
     */
    public record Rule(
            Action action, Optional<IpNetwork> to, List<FirewallRule.Port> ports, boolean logs, String severity) {
        public Rule {
            ports = List.copyOf(ports);
        }
    }

    /**
     * @param rate in kbit/s
     * @param burst in kbit; empty: as much as OVN allows without being told
     */
    public record Bandwidth(long rate, Optional<Long> burst) {}

    @Override
    public InputKind kind() {
        return KIND;
    }

    @Override
    public String key() {
        return name;
    }

    public ObjectRef ref() {
        return new ObjectRef(KIND, name);
    }
}
