package io.ovnegress.reconciler.northbound;

import io.ovnegress.ovsdb.row.Row;
import java.util.Optional;

/** What rows of ours say about themselves in {@code external_ids}, whatever the feature. */
public final class Marks {
    /** Which feature the row is of: nobody else looks at it. */
    public static final String FEATURE_KEY = "ovn-egress.io/feature";
    /** What the row is, unique for each row of ours. */
    public static final String ID_KEY = "ovn-egress.io/id";
    /** Whom the row is for. */
    public static final String OWNER_KEY = "ovn-egress.io/owner";

    private Marks() {}

    /** The feature that the row names; empty for rows of others, and for ours of a time when they named none. */
    public static Optional<String> featureOf(Row row) {
        return row.table()
                .externalIds()
                .filter(row::knows)
                .map(externalIds -> row.get(externalIds).get(FEATURE_KEY));
    }
}
