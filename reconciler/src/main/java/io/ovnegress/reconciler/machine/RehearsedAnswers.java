package io.ovnegress.reconciler.machine;

import io.ovnegress.ovsdb.nb.NbGlobal;
import io.ovnegress.ovsdb.replica.RowUpdate;
import io.ovnegress.ovsdb.replica.TableUpdates;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Row;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * An ovn-northd and chassis that answer the machine of a rehearsal how far rows have come, as the real ones did lately: as soon, or not
 * at all. Not thread safe.
 */
final class RehearsedAnswers {
    /** What took nearly as long is taken to have taken the same: a plan that is made again is to come to the same. */
    private static final Duration FINEST = Duration.ofMillis(50);
    /** Longer than whoever is silent is waited for, and than anything takes that is announced. */
    private static final Duration LONG = Installation.NORTHD_LIMIT.multipliedBy(2);

    private static final Duration MOMENT = Duration.ofSeconds(1);

    private final Reconciler machine;
    private final InstallationCopy copy;
    private final Duration northd;
    private final Duration chassis;

    RehearsedAnswers(Reconciler machine, InstallationCopy copy) {
        this.machine = machine;
        this.copy = copy;
        this.northd = coarse(copy.northd());
        this.chassis = coarse(copy.chassis());
    }

    private static Duration coarse(Duration exact) {
        if (exact.isZero()) {
            return exact;
        }
        var coarse = FINEST;
        while (coarse.compareTo(exact) < 0) {
            coarse = coarse.multipliedBy(2);
        }
        return coarse;
    }

    /** By this time is known what the other machine knows: what is installed, and who says nothing. */
    void begin(Instant time) {
        var installation = machine.features().installation();
        var begin = time.minus(LONG);
        var row = global();
        if (row.isEmpty()) {
            return;
        }
        set(NbGlobal.NB_CFG, row.get().get(NbGlobal.NB_CFG) + 1);
        installation.settle(begin);
        for (var next = answer(begin); next.isPresent(); next = answer(next.get())) {
            installation.settle(next.get());
        }
        installation.settle(time.minus(MOMENT.multipliedBy(2)));
        installation.settle(time.minus(MOMENT)); // silence is not believed at the first look
        installation.settle(time);
        installation.begin(false);
        copy.unknown().forEach(rows -> installation.changed(rows.owner(), rows.table(), false));
    }

    /** Answers what has been asked as far as one of them can, and says when that is; empty if there is nothing to answer. */
    Optional<Instant> answer(Instant time) {
        var row = global();
        if (row.isEmpty() || copy.silence() == Silence.NORTHD) {
            return Optional.empty();
        }
        long asked = row.get().get(NbGlobal.NB_CFG);
        if (row.get().get(NbGlobal.SB_CFG) < asked) {
            set(NbGlobal.SB_CFG, asked);
            return Optional.of(time.plus(northd));
        }
        if (row.get().get(NbGlobal.HV_CFG) < asked && copy.silence() == Silence.NONE) {
            set(NbGlobal.HV_CFG, asked);
            return Optional.of(time.plus(chassis));
        }
        return Optional.empty();
    }

    private Optional<Row> global() {
        return machine.view().rowsIn(NbGlobal.TABLE).stream().findFirst();
    }

    private void set(Column<Long> number, long value) {
        var cells = new Object[NbGlobal.TABLE.columns().size()];
        cells[number.index()] = value;
        machine.apply(new TableUpdates(
                false,
                TableUpdates.NO_TRANSACTION,
                List.of(new RowUpdate(NbGlobal.TABLE, global().orElseThrow().id(), RowUpdate.Kind.MODIFY, cells))));
    }
}
