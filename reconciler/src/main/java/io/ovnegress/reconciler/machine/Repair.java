package io.ovnegress.reconciler.machine;

import io.ovnegress.reconciler.northbound.Owner;
import io.ovnegress.reconciler.northbound.RowChange;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Somebody else has changed rows of ours, and they are put right again.
 *
 * @param egressIp the EgressIP that the rows serve, if it is one
 * @param times how often this owner was repaired lately, this time included
 * @param pause how long the next repair of this owner would wait
 * @param damage what was wrong, in words of ours: nothing that the other one wrote is repeated
 */
public record Repair(Owner owner, Optional<String> egressIp, int times, Duration pause, String damage) {
    /** More are counted, not told. */
    private static final int TOLD = 4;

    static String describe(List<RowChange> changes) {
        var words = new ArrayList<String>();
        for (var change : changes) {
            switch (change) {
                case RowChange.Insert(var row) -> words.add(row.table().name() + " " + row.name() + " was missing");
                case RowChange.Update(var row, var cells) ->
                    words.add(row.table().name() + " " + row.id() + " had another "
                            + String.join(
                                    ", ",
                                    cells.stream()
                                            .map(cell -> cell.column().name())
                                            .toList()));
                case RowChange.Attach(var attachment, var child) -> {
                    // Said of every row that is kept; what was wrong with it is said by the others.
                }
                case RowChange.Rely(var attachment) -> {
                    // Nothing was wrong there.
                }
                case RowChange.Detach(var attachment, var child) ->
                    words.add("row " + child + " did not belong into "
                            + attachment.column().name() + " of " + attachment.parent());
                case RowChange.Delete(var row) -> words.add(row.table().name() + " " + row.id() + " was not wanted");
                case RowChange.Members(var column, var row, var add, var remove) ->
                    words.add("%s of %s lacked %d and had %d too many"
                            .formatted(column.name(), row, add.size(), remove.size()));
            }
        }
        if (words.isEmpty()) {
            return "a row was not in its place";
        }
        var told = String.join("; ", words.subList(0, Math.min(TOLD, words.size())));
        return words.size() <= TOLD ? told : told + "; and " + (words.size() - TOLD) + " more";
    }
}
