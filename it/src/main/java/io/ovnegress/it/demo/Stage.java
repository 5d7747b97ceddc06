package io.ovnegress.it.demo;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.lab.Lab;
import io.ovnegress.it.harness.lab.Lab.Attempt;
import io.ovnegress.it.harness.topology.ClusterPod;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;

/** Where the stories of the other systems are told: a cluster with real packets. One thread. */
record Stage(LiveCluster cluster, Lab lab, Narrator narrator, Cast cast) {
    /** Applies a manifest of ours as somebody at a terminal would. */
    GenericKubernetesResource apply(String file) {
        var manifest = manifest(file);
        narrator.show("kubectl apply -f " + file, manifest);
        return cluster.apply(Serialization.unmarshal(manifest, GenericKubernetesResource.class));
    }

    private static String manifest(String file) {
        try (var stream = Stage.class.getResourceAsStream("/demo/systems/" + file)) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .collect(Collectors.joining("\n"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What is in the API now. */
    GenericKubernetesResource current(GenericKubernetesResource object) {
        return cluster.api().client().resource(object).get();
    }

    /** @param expected status and reason of a condition, as in {@code True Serving} */
    void checkSays(GenericKubernetesResource object, String type, String expected) {
        narrator.check(
                "%s/%s says %s: %s"
                        .formatted(object.getKind(), object.getMetadata().getName(), type, expected),
                () -> Cast.await(type + " of " + object.getMetadata().getName(), () -> {
                    var found = EgressIps.conditions(current(object));
                    Cast.require(expected.equals(found.get(type)), found.toString());
                }));
    }

    /** @param whom in words, such as {@code the bank} */
    void checkReaches(ClusterPod pod, String address, int port, String whom, String source) {
        narrator.check(
                "curl: %s reaches %s at %s:%d, which sees %s".formatted(pod.name(), whom, address, port, source),
                () -> Cast.await(pod.name() + " at " + whom, () -> {
                    var attempt = lab.attempt(pod, address, port);
                    Cast.require(attempt.source().filter(source::equals).isPresent(), attempt.toString());
                }));
    }

    /** Nobody answers, or somebody says no. */
    void checkDoesNotReach(ClusterPod pod, String address, int port, String whom) {
        narrator.check(
                "curl: %s does not reach %s at %s:%d".formatted(pod.name(), whom, address, port),
                () -> Cast.await(pod.name() + " at " + whom, () -> {
                    var attempt = lab.attempt(pod, address, port);
                    Cast.require(attempt.source().isEmpty(), attempt.toString());
                }));
    }

    /** It is told so at once. */
    void checkRefused(ClusterPod pod, String address, int port) {
        var last = new Attempt[1];
        narrator.check("curl: %s is refused at %s:%d".formatted(pod.name(), address, port), () -> {
            last[0] = lab.attempt(pod, address, port);
            Cast.require(last[0].isRefused(), last[0].toString());
        });
        narrator.say("  after %d ms".formatted(last[0].took().toMillis()));
    }
}
