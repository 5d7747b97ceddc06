package io.ovnegress.reconciler.feature.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.reconciler.input.AddressRange;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.NamespaceInput;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.assertj.core.api.Assertions;

/** What holds of every address after every step of a random history. */
class PoolPropertiesTest {
    private static final List<String> NAMES = List.of("a", "b", "c", "d", "e", "f");

    /** @param what to do, with whom, and how much */
    record Step(String what, String who, int number) {}

    @Provide
    Arbitrary<List<Step>> histories() {
        return Combinators.combine(
                        Arbitraries.of(
                                "come", "come", "go", "ask", "exclude", "include", "user", "time", "node", "pool",
                                "overlap", "router", "routers", "unroute", "name"),
                        Arbitraries.of(NAMES),
                        Arbitraries.integers().between(0, 12))
                .as(Step::new)
                .list()
                .ofMaxSize(40);
    }

    private static void apply(Step step, PoolWorld world) {
        var address = "10.0.0." + step.number();
        switch (step.what()) {
            case "come" -> world.namespaces(step.who());
            case "go" -> world.namespaces.remove(step.who());
            case "ask" ->
                world.claim(step.who(), "ovn-egress.io/pool", "p", "ovn-egress.io/pool-addresses", "" + step.number());
            case "exclude" -> world.put(pool("p", 0, List.of(address), "10.0.0.0/28"));
            case "include" -> world.put(pool("p", 0, List.of(), "10.0.0.0/28", "10.0.1.0/30"));
            case "router" -> world.router("x/" + step.who(), 1);
            case "routers" -> world.router("y/" + step.who(), 2);
            case "unroute" -> world.claims.remove("x/" + step.who());
            case "name" -> world.named.add(IpAddress.parse(address).orElseThrow());
            case "user" -> world.egressIp("user-" + step.number(), address);
            case "time" -> world.now = world.now.plus(Duration.ofMinutes(step.number() * 7L));
            case "node" -> world.taken.add(AddressRange.parse(address).orElseThrow());
            case "pool" -> world.put(pool("q", 1, List.of(), "10.0.2.0/30"));
            default -> world.put(pool("r", 2, List.of(), "10.0.0.8-10.0.0.9"));
        }
    }

    private static PoolInput pool(String name, int age, List<String> exclusions, String... ranges) {
        return PoolWorld.pool(
                name,
                java.time.Instant.EPOCH.plusSeconds(age),
                exclusions,
                Optional.of(LabelSelector.EVERYTHING),
                ranges);
    }

    private static Map<String, List<IpAddress>> pooled(PoolWorld world) {
        var pooled = new HashMap<String, List<IpAddress>>();
        world.objects.forEach((name, object) -> {
            if (object.label().isPresent()) {
                pooled.put(name, object.addresses());
            }
        });
        return pooled;
    }

    @Property(tries = 200)
    void noAddressHasTwoOwnersOrIsExcludedAndItComesToAnEnd(@ForAll("histories") List<Step> history) {
        var world = new PoolWorld().put(pool("p", 0, List.of(), "10.0.0.0/28")).namespaces("x", "y");
        for (var step : history) {
            apply(step, world);
            // What one object gives up another one gets when that has been written.
            for (int i = 0; i < NAMES.size() && !world.settle().changes().isEmpty(); i++) {
                assertOneOwner(world);
            }
            assertThat(world.allocation().changes()).as("nothing is left to do").isEmpty();
            world.allocation()
                    .states()
                    .values()
                    .forEach(state -> assertThat(state.usage().free()).isNotNegative());
        }
    }

    private static void assertOneOwner(PoolWorld world) {
        var seen = new HashSet<IpAddress>();
        pooled(world).forEach((name, addresses) -> {
            assertThat(addresses).as(name).isNotEmpty();
            var pool = world.pools.get(name.substring(0, name.indexOf('.')));
            for (var address : addresses) {
                assertThat(seen.add(address))
                        .as(() -> address + " has two owners: " + world.given())
                        .isTrue();
                assertThat(pool.ranges()).anyMatch(range -> range.contains(address));
                assertThat(pool.exclusions()).noneMatch(range -> range.contains(address));
                assertThat(world.taken).noneMatch(range -> range.contains(address));
            }
        });
        world.claims.forEach((key, claim) -> claim.given()
                .forEach(address -> assertThat(seen.add(address))
                        .as(() -> address + " of EgressRouter " + key + " has two owners: " + world.given()
                                + world.granted())
                        .isTrue()));
    }

    /** The objects are the memory. */
    @Property(tries = 200)
    void whoeverBeginsAnewInWhateverOrderDecidesTheSame(@ForAll("histories") List<Step> history, @ForAll long seed) {
        var world = new PoolWorld().put(pool("p", 0, List.of(), "10.0.0.0/28"));
        history.forEach(step -> {
            apply(step, world);
            world.settle();
        });
        world.namespaces("x", "y");
        var random = new Random(seed);
        var again = PoolAllocation.of(
                new PoolAllocation.World(
                        shuffled(world.pools, random),
                        shuffled(world.namespaces, random),
                        shuffled(world.objects, random),
                        world.claims,
                        Set.of(),
                        world.named,
                        shuffledList(world.taken, random)),
                world.now);

        assertThat(again.changes()).isEqualTo(world.allocation().changes());
        assertThat(again.states()).isEqualTo(world.allocation().states());
    }

    @Property(tries = 200)
    void aNamespaceAndARouterKeepTheirAddressesWhateverOthersDo(@ForAll("histories") List<Step> history) {
        var world = new PoolWorld().put(pool("p", 0, List.of(), "10.0.0.0/28"));
        world.namespaces.put("stays", new NamespaceInput("stays", Map.of()));
        world.router("stays/too", 1);
        world.settle();
        world.settle();
        for (var step : history) {
            // An EgressIP goes before routers, whoever was first.
            boolean isAnEgressIp = step.what().equals("user") && step.number() == 2;
            if (!List.of("exclude", "node").contains(step.what()) && !isAnEgressIp) {
                apply(step, world);
                world.settle();
            }
        }

        Assertions.assertThat(world.given()).containsEntry("p.stays", "10.0.0.1");
        Assertions.assertThat(world.granted()).containsEntry("stays/too", "10.0.0.2");
    }

    private static <T> List<T> shuffled(Map<String, T> map, Random random) {
        return shuffledList(List.copyOf(map.values()), random);
    }

    private static <T> List<T> shuffledList(List<T> list, Random random) {
        var copy = new ArrayList<>(list);
        Collections.shuffle(copy, random);
        return copy;
    }
}
