package io.ovnegress.it.harness.container;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** That a run for an image is really about the OVN of that Debian release. */
@Tag(OvnProvider.TAG)
class OvnVersionTest {
    private static final Map<String, String> VERSIONS = Map.of("bookworm", "23.03", "trixie", "25.03");

    @Test
    void theImageHasTheOvnOfItsDebianRelease() {
        Assumptions.assumeFalse(OvnProvider.name().isEmpty(), "the installed OVN may be any");
        try (var central = OvnProvider.start()) {
            assertThat(central.nbctl("--version")).startsWith("ovn-nbctl " + VERSIONS.get(OvnProvider.name()));
        }
    }

    @Test
    void aServerThatWasStoppedOrKilledComesBackOnItsFileAndAddress() {
        try (var central = OvnProvider.start()) {
            var address = central.northbound().loopbackAddress();
            central.nbctl("ls-add", "before");

            central.northbound().stop();
            central.northbound().start();
            central.nbctl("ls-add", "between");
            central.northbound().kill();
            central.northbound().start();

            assertThat(central.northbound().loopbackAddress()).isEqualTo(address);
            assertThat(central.nbctl("--bare", "--columns=name", "list", "Logical_Switch")
                            .lines()
                            .filter(line -> !line.isBlank()))
                    .containsExactlyInAnyOrder("before", "between");
        }
    }
}
