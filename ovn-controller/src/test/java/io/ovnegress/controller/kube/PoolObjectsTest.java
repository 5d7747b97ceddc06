package io.ovnegress.controller.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.ovnegress.controller.kube.PoolObjects.Outcome;
import io.ovnegress.reconciler.feature.PoolWrites.Change;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.egressrouter.EgressRouterInput;
import io.ovnegress.reconciler.feature.egressrouter.status.EgressRouterState;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.ObjectRef;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** EgressIPs of pools in an API server in which others write too. */
class PoolObjectsTest {
    private static final String POOL = "ovn-egress.io/pool";

    private final ApiServer server = new ApiServer();
    private final PoolObjects objects = new PoolObjects(server.client());

    @BeforeEach
    void install() {
        server.install(ApiServer.OUR_CRD);
    }

    @AfterEach
    void stop() {
        server.client().close();
        server.stop();
    }

    private static Change.Put put(String uid, boolean selects, Map<String, String> annotations, String... addresses) {
        return new Change.Put(
                uid,
                "p",
                "pool-uid",
                "a",
                Stream.of(addresses)
                        .map(text -> IpAddress.parse(text).orElseThrow())
                        .toList(),
                selects,
                annotations);
    }

    private EgressIp live() {
        return server.client()
                .resources(EgressIp.class, EgressIpList.class)
                .withName("p.a")
                .get();
    }

    private String made() {
        assertThat(objects.apply("p.a", put("", true, Map.of("ovn-egress.io/form", "Router"), "10.0.0.1")))
                .isEqualTo(Outcome.WRITTEN);
        return live().getMetadata().getUid();
    }

    @Test
    void anObjectIsMadeWithLabelAnnotationsAndOwner() {
        made();

        var read = PoolReader.read(live());
        assertThat(read.label()).contains("p");
        assertThat(read.annotations()).isEqualTo(Map.of("ovn-egress.io/form", "Router"));
        assertThat(live().specOrMissing()
                        .path("namespaceSelector")
                        .path("matchLabels")
                        .toString())
                .isEqualTo("{\"kubernetes.io/metadata.name\":\"a\"}");
        assertThat(live().getMetadata().getOwnerReferences()).singleElement().satisfies(owner -> {
            assertThat(owner.getUid()).isEqualTo("pool-uid");
            assertThat(owner.getApiVersion()).isEqualTo("ovn-egress.io/v1alpha1");
            assertThat(owner.getKind()).isEqualTo("EgressIPPool");
            assertThat(owner.getBlockOwnerDeletion()).isNull();
        });
    }

    @Test
    void aChangeLeavesWhatOthersHaveAdded() {
        var uid = made();
        server.label("p.a", "team", "x");
        objects.apply("p.a", put(uid, false, Map.of("ovn-egress.io/pool-released", "now"), "10.0.0.2"));

        assertThat(live().getMetadata().getLabels()).containsEntry("team", "x").containsEntry(POOL, "p");
        assertThat(PoolReader.read(live()).annotations()).isEqualTo(Map.of("ovn-egress.io/pool-released", "now"));
        assertThat(live().specOrMissing().path("egressIPs").toString()).isEqualTo("[\"10.0.0.2\"]");
        assertThat(PoolReader.read(live()).namespaces().orElseThrow().requirements())
                .hasSize(2);
        objects.apply("p.a", put(uid, true, Map.of(), "10.0.0.2"));
        assertThat(PoolReader.read(live()).namespaces().orElseThrow().requirements())
                .hasSize(1);
    }

    @Test
    void anObjectOfAPoolThatIsMadeAnewGoesWithThatOneAndWithWhomOthersHaveAdded() {
        var uid = made();
        server.client()
                .resources(EgressIp.class, EgressIpList.class)
                .withName("p.a")
                .edit(object -> {
                    object.getMetadata()
                            .getOwnerReferences()
                            .add(new OwnerReferenceBuilder()
                                    .withApiVersion("v1")
                                    .withKind("Namespace")
                                    .withName("x")
                                    .withUid("x")
                                    .build());
                    return object;
                });
        var put = new Change.Put(uid, "p", "another", "a", List.of(), true, Map.of());
        assertThat(objects.apply("p.a", put)).isEqualTo(Outcome.WRITTEN);

        assertThat(live().getMetadata().getOwnerReferences())
                .extracting(OwnerReference::getUid)
                .containsExactlyInAnyOrder("x", "another");
        assertThat(PoolReader.read(live()).owners()).containsExactly("another");
    }

    @Test
    void whoTookTheLabelAwayIsNotOverwritten() {
        var uid = made();
        server.label("p.a", POOL, "somebodys");

        assertThat(objects.apply("p.a", put(uid, true, Map.of(), "10.0.0.9"))).isEqualTo(Outcome.OVERTAKEN);
        assertThat(objects.apply("p.a", new Change.Delete(uid, "p"))).isEqualTo(Outcome.OVERTAKEN);
        assertThat(live().specOrMissing().path("egressIPs").toString()).isEqualTo("[\"10.0.0.1\"]");
    }

    @Test
    void aNameThatIsTakenAndAnObjectThatIsAnotherOneAreNotTouched() {
        made();

        assertThat(objects.apply("p.a", put("", true, Map.of(), "10.0.0.9"))).isEqualTo(Outcome.OVERTAKEN);
        assertThat(objects.apply("p.a", put("another", true, Map.of(), "10.0.0.9")))
                .isEqualTo(Outcome.OVERTAKEN);
        assertThat(objects.apply("p.a", new Change.Delete("another", "p"))).isEqualTo(Outcome.OVERTAKEN);
        assertThat(objects.apply("p.gone", put("uid", true, Map.of(), "10.0.0.9")))
                .isEqualTo(Outcome.OVERTAKEN);
        assertThat(live().specOrMissing().path("egressIPs").toString()).isEqualTo("[\"10.0.0.1\"]");
    }

    @Test
    void aConflictIsReadAgainAndARefusalIsThrown() {
        var uid = made();
        server.fail(409, 1, request -> request.getMethod().equals("PATCH"));
        assertThat(objects.apply("p.a", put(uid, true, Map.of(), "10.0.0.2"))).isEqualTo(Outcome.WRITTEN);

        server.fail(403, 1, request -> request.getMethod().equals("DELETE"));
        assertThatThrownBy(() -> objects.apply("p.a", new Change.Delete(uid, "p")))
                .isInstanceOf(KubernetesClientException.class);
        assertThat(objects.apply("p.a", new Change.Delete(uid, "p"))).isEqualTo(Outcome.WRITTEN);
        assertThat(live()).isNull();
        assertThat(List.of(objects.apply("p.a", new Change.Delete(uid, "p")))).containsExactly(Outcome.OVERTAKEN);
    }

    private EgressRouter router(String status) {
        var json =
                "{\"apiVersion\":\"ovn-egress.io/v1alpha1\",\"kind\":\"EgressRouter\",\"metadata\":{\"namespace\":\"a\","
                        + "\"name\":\"bank\"},\"spec\":{\"fallback\":\"203.0.113.25\"}" + status + "}";
        return server.client()
                .resource(server.client().getKubernetesSerialization().unmarshal(json, EgressRouter.class))
                .create();
    }

    private String statusOfRouter() {
        return server.client()
                .resources(EgressRouter.class, EgressRouterList.class)
                .inNamespace("a")
                .withName("bank")
                .get()
                .statusOrMissing()
                .toString();
    }

    private static Change.Grant grant(String uid, String address) {
        return new Change.Grant(uid, List.of(IpAddress.parse(address).orElseThrow()));
    }

    @Test
    void theAddressesOfARouterAreInItsStatusBesideWhatElseIsThere() {
        var uid = router(",\"status\":{\"virtualIP\":\"198.18.0.1\"}")
                .getMetadata()
                .getUid();

        assertThat(objects.apply("a/bank", grant(uid, "10.0.0.1"))).isEqualTo(Outcome.WRITTEN);
        assertThat(statusOfRouter()).isEqualTo("{\"virtualIP\":\"198.18.0.1\",\"poolAddresses\":[\"10.0.0.1\"]}");
        assertThat(objects.apply("a/bank", grant("another", "10.0.0.2"))).isEqualTo(Outcome.OVERTAKEN);
        assertThat(objects.apply("a/gone", grant(uid, "10.0.0.2"))).isEqualTo(Outcome.OVERTAKEN);
        assertThat(statusOfRouter()).contains("10.0.0.1");
    }

    @Test
    void aRouterThatHasNoStatusYetIsGivenOne() {
        var uid = router("").getMetadata().getUid();
        objects.apply("a/bank", grant(uid, "10.0.0.1"));

        assertThat(statusOfRouter()).isEqualTo("{\"poolAddresses\":[\"10.0.0.1\"]}");
    }

    @Test
    void aStatusThatIsWrittenAtTheSameTimeDoesNotTakeTheAddressAway() {
        var uid = router("").getMetadata().getUid();
        var target = StatusTarget.of(
                        server.client(),
                        ResourceKind.of(
                                        EgressRouterInput.KIND,
                                        EgressRouter.class,
                                        EgressRouterList.class,
                                        EgressRouterReader::read)
                                .withStatus(new EgressRouterStatusShape()),
                        Clock.systemUTC())
                .orElseThrow();
        var status = new StatusChange(
                new ObjectRef(EgressRouterInput.KIND, "a/bank"),
                uid,
                1,
                new EgressRouterState(List.of("198.18.0.1"), List.of(), List.of(), true),
                List.of(),
                List.of());
        server.before(
                1,
                ApiServer.request("PATCH", "/status"),
                () -> server.setRouterStatus("a", "bank", "{\"poolAddresses\":[\"10.0.0.1\"]}"));

        assertThatThrownBy(() -> target.write(status)).isInstanceOf(StatusTarget.StatusMovedException.class);
        target.write(status);
        assertThat(statusOfRouter()).contains("198.18.0.1", "10.0.0.1");
    }
}
