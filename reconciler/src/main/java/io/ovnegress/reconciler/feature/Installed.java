package io.ovnegress.reconciler.feature;

import io.ovnegress.ovsdb.row.Table;
import io.ovnegress.reconciler.northbound.Owner;

/**
 * How far rows have come on their way from the database to the packets. A committed transaction is one moment in the database
 * only: every chassis installs it at its own.
 */
public interface Installed {
    /** What rows have to have reached before what relies on them may be written. */
    enum Reach {
        /** Every chassis has installed them ({@code NB_Global.hv_cfg}). */
        EVERYWHERE,
        /** As {@link #EVERYWHERE}, and what is written now comes to the chassis when a new external address has been announced. */
        ANNOUNCED,
        /**
         * As {@link #EVERYWHERE}, and Open vSwitch has had the time to look again at what it had cached: before that it may forward
         * some packets as it did before.
         */
        FORWARDED,
        /**
         * The southbound database has them ({@code NB_Global.sb_cfg}), and as much time has passed since as installing took
         * lately: for changes around a chassis that is dead, and so will not say that it has installed anything.
         */
        PRESUMED
    }

    /** Nobody waits for anything. */
    Installed ALWAYS = new Installed() {
        @Override
        public boolean isTold() {
            return false;
        }

        @Override
        public boolean has(Owner owner, Table table, Reach reach) {
            return true;
        }
    };

    /** Whether anybody says how far rows have come; if not, steps are no use. */
    boolean isTold();

    /** Whether the owner's rows of the table, as the database has them, have come so far, and those that went away have gone. */
    boolean has(Owner owner, Table table, Reach reach);
}
