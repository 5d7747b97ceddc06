package io.ovnegress.reconciler.explain;

import io.ovnegress.reconciler.input.IpAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * An answer: one sentence, and what it follows from. What consists of several things, such as a pod with two addresses, is
 * explained by parts. The same for every question, so that whoever shows answers need not know what there is to ask.
 *
 * @param kind of what is explained: {@code pod}, {@code address}, {@code egressip}, ...
 * @param answer for people
 * @param facts what is known of it, in the order in which it is told
 * @param now how packets leave under the rows in the database; empty if it is nothing that sends packets
 * @param wanted how they are to leave
 * @param reasons in the order in which they decide
 * @param rows that take part
 */
public record Explanation(
        String kind,
        String name,
        String answer,
        Map<String, String> facts,
        Optional<Departure> now,
        Optional<Departure> wanted,
        List<Reason> reasons,
        List<RowState> rows,
        List<Explanation> parts) {
    public Explanation {
        facts = Collections.unmodifiableMap(new LinkedHashMap<>(facts));
        reasons = List.copyOf(reasons);
        rows = List.copyOf(rows);
        parts = List.copyOf(parts);
    }

    /** What follows from reasons, about nothing that sends packets itself. */
    public Explanation(
            String kind,
            String name,
            String answer,
            Map<String, String> facts,
            List<Reason> reasons,
            List<Explanation> parts) {
        this(kind, name, answer, facts, Optional.empty(), Optional.empty(), reasons, List.of(), parts);
    }

    /** What another feature says of the same; one that has nothing to answer, but reasons, leaves the answer empty. */
    public Explanation and(Explanation other) {
        var all = new LinkedHashMap<>(facts);
        all.putAll(other.facts);
        return new Explanation(
                kind,
                name,
                other.answer.isEmpty() || answer.isEmpty() ? answer + other.answer : answer + "; " + other.answer,
                all,
                now.or(() -> other.now),
                wanted.or(() -> other.wanted),
                both(reasons, other.reasons),
                both(rows, other.rows),
                both(parts, other.parts));
    }

    /** The same where features have more on the way of a packet to this destination: by the addresses that it is sent from. */
    public Explanation passing(Destination to, Function<IpAddress, List<Passage>> passages) {
        var passed = parts.stream()
                .map(part -> part.now.isEmpty()
                        ? part
                        : IpAddress.parse(part.name)
                                .map(source -> part.passing(passages.apply(source)))
                                .orElse(part))
                .toList();
        if (passed.equals(parts)) {
            return this;
        }
        var answers = passed.stream().filter(part -> part.now.isPresent()).toList();
        return new Explanation(
                kind,
                name,
                "to " + to + ": "
                        + answers.stream()
                                .map(part -> answers.size() == 1 ? part.answer : part.name + " " + part.answer)
                                .collect(Collectors.joining("; ")),
                facts,
                now,
                wanted,
                reasons,
                rows,
                passed);
    }

    private Explanation passing(List<Passage> passages) {
        if (passages.isEmpty()) {
            return this;
        }
        var before = new ArrayList<Reason>();
        var after = new ArrayList<Reason>();
        var there = now.orElseThrow();
        var decided = wanted.orElseThrow();
        for (var passage :
                passages.stream().sorted(Comparator.comparing(Passage::station)).toList()) {
            (passage.station() == Passage.Station.POD_SWITCH ? before : after).addAll(passage.reasons());
            there = passage.station().then(there, passage.now());
            decided = passage.station().then(decided, passage.wanted());
        }
        before.addAll(reasons);
        before.addAll(after);
        boolean isSame = now.equals(Optional.of(there)) && wanted.equals(Optional.of(decided));
        return new Explanation(
                kind,
                name,
                isSame ? answer : Departure.sentence(there, decided),
                facts,
                Optional.of(there),
                Optional.of(decided),
                before,
                rows,
                parts);
    }

    private static <T> List<T> both(List<T> some, List<T> others) {
        return Stream.concat(some.stream(), others.stream()).toList();
    }

    /** Facts in the order in which they are added. */
    public static final class Facts {
        private final Map<String, String> facts = new LinkedHashMap<>();

        public Facts with(String name, Object value) {
            facts.put(name, value.toString());
            return this;
        }

        public Map<String, String> map() {
            return facts;
        }
    }

    /** The reasons of this one and of all its parts. */
    public List<Reason> allReasons() {
        var all = new ArrayList<>(reasons);
        parts.forEach(part -> all.addAll(part.allReasons()));
        return all;
    }
}
