package io.ovnegress.reconciler.feature.egressrouter;

import com.google.common.base.Splitter;
import io.ovnegress.ovsdb.nb.LoadBalancer;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.explain.Destination;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.northbound.DesiredRow;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What load balancers of a router make of what is sent there: those that are there, and those that are to be. Pure. */
record Balancers(List<Balancer> all) {
    /** Those that an egress router's destinations may have. */
    private static final List<String> PROTOCOLS = List.of("tcp", "udp");

    /** @param vips as the database has them */
    private record Balancer(Set<String> protocol, Map<String, String> vips) {}

    static Balancers of(Stream<Row> rows) {
        return new Balancers(rows.filter(row -> row.table() == LoadBalancer.TABLE)
                .map(row -> new Balancer(row.get(LoadBalancer.PROTOCOL), row.get(LoadBalancer.VIPS)))
                .toList());
    }

    @SuppressWarnings("unchecked") // the columns' types
    static Balancers wanted(List<DesiredRow> rows) {
        return new Balancers(rows.stream()
                .filter(row -> row.table() == LoadBalancer.TABLE)
                .map(DesiredRow::cells)
                .map(cells -> new Balancer((Set<String>) value(cells, LoadBalancer.PROTOCOL), (Map<String, String>)
                        value(cells, LoadBalancer.VIPS)))
                .toList());
    }

    private static Object value(List<Cell<?>> cells, Column<?> column) {
        return cells.stream()
                .filter(cell -> cell.column() == column)
                .findFirst()
                .<Object>map(Cell::value)
                .orElseGet(column::defaultValue);
    }

    boolean isEmpty() {
        return all.isEmpty();
    }

    /**
     * All that may be meant: each is taken in another way. What is said of protocol and port stays; a port that is empty is one that no
     * load balancer lists.
     */
    List<Destination> meant(Destination to) {
        var meant = new ArrayList<Destination>();
        for (var protocol : to.protocol().map(List::of).orElse(PROTOCOLS)) {
            meant.add(new Destination(to.address(), to.port(), Optional.of(protocol)));
            if (to.port().isEmpty()) {
                ports(to.address(), protocol)
                        .forEach(port ->
                                meant.add(new Destination(to.address(), Optional.of(port), Optional.of(protocol))));
            }
        }
        return meant;
    }

    private Stream<Integer> ports(IpAddress address, String protocol) {
        var prefix = address.withPort(1).substring(0, address.withPort(1).length() - 1);
        return all.stream()
                .filter(balancer -> balancer.protocol().contains(protocol))
                .flatMap(balancer -> balancer.vips().keySet().stream())
                .filter(vip -> vip.startsWith(prefix))
                .map(vip -> Integer.valueOf(vip.substring(prefix.length())))
                .sorted();
    }

    /**
     * Where it goes that is sent to such a port: nowhere, and it is refused, if there are none; empty if no load balancer takes it. What
     * takes all ports takes those that are not listed.
     *
     * @param to with a protocol
     */
    Optional<Set<String>> behind(Destination to) {
        var listed = to.port()
                .flatMap(port -> all.stream()
                        .filter(balancer ->
                                balancer.protocol().contains(to.protocol().orElseThrow()))
                        .flatMap(balancer -> entry(balancer, to.address().withPort(port)))
                        .findFirst());
        return listed.or(() -> all.stream()
                        .flatMap(balancer -> entry(balancer, to.address().text()))
                        .findFirst())
                .map(text ->
                        Splitter.on(',').omitEmptyStrings().splitToStream(text).collect(Collectors.toSet()));
    }

    private static Stream<String> entry(Balancer balancer, String vip) {
        return Optional.ofNullable(balancer.vips().get(vip)).stream();
    }

    /** The destination of what is sent on, with its port if that is another one. */
    static Destination translated(Destination to, String behind) {
        var there = Destination.parse(behind).orElseThrow();
        return new Destination(there.address(), there.port().or(to::port), to.protocol());
    }
}
