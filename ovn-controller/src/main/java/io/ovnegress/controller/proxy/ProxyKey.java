package io.ovnegress.controller.proxy;

import io.fabric8.kubernetes.api.model.HasMetadata;

/** An EgressProxy, by its name. */
record ProxyKey(String namespace, String name) {
    static ProxyKey of(HasMetadata object) {
        return new ProxyKey(
                object.getMetadata().getNamespace(), object.getMetadata().getName());
    }

    @Override
    public String toString() {
        return namespace + "/" + name;
    }
}
