package io.ovnegress.reconciler.input;

/**
 * The chassis that serves a router which OVN moves by itself, as the southbound database says ({@code Port_Binding.chassis}). It is told
 * when it changes, and never listed; nothing waits for it.
 *
 * @param port the {@code Logical_Router_Port} by which the router is where it is
 * @param chassis the name of the chassis
 */
public record RouterHost(String port, String chassis) implements InputObject {
    public static final InputKind KIND = new InputKind("ROUTER_HOST");

    @Override
    public InputKind kind() {
        return KIND;
    }

    @Override
    public String key() {
        return port;
    }
}
