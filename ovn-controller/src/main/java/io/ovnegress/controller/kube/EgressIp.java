package io.ovnegress.controller.kube;

import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;

/** The EgressIP custom resource, cluster scoped. {@link InputMappers#egressIp} gives it meaning. */
@Group(EgressIp.GROUP)
@Version(EgressIp.VERSION)
@Kind(EgressIp.KIND)
@Plural(EgressIp.PLURAL)
@Singular("egressip")
@ShortNames("eip")
public final class EgressIp extends JsonResource {
    public static final String GROUP = "k8s.ovn.org";
    public static final String VERSION = "v1";
    public static final String KIND = "EgressIP";
    public static final String PLURAL = "egressips";
    /** The name of the CustomResourceDefinition. */
    public static final String CRD = PLURAL + "." + GROUP;
}
