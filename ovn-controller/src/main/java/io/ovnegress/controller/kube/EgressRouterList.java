package io.ovnegress.controller.kube;

import io.fabric8.kubernetes.api.model.DefaultKubernetesResourceList;

/** A list of EgressRouters. */
public final class EgressRouterList extends DefaultKubernetesResourceList<EgressRouter> {}
