package io.ovnegress.controller.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KubernetesClientsTest {
    private static final String KUBECONFIG = """
            apiVersion: v1
            kind: Config
            clusters:
              - {name: c, cluster: {server: "http://%s.example:8080"}}
            users:
              - {name: u, user: {token: t}}
            contexts:
              - {name: x, context: {cluster: c, user: u}}
            current-context: x
            """;

    @TempDir
    private Path folder;

    @Test
    void namedFileIsUsed() throws IOException {
        var file = write("one", KUBECONFIG.formatted("one"));

        try (var client = KubernetesClients.create(Optional.of(file), Map.of("KUBECONFIG", "/nowhere"), "1.2")) {
            assertThat(client.getMasterUrl()).hasToString("http://one.example:8080/");
            assertThat(client.getConfiguration().getUserAgent()).isEqualTo("ovn-egress/1.2");
            assertThat(client.getConfiguration().getRequestRetryBackoffLimit()).isZero();
            assertThat(client.getConfiguration().getWatchReconnectLimit()).isZero();
            assertThat(client.getConfiguration().getRequestTimeout()).isEqualTo(30_000);
        }
    }

    @Test
    void variableIsUsedWithoutANamedFile() throws IOException {
        var file = write("two", KUBECONFIG.formatted("two"));

        try (var client = KubernetesClients.create(Optional.empty(), Map.of("KUBECONFIG", file.toString()), "1.2")) {
            assertThat(client.getMasterUrl()).hasToString("http://two.example:8080/");
        }
    }

    @Test
    void missingFileIsToldByFlagAndName() {
        var file = folder.resolve("absent");

        assertThatThrownBy(() -> KubernetesClients.create(Optional.of(file), Map.of(), "1.2"))
                .isInstanceOf(InvalidKubernetesConfigException.class)
                .hasMessage("--kubeconfig " + file + ": no such file");
        assertThatThrownBy(
                        () -> KubernetesClients.create(Optional.empty(), Map.of("KUBECONFIG", file.toString()), "1.2"))
                .isInstanceOf(InvalidKubernetesConfigException.class)
                .hasMessage("KUBECONFIG " + file + ": no such file");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "just words",
                "- a\n- list",
                "{broken: [",
                "apiVersion: v1\nkind: Config\n",
                "apiVersion: v1\nkind: Config\ncurrent-context: x\n",
                "apiVersion: v1\nkind: Config\ncontexts:\n  - {name: x, context: {cluster: c, user: u}}\ncurrent-context: x\n"
            })
    void fileThatIsNoKubeconfigIsToldInOneLine(String content) throws IOException {
        var file = write("bad", content);

        assertThatThrownBy(() -> KubernetesClients.create(Optional.of(file), Map.of(), "1.2"))
                .isInstanceOf(InvalidKubernetesConfigException.class)
                .hasMessageStartingWith("--kubeconfig " + file + ": ")
                .message()
                .hasLineCount(1);
    }

    private Path write(String name, String content) throws IOException {
        return Files.writeString(folder.resolve(name), content);
    }
}
