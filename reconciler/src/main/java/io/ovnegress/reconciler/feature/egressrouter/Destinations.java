package io.ovnegress.reconciler.feature.egressrouter;

import io.ovnegress.reconciler.feature.egressrouter.Destination.Target;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * All destinations of an egress router.
 *
 * @param fallback where all other ports go, each to its own number; empty: they are refused
 */
public record Destinations(List<Destination> listed, Optional<Target> fallback) {
    public static final Destinations NONE = new Destinations(List.of(), Optional.empty());

    public Destinations {
        listed = List.copyOf(listed);
    }

    public boolean isEmpty() {
        return listed.isEmpty() && fallback.isEmpty();
    }

    /** Both; of two fallbacks the first. What is wrong with that, {@link #errors} says. */
    public Destinations and(Destinations more) {
        var all = new ArrayList<>(listed);
        all.addAll(more.listed);
        return new Destinations(all, fallback.or(more::fallback));
    }

    /** The ports that are listed more than once, whatever the protocols, in words. */
    public List<String> errors() {
        var seen = new HashSet<Integer>();
        var twice = new TreeSet<Integer>();
        listed.forEach(each -> {
            if (!seen.add(each.port())) {
                twice.add(each.port());
            }
        });
        return twice.stream()
                .map(port -> "port " + port + " is listed more than once, it must be unique across protocols")
                .toList();
    }

    /** Where packets go, the fallback last. */
    public Stream<Target> targets() {
        return Stream.concat(listed.stream().map(Destination::to), fallback.stream());
    }

    /** The host names among them. */
    public Set<String> names() {
        return targets()
                .filter(Target.Name.class::isInstance)
                .map(target -> ((Target.Name) target).name())
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
