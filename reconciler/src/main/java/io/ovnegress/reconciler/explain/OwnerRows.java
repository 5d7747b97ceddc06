package io.ovnegress.reconciler.explain;

import io.ovnegress.reconciler.northbound.DesiredRow;
import io.ovnegress.reconciler.northbound.Owner;
import java.util.List;

/** What the machine knows of the rows of an owner, for features that explain. */
public interface OwnerRows {

    /**
     * @param standing how far the rows are, as a reason of the machine's own closed set
     * @param settled whether all is in the database as it is to be in the end
     */
    record State(List<RowState> rows, Reason standing, boolean settled) {
        public State {
            rows = List.copyOf(rows);
        }
    }

    /** @param inTheEnd what the owner is to have when all steps of a change are done */
    State of(Owner owner, List<DesiredRow> inTheEnd);

    /** Of an owner of rows that all have in common the rows alone: its sets have as many members as there are pods. */
    State ofShared(Owner owner, List<DesiredRow> wanted);
}
