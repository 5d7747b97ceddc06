package io.ovnegress.controller.ovsdb;

import static io.ovnegress.controller.ovsdb.LocalOvsdbServer.command;
import static io.ovnegress.controller.ovsdb.RecordingListener.until;
import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ovnegress.controller.ReservedPort;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against a real ovsdb-server with certificates of a CA made for it, without host names as ovs-pki(8) makes them. */
class TlsTest {
    /** Quick to come back, slow to give up: a machine may stand still for a while. */
    private static final NbSessionConfig.Times QUICK = new NbSessionConfig.Times(
            Duration.ofSeconds(20),
            Duration.ofSeconds(60),
            Duration.ofSeconds(20),
            Duration.ofMillis(20),
            Duration.ofMillis(200));

    @TempDir
    private static Path folder;

    private static LocalOvsdbServer server;
    private static NbRemote secure;
    private static NbRemote expired;
    private static LocalOvsdbServer expiredServer;

    @BeforeAll
    static void startServer() throws IOException {
        for (var ca : List.of("ca", "otherca")) {
            command(
                    "openssl",
                    "req",
                    "-x509",
                    "-newkey",
                    "rsa:2048",
                    "-nodes",
                    "-subj",
                    "/CN=" + ca,
                    "-days",
                    "2",
                    "-keyout",
                    file(ca + ".key"),
                    "-out",
                    file(ca + ".crt"));
        }
        certificate("server", "ca", "2");
        certificate("expired", "ca", "-1");
        certificate("client", "ca", "2");
        certificate("stranger", "otherca", "2");
        server = LocalOvsdbServer.standalone(Files.createDirectory(folder.resolve("server")));
        secure = listen(server, "server");
        expiredServer = LocalOvsdbServer.standalone(Files.createDirectory(folder.resolve("expiredserver")));
        expired = listen(expiredServer, "expired");
    }

    @AfterAll
    static void stopServer() {
        server.close();
        expiredServer.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"client.key", "client.pkcs1.key"})
    void sessionIsEncryptedWithEitherFormOfAnRsaKey(String key) throws IOException {
        command("openssl", "rsa", "-traditional", "-in", file("client.key"), "-out", file("client.pkcs1.key"));
        assertThat(Files.readString(folder.resolve("client.pkcs1.key"))).contains("BEGIN RSA PRIVATE KEY");
        assertConnects(new TlsFiles(folder.resolve(key), folder.resolve("client.crt"), folder.resolve("ca.crt")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"prime256v1", "secp384r1", "secp521r1"})
    void sessionIsEncryptedWithEitherFormOfAnEcKey(String curve) {
        command("openssl", "ecparam", "-name", curve, "-genkey", "-noout", "-out", file("ec.key"));
        command("openssl", "pkcs8", "-topk8", "-nocrypt", "-in", file("ec.key"), "-out", file("ec.pkcs8.key"));
        sign("ec", "ca", "2");
        for (var key : List.of("ec.key", "ec.pkcs8.key")) {
            assertConnects(new TlsFiles(folder.resolve(key), folder.resolve("ec.crt"), folder.resolve("ca.crt")));
        }
    }

    @Test
    void certificatesOfOvsPkiWork() throws IOException {
        var pki = Files.createDirectory(folder.resolve("ovspki"));
        var tool = "ovs-pki --dir=" + pki.resolve("pki") + " --log=" + pki.resolve("log");
        command(
                "sh",
                "-ec",
                "cd " + pki + "; " + tool + " init; " + tool + " req+sign nb switch; " + tool + " req+sign us");
        int port = ReservedPort.next();
        var ca = pki.resolve("pki/switchca/cacert.pem");
        var other = LocalOvsdbServer.standalone(pki)
                .with(
                        "--remote=pssl:" + port + ":127.0.0.1",
                        "--private-key=" + pki.resolve("nb-privkey.pem"),
                        "--certificate=" + pki.resolve("nb-cert.pem"),
                        "--ca-cert=" + ca)
                .start();
        try (other) {
            var files = new TlsFiles(pki.resolve("us-privkey.pem"), pki.resolve("us-cert.pem"), ca);
            try (var session = session(new NbRemote.Ssl("127.0.0.1", port), files)) {
                until(() -> session.state().isConnected());
            }
        }
    }

    @Test
    void serverOfAnotherCaIsRefused() {
        assertThat(errorOf(secure, files("client", "otherca")))
                .contains("the server's certificate does not come from a CA in " + file("otherca.crt"));
    }

    @Test
    void expiredServerIsRefused() {
        assertThat(errorOf(expired, files("client", "ca"))).contains("the server's certificate is not valid now");
    }

    @Test
    void certificateTheServerDoesNotAcceptIsNamed() {
        // With TLS 1.3 its answer may be thrown away with the connection.
        assertThat(errorOf(secure, files("stranger", "ca")))
                .containsAnyOf(
                        "does not accept certificate " + file("stranger.crt"), "does it accept our certificate?");
    }

    @Test
    void certificateOfOursThatHasExpiredIsNamed() {
        assertThat(errorOf(secure, files("expired", "ca")))
                .contains("our certificate " + file("expired.crt") + " is not valid now");
    }

    @Test
    void plainServerIsNotTalkedToInPlainText() {
        int port = ReservedPort.next();
        server.control("ovsdb-server/add-remote", "ptcp:" + port + ":127.0.0.1");
        assertThat(errorOf(new NbRemote.Ssl("127.0.0.1", port), files("client", "ca")))
                .contains("a tcp: port?");
    }

    @Test
    void plainClientOnATlsPortIsToldSo() {
        var port = ((NbRemote.Ssl) secure).port();
        assertThat(errorOf(new NbRemote.Tcp("127.0.0.1", port), files("client", "ca")))
                .contains("an ssl: port?");
    }

    @Test
    void filesThatCannotBeUsedAreNamed() throws IOException {
        assertThatThrownBy(() -> files("missing", "ca").sslContext())
                .isInstanceOf(IOException.class)
                .hasMessageContaining("missing.key: no such file");
        assertThatThrownBy(
                        () -> new TlsFiles(folder.resolve("ca.crt"), folder.resolve("ca.crt"), folder.resolve("ca.crt"))
                                .sslContext())
                .hasMessageContaining("ca.crt: no private key in it");
        assertThatThrownBy(() -> new TlsFiles(
                                folder.resolve("stranger.key"), folder.resolve("client.crt"), folder.resolve("ca.crt"))
                        .sslContext())
                .hasMessageContaining("stranger.key does not belong to certificate");
        var empty = Files.writeString(folder.resolve("empty.crt"), "");
        assertThatThrownBy(() ->
                        new TlsFiles(folder.resolve("client.key"), folder.resolve("client.crt"), empty).sslContext())
                .hasMessageContaining("empty.crt: no certificate in it");
        command(
                "openssl",
                "pkcs8",
                "-topk8",
                "-passout",
                "pass:x",
                "-in",
                file("client.key"),
                "-out",
                file("locked.key"));
        assertThatThrownBy(() -> new TlsFiles(
                                folder.resolve("locked.key"), folder.resolve("client.crt"), folder.resolve("ca.crt"))
                        .sslContext())
                .hasMessageContaining("encrypted");
    }

    @Test
    void renewedFilesCountFromTheNextConnection() throws IOException {
        Files.copy(folder.resolve("otherca.crt"), folder.resolve("renewed.crt"));
        var files =
                new TlsFiles(folder.resolve("client.key"), folder.resolve("client.crt"), folder.resolve("renewed.crt"));
        try (var session = session(secure, files)) {
            until(() -> session.state().attempts() > 0);
            Files.copy(folder.resolve("ca.crt"), folder.resolve("renewed.crt"), REPLACE_EXISTING);
            until(() -> session.state().isConnected());
        }
    }

    /** Everything is renewed while a session stands: the CA, the server's certificate and ours. */
    @Test
    void renewalOfEverythingNeedsNoRestart() throws IOException {
        var own = Files.createDirectory(folder.resolve("renewal"));
        copyAs(own, "ca", "server", "client");
        int port = ReservedPort.next();
        try (var renewed = LocalOvsdbServer.standalone(own)
                .with(
                        "--remote=pssl:" + port + ":127.0.0.1",
                        "--private-key=" + own.resolve("nb.key"),
                        "--certificate=" + own.resolve("nb.crt"),
                        "--ca-cert=" + own.resolve("ca.crt"))
                .start()) {
            var files = new TlsFiles(own.resolve("us.key"), own.resolve("us.crt"), own.resolve("ca.crt"));
            try (var session = session(new NbRemote.Ssl("127.0.0.1", port), files)) {
                until(() -> session.state().isConnected());
                certificate("server2", "otherca", "2");
                copyAs(own, "otherca", "server2", "stranger");
                assertThat(session.state().isConnected()).isTrue();

                renewed.kill();
                until(() -> !session.state().isConnected());
                renewed.start();
                until(() -> session.state().isConnected());
            }
        }
    }

    /** Puts a CA and the files of a server and a client into a folder, under names that stay. */
    private static void copyAs(Path target, String ca, String server, String client) throws IOException {
        for (var kind : List.of(".key", ".crt")) {
            Files.copy(folder.resolve(server + kind), target.resolve("nb" + kind), REPLACE_EXISTING);
            Files.copy(folder.resolve(client + kind), target.resolve("us" + kind), REPLACE_EXISTING);
        }
        Files.copy(folder.resolve(ca + ".crt"), target.resolve("ca.crt"), REPLACE_EXISTING);
    }

    private static void assertConnects(TlsFiles files) {
        try (var session = session(secure, files)) {
            until(() -> session.state().isConnected());
        }
    }

    private static String errorOf(NbRemote remote, TlsFiles files) {
        try (var session = session(remote, files)) {
            until(() -> session.state().attempts() > 1);
            return session.state().lastError();
        }
    }

    private static NbSession session(NbRemote remote, TlsFiles files) {
        var config = new NbSessionConfig(
                List.of(remote), Optional.of(files), "OVN_Northbound", QUICK, Optional.empty(), true);
        var session = new NbSession(config, RecordingListener.SPEC, new RecordingListener());
        session.start();
        return session;
    }

    private static TlsFiles files(String client, String ca) {
        return new TlsFiles(
                folder.resolve(client + ".key"), folder.resolve(client + ".crt"), folder.resolve(ca + ".crt"));
    }

    private static NbRemote listen(LocalOvsdbServer server, String name) {
        int port = ReservedPort.next();
        server.with(
                        "--remote=pssl:" + port + ":127.0.0.1",
                        "--private-key=" + file(name + ".key"),
                        "--certificate=" + file(name + ".crt"),
                        "--ca-cert=" + file("ca.crt"))
                .start();
        return new NbRemote.Ssl("127.0.0.1", port);
    }

    private static void certificate(String name, String ca, String days) {
        command("openssl", "genrsa", "-out", file(name + ".key"), "2048");
        sign(name, ca, days);
    }

    private static void sign(String name, String ca, String days) {
        command(
                "openssl",
                "req",
                "-new",
                "-key",
                file(name + ".key"),
                "-subj",
                "/CN=" + name,
                "-out",
                file(name + ".csr"));
        command(
                "openssl",
                "x509",
                "-req",
                "-in",
                file(name + ".csr"),
                "-CA",
                file(ca + ".crt"),
                "-CAkey",
                file(ca + ".key"),
                "-CAcreateserial",
                "-days",
                days,
                "-out",
                file(name + ".crt"));
    }

    private static String file(String name) {
        return folder.resolve(name).toString();
    }
}
