package io.ovnegress.it.kube;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBuilder;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.kube.KubernetesObjects;
import io.ovnegress.it.harness.topology.ClusterPod;

/** Somebody with all rights to the pods of one namespace, their status included, and no other. One thread drives it. */
final class Tenant implements AutoCloseable {
    private static final String NAME = "tenant";

    private final KubernetesClient client;

    private Tenant(KubernetesClient client) {
        this.client = client;
    }

    /** A new service account in the namespace, which is there already. */
    static Tenant of(LiveCluster cluster, String namespace) {
        cluster.create(new ServiceAccountBuilder()
                .withNewMetadata()
                .withNamespace(namespace)
                .withName(NAME)
                .endMetadata()
                .build());
        cluster.create(new RoleBuilder()
                .withNewMetadata()
                .withNamespace(namespace)
                .withName(NAME)
                .endMetadata()
                .addNewRule()
                .withApiGroups("")
                .withResources("pods", "pods/status")
                .withVerbs("*")
                .endRule()
                .build());
        cluster.create(new RoleBindingBuilder()
                .withNewMetadata()
                .withNamespace(namespace)
                .withName(NAME)
                .endMetadata()
                .withNewRoleRef("rbac.authorization.k8s.io", "Role", NAME)
                .addNewSubject("", "ServiceAccount", NAME, namespace)
                .build());
        var admin = cluster.api().client();
        var token = admin.serviceAccounts()
                .inNamespace(namespace)
                .withName(NAME)
                .tokenRequest(new TokenRequestBuilder()
                        .withNewSpec()
                        .withExpirationSeconds(3600L)
                        .endSpec()
                        .build())
                .getStatus()
                .getToken();
        var server = admin.getConfiguration();
        return new Tenant(new KubernetesClientBuilder()
                .withConfig(new ConfigBuilder()
                        .withMasterUrl(server.getMasterUrl())
                        .withCaCertFile(server.getCaCertFile())
                        .withCaCertData(server.getCaCertData())
                        .withOauthToken(token)
                        .withNamespace(namespace)
                        .build())
                .build());
    }

    KubernetesClient client() {
        return client;
    }

    /** Makes the pod's object, or another one of what there is: whatever it says of its addresses. */
    void write(ClusterPod pod) {
        var object = KubernetesObjects.pod(pod);
        var target = client.pods().inNamespace(pod.namespace()).withName(pod.name());
        if (target.get() == null) {
            client.resource(object).create();
        } else {
            target.edit(there -> {
                there.getMetadata().setLabels(object.getMetadata().getLabels());
                there.getMetadata().setAnnotations(object.getMetadata().getAnnotations());
                return there;
            });
        }
        Pod live = target.require();
        live.setStatus(object.getStatus());
        client.resource(live).updateStatus();
    }

    /** Annotation {@code k8s.ovn.org/pod-networks}. */
    void annotate(ClusterPod pod, String podNetworks) {
        client.pods().inNamespace(pod.namespace()).withName(pod.name()).edit(there -> {
            there.getMetadata().getAnnotations().put("k8s.ovn.org/pod-networks", podNetworks);
            return there;
        });
    }

    void delete(ClusterPod pod) {
        client.pods()
                .inNamespace(pod.namespace())
                .withName(pod.name())
                .withGracePeriod(0)
                .delete();
    }

    @Override
    public void close() {
        client.close();
    }
}
