package io.ovnegress.controller.kube;

import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.NamespaceList;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeList;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodList;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressTrafficInput;
import io.ovnegress.reconciler.feature.egressrouter.EgressRouterInput;
import io.ovnegress.reconciler.feature.firewall.AdminPolicyInput;
import io.ovnegress.reconciler.feature.firewall.FirewallInput;
import io.ovnegress.reconciler.feature.firewall.NetNamespaceInput;
import io.ovnegress.reconciler.feature.pool.PoolInput;
import io.ovnegress.reconciler.feature.pool.PooledEgressIp;
import io.ovnegress.reconciler.input.InputKind;
import java.util.List;
import java.util.Set;

/** What is read of the Kubernetes API, and whose status is written: a line for each kind, and nothing else knows them all. */
public final class Resources {
    private Resources() {}

    /** Those that are there for all features, and these. */
    public static List<ResourceKind<?, ?>> of(InputMappers mappers, Set<InputKind> more) {
        return all(mappers).stream()
                .filter(each -> more.contains(each.kind()) || InputKind.core().contains(each.kind()))
                .toList();
    }

    /** Those of all features that there are. */
    static List<ResourceKind<?, ?>> all(InputMappers mappers) {
        return List.of(
                ResourceKind.of(
                                FirewallInput.EGRESS_FIREWALL,
                                EgressFirewall.class,
                                EgressFirewallList.class,
                                policy -> FirewallReader.read(FirewallInput.EGRESS_FIREWALL, policy))
                        .withStatus(new FirewallStatusShape<>())
                        .whereInstalled(),
                ResourceKind.of(
                                FirewallInput.EGRESS_NETWORK_POLICY,
                                EgressNetworkPolicy.class,
                                EgressNetworkPolicyList.class,
                                policy -> FirewallReader.read(FirewallInput.EGRESS_NETWORK_POLICY, policy))
                        .withStatus(new FirewallStatusShape<>())
                        .whereInstalled(),
                ResourceKind.of(
                                AdminPolicyInput.KIND,
                                EgressAdminPolicy.class,
                                EgressAdminPolicyList.class,
                                AdminPolicyReader::read)
                        .withStatus(new FirewallStatusShape<>())
                        .whereInstalled(),
                ResourceKind.of(
                                EgressRouterInput.KIND,
                                EgressRouter.class,
                                EgressRouterList.class,
                                EgressRouterReader::read)
                        .withStatus(new EgressRouterStatusShape())
                        .whereInstalled(),
                ResourceKind.of(
                                NetNamespaceInput.KIND,
                                NetNamespace.class,
                                NetNamespaceList.class,
                                FirewallReader::read)
                        .whereInstalled(),
                ResourceKind.of(
                                EgressTrafficInput.KIND,
                                EgressIpTraffic.class,
                                EgressIpTrafficList.class,
                                EgressTrafficReader::read)
                        .whereInstalled(),
                ResourceKind.of(EgressIpInput.KIND, EgressIp.class, EgressIpList.class, mappers::egressIp)
                        .withStatus(new EgressIpStatusShape()),
                ResourceKind.of(PoolInput.KIND, EgressIpPool.class, EgressIpPoolList.class, PoolReader::read)
                        .withStatus(new PoolStatusShape())
                        .whereInstalled(),
                ResourceKind.of(PooledEgressIp.KIND, EgressIp.class, EgressIpList.class, PoolReader::read),
                ResourceKind.of(InputKind.NAMESPACE, Namespace.class, NamespaceList.class, mappers::namespace),
                ResourceKind.of(InputKind.NODE, Node.class, NodeList.class, mappers::node),
                ResourceKind.of(InputKind.POD, Pod.class, PodList.class, mappers::pod));
    }
}
