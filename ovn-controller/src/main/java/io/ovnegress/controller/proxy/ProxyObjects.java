package io.ovnegress.controller.proxy;

import com.google.common.hash.Hashing;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.ovnegress.controller.kube.EgressIp;
import io.ovnegress.controller.kube.EgressProxy;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * The objects that make up a proxy: squid's configuration, pods that read it and hold no privilege, a Service where clients find them,
 * and the EgressIP that they leave as. All are owned by the EgressProxy; the EgressIP, which has no namespace and so cannot be, says by
 * its labels whose it is. Pure.
 */
final class ProxyObjects {
    /** On everything that belongs to a proxy, pods included: its name. */
    static final String PROXY_LABEL = "ovn-egress.io/proxy";
    /** On its EgressIP: its namespace. */
    static final String NAMESPACE_LABEL = "ovn-egress.io/proxy-namespace";

    static final String MANAGED_BY_LABEL = "app.kubernetes.io/managed-by";
    static final String MANAGER = "ovn-egress";

    /** The kind of {@link #egressIp()}. */
    static final ResourceDefinitionContext EGRESS_IP = new ResourceDefinitionContext.Builder()
            .withGroup(EgressIp.GROUP)
            .withVersion(EgressIp.VERSION)
            .withKind(EgressIp.KIND)
            .withPlural(EgressIp.PLURAL)
            .withNamespaced(false)
            .build();

    private static final String CONFIG_KEY = "squid.conf";
    private static final String CONFIG_PATH = "/etc/ovn-egress";
    private static final String PORT_NAME = "http-proxy";
    /** Debian's nobody. */
    private static final long USER = 65534;

    private final EgressProxy proxy;
    private final ProxySpec spec;
    private final String config;
    private final String image;

    /**
     * @param config of squid
     * @param image of squid, unless the object names one
     */
    ProxyObjects(EgressProxy proxy, ProxySpec spec, String config, String image) {
        this.proxy = proxy;
        this.spec = spec;
        this.config = config;
        this.image = image;
    }

    private String name() {
        return proxy.getMetadata().getName();
    }

    private String namespace() {
        return proxy.getMetadata().getNamespace();
    }

    /** {@code proxy.NAMESPACE.NAME}: no name of a namespace has a dot, so no two proxies share one. */
    static String egressIpName(String namespace, String name) {
        return "proxy." + namespace + "." + name;
    }

    /** In the order in which they are to come: what is to leave as the address is known before the first pod is there. */
    List<HasMetadata> all() {
        return List.of(egressIp(), configMap(), service(), deployment());
    }

    HasMetadata configMap() {
        return new ConfigMapBuilder()
                .withMetadata(metadata(name() + "-squid"))
                .withData(Map.of(CONFIG_KEY, config))
                .build();
    }

    HasMetadata service() {
        return new ServiceBuilder()
                .withMetadata(metadata(name()))
                .withNewSpec()
                .withSelector(labels())
                .addNewPort()
                .withName(PORT_NAME)
                .withProtocol("TCP")
                .withPort(SquidConfig.PORT)
                .withTargetPort(new IntOrString(SquidConfig.PORT))
                .endPort()
                .endSpec()
                .build();
    }

    /** A changed configuration makes new pods: squid does not see that its file is another one. */
    HasMetadata deployment() {
        return new DeploymentBuilder()
                .withMetadata(metadata(name()))
                .withNewSpec()
                .withReplicas(spec.replicas())
                .withNewSelector()
                .withMatchLabels(labels())
                .endSelector()
                .withNewTemplate()
                .withNewMetadata()
                .withLabels(labels())
                .withAnnotations(Map.of(
                        "ovn-egress.io/config",
                        Hashing.sha256()
                                .hashString(config, StandardCharsets.UTF_8)
                                .toString()))
                .endMetadata()
                .withNewSpec()
                .withAutomountServiceAccountToken(false)
                .withEnableServiceLinks(false)
                .withNewSecurityContext()
                .withRunAsNonRoot(true)
                .withRunAsUser(USER)
                .withRunAsGroup(USER)
                .withNewSeccompProfile()
                .withType("RuntimeDefault")
                .endSeccompProfile()
                .endSecurityContext()
                .addNewContainer()
                .withName("squid")
                .withImage(spec.image().orElse(image))
                .withCommand("squid", "-N", "-f", CONFIG_PATH + "/" + CONFIG_KEY)
                .addNewPort()
                .withName(PORT_NAME)
                .withContainerPort(SquidConfig.PORT)
                .withProtocol("TCP")
                .endPort()
                .withNewReadinessProbe()
                .withNewTcpSocket()
                .withPort(new IntOrString(SquidConfig.PORT))
                .endTcpSocket()
                .withPeriodSeconds(5)
                .endReadinessProbe()
                .withNewSecurityContext()
                .withAllowPrivilegeEscalation(false)
                .withReadOnlyRootFilesystem(true)
                .withNewCapabilities()
                .withDrop("ALL")
                .endCapabilities()
                .endSecurityContext()
                .addNewVolumeMount()
                .withName("config")
                .withMountPath(CONFIG_PATH)
                .withReadOnly(true)
                .endVolumeMount()
                .endContainer()
                .addNewVolume()
                .withName("config")
                .withNewConfigMap()
                .withName(name() + "-squid")
                .endConfigMap()
                .endVolume()
                .endSpec()
                .endTemplate()
                .endSpec()
                .build();
    }

    /** Of ovn-kubernetes' kind: whoever looks for who leaves as an address finds it where all of them are. */
    HasMetadata egressIp() {
        var object = new GenericKubernetesResource();
        object.setApiVersion(EgressIp.GROUP + "/" + EgressIp.VERSION);
        object.setKind(EgressIp.KIND);
        object.setMetadata(new ObjectMetaBuilder()
                .withName(egressIpName(namespace(), name()))
                .addToLabels(MANAGED_BY_LABEL, MANAGER)
                .addToLabels(PROXY_LABEL, name())
                .addToLabels(NAMESPACE_LABEL, namespace())
                .build());
        object.setAdditionalProperty(
                "spec",
                Map.of(
                        "egressIPs",
                        spec.addresses(),
                        "namespaceSelector",
                        Map.of("matchLabels", Map.of("kubernetes.io/metadata.name", namespace())),
                        "podSelector",
                        Map.of("matchLabels", labels())));
        return object;
    }

    private Map<String, String> labels() {
        return Map.of(PROXY_LABEL, name());
    }

    private ObjectMeta metadata(String name) {
        return new ObjectMetaBuilder()
                .withNamespace(namespace())
                .withName(name)
                .addToLabels(MANAGED_BY_LABEL, MANAGER)
                .addToLabels(PROXY_LABEL, name())
                .withOwnerReferences(new OwnerReferenceBuilder()
                        .withApiVersion(proxy.getApiVersion())
                        .withKind(proxy.getKind())
                        .withName(name())
                        .withUid(proxy.getMetadata().getUid())
                        .withController(true)
                        .withBlockOwnerDeletion(false)
                        .build())
                .build();
    }
}
