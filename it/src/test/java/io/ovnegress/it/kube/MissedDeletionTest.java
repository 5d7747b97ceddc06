package io.ovnegress.it.kube;

import static io.ovnegress.it.harness.process.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.kube.KubeApi;
import io.ovnegress.it.harness.kube.KubernetesObjects;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** What happens between a client's list and its watch is told by the embedded API, as by a real one. */
class MissedDeletionTest {
    private static void create(KubeApi api, String name) {
        api.client().resource(KubernetesObjects.namespace(name, Map.of())).create();
    }

    private static List<String> watch(KubeApi api, String version) {
        var seen = new CopyOnWriteArrayList<String>();
        var unused = api.client()
                .namespaces()
                .watch(new ListOptionsBuilder().withResourceVersion(version).build(), new Watcher<Namespace>() {
                    @Override
                    public void eventReceived(Action action, Namespace namespace) {
                        seen.add(action + " " + namespace.getMetadata().getName());
                    }

                    @Override
                    public void onClose(WatcherException cause) {}
                });
        return seen;
    }

    @Test
    void aDeletionAfterTheListIsTheFirstThatTheWatchTells() {
        try (var api = KubeApi.embedded(EgressIps.CONTEXT)) {
            create(api, "gone-before");
            api.deleteNamespace("gone-before");
            create(api, "gone");
            create(api, "again");
            var version = api.client().namespaces().list().getMetadata().getResourceVersion();
            api.deleteNamespace("gone");
            api.deleteNamespace("again");
            create(api, "again");

            var seen = watch(api, version);

            await("told").until(() -> seen.size() == 3);
            assertThat(seen).containsExactly("DELETED gone", "DELETED again", "ADDED again");
        }
    }

    @Test
    void aDeletionBeforeTheListIsNotTold() {
        try (var api = KubeApi.embedded(EgressIps.CONTEXT)) {
            create(api, "gone");
            api.deleteNamespace("gone");
            create(api, "there");

            var seen = watch(api, api.client().namespaces().list().getMetadata().getResourceVersion());

            await("told").until(() -> !seen.isEmpty());
            assertThat(seen).containsExactly("ADDED there");
        }
    }
}
