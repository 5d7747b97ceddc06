package io.ovnegress.reconciler.machine;

import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.feature.Wanted;
import io.ovnegress.reconciler.northbound.Owner;
import io.ovnegress.reconciler.northbound.RowChange;
import java.util.List;

/**
 * What a transaction changes for one owner. Holds what was planned from, and no words: whoever asks for them makes them.
 *
 * @param why whom the rows serve
 * @param before the owner's rows before
 */
public record Changed(Owner owner, Wanted.Why why, List<Row> before, List<RowChange> changes, Cause cause) {}
