package io.ovnegress.reconciler.input;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** What is left of a network without others. */
class IpNetworkWithoutPropertiesTest {
    @Provide
    Arbitrary<IpNetwork> networks() {
        return Combinators.combine(
                        Arbitraries.integers().between(0, 255),
                        Arbitraries.integers().between(20, 32))
                .as((last, length) ->
                        IpNetwork.parse("10.0.0." + last + "/" + length).orElseThrow());
    }

    @Property(tries = 300)
    void everyAddressIsInWhatIsLeftOrInOneOfTheOthers(
            @ForAll("networks") IpNetwork network, @ForAll("lists") List<IpNetwork> others) {
        var left = network.without(others);

        for (int i = 0; i < 256; i++) {
            var address = IpAddress.parse("10.0.0." + i).orElseThrow();
            boolean expected = network.contains(address) && others.stream().noneMatch(other -> other.contains(address));
            assertThat(left.stream().filter(each -> each.contains(address)).count())
                    .as("%s", address)
                    .isEqualTo(expected ? 1 : 0);
        }
    }

    @Provide
    Arbitrary<List<IpNetwork>> lists() {
        return networks().list().ofMaxSize(4);
    }
}
