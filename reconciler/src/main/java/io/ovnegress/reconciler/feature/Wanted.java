package io.ovnegress.reconciler.feature;

import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.ovsdb.row.Table;
import io.ovnegress.reconciler.feature.Installed.Reach;
import io.ovnegress.reconciler.northbound.Attachment;
import io.ovnegress.reconciler.northbound.DesiredRow;
import io.ovnegress.reconciler.northbound.Member;
import io.ovnegress.reconciler.northbound.Owner;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * What is to be in the database for one owner, and what it depends on. A value: the same world gives the same.
 *
 * @param rows as they should be now
 * @param members of shared sets, as they should be
 * @param present what there is of the owner's, to be made that
 * @param relies parents without which a change of these rows makes no sense, though nothing changes there
 * @param needs rows of other owners that must be there, or come in the same transaction
 * @param holds by resource the one place where it is to be
 * @param together owners that must change in the same transaction, if this one does
 * @param basis what of the inputs and of others' rows it follows from: as long as that is equal, the same is wanted
 * @param next what these rows and members have to reach before something else is wanted; empty if nothing else is
 * @param why where it comes from
 */
public record Wanted(
        List<DesiredRow> rows,
        List<Member<?>> members,
        Present present,
        List<Attachment> relies,
        List<Need> needs,
        Map<String, UUID> holds,
        Set<Owner> together,
        Object basis,
        Optional<Step> next,
        Why why) {

    /**
     * What is wanted is not the end of it yet.
     *
     * @param table which of the owner's rows must have come so far before the next step
     * @param reach how far
     * @param serves whether what users have asked for is in the database with this one already
     */
    public record Step(Table table, Reach reach, boolean serves) {}

    /** @param members of shared sets that are this owner's */
    public record Present(List<Row> rows, List<Member<?>> members) {}

    /** A row of another owner. */
    public record Need(Owner owner, Table table, UUID row) {}

    /** Where a wish comes from: every feature has a closed vocabulary of its own. */
    public interface Why {
        /** The object for which the rows are, by the name that the log and users know it by; empty for none or all. */
        Optional<String> object();

        /**
         * What the log calls those whose rows are written: the object, and those whose rows were there before.
         *
         * @param rows what there was of the owner's
         */
        default Set<String> subjects(List<Row> rows) {
            return object().map(Set::of).orElse(Set.of());
        }

        /** The pod that they are for, or were, if it is one; likewise. */
        default Optional<String> pod(List<Row> rows) {
            return Optional.empty();
        }
    }

    /** These rows, and nothing besides. */
    public static Wanted rows(List<DesiredRow> rows, List<Row> present, Why why) {
        return new Wanted(
                rows,
                List.of(),
                new Present(present, List.of()),
                List.of(),
                List.of(),
                Map.of(),
                Set.of(),
                rows,
                Optional.empty(),
                why);
    }

    /** Whether users have what they asked for as soon as this is in the database. */
    public boolean serves() {
        return next.map(Step::serves).orElse(true);
    }

    /** Another number if something else is wanted than before: inputs or routers have changed then, not just rows of ours. */
    public int fingerprint() {
        return basis.hashCode();
    }
}
