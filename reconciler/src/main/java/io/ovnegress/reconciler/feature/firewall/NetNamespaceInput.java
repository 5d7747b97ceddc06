package io.ovnegress.reconciler.feature.firewall;

import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;

/**
 * What we read of OpenShift SDN's NetNamespace, which is named as its project is.
 *
 * @param netId projects that share one are joined; that of global ones is 0
 */
public record NetNamespaceInput(String name, long netId) implements InputObject {
    public static final InputKind KIND = new InputKind("NET_NAMESPACE");
    static final long GLOBAL = 0;

    @Override
    public InputKind kind() {
        return KIND;
    }

    @Override
    public String key() {
        return name;
    }
}
