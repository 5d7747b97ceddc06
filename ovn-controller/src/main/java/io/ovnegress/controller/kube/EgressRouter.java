package io.ovnegress.controller.kube;

import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;

/** Our EgressRouter. */
@Group("ovn-egress.io")
@Version("v1alpha1")
@Kind("EgressRouter")
@Plural("egressrouters")
@Singular("egressrouter")
public final class EgressRouter extends JsonResource implements Namespaced {
    /** Annotation of one that is made from a Service's annotation: why that is not obeyed, and nothing routed. */
    public static final String REFUSED = "ovn-egress.io/annotation-refused";
    /** Likewise: what there is to say of it. */
    public static final String NOTES = "ovn-egress.io/annotation-notes";
}
