package io.ovnegress.reconciler.feature.egressip;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.reconciler.input.IpNetwork;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class DisjointNetworksTest {
    private static final int ALL = Integer.MAX_VALUE;

    private static IpNetwork network(String text) {
        return IpNetwork.parse(text).orElseThrow();
    }

    private static List<IpNetwork> some(Random random) {
        return Stream.generate(() -> random.nextInt(4) > 0
                        ? random.nextInt(4) + "." + random.nextInt(4) + ".0.0/" + random.nextInt(17)
                        : "200" + random.nextInt(3) + "::/" + random.nextInt(17))
                .limit(random.nextInt(8))
                .map(DisjointNetworksTest::network)
                .map(each -> network(each.masked()))
                .toList();
    }

    @Test
    void theyCutOutOfANetworkWhatAllOfThemTogetherDo() {
        var random = new Random(3);
        for (int i = 0; i < 2000; i++) {
            var all = some(random);
            var disjoint = new DisjointNetworks(all);
            assertThat(disjoint.networks())
                    .as("of %s", all)
                    .allMatch(one ->
                            disjoint.networks().stream().filter(one::overlaps).count() == 1)
                    .allMatch(all::contains);
            assertThat(all).allMatch(one -> disjoint.networks().stream().anyMatch(other -> other.contains(one)));
            for (var network : some(random)) {
                assertThat(disjoint.cutOutOf(network, ALL))
                        .as("%s without %s", network, all)
                        .isEqualTo(network.without(all));
            }
        }
    }

    @Test
    void cuttingEndsWhenMoreIsLeftThanMayBe() {
        var disjoint = new DisjointNetworks(Stream.iterate(1, n -> n + 2)
                .limit(500)
                .map(n -> network("::" + Integer.toHexString(n) + "/128"))
                .toList());

        assertThat(disjoint.cutOutOf(network("::/0"), 50)).hasSizeBetween(51, 200);
    }
}
