package io.ovnegress.reconciler.input;

/** What probing has found out about a node. It is told when it changes, and never listed; a node of which there is none is reachable. */
public record NodeReachability(String node, boolean reachable) implements InputObject {
    public static final InputKind KIND = new InputKind("NODE_REACHABILITY");

    @Override
    public InputKind kind() {
        return KIND;
    }

    @Override
    public String key() {
        return node;
    }

    /** Whether nothing is known to the contrary. */
    public static boolean isReachable(ClusterState inputs, String node) {
        return !(inputs.objects(KIND).get(node) instanceof NodeReachability found) || found.reachable();
    }
}
