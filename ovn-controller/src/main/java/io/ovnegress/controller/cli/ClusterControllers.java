package io.ovnegress.controller.cli;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.ovnegress.controller.Version;
import io.ovnegress.controller.cli.AskFlags.Reply;
import io.ovnegress.controller.kube.InvalidKubernetesConfigException;
import io.ovnegress.controller.kube.KubernetesClients;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The controllers in a namespace of a cluster, reached through the API server's port-forward: Kubernetes decides who may. Asked is
 * the one that leads; if none says so, one that answers.
 */
final class ClusterControllers {
    /** As deploy/base labels them. */
    private static final Map<String, String> LABELS =
            Map.of("app.kubernetes.io/name", "ovn-egress", "app.kubernetes.io/component", "controller");

    private static final int USUAL_PORT = 9409;

    private final String namespace;
    private final Optional<Path> kubeconfig;

    ClusterControllers(String namespace, Optional<Path> kubeconfig) {
        this.namespace = namespace;
        this.kubeconfig = kubeconfig;
    }

    /** What is asked where. */
    interface Question {
        Reply askAt(String server) throws IOException;
    }

    /** @throws IOException if none answers; the message says why */
    Reply ask(Question question) throws IOException {
        try (var client = KubernetesClients.create(kubeconfig, System.getenv(), Version.CURRENT)) {
            Optional<Reply> answered = Optional.empty();
            var errors = new StringBuilder();
            for (var pod : pods(client)) {
                try {
                    var reply = ask(client, pod, question);
                    if (reply.code() != HttpURLConnection.HTTP_OK) {
                        answered = answered.or(() -> Optional.of(reply));
                    } else if (reply.body().path("leader").asBoolean(true)) {
                        return reply;
                    } else {
                        answered = Optional.of(reply);
                    }
                } catch (IOException | KubernetesClientException e) {
                    errors.append("; pod ")
                            .append(pod.getMetadata().getName())
                            .append(": ")
                            .append(e.getMessage());
                }
            }
            return answered.orElseThrow(() -> new IOException("none of the controllers there can be reached" + errors));
        } catch (InvalidKubernetesConfigException e) {
            throw new IOException(e.getMessage(), e);
        } catch (KubernetesClientException e) {
            throw new IOException(
                    "the API server refuses: " + e.getMessage()
                            + " (who asks needs list of pods and create of pods/portforward there)",
                    e);
        }
    }

    private List<Pod> pods(KubernetesClient client) throws IOException {
        var pods = client.pods().inNamespace(namespace).withLabels(LABELS).list().getItems().stream()
                .filter(pod -> pod.getStatus() != null
                        && "Running".equals(pod.getStatus().getPhase()))
                .toList();
        if (pods.isEmpty()) {
            throw new IOException("no pod runs there with the labels of deploy/base");
        }
        return pods;
    }

    private Reply ask(KubernetesClient client, Pod pod, Question question) throws IOException {
        var resource =
                client.pods().inNamespace(namespace).withName(pod.getMetadata().getName());
        try (var forwarded = resource.portForward(port(pod), InetAddress.getLoopbackAddress(), 0)) {
            return question.askAt("http://127.0.0.1:" + forwarded.getLocalPort());
        }
    }

    private static int port(Pod pod) {
        return pod.getSpec().getContainers().stream()
                .map(Container::getPorts)
                .flatMap(List::stream)
                .filter(port -> "metrics".equals(port.getName()))
                .map(ContainerPort::getContainerPort)
                .findFirst()
                .orElse(USUAL_PORT);
    }
}
