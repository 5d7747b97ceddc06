package io.ovnegress.it.harness.kube;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import java.io.File;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/** A process that does with an API what a controller does: it watches, prints what it sees, and writes a status. */
public final class WatchingClient {
    /** The one object whose status it writes. */
    static final String SERVED = "demo";

    private WatchingClient() {}

    public static void main(String[] arguments) throws InterruptedException {
        var client = new KubernetesClientBuilder()
                .withConfig(Config.fromKubeconfig(new File(arguments[0])))
                .build();
        var egressIps = client.genericKubernetesResources(EgressIps.CONTEXT);
        client.pods().inAnyNamespace().inform(new Printer<>());
        client.nodes().inform(new Printer<>());
        egressIps.inform(new Printer<>() {
            @Override
            public void onAdd(GenericKubernetesResource object) {
                super.onAdd(object);
                if (object.getMetadata().getName().equals(SERVED)) {
                    egressIps.withName(SERVED).editStatus(o -> {
                        o.getAdditionalProperties()
                                .put("status", Map.of("items", List.of(Map.of("node", "n", "egressIP", "1.2.3.4"))));
                        return o;
                    });
                }
            }
        });
        System.out.println("watching");
        new CountDownLatch(1).await();
    }

    private static class Printer<T extends HasMetadata> implements ResourceEventHandler<T> {
        @Override
        public void onAdd(T object) {
            print("added", object);
        }

        @Override
        public void onUpdate(T old, T object) {
            print("updated", object);
        }

        @Override
        public void onDelete(T object, boolean unknown) {
            print("deleted", object);
        }

        private void print(String what, T object) {
            System.out.printf(
                    "%s %s %s uid=%b generation=%s created=%b%n",
                    what,
                    object.getKind(),
                    object.getMetadata().getName(),
                    object.getMetadata().getUid() != null,
                    object.getMetadata().getGeneration(),
                    object.getMetadata().getCreationTimestamp() != null);
        }
    }
}
