package io.ovnegress.controller.history;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.base.Splitter;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/** The moments of a history that people look for first, and not every row that follows from them. */
public record Moments(Set<Kind> kinds) {
    public static final Moments ALL = new Moments(EnumSet.allOf(Kind.class));
    public static final String WORDS = "decision, repair, refusal";

    /** What a moment was. */
    public enum Kind {
        /** Something was decided, or happened. */
        DECISION,
        /** Rows were put right that somebody else had changed. */
        REPAIR,
        /** Rows did not get into the database. */
        REFUSAL
    }

    public Moments {
        kinds = Set.copyOf(kinds);
    }

    /** Of words with commas; empty if one of them is none. */
    public static Optional<Moments> of(String words) {
        var kinds = EnumSet.noneOf(Kind.class);
        for (var word : Splitter.on(',').trimResults().split(words)) {
            switch (word) {
                case "decision" -> kinds.add(Kind.DECISION);
                case "repair" -> kinds.add(Kind.REPAIR);
                case "refusal" -> kinds.add(Kind.REFUSAL);
                default -> {
                    return Optional.empty();
                }
            }
        }
        return Optional.of(new Moments(kinds));
    }

    boolean has(History.Entry entry) {
        return switch (entry) {
            case History.Line line -> kinds.contains(Kind.DECISION);
            case History.Rows rows ->
                (kinds.contains(Kind.REPAIR) && rows.repair().isPresent())
                        || (kinds.contains(Kind.REFUSAL) && rows.isRefused());
        };
    }

    /** The same of one as it is read from a file. */
    boolean has(JsonNode entry) {
        if (entry.path("kind").asText().equals("decision")) {
            return kinds.contains(Kind.DECISION);
        }
        return (kinds.contains(Kind.REPAIR) && entry.at("/cause/kind").asText().equals("Repair"))
                || (kinds.contains(Kind.REFUSAL)
                        && !entry.path("outcome").asText().equals("committed"));
    }
}
