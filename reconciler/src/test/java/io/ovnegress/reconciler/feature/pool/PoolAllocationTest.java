package io.ovnegress.reconciler.feature.pool;

import static io.ovnegress.reconciler.feature.pool.PoolWorld.ips;
import static io.ovnegress.reconciler.feature.pool.PoolWorld.ranges;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.reconciler.feature.PoolWrites.Usage;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.LabelSelector.Operator;
import io.ovnegress.reconciler.input.LabelSelector.Requirement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PoolAllocationTest {
    private final PoolWorld world = new PoolWorld();

    @Test
    void everySelectedNamespaceGetsTheFirstAddressThatIsFree() {
        world.pool("p", "10.0.0.0/29").namespaces("a", "b");
        world.settle();

        assertThat(world.given()).isEqualTo(Map.of("p.a", "10.0.0.1", "p.b", "10.0.0.2"));
        assertThat(world.objects.get("p.a").namespaces()).contains(PoolAllocation.selector("a", true));
        assertThat(world.allocation().changes()).isEmpty();
        assertThat(world.state("p").usage()).isEqualTo(new Usage(6, 2, 0));
        assertThat(world.state("p").reason()).isEqualTo(PoolReason.Ready);
    }

    @Test
    void whatIsNobodysToGiveIsLeftOut() {
        world.put(PoolWorld.pool(
                "p", world.now, List.of("10.0.0.2"), Optional.empty(), "10.0.0.0/29", "10.0.1.7-10.0.1.8", "10.0.2.9"));
        world.taken.addAll(ranges("10.0.0.1", "10.0.1.0/29"));
        world.egressIp("users", "10.0.0.3", "192.168.0.1");
        world.claim("a", "ovn-egress.io/pool", "p", "ovn-egress.io/pool-addresses", "4")
                .claim("b", "ovn-egress.io/pool", "p");
        world.settle();

        assertThat(world.given())
                .containsEntry("p.a", "10.0.0.4 10.0.0.5 10.0.0.6 10.0.1.8")
                .containsEntry("p.b", "10.0.2.9");
        assertThat(world.state("p").usage()).isEqualTo(new Usage(5, 5, 0));
    }

    @Test
    void aNamespaceThatComesBackGetsWhatItHad() {
        world.pool("p", "10.0.0.0/24").namespaces("a", "b");
        world.settle();
        world.namespaces.remove("a");
        world.settle();
        world.namespaces("c");
        world.now = world.now.plus(Duration.ofMinutes(59));
        world.settle();

        assertThat(world.given()).isEqualTo(Map.of("p.a", "10.0.0.1", "p.b", "10.0.0.2", "p.c", "10.0.0.3"));
        assertThat(world.objects.get("p.a").namespaces()).contains(PoolAllocation.selector("a", false));
        assertThat(world.state("p").usage()).isEqualTo(new Usage(254, 2, 1));

        world.namespaces("a");
        world.settle();
        assertThat(world.given()).containsEntry("p.a", "10.0.0.1");
        assertThat(world.objects.get("p.a").annotations()).isEmpty();
        assertThat(world.objects.get("p.a").namespaces()).contains(PoolAllocation.selector("a", true));
    }

    @Test
    void afterTheGracePeriodAnAddressIsGivenBack() {
        world.pool("p", "10.0.0.0/24").namespaces("a");
        world.settle();
        world.namespaces.remove("a");
        var due = world.settle().next();
        assertThat(due).contains(Instant.parse("2026-01-01T01:00:00Z"));

        world.now = due.orElseThrow();
        world.settle();
        assertThat(world.objects).isEmpty();
        world.namespaces("b");
        world.settle();
        assertThat(world.given()).isEqualTo(Map.of("p.b", "10.0.0.1"));
    }

    @Test
    void anAnnotationCountsBeforeSelectorsAndAnEmptyOneKeepsANamespaceOut() {
        world.pool("everybodys", "10.0.0.0/24");
        world.put(PoolWorld.pool("dmz", world.now.plusSeconds(1), List.of(), Optional.empty(), "10.9.0.0/24"));
        world.claim("a", "ovn-egress.io/pool", "dmz")
                .claim("b", "ovn-egress.io/pool", "")
                .namespaces("c");
        world.settle();

        assertThat(world.given()).isEqualTo(Map.of("dmz.a", "10.9.0.1", "everybodys.c", "10.0.0.1"));
    }

    @Test
    void anInvalidOrTooLargeNumberIsSaidAndDoesNotTakeThePool() {
        world.pool("p", "10.0.0.0/24")
                .claim("a", "ovn-egress.io/pool-addresses", "1000")
                .claim("b", "ovn-egress.io/pool-addresses", "many");
        world.settle();

        assertThat(world.given()).isEqualTo(Map.of("p.a", "10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4", "p.b", "10.0.0.5"));
        assertThat(world.state("p").message())
                .contains("namespace a asks for 1000 addresses and gets 4", "which is no number and counts as 1");
    }

    @Test
    void fewerAddressesTakesTheLastOnesAndMoreKeepsThoseThatThereAre() {
        world.pool("p", "10.0.0.0/24")
                .claim("a", "ovn-egress.io/pool-addresses", "3")
                .namespaces("b");
        world.settle();
        world.claim("a", "ovn-egress.io/pool-addresses", "1");
        world.settle();
        assertThat(world.given()).containsEntry("p.a", "10.0.0.1");
        world.claim("a", "ovn-egress.io/pool-addresses", "2");
        world.settle();
        assertThat(world.given()).isEqualTo(Map.of("p.a", "10.0.0.1 10.0.0.2", "p.b", "10.0.0.4"));
    }

    @Test
    void bothFamiliesAreGivenWhereThePoolHasBoth() {
        world.pool("p", "10.0.0.0/24", "fd00::/64").namespaces("a");
        world.settle();

        assertThat(world.given()).isEqualTo(Map.of("p.a", "10.0.0.1 fd00::1"));
        assertThat(world.state("p").usage().total()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void thereAreNotEnough() {
        world.pool("p", "10.0.0.1-10.0.0.2").namespaces("a", "b", "c");
        world.settle();

        assertThat(world.given()).isEqualTo(Map.of("p.a", "10.0.0.1", "p.b", "10.0.0.2"));
        assertThat(world.state("p").reason()).isEqualTo(PoolReason.Exhausted);
        assertThat(world.state("p").message()).startsWith("no addresses are left for namespace c: ");
    }

    @Test
    void theYoungerOfTwoPoolsThatOverlapGivesNothingAndKeepsWhatItGave() {
        world.put(PoolWorld.pool(
                        "young",
                        world.now.plusSeconds(9),
                        List.of(),
                        Optional.of(io.ovnegress.reconciler.input.LabelSelector.EVERYTHING),
                        "10.0.0.128/25"))
                .namespaces("a");
        world.settle();
        world.put(PoolWorld.pool("old", world.now, List.of(), Optional.empty(), "10.0.0.0/24"));
        world.namespaces("b").claim("c", "ovn-egress.io/pool", "old", "ovn-egress.io/pool-addresses", "1");
        world.settle();

        assertThat(world.given()).isEqualTo(Map.of("young.a", "10.0.0.129", "old.c", "10.0.0.1"));
        assertThat(world.state("young").reason()).isEqualTo(PoolReason.Overlaps);
        assertThat(world.state("young").message()).startsWith("the older pool old has some of these addresses");

        world.put(PoolWorld.pool("old", world.now, List.of("10.0.0.128/25"), Optional.empty(), "10.0.0.0/24"));
        world.settle();
        assertThat(world.given()).containsEntry("young.b", "10.0.0.130");
    }

    @Test
    void aPoolThatIsNotUnderstoodTakesNothingAway() {
        world.pool("p", "10.0.0.0/24").namespaces("a");
        world.settle();
        var pool = world.pools.get("p");
        world.put(new PoolInput(
                "p",
                pool.uid(),
                pool.created(),
                2,
                List.of(),
                List.of(),
                Optional.empty(),
                Optional.empty(),
                1,
                4,
                pool.grace(),
                Map.of(),
                List.of("spec.ranges[0] \"ten\" is no range")));

        assertThat(world.allocation().changes()).isEmpty();
        assertThat(world.state("p").message()).startsWith("spec.ranges[0] \"ten\" is no range: correct it");
    }

    @Test
    void aUsersObjectOfTheNameIsNeverTouched() {
        world.pool("p", "10.0.0.0/24").namespaces("a", "b").egressIp("p.a", "172.16.0.9");
        world.settle();

        assertThat(world.given()).isEqualTo(Map.of("p.a", "172.16.0.9", "p.b", "10.0.0.1"));
        assertThat(world.state("p").reason()).isEqualTo(PoolReason.NameTaken);
        assertThat(world.state("p").message()).contains("p.a");
    }

    @Test
    void anObjectWithoutItsLabelIsAdoptedByWhoeverTookIt() {
        world.pool("p", "10.0.0.0/24").namespaces("a");
        world.settle();
        world.egressIp("p.a", "10.0.0.1");
        world.namespaces("b");
        world.settle();

        assertThat(world.given()).isEqualTo(Map.of("p.a", "10.0.0.1", "p.b", "10.0.0.2"));
    }

    @Test
    void aYoungerObjectTakesNoAddressFromANamespaceAndAnOlderOneDoes() {
        world.pool("p", "10.0.0.0/24").namespaces("a");
        world.settle();
        world.now = world.now.plusSeconds(60);
        world.egressIp("younger", "10.0.0.1");
        world.settle();
        assertThat(world.given()).containsEntry("p.a", "10.0.0.1");

        world.now = world.now.minusSeconds(120);
        world.egressIp("older", "10.0.0.1");
        world.settle();
        assertThat(world.given()).containsEntry("p.a", "10.0.0.2");
    }

    @Test
    void anAddressThatIsExcludedLaterIsReplaced() {
        world.pool("p", "10.0.0.0/24").namespaces("a");
        world.settle();
        world.taken.addAll(ranges("10.0.0.1"));
        world.settle();

        assertThat(world.objects.get("p.a").addresses()).isEqualTo(ips("10.0.0.2"));
    }

    @Test
    void whatSomebodyDidToAnObjectOfThePoolIsPutRight() {
        world.pool("p", "10.0.0.0/24").namespaces("a");
        world.settle();
        var object = world.objects.get("p.a");
        world.objects.put(
                "p.a",
                new PooledEgressIp(
                        "p.a",
                        object.uid(),
                        object.created(),
                        object.label(),
                        Set.of(),
                        ips("192.168.0.1"),
                        Optional.empty(),
                        Map.of("ovn-egress.io/x", "y")));
        world.settle();

        assertThat(world.objects.get("p.a")).isEqualTo(object);
    }

    @Test
    void aRouterGetsAnAddressAndKeepsItWhateverComesAfterIt() {
        world.pool("p", "10.0.0.0/24").namespaces("a").router("a/bank", 1).router("a/two", 2);
        world.settle();
        assertThat(world.given()).isEqualTo(Map.of("p.a", "10.0.0.1"));
        assertThat(world.granted()).isEqualTo(Map.of("a/bank", "10.0.0.2", "a/two", "10.0.0.3 10.0.0.4"));
        assertThat(world.state("p").usage()).isEqualTo(new Usage(254, 4, 0));

        world.named.addAll(ips("10.0.0.2", "10.0.0.5"));
        world.namespaces("b").router("b/late", 1).router("a/two", 1);
        world.settle();
        assertThat(world.given()).isEqualTo(Map.of("p.a", "10.0.0.1", "p.b", "10.0.0.6"));
        assertThat(world.granted()).isEqualTo(Map.of("a/bank", "10.0.0.2", "a/two", "10.0.0.3", "b/late", "10.0.0.7"));
        assertThat(world.state("p").usage()).isEqualTo(new Usage(253, 5, 0));
        assertThat(world.allocation().changes()).isEmpty();

        world.claims.remove("a/bank");
        world.router("b/later", 1);
        world.settle();
        assertThat(world.granted()).containsEntry("b/later", "10.0.0.4");
    }

    @Test
    void aRouterGetsAddressesOfTheFamiliesThatItAsksFor() {
        world.pool("p", "10.0.0.0/24", "fd00::/112").namespaces("a").router("a/bank", 1);
        world.router("a/dual", 2, Set.of(IpFamily.V4, IpFamily.V6)).router("a/six", 1, Set.of(IpFamily.V6));
        world.settle();
        assertThat(world.granted())
                .isEqualTo(Map.of(
                        "a/bank", "10.0.0.2", "a/dual", "10.0.0.3 10.0.0.4 fd00::2 fd00::3", "a/six", "fd00::4"));

        world.router("a/dual", 2, Set.of(IpFamily.V6));
        world.settle();
        assertThat(world.granted()).containsEntry("a/dual", "fd00::2 fd00::3");
        assertThat(world.allocation().changes()).isEmpty();
    }

    @Test
    void ofAPoolThatHasNothingElseARouterGetsIpv6() {
        world.pool("p", "fd00::/112").namespaces("a").router("a/bank", 1);
        world.router("a/four", 1, Set.of(IpFamily.V4));
        world.settle();
        assertThat(world.granted()).isEqualTo(Map.of("a/bank", "fd00::2", "a/four", ""));
        assertThat(world.state("p").message()).contains("a/four");
    }

    @Test
    void routersHaveAddressesOfPoolsThatServeTheirNamespaceOnly() {
        world.labelled("a", "b").router("a/bank", 1).router("b/bank", 1).router("a/named", 1, Optional.of("other"));
        world.put(serving("p", "a", "10.0.0.0/24")).put(serving("other", "b", "10.9.0.0/24"));
        world.settle();
        assertThat(world.granted()).isEqualTo(Map.of("a/bank", "10.0.0.1", "b/bank", "10.9.0.1", "a/named", ""));

        world.put(serving("p", "b", "10.0.0.0/24"));
        world.settle();
        assertThat(world.granted()).isEqualTo(Map.of("a/bank", "", "b/bank", "10.9.0.1", "a/named", ""));
    }

    private PoolInput serving(String name, String namespace, String range) {
        var pool = PoolWorld.pool(name, world.now, List.of(), Optional.empty(), range);
        return new PoolInput(
                name,
                pool.uid(),
                pool.created(),
                1,
                pool.ranges(),
                List.of(),
                Optional.empty(),
                Optional.of(new LabelSelector(
                        List.of(new Requirement("kubernetes.io/metadata.name", Operator.IN, Set.of(namespace))))),
                1,
                4,
                pool.grace(),
                Map.of(),
                List.of());
    }

    @Test
    void routersOfANamespaceHaveNoMoreTogetherThanANamespaceMayAskFor() {
        world.pool("p", "10.0.0.0/24").claim("a", "ovn-egress.io/pool", "");
        for (var name : List.of("v", "w", "x", "y", "z")) {
            world.router("a/" + name, 1);
        }
        world.settle();

        assertThat(world.granted()).containsEntry("a/y", "10.0.0.4").containsEntry("a/z", "");
        assertThat(world.state("p").reason()).isEqualTo(PoolReason.Ready);
        assertThat(world.state("p").message()).contains("EgressRouter a/z gets 0 of 1 addresses");
    }

    @Test
    void aRouterForWhichNothingIsLeftIsNamedAndOneOfAPoolThatIsNotUnderstoodKeepsWhatItHas() {
        world.pool("p", "10.0.0.1")
                .claim("a", "ovn-egress.io/pool", "")
                .router("a/first", 1)
                .router("a/second", 1);
        world.settle();
        assertThat(world.state("p").message()).startsWith("no addresses are left for EgressRouter a/second: ");

        var pool = world.pools.get("p");
        world.put(new PoolInput(
                "p",
                pool.uid(),
                pool.created(),
                2,
                List.of(),
                List.of(),
                Optional.empty(),
                Optional.empty(),
                1,
                4,
                pool.grace(),
                Map.of(),
                List.of("spec.ranges[0] \"ten\" is no range")));
        world.settle();
        assertThat(world.granted()).containsEntry("a/first", "10.0.0.1");

        world.pools.clear();
        world.settle();
        assertThat(world.granted()).containsEntry("a/first", "");
    }

    @Test
    void anEgressIpTakesAnAddressFromARouterWhichGetsAnotherOne() {
        world.pool("p", "10.0.0.0/24").claim("a", "ovn-egress.io/pool", "").router("a/bank", 1);
        world.settle();
        world.now = world.now.plusSeconds(60);
        world.egressIp("users", "10.0.0.1");
        world.settle();

        assertThat(world.granted()).isEqualTo(Map.of("a/bank", "10.0.0.2"));
    }
}
