package io.ovnegress.it.demo;

import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.kube.KubeApi;
import io.ovnegress.it.harness.kube.KubernetesObjects;
import io.ovnegress.it.harness.process.OnExit;
import io.ovnegress.it.harness.topology.Topology;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * How the demo behaves in a real cluster: it creates objects of its own and removes them, and refuses to start where they would
 * mix with somebody else's.
 */
final class GuestRules {
    private static final Path DEFINITION = Path.of("deploy/crds/k8s.ovn.org_egressips.yaml");

    private GuestRules() {}

    /** The demo would touch what is not its own. */
    static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1;

        Refused(String message) {
            super(message);
        }
    }

    static void requireRoomFor(KubeApi api, Topology topology, List<String> namespaces) {
        var client = api.client();
        for (var namespace : namespaces) {
            if (client.namespaces().withName(namespace).get() != null) {
                throw new Refused("the cluster has a namespace " + namespace + " already; the demo would mix with it");
            }
        }
        for (var node : topology.nodes()) {
            if (client.nodes().withName(node.name()).get() != null) {
                throw new Refused("the cluster has a node " + node.name() + " already; the demo would mix with it");
            }
        }
        if (!client.nodes()
                .withLabel(KubernetesObjects.EGRESS_ASSIGNABLE)
                .list()
                .getItems()
                .isEmpty()) {
            throw new Refused("the cluster has nodes labelled " + KubernetesObjects.EGRESS_ASSIGNABLE
                    + "; the demo's controller would assign its egress IP to them");
        }
        if (hasDefinition(api)
                && !client.genericKubernetesResources(EgressIps.CONTEXT)
                        .list()
                        .getItems()
                        .isEmpty()) {
            throw new Refused("the cluster has EgressIP objects; the demo's controller would write their status");
        }
    }

    /** Installs the EgressIP definition if there is none; what is returned removes it again. */
    static Runnable installDefinition(KubeApi api) {
        if (hasDefinition(api)) {
            return () -> {};
        }
        if (!Files.exists(DEFINITION)) {
            throw new Refused(
                    "the cluster has no EgressIP definition, and " + DEFINITION + " is not here to install it");
        }
        var definition =
                api.client().apiextensions().v1().customResourceDefinitions().load(DEFINITION.toFile());
        System.out.println("Installing the EgressIP custom resource definition, because the cluster has none.");
        var installed = definition.create();
        Runnable remove = () -> api.client().resource(installed).delete();
        var removedOnExit = OnExit.run(remove);
        api.client()
                .resource(installed)
                .waitUntilCondition(GuestRules::isEstablished, 30, java.util.concurrent.TimeUnit.SECONDS);
        return () -> {
            remove.run();
            removedOnExit.cancel();
        };
    }

    private static boolean isEstablished(CustomResourceDefinition definition) {
        return definition != null
                && definition.getStatus() != null
                && definition.getStatus().getConditions().stream()
                        .anyMatch(c -> c.getType().equals("Established")
                                && c.getStatus().equals("True"));
    }

    private static boolean hasDefinition(KubeApi api) {
        return api.isEmbedded()
                || api.client()
                                .apiextensions()
                                .v1()
                                .customResourceDefinitions()
                                .withName(EgressIps.CONTEXT.getName())
                                .get()
                        != null;
    }
}
