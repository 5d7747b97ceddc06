package io.ovnegress.controller.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import io.ovnegress.reconciler.feature.ServiceTargets;
import io.ovnegress.reconciler.input.InputChange;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The EndpointSlices of Services that lead to addresses of ours: which are ours to write, and which go. */
class ServiceEndpointsTest {
    private static final ServiceTargets BANK = new ServiceTargets(Map.of(
            "simpson/bank",
            new ServiceTargets.Target(
                    Set.of("100.64.255.254"),
                    new ServiceTargets.Owner("ovn-egress.io/v1alpha1", "EgressRouter", "bank", "uid"))));

    private final ApiServer server = new ApiServer();
    private final List<InputChange> told = new CopyOnWriteArrayList<>();
    private final ServiceEndpoints endpoints =
            new ServiceEndpoints(server.client(), true, told::add, Clock.systemUTC());

    @BeforeEach
    void service() {
        server.client()
                .resource(new ServiceBuilder()
                        .withNewMetadata()
                        .withNamespace("simpson")
                        .withName("bank")
                        .endMetadata()
                        .withNewSpec()
                        .addNewPort()
                        .withPort(80)
                        .endPort()
                        .endSpec()
                        .build())
                .create();
    }

    @AfterEach
    void stop() {
        endpoints.close();
        server.close();
    }

    private void slice(String name, String service, String manager, String address) {
        server.client()
                .resource(new EndpointSliceBuilder()
                        .withNewMetadata()
                        .withNamespace("simpson")
                        .withName(name)
                        .addToLabels("kubernetes.io/service-name", service)
                        .addToLabels("endpointslice.kubernetes.io/managed-by", manager)
                        .endMetadata()
                        .withAddressType("IPv4")
                        .addNewEndpoint()
                        .withAddresses(address)
                        .endEndpoint()
                        .build())
                .create();
    }

    private List<String> addresses() {
        return server.client().discovery().v1().endpointSlices().inNamespace("simpson").list().getItems().stream()
                .map(EndpointSlice::getEndpoints)
                .flatMap(all -> all.stream().flatMap(each -> each.getAddresses().stream()))
                .sorted()
                .toList();
    }

    @Test
    void aServiceGetsASliceWhichGoesWhenNobodyAsksForIt() {
        endpoints.accept(BANK);
        await().until(() -> addresses().equals(List.of("100.64.255.254")));

        endpoints.accept(ServiceTargets.NONE);
        await().until(() -> addresses().isEmpty());
    }

    private Map<String, List<String>> byName() {
        return server.client().discovery().v1().endpointSlices().inNamespace("simpson").list().getItems().stream()
                .collect(Collectors.toMap(
                        slice -> slice.getMetadata().getName() + " " + slice.getAddressType(),
                        slice -> slice.getEndpoints().get(0).getAddresses()));
    }

    private void families(String... families) {
        server.client()
                .services()
                .inNamespace("simpson")
                .withName("bank")
                .edit(service -> new ServiceBuilder(service)
                        .editSpec()
                        .withIpFamilies(families)
                        .endSpec()
                        .build());
    }

    @Test
    void aServiceGetsASliceOfEachFamilyThatItHas() {
        var bank = BANK.services().get("simpson/bank");
        var dual = new ServiceTargets(Map.of(
                "simpson/bank",
                new ServiceTargets.Target(Set.of("100.64.255.254", "fd98::ffff:ffff:ffff:fffe"), bank.owner())));
        endpoints.accept(dual);
        await().until(() -> byName().equals(Map.of(
                "bank-ovn-egress IPv4",
                List.of("100.64.255.254"),
                "bank-ovn-egress-v6 IPv6",
                List.of("fd98::ffff:ffff:ffff:fffe"))));

        families("IPv6");
        await().until(() -> byName().keySet().equals(Set.of("bank-ovn-egress-v6 IPv6")));

        endpoints.accept(BANK);
        await().until(() -> byName().isEmpty());
        await().until(() -> told.toString().contains("no cluster IP of a family of which the router has a source"));

        families("IPv4");
        await().until(() -> byName().keySet().equals(Set.of("bank-ovn-egress IPv4")));
        endpoints.accept(ServiceTargets.NONE);
        await().until(() -> byName().isEmpty());
    }

    @Test
    void whatAnEarlierControllerHasLeftGoesThoughNothingIsAskedFor() {
        slice("left", "left", "ovn-egress.io", "100.64.255.253");
        slice("other", "other", "endpointslice-controller.k8s.io", "10.128.0.7");

        endpoints.accept(ServiceTargets.NONE);

        await().until(() -> addresses().equals(List.of("10.128.0.7")));
    }

    @Test
    void aSliceOfSomebodyElseIsNotTouchedAndThatIsSaid() {
        slice("bank-ovn-egress", "bank", "somebody", "10.128.0.7");

        endpoints.accept(BANK);

        await().until(() -> told.toString().contains("EndpointSlice bank-ovn-egress is there and not ours"));
        endpoints.accept(ServiceTargets.NONE);
        endpoints.accept(BANK);
        assertThat(addresses()).containsExactly("10.128.0.7");
    }

    @Test
    void oneThatDoesNotLeadAnyMoreRemovesNothing() {
        endpoints.accept(BANK);
        await().until(() -> addresses().equals(List.of("100.64.255.254")));

        endpoints.forgetWaiting();
        endpoints.close();

        assertThat(addresses()).containsExactly("100.64.255.254");
    }
}
