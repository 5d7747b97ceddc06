package io.ovnegress.controller.ovsdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NbRemoteTest {
    @Test
    void everyFormIsReadAndPrintedAlike() {
        var text = "tcp:10.0.0.1:6641,tcp:[fd00::1]:6641,ssl:nb.example:6641,ssl:[::1]:1,unix:/run/ovn/ovnnb_db.sock";
        var remotes = NbRemote.parseList(text);
        assertThat(remotes)
                .containsExactly(
                        new NbRemote.Tcp("10.0.0.1", 6641),
                        new NbRemote.Tcp("fd00::1", 6641),
                        new NbRemote.Ssl("nb.example", 6641),
                        new NbRemote.Ssl("::1", 1),
                        new NbRemote.Unix(Path.of("/run/ovn/ovnnb_db.sock")));
        assertThat(String.join(",", remotes.stream().map(Object::toString).toList()))
                .isEqualTo(text);
    }

    @Test
    void blanksAroundEntriesDoNotMatter() {
        assertThat(NbRemote.parseList(" tcp:a:1 , unix:b"))
                .containsExactly(new NbRemote.Tcp("a", 1), new NbRemote.Unix(Path.of("b")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "tcp",
                "tcp:",
                "tcp:host",
                "tcp::1",
                "tcp:[]:1",
                "tcp:fd00::1:6641",
                "tcp:[a]:1",
                "tcp:[fd00::1]",
                "tcp:[::1",
                "tcp:h:0",
                "tcp:h:65536",
                "tcp:h:x",
                "tcp:h:",
                "unix:",
                "ptcp:6641",
                "10.0.0.1:6641",
                "tls:h:1"
            })
    void anythingElseIsRefusedWithWhatIsAllowed(String text) {
        assertThatThrownBy(() -> NbRemote.parseList("tcp:good:1," + text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("\"" + text + "\"")
                .hasMessageContaining("unix:PATH");
    }

    @Test
    void tlsRemoteWithoutFilesIsRefused() {
        var remotes = List.<NbRemote>of(new NbRemote.Ssl("h", 1));
        assertThatThrownBy(() -> NbSessionConfig.of(remotes, Optional.empty()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("ssl:h:1")
                .hasMessageContaining("private key");
    }
}
