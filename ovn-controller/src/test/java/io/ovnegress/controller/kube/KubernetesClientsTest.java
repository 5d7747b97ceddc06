package io.ovnegress.controller.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import com.google.common.base.Throwables;
import io.ovnegress.controller.loop.CapturedLog;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.assertj.core.api.Assertions;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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

    /** Files that somebody may have named by mistake, and what a kubeconfig may name by mistake. */
    static Stream<String> secrets() {
        return Stream.of(
                "hunter2",
                "hunter2: [",
                "\"hunter2\"",
                "- hunter2",
                "password: hunter2\n  more: hunter2",
                "{\"clusters\": \"hunter2\"}",
                "clusters: [hunter2]",
                "users: {hunter2: hunter2}",
                "apiVersion: v1\nkind: Secret\ndata: {password: hunter2}",
                "-----BEGIN hunter2-----\nhunter2\n-----END hunter2-----\n",
                "current-context: hunter2\ncontexts: []",
                "current-context: x\ncontexts: [{name: x, context: {cluster: hunter2, user: hunter2}}]",
                KUBECONFIG.formatted("one").replace("{server:", "{certificate-authority-data: \"hunter2 !\", server:"),
                KUBECONFIG
                        .formatted("one")
                        .replace("http:", "https:")
                        .replace("{server:", "{certificate-authority: FOLDER/secret.pem, server:"),
                KUBECONFIG
                        .formatted("one")
                        .replace("http:", "https:")
                        .replace(
                                "{token: t}", "{client-certificate: FOLDER/secret.pem, client-key: FOLDER/secret.pem}"),
                KUBECONFIG
                        .formatted("one")
                        .replace(
                                "{token: t}",
                                "{exec: {apiVersion: client.authentication.k8s.io/v1, command: cat,"
                                        + " args: [FOLDER/secret.pem]}}"));
    }

    @ParameterizedTest
    @MethodSource("secrets")
    void nothingOfAFileThatIsNoKubeconfigIsToldOrLogged(String content) throws IOException {
        write("secret.pem", "-----BEGIN hunter2-----\nhunter2\n-----END CERTIFICATE-----\n");
        var file = write("secret", content.replace("FOLDER", folder.toString()));
        Files.createDirectory(folder.resolve(".kube"));
        Files.copy(file, folder.resolve(".kube/config"));
        var home = Map.of("HOME", folder.toString());
        var several = Map.of("KUBECONFIG", file + File.pathSeparator + file);
        var root = (ch.qos.logback.classic.Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);
        var level = root.getLevel();
        root.setLevel(Level.TRACE);
        try (var log = new CapturedLog(Logger.ROOT_LOGGER_NAME)) {
            var told = Stream.<ThrowingCallable>of(
                            () -> KubernetesClients.create(Optional.of(file), Map.of(), "1.2"),
                            () -> KubernetesClients.create(
                                    Optional.empty(), Map.of("KUBECONFIG", file.toString()), "1"),
                            () -> KubernetesClients.create(Optional.empty(), several, "1.2"),
                            () -> KubernetesClients.create(Optional.empty(), home, "1.2"))
                    .map(Assertions::catchThrowable)
                    .filter(Objects::nonNull)
                    .toList();

            if (!content.contains("one.example")) {
                assertThat(told).hasSizeGreaterThanOrEqualTo(3);
            }
            assertThat(told)
                    .allSatisfy(error -> assertThat(error)
                            .isInstanceOf(InvalidKubernetesConfigException.class)
                            .extracting(Throwables::getStackTraceAsString)
                            .asString()
                            .doesNotContain("hunter2"));
            assertThat(log.text()).doesNotContain("hunter2");
        } finally {
            root.setLevel(level);
        }
    }

    @Test
    void whatWasLookedForIsToldWhereNothingIsFound() {
        assertThatThrownBy(() -> KubernetesClients.create(Optional.empty(), Map.of("HOME", folder.toString()), "1.2"))
                .isInstanceOf(InvalidKubernetesConfigException.class)
                .hasMessage("no kubeconfig found: --kubeconfig and KUBECONFIG name none, " + folder
                        + "/.kube/config is not there, and neither is the service account of a pod"
                        + " (/var/run/secrets/kubernetes.io/serviceaccount/token)");
        var none = folder.resolve("a") + File.pathSeparator + folder.resolve("b");
        assertThatThrownBy(() -> KubernetesClients.create(Optional.empty(), Map.of("KUBECONFIG", none), "1.2"))
                .hasMessage("KUBECONFIG: none of these files is there: [" + folder.resolve("a") + ", "
                        + folder.resolve("b") + "]");
    }

    @Test
    void theFileInTheHomeIsUsedWhereNoOtherIsNamed() throws IOException {
        Files.createDirectory(folder.resolve(".kube"));
        write(".kube/config", KUBECONFIG.formatted("home"));

        try (var client = KubernetesClients.create(Optional.empty(), Map.of("HOME", folder.toString()), "1.2")) {
            assertThat(client.getMasterUrl()).hasToString("http://home.example:8080/");
        }
    }

    private Path write(String name, String content) throws IOException {
        return Files.writeString(folder.resolve(name), content);
    }
}
