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
    public static boolean isReachable(Inputs inputs, String node) {
        var found = inputs.objects(KIND, NodeReachability.class).get(node);
        return found == null || found.reachable();
    }

    /** Whether the node is there and ready, and nothing is known against it. */
    public static boolean isAlive(Inputs inputs, String node) {
        return inputs.node(node).filter(NodeInput::ready).isPresent() && isReachable(inputs, node);
    }
}
