package io.ovnegress.reconciler;

import io.ovnegress.reconciler.feature.Feature;
import io.ovnegress.reconciler.input.InputChange;
import java.util.List;

/** What a controller does in a scenario beside egress IPs, of which no file knows: more features, and what happens to them. */
interface Beside {
    Beside NOTHING = List::of;

    /** Those that the machine has after its own. */
    List<Feature> features();

    /** Writes the rows that others have before the controller starts. */
    default void prepare(FakeNorthbound database) {}

    /** What is told in a step, the last word about each object. Asked once for each step, in their order. */
    default List<InputChange> inputs(int step) {
        return List.of();
    }

    /** Whether somebody changes rows in this step. */
    default boolean damages(int step) {
        return false;
    }

    default void damage(int step, FakeNorthbound database) {}

    /** Whether the database has what was asked for so far, and no more. */
    default void check(FakeNorthbound database) {}
}
