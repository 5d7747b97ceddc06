package io.ovnegress.controller.avi;

import io.fabric8.kubernetes.api.model.HasMetadata;

/** A Service, by its name; the EgressRouter that is made of it has the same. */
record ServiceKey(String namespace, String name) {
    static ServiceKey of(HasMetadata object) {
        return new ServiceKey(
                object.getMetadata().getNamespace(), object.getMetadata().getName());
    }

    @Override
    public String toString() {
        return namespace + "/" + name;
    }
}
