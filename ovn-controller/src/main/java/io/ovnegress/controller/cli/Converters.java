package io.ovnegress.controller.cli;

import com.google.common.net.HostAndPort;
import com.google.common.net.InetAddresses;
import io.ovnegress.controller.ovsdb.NbRemote;
import io.ovnegress.reconciler.feature.egressip.EgressForm;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.IpNetwork;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** What a flag's text may be. Each message says what is allowed; the flag and the text are put in front of it. */
final class Converters {
    private Converters() {}

    private static TypeConversionException mustBe(String allowed) {
        return new TypeConversionException("must be " + allowed);
    }

    /** Go's way of writing a boolean flag's value out. */
    static final class Truth implements ITypeConverter<Boolean> {
        @Override
        public Boolean convert(String text) {
            return switch (text) {
                case "true" -> true;
                case "false" -> false;
                default -> throw mustBe("true or false");
            };
        }
    }

    /** As in {@code spec.form}. */
    static final class Form implements ITypeConverter<EgressForm.Kind> {
        @Override
        public EgressForm.Kind convert(String text) {
            return switch (text) {
                case "PerPod" -> EgressForm.Kind.PER_POD;
                case "Router" -> EgressForm.Kind.ROUTER;
                default -> throw mustBe("PerPod or Router");
            };
        }
    }

    /** Two ports with a dash between them, as OVN and ovnkube write them. */
    static final class PortRange implements ITypeConverter<String> {
        private static final Pattern FORM = Pattern.compile("([1-9][0-9]{0,4})-([1-9][0-9]{0,4})");
        private static final int LAST_PORT = 65535;

        @Override
        public String convert(String text) {
            var range = FORM.matcher(text);
            if (!range.matches()
                    || Integer.parseInt(range.group(1)) > Integer.parseInt(range.group(2))
                    || Integer.parseInt(range.group(2)) > LAST_PORT) {
                throw mustBe("two ports, the first not above the last, such as 32768-60999");
            }
            return text;
        }
    }

    /** A file that is there. */
    static final class ReadableFile implements ITypeConverter<Path> {
        @Override
        public Path convert(String text) {
            var path = Path.of(text);
            if (!Files.isRegularFile(path) || !Files.isReadable(path)) {
                throw mustBe("a file that can be read");
            }
            return path;
        }
    }

    /** One or more places of the database. */
    static final class NbRemotes implements ITypeConverter<List<NbRemote>> {
        @Override
        public List<NbRemote> convert(String text) {
            try {
                return NbRemote.parseList(text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }

    /**
     * ovnkube's {@code CIDR[/HOSTLEN]}, comma separated. Host lengths are checked as ovnkube checks them but not kept: they
     * say how the subnet is cut up between the nodes, which is not ours to decide.
     */
    static final class ClusterSubnets implements ITypeConverter<List<IpNetwork>> {
        private static final int IPV4_HOST_LENGTH = 24;
        private static final int IPV6_HOST_LENGTH = 64;

        @Override
        public List<IpNetwork> convert(String text) {
            var subnets = new ArrayList<IpNetwork>();
            for (var entry : text.split(",", -1)) {
                var subnet = subnet(entry.strip());
                if (subnets.stream().anyMatch(subnet::overlaps)) {
                    throw new TypeConversionException(subnet + " overlaps another entry");
                }
                subnets.add(subnet);
            }
            return subnets;
        }

        private static IpNetwork subnet(String entry) {
            var parts = entry.split("/", -1);
            if (parts.length < 2 || parts.length > 3) {
                throw mustBe("CIDR/HOSTLEN entries separated by commas, such as 10.128.0.0/14/23 or fd01::/48");
            }
            var subnet = IpNetwork.parse(parts[0] + "/" + parts[1])
                    .map(Converters::masked)
                    .orElseThrow(
                            () -> mustBe("CIDR/HOSTLEN entries, and " + parts[0] + "/" + parts[1] + " is no CIDR"));
            int hostLength = switch (subnet.family()) {
                case V4 -> parts.length == 3 ? number(parts[2]) : IPV4_HOST_LENGTH;
                case V6 -> parts.length == 3 ? number(parts[2]) : IPV6_HOST_LENGTH;
            };
            if (subnet.family() == IpFamily.V6 && hostLength != IPV6_HOST_LENGTH) {
                throw new TypeConversionException(
                        "the host length of " + subnet + " must be 64, as of every IPv6 subnet");
            }
            if (hostLength <= subnet.prefixLength()
                    || hostLength > subnet.family().bits()) {
                throw new TypeConversionException("the host length of " + subnet + " must be "
                        + (subnet.prefixLength() + 1) + "-" + subnet.family().bits());
            }
            return subnet;
        }

        private static int number(String text) {
            try {
                return Integer.parseInt(text);
            } catch (NumberFormatException e) {
                throw mustBe("CIDR/HOSTLEN entries, and " + text + " is no number");
            }
        }
    }

    /** Subnets of either family, comma separated. */
    static final class Subnets implements ITypeConverter<List<IpNetwork>> {
        @Override
        public List<IpNetwork> convert(String text) {
            return Arrays.stream(text.split(",", -1))
                    .map(entry -> IpNetwork.parse(entry.strip())
                            .map(Converters::masked)
                            .orElseThrow(() -> mustBe(
                                    "subnets separated by commas, such as 172.30.0.0/16 or 10.96.0.0/16,fd02::/112")))
                    .toList();
        }
    }

    /** A subnet of the given family. */
    private static IpNetwork subnet(String text, IpFamily family, String allowed) {
        return IpNetwork.parse(text)
                .filter(network -> network.family() == family)
                .map(Converters::masked)
                .orElseThrow(() -> mustBe(allowed));
    }

    static final class Ipv4Subnet implements ITypeConverter<IpNetwork> {
        @Override
        public IpNetwork convert(String text) {
            return subnet(text, IpFamily.V4, "an IPv4 subnet, such as 100.64.0.0/16");
        }
    }

    static final class Ipv6Subnet implements ITypeConverter<IpNetwork> {
        @Override
        public IpNetwork convert(String text) {
            return subnet(text, IpFamily.V6, "an IPv6 subnet, such as fd98::/64");
        }
    }

    /** Addresses of DNS servers, with a port where it is not the usual one. */
    static final class DnsServers implements ITypeConverter<List<InetSocketAddress>> {
        private static final int DNS_PORT = 53;

        @Override
        public List<InetSocketAddress> convert(String text) {
            return Arrays.stream(text.split(",", -1))
                    .map(String::strip)
                    .map(DnsServers::server)
                    .toList();
        }

        private static InetSocketAddress server(String text) {
            try {
                var parsed = HostAndPort.fromString(text).withDefaultPort(DNS_PORT);
                if (InetAddresses.isInetAddress(parsed.getHost())) {
                    return new InetSocketAddress(InetAddresses.forString(parsed.getHost()), parsed.getPort());
                }
            } catch (IllegalArgumentException e) {
                throw mustBe("addresses separated by commas, such as 10.96.0.10 or [fd02::a]:5353");
            }
            throw mustBe("addresses separated by commas, such as 10.96.0.10 or [fd02::a]:5353");
        }
    }

    /** Where to listen, if anywhere. */
    record BindTo(Optional<InetSocketAddress> address) {
        static BindTo of(InetSocketAddress address) {
            return new BindTo(Optional.of(address));
        }
    }

    /** An address to listen on; an empty text is none. */
    static final class BindAddress implements ITypeConverter<BindTo> {
        @Override
        public BindTo convert(String text) {
            if (text.isEmpty()) {
                return new BindTo(Optional.empty());
            }
            try {
                var parsed = HostAndPort.fromString(text).requireBracketsForIPv6();
                var host = parsed.getHost();
                if (host.isEmpty()) {
                    return BindTo.of(new InetSocketAddress(parsed.getPort()));
                }
                if (InetAddresses.isInetAddress(host)) {
                    return BindTo.of(new InetSocketAddress(InetAddresses.forString(host), parsed.getPort()));
                }
            } catch (IllegalArgumentException | IllegalStateException e) {
                throw mustBe("ADDRESS:PORT, :PORT for every address, or empty for nowhere");
            }
            throw mustBe("ADDRESS:PORT, :PORT for every address, or empty for nowhere");
        }
    }

    /** ovnkube's numbers, or a name. */
    static final class LogLevels implements ITypeConverter<LogLevel> {
        @Override
        public LogLevel convert(String text) {
            return switch (text.toLowerCase(Locale.ROOT)) {
                case "0", "1", "error" -> LogLevel.ERROR;
                case "2", "warn" -> LogLevel.WARN;
                case "3", "4", "info" -> LogLevel.INFO;
                case "5", "debug" -> LogLevel.DEBUG;
                case "trace" -> LogLevel.TRACE;
                default -> throw mustBe("error, warn, info, debug, trace, or a number 0-5");
            };
        }
    }

    private static int number(String text, int least, int most) {
        try {
            int number = Integer.parseInt(text);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw mustBe("a number " + least + "-" + most);
        }
        throw mustBe("a number " + least + "-" + most);
    }

    static final class RowLimit implements ITypeConverter<Integer> {
        @Override
        public Integer convert(String text) {
            return number(text, 1, 10_000);
        }
    }

    /** Milliseconds between messages of BFD: ovn-controller's CPU is the limit below, patience the one above. */
    static final class BfdInterval implements ITypeConverter<Duration> {
        @Override
        public Duration convert(String text) {
            return Duration.ofMillis(number(text, 50, 10_000));
        }
    }

    /** A port, or 0 for none. */
    static final class PortOrNone implements ITypeConverter<Integer> {
        @Override
        public Integer convert(String text) {
            return number(text, 0, 65_535);
        }
    }

    static final class Attempts implements ITypeConverter<Integer> {
        @Override
        public Integer convert(String text) {
            return number(text, 1, 100);
        }
    }

    /** Whole seconds without a unit, as ovnkube has them. */
    static final class Seconds implements ITypeConverter<Duration> {
        @Override
        public Duration convert(String text) {
            return Duration.ofSeconds(number(text, 0, 3600));
        }
    }

    /** A time that is not zero. */
    static final class Period implements ITypeConverter<Duration> {
        @Override
        public Duration convert(String text) {
            var time = Time.TIME.matcher(text).matches() ? new Time().convert(text) : Duration.ZERO;
            if (time.isZero()) {
                throw mustBe("a time such as 250ms, 1s or 1m");
            }
            return time;
        }
    }

    /** An amount of memory. */
    static final class Size implements ITypeConverter<Long> {
        private static final Pattern SIZE = Pattern.compile("(\\d{1,6})(k|M)");
        private static final long KIBI = 1024;

        @Override
        public Long convert(String text) {
            var size = SIZE.matcher(text);
            if (!size.matches()) {
                throw mustBe("a size such as 512k or 8M");
            }
            return Long.parseLong(size.group(1)) * (size.group(2).equals("k") ? KIBI : KIBI * KIBI);
        }
    }

    /** A time in seconds, minutes or milliseconds. */
    static final class Time implements ITypeConverter<Duration> {
        private static final Pattern TIME = Pattern.compile("(\\d{1,6})(ms|s|m)");

        @Override
        public Duration convert(String text) {
            if (text.equals("0")) {
                return Duration.ZERO;
            }
            var match = TIME.matcher(text);
            if (!match.matches()) {
                throw mustBe("a time such as 30s, 1m or 500ms, or 0 for never");
            }
            long amount = Long.parseLong(match.group(1));
            return switch (match.group(2)) {
                case "ms" -> Duration.ofMillis(amount);
                case "s" -> Duration.ofSeconds(amount);
                default -> Duration.ofMinutes(amount);
            };
        }
    }

    /** The network without host bits, in canonical text, as Go's {@code net.ParseCIDR} gives it to ovnkube. */
    static IpNetwork masked(IpNetwork network) {
        var address = InetAddresses.forString(network.address().text());
        int hostBits = network.family().bits() - network.prefixLength();
        var bits = InetAddresses.toBigInteger(address).shiftRight(hostBits).shiftLeft(hostBits);
        var base = network.family() == IpFamily.V4
                ? InetAddresses.fromIPv4BigInteger(bits)
                : InetAddresses.fromIPv6BigInteger(bits);
        var text = InetAddresses.toAddrString(base) + "/" + network.prefixLength();
        return IpNetwork.parse(text).orElseThrow();
    }
}
