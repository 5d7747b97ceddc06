package io.ovnegress.reconciler.input;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.statistics.Statistics;

class IpAddressTest {

    @Property
    void everySpellingOfAnIpv6AddressIsTheSameAddress(@ForAll("groups") List<Integer> groups, @ForAll Random random) {
        assertThat(IpAddress.parse(spelled(groups, random)).map(IpAddress::text))
                .contains(canonical(groups));
    }

    @Property
    void anIpv4AddressIsItsOwnCanonicalText(
            @ForAll @IntRange(max = 255) int a,
            @ForAll @IntRange(max = 255) int b,
            @ForAll @IntRange(max = 255) int c,
            @ForAll @IntRange(max = 255) int d) {
        var text = a + "." + b + "." + c + "." + d;

        assertThat(IpAddress.parse(text)).contains(new IpAddress(text));
        assertThat(IpAddress.parse("::ffff:" + text)).contains(new IpAddress(text));
        assertThat(new IpAddress(text).bytes()).containsExactly(a, b, c, d);
        assertThat(new IpAddress(text).family()).isEqualTo(IpFamily.V4);
    }

    @Property
    void aDamagedAddressIsRefusedOrAnotherCanonicalAddress(
            @ForAll("groups") List<Integer> groups,
            @ForAll("damage") String damage,
            @ForAll @IntRange(max = 39) int position,
            @ForAll Random random) {
        var text = new StringBuilder(spelled(groups, random));
        int at = position % text.length();
        text.replace(at, at + random.nextInt(2), damage);

        var address = IpAddress.parse(text.toString());

        Statistics.label("parses").collect(address.isPresent());
        address.ifPresent(parsed -> {
            assertThat(text.toString()).matches("[0-9a-fA-F:.]+");
            assertThat(IpAddress.parse(parsed.text())).contains(parsed);
        });
    }

    @Example
    void textsThatAreNoAddressesAreRefused() {
        for (var text : List.of(
                "",
                " ",
                "homer",
                "example.org",
                "192.168.126",
                "192.168.126.",
                "192.168.126.256",
                "192.168.126.1.1",
                "192.168.126.100/24",
                "192.168.126.0100",
                "192.168.126.01",
                "0xc0.168.126.1",
                " 192.168.126.100",
                "192.168.126.100\n",
                "192.168.126.100:80",
                "-1.0.0.0",
                "fd00::1/64",
                "fe80::1%eth0",
                "192.168.126.1%eth0",
                "[fd00::1]",
                ":",
                ":::",
                "1::2::3",
                "1:2:3:4:5:6:7",
                "1:2:3:4:5:6:7:8:9",
                "1:2:3:4:5:6:7::8:9",
                "12345::",
                "g::",
                "::1.2.3",
                "::1.2.3.4.5",
                "::01.2.3.4",
                "1.2.3.4::")) {
            assertThat(IpAddress.parse(text)).as(text).isEqualTo(Optional.empty());
        }
    }

    @Example
    void theFamilyIsThatOfTheCanonicalText() {
        assertThat(IpAddress.parse("::ffff:c0a8:7e64").orElseThrow().family()).isEqualTo(IpFamily.V4);
        assertThat(IpAddress.parse("::192.168.126.100").orElseThrow())
                .isEqualTo(new IpAddress("::c0a8:7e64"))
                .extracting(IpAddress::family)
                .isEqualTo(IpFamily.V6);
    }

    @Provide
    Arbitrary<List<Integer>> groups() {
        var group = Arbitraries.frequencyOf(
                Tuple.of(3, Arbitraries.just(0)),
                Tuple.of(1, Arbitraries.just(0xffff)),
                Tuple.of(2, Arbitraries.integers().between(0, 0xffff)));
        return group.list().ofSize(8);
    }

    @Provide
    Arbitrary<String> damage() {
        return Arbitraries.strings().withChars("09aF:.%/ g").ofMaxLength(2);
    }

    /** Any text that RFC 4291, section 2.2, allows for the address. */
    private static String spelled(List<Integer> groups, Random random) {
        boolean dotted = random.nextInt(4) == 0;
        int written = dotted ? 6 : 8;
        int from = random.nextInt(written);
        int to = from;
        while (to < written && groups.get(to) == 0 && random.nextInt(5) > 0) {
            to++;
        }
        var tail = dotted
                ? "%d.%d.%d.%d"
                        .formatted(groups.get(6) >> 8, groups.get(6) & 0xff, groups.get(7) >> 8, groups.get(7) & 0xff)
                : "";
        var head = hex(groups.subList(0, from), random);
        var rest = hex(groups.subList(to, written), random);
        var end = dotted && !rest.isEmpty() ? rest + ":" + tail : rest + tail;
        return to > from ? head + "::" + end : head.isEmpty() ? end : head + ":" + end;
    }

    private static String hex(List<Integer> groups, Random random) {
        return groups.stream()
                .map(group -> {
                    var digits = Integer.toHexString(group);
                    var padded = "0".repeat(random.nextInt(5 - digits.length())) + digits;
                    return random.nextBoolean() ? padded.toUpperCase(Locale.ROOT) : padded;
                })
                .collect(Collectors.joining(":"));
    }

    /** RFC 5952, section 4, written independently: the longest run of at least two zero groups, the first of equals. */
    private static String canonical(List<Integer> groups) {
        if (groups.subList(0, 5).stream().allMatch(group -> group == 0) && groups.get(5) == 0xffff) {
            return "%d.%d.%d.%d"
                    .formatted(groups.get(6) >> 8, groups.get(6) & 0xff, groups.get(7) >> 8, groups.get(7) & 0xff);
        }
        int longest = 1;
        int start = -1;
        for (int from = 0; from < 8; from++) {
            int to = from;
            while (to < 8 && groups.get(to) == 0) {
                to++;
            }
            if (to - from > longest) {
                longest = to - from;
                start = from;
            }
        }
        return start < 0 ? plain(groups, 0, 8) : plain(groups, 0, start) + "::" + plain(groups, start + longest, 8);
    }

    private static String plain(List<Integer> groups, int from, int to) {
        return IntStream.range(from, to)
                .mapToObj(i -> Integer.toHexString(groups.get(i)))
                .collect(Collectors.joining(":"));
    }
}
