package io.ovnegress.controller.names;

import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.ExtendedResolver;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Resolver;
import org.xbill.DNS.SOARecord;
import org.xbill.DNS.Section;
import org.xbill.DNS.SimpleResolver;
import org.xbill.DNS.TextParseException;
import org.xbill.DNS.Type;

/** Asks DNS servers for the addresses of a name, and how long the answer is good for. Any thread; blocks. */
final class NameLookup {
    private static final Duration TIMEOUT = Duration.ofSeconds(2);

    private final Resolver resolver;

    private NameLookup(Resolver resolver) {
        this.resolver = resolver;
    }

    /** @param servers asked in this order; none: those of {@code /etc/resolv.conf} */
    static NameLookup at(List<InetSocketAddress> servers) {
        var resolver = servers.isEmpty()
                ? new ExtendedResolver()
                : new ExtendedResolver(servers.stream()
                        .map(server -> (Resolver) new SimpleResolver(server))
                        .toList());
        for (var each : resolver.getResolvers()) {
            each.setTimeout(TIMEOUT);
        }
        resolver.setTimeout(TIMEOUT.multipliedBy(resolver.getResolvers().length + 1));
        resolver.setRetries(2);
        return new NameLookup(resolver);
    }

    /** What came of a question. */
    sealed interface Answer {
        /**
         * The addresses are these.
         *
         * @param goodFor empty if the answer does not say
         */
        record Addresses(Set<IpAddress> addresses, Optional<Duration> goodFor) implements Answer {}

        /** They are not known. */
        record Failed(String why) implements Answer {}
    }

    Answer ask(String name, IpFamily family) throws InterruptedException {
        try {
            var question = Record.newRecord(
                    Name.fromString(name, Name.root), family == IpFamily.V4 ? Type.A : Type.AAAA, DClass.IN);
            var answer = resolver.send(Message.newQuery(question));
            int code = answer.getRcode();
            return code == Rcode.NOERROR || code == Rcode.NXDOMAIN
                    ? new Answer.Addresses(addresses(answer), goodFor(answer))
                    : new Answer.Failed(Rcode.string(code));
        } catch (TextParseException e) {
            return new Answer.Failed("no host name: " + e.getMessage());
        } catch (IOException e) {
            if (Thread.currentThread().isInterrupted() || e.getCause() instanceof InterruptedException) {
                throw new InterruptedException();
            }
            return new Answer.Failed("no DNS server answers: " + e.getMessage());
        }
    }

    /** Those of the name that others lead to, too: servers answer with the whole way. */
    private static Set<IpAddress> addresses(Message answer) {
        var found = new TreeSet<IpAddress>();
        for (var each : answer.getSection(Section.ANSWER)) {
            var address = switch (each) {
                case ARecord a -> Optional.of(a.getAddress());
                case AAAARecord aaaa -> Optional.of(aaaa.getAddress());
                default -> Optional.<InetAddress>empty();
            };
            address.flatMap(there -> IpAddress.parse(there.getHostAddress())).ifPresent(found::add);
        }
        return found;
    }

    /** That of the record that goes first; of an answer without one, what the zone says of such answers (RFC 2308). */
    private static Optional<Duration> goodFor(Message answer) {
        var records = answer.getSection(Section.ANSWER);
        var seconds = records.isEmpty()
                ? answer.getSection(Section.AUTHORITY).stream()
                        .filter(SOARecord.class::isInstance)
                        .map(soa -> Math.min(soa.getTTL(), ((SOARecord) soa).getMinimum()))
                        .findFirst()
                : records.stream().map(Record::getTTL).min(Long::compare);
        return seconds.map(Duration::ofSeconds);
    }
}
